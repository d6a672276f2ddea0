"""HTML: what a page is about, without its menus, as Markdown."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal
from urllib.parse import urlsplit

import curate
from curate import Doc, File, Unreadable, decode

HEAD = 4_096  # bytes, in which a page declares its encoding
MAX_BYTES = 20_000_000  # trafilatura's own limit
MAX_ATTRIBUTES, MAX_DEPTH = 1_000, 2_000  # of a tag; beyond them parsers take seconds to minutes; pages have 40, 700
MAX_TAGS = 500_000  # of a page, which then takes 0.5 GB; the largest of 728 pages has 20,000
LARGE_TAGS, LARGE_BYTES = 50_000, 9_000_000  # trafilatura takes minutes for 400,000 tags and drops texts of 10 MB
BEGINNING = 200_000  # characters, in which a large page tells of itself
CHINESE_CHARS = 200  # of 33 Chinese pages each has more; a menu of languages has fewer
BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
DECLARED = re.compile(rb"""<(?:meta[^>]+charset|\?xml[^>]+encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "gb18030": "gb18030", "big5": "big5hkscs"}
SAID_OF_ANY = {"iso-8859-1", "latin1", "latin-1", "windows-1252", "us-ascii"}  # by pages in GBK, too; it never fails
HAN = re.compile("[\u4e00-\u9fff]")
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
LONG_TAG = re.compile(r"<[a-zA-Z][^<>]{2000,}")
ATTRIBUTE = re.compile(r"[\w:.@-]+(?:=\S*)?")
QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
CLOSE_THEMSELVES = {
    "area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta", "option", "p",
    "param", "source", "td", "th", "tr", "track", "wbr",
}  # fmt: skip
CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)
EMPHASIS = re.compile(r"(?<![\w*\\])(\*{1,3})(?=[^\s*])((?:\\\*|[^*\n])+?)(?<=[^\s\\])\1(?![\w*])")
ESCAPED = re.compile(r"\\([\[\]<>*_#`~])")  # as trafilatura writes them; a text is no place for escapes
Extractor = Literal["trafilatura", "justext"]


@curate.reader("html", libraries=["trafilatura", "jusText", "lxml", "Resiliparse"])
def html(file: File, extractor: Extractor = "trafilatura") -> list[Doc]:
    """The main content of a page as Markdown; title, author, date and address go to the meta where the page tells them.

    justext needs a list of a language's frequent words and has none for Chinese: there it goes by length and links.
    A page of over 50,000 tags or 9 MB is read by resiliparse, whatever the extractor.
    """
    from trafilatura import load_html

    data = file.read()
    if len(data) > MAX_BYTES:
        raise Unreadable("too_large", f"over {MAX_BYTES:,} bytes")
    page = decode_page(data)
    refuse_hostile(page)
    large = page.count("<") > LARGE_TAGS or len(data) > LARGE_BYTES
    tree = load_html(page[:BEGINNING] if large else page)
    if tree is None and not large:
        raise Unreadable("no_text", "no HTML in it")
    meta = told_by_page(tree) if tree is not None else {}
    chinese = len(HAN.findall(page)) >= CHINESE_CHARS
    if large:
        text = by_resiliparse(page)
    else:
        text = by_trafilatura(tree, chinese) if extractor == "trafilatura" else by_justext(page, chinese)
    if not text.strip():
        raise Unreadable("no_text", "no main content on the page")
    return [Doc(text, meta=meta)]


def decode_page(data: bytes) -> str:
    """A page as text: byte-order mark, the Chinese encoding it declares, UTF-8, another it declares, a guess."""
    declared = DECLARED.search(data[:HEAD])
    name = declared[1].decode().lower() if declared else ""
    ranked = [WIDER[name], "utf-8"] if name in WIDER else ["utf-8", name if name not in SAID_OF_ANY else "utf-8"]
    for encoding in ranked if not data.startswith(BYTE_ORDER_MARKS) and b"\0" not in data[:HEAD] else []:
        try:
            return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
        except (UnicodeDecodeError, LookupError):
            pass
    return decode(data)


def refuse_hostile(page: str) -> None:
    """Raise `Unreadable` for a page that would hold up any parser."""
    for tag in LONG_TAG.finditer(page):
        words = QUOTED.sub(" ", tag[0]).replace("/", " ").split()
        attributes = sum(map(bool, map(ATTRIBUTE.fullmatch, words)))
        if attributes > max(MAX_ATTRIBUTES, 0.9 * len(words)):  # of `a<b` in a script most of the rest is no attribute
            raise Unreadable("too_complex", f"over {MAX_ATTRIBUTES:,} attributes in one tag")
    tags = page.count("<")
    if tags > MAX_TAGS:
        raise Unreadable("too_complex", f"over {MAX_TAGS:,} tags")
    if tags > MAX_DEPTH:
        depth = deepest = 0
        for closing, name in TAG.findall(page):
            if name.lower() not in CLOSE_THEMSELVES:
                depth = max(0, depth - 1) if closing else depth + 1
                deepest = max(deepest, depth)
        if deepest > MAX_DEPTH:
            raise Unreadable("too_complex", f"tags nested over {MAX_DEPTH:,} deep")


def told_by_page(tree: Any) -> dict[str, str]:
    """Title, author, date, address and site, if the page tells them: trafilatura's own search took a third longer."""
    from htmldate import find_date

    said = {
        str(meta.get("property") or meta.get("name") or meta.get("itemprop")).lower(): meta.get("content", "")
        for meta in tree.iter("meta")
    }
    links = {link.get("rel"): link.get("href", "") for link in tree.iter("link")}
    heads = [" ".join(head.text_content().split()) for head in tree.iter("h1", "title")]
    told = {
        "title": first(said, "og:title", "twitter:title", "citation_title", "dc.title") or (heads or [""])[-1],
        "author": first(said, "author", "article:author", "citation_author", "dc.creator"),
        "date": find_date(tree, original_date=True, extensive_search=False) or "",
        "url": links.get("canonical") or first(said, "og:url"),
        "site": first(said, "og:site_name", "application-name"),
    }
    told["author"] = "" if told["author"].startswith("http") else told["author"]
    told["hostname"] = urlsplit(told["url"]).hostname or "" if told["url"].startswith("http") else ""
    return {name: value.strip() for name, value in told.items() if value.strip()}


def first(said: Mapping[str, str], *names: str) -> str:
    """The first of these that is said."""
    return next((said[name] for name in names if said.get(name, "").strip()), "")


def by_trafilatura(tree: Any, chinese: bool) -> str:
    """The main content as Markdown without bold and italics.

    Markdown costs .001 of F1 against bare text (.824 and .825 on 728 pages). On Chinese pages `favor_recall` finds
    .821 where the default finds .788; on the others it loses .02.
    """
    from trafilatura import extract

    found = extract(tree, output_format="markdown", favor_recall=chinese) or ""
    pieces = CODE.split(found)
    return "".join(piece if at % 2 else unmarked(piece) for at, piece in enumerate(pieces))


def unmarked(piece: str) -> str:
    """Markdown without bold, italics and escapes."""
    return ESCAPED.sub(r"\1", EMPHASIS.sub(r"\2", piece))


def by_resiliparse(page: str) -> str:
    """The text of a page that is too large for the others, in seconds; its menus are taken out less well."""
    from resiliparse.extract.html2text import extract_plain_text

    return str(extract_plain_text(page, main_content=True, alt_texts=False))


@cache
def frequent_words() -> frozenset[str]:
    """The stop lists of every language in one: on English pages .02 better than the English one alone."""
    import justext

    return frozenset().union(*map(justext.get_stoplist, justext.get_stoplists()))


def by_justext(page: str, chinese: bool) -> str:
    """The paragraphs that justext does not take for boilerplate, headings marked."""
    import justext

    if chinese:  # a Chinese character says as much as three English letters
        settings = {"stopwords_low": 0, "stopwords_high": 0, "length_low": 23, "length_high": 67}
        found = justext.justext(page, frozenset(), max_heading_distance=67, **settings)
    else:
        found = justext.justext(page, frequent_words())
    shown = [paragraph for paragraph in found if not paragraph.is_boilerplate]
    levels = [re.search(r"\bh([1-6])\b", paragraph.dom_path) for paragraph in shown]
    marks = ["#" * int(level[1]) + " " if level else "" for level in levels]
    return "\n\n".join(mark + paragraph.text for mark, paragraph in zip(marks, shown, strict=True))
