"""The rules that made RefinedWeb of web pages: lines that are no prose, and addresses (Penedo et al. 2023)."""

import ipaddress
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import numpy as np
import pyarrow.compute as pc

import curate
from curate import Batch, CurateError, RecipeError
from curate_plugins.filter.c4 import MARKUP, Cut, line_cuts, texts_of

MOST_LABELS = 127  # of a domain name (RFC 1035); a host of a million dots is none
SHORT = 10  # words of a line, at most, that is searched for what a page's frame says
EDGE = r"[\s!-/:-@\[-`{-~（）【】：，。！？…»›→]*"  # marks and blanks around what a line says
COUNTED = "likes?|shares?|comments?|views?|reply|replies|followers?|following|posts?|votes?|points?|reviews?|items?"
COUNTED_ZH = "评论|点赞|赞|喜欢|收藏|分享|转发|回复|阅读|浏览|播放|关注|粉丝|評論|讚|瀏覽|回覆"
COUNTER = (
    rf"^{EDGE}\d[\d.,]*\s*[kmw]?\+?\s*(?:{COUNTED}){EDGE}$"
    rf"|^{EDGE}\d[\d.,]*\s*[万千萬]?\+?\s*[条條个個次人则則]?\s*(?:{COUNTED_ZH}){EDGE}$"
    rf"|^{EDGE}(?:{COUNTED_ZH})[数數]?{EDGE}\d[\d.,]*[万千萬]?\+?{EDGE}$"
)
FRAME = (
    rf"^{EDGE}(?:sign[ -]?(?:in|up)|log[ -]?(?:in|out)|register now|subscribe|skip to (?:main )?content)\b"
    rf"|^{EDGE}(?:登录|登入|登錄|注册|註冊|忘记密码)"
    rf"|\b(?:(?:read|show|load|see|view) more|click here){EDGE}$|(?:阅读|查看|显示|加载|展开|閱讀)(?:更多|全文){EDGE}$"
    r"|\bitems? in (?:your )?cart\b|\badd to cart\b|加入购物车|加入購物車"
)
PATTERN = f"(?i){COUNTER}|{FRAME}"
# Words of an address: a `strict` one anywhere in it, a `hard` one as a word of its own, and two `soft` ones.
WORDS = {
    "strict": "porn xvideo hentai camgirl sexcam hardcoresex 色情 博彩 裸聊",
    "hard": "xxx sex nude nudes milf bdsm erotic escorts 成人 赌场 赌博 约炮",
    "soft": "adult adults sexy teen teens babe babes dating hot cams webcam casino poker slots viagra 美女 彩票 激情",
}


class Lists(NamedTuple):
    """What addresses are compared with."""

    domains: frozenset[str]
    words: Mapping[str, frozenset[str]]


@curate.score(flagged_words=(None, 0.05), in_domain=False)
def refinedweb(batch: Batch) -> np.ndarray:
    """Share of words in lines of capitals, numbers, counters, single words and page frames (Penedo et al. 2023)."""
    words = np.maximum(batch.lines.words, batch.lines.unspaced)
    share: np.ndarray = batch.lines.sums(words * flagged(batch)) / np.maximum(batch.lines.sums(words), 1)
    return share


@curate.edit(kinds=("text",), in_domain=False)
def refinedweb_lines(batch: Batch) -> list[list[Cut]]:
    """Cut lines of capitals, numbers, counters, single words and page frames (RefinedWeb, Penedo et al. 2023).

    Headings, rows of tables and what stands in a code fence stay: each is part of a whole that would break.
    """
    lines = batch.lines
    return line_cuts(batch, flagged(batch) & ~lines.fenced & ~np.isin(lines.first, MARKUP))


def flagged(batch: Batch) -> np.ndarray:
    """Which lines are no prose. A Chinese character is a word, a letter without case is no capital."""
    lines = batch.lines
    words = np.maximum(lines.words, lines.unspaced)
    numbers = (lines.digits > 0) & (lines.digits == lines.letters)
    found: np.ndarray = (words == 1) | (2 * lines.uppercase > lines.letters) | numbers
    asked = np.flatnonzero(~found & (words > 1) & (words <= SHORT))
    texts = texts_of(batch, asked)
    found[asked] = np.asarray(pc.match_substring_regex(texts, PATTERN))
    return found


def load_lists(domains: Path | None = None, words: Path | None = None) -> Lists:
    """Read the domains to block, one a line, and words, each behind `strict`, `hard` or `soft`; # begins a remark."""
    blocked = frozenset(line.lower().strip(".") for line in lines_of(domains)) if domains else frozenset()
    if not words:
        return Lists(blocked, {how: frozenset(those.split()) for how, those in WORDS.items()})
    listed: dict[str, set[str]] = {how: set() for how in WORDS}
    for line in lines_of(words):
        how, _, word = line.lower().partition(" ")
        if how not in listed or not word.strip():
            raise RecipeError(f"{words}: each line is strict, hard or soft and a word, such as `hard casino`: {line!r}")
        listed[how].add(word.strip())
    return Lists(blocked, {how: frozenset(those) for how, those in listed.items()})


@curate.score(
    blocked=(None, 0),
    strict=(None, 0),
    hard=(None, 0),
    soft=(None, 1),
    address=(None, 0),
    setup=load_lists,
    in_domain=False,
)
def url_filter(batch: Batch, state: Lists) -> dict[str, np.ndarray]:
    """Find blocked domains, words and bare IP addresses in the URL a text comes from (RefinedWeb, Penedo et al. 2023).

    The URL is the field `url`, the meta's `url`, or the uri where it is one; a document without any passes.
    """
    names = ("blocked", "strict", "hard", "soft", "address")
    found = np.array([judge_url(url, state) for url in urls_of(batch)], np.int64).reshape(-1, len(names))
    return dict(zip(names, found.T, strict=True))


def urls_of(batch: Batch) -> Iterator[str]:
    """The URL of each document, or an empty text."""
    uris, metas = batch["uri"].to_pylist(), batch["meta"].to_pylist()
    fields = batch["url"].to_pylist() if "url" in batch.table.schema.names else [None] * len(batch)
    for uri, meta, field in zip(uris, metas, fields, strict=True):
        told = json.loads(meta).get("url") if meta and '"url"' in meta else None
        url = field or (told if isinstance(told, str) else "") or uri or ""
        yield url if url is field or url is told or url.lower().startswith(("http://", "https://")) else ""


def judge_url(url: str, lists: Lists) -> tuple[int, int, int, int, int]:
    """Whether a URL's domain is blocked, how many words of each list it has, whether its host is a number."""
    if not url:
        return 0, 0, 0, 0, 0
    host, said = host_of(url), unquote(url).lower()
    words = set(word_pattern().findall(said))
    parts = host.split(".")[-MOST_LABELS:]
    blocked = any(".".join(parts[at:]) in lists.domains for at in range(len(parts)))
    strict = sum(word in said for word in lists.words["strict"])
    hard, soft = (sum(in_url(word, words, said) for word in lists.words[how]) for how in ("hard", "soft"))
    return int(blocked), strict, hard, soft, int(is_address(host))


def in_url(word: str, words: set[str], said: str) -> bool:
    """Whether a URL has a word: as one of its own, or anywhere if it is Chinese, which has no spaces."""
    return word in words if word.isascii() else word in said


def host_of(url: str) -> str:
    """The host of a URL, in lower case; an empty text where it has none."""
    try:
        return (urlsplit(url if "//" in url else f"//{url}").hostname or "").strip(".")
    except ValueError:  # a bracket that is not closed
        return ""


def is_address(host: str) -> bool:
    """Whether a host is an IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def lines_of(path: Path) -> Iterator[str]:
    """The lines of a list, without remarks and blanks; raises `CurateError` where it is no text."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CurateError(f"{path} cannot be read as UTF-8 text: {error}") from error
    for line in lines:
        if said := line.partition("#")[0].strip():
            yield said


@cache
def word_pattern() -> re.Pattern[str]:
    """A word of a URL."""
    return re.compile(r"[a-z]+")
