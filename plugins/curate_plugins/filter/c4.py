"""The rules that made C4 of web pages: which lines are sentences, what no page of prose has (Raffel et al. 2020)."""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import curate
from curate import Batch
from curate.kernels.lines import longest_words
from curate.kernels.phrases import find_phrases

Cut = tuple[int, int, str]
WORDS, LONG_WORD = 3, 1_000  # the fewest words of a line, the most characters of a word in it
ENDS = ".?!\"'。？！…”’」』"  # what a line of sentences ends in
LOREM, SCRIPT = "lorem ipsum", "javascript"
POLICIES = (
    *("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies"),
    *("隐私政策", "隐私权政策", "隐私声明", "使用条款", "服务条款", "用户协议", "使用cookie", "使用 cookie"),
    *("隱私政策", "隱私權政策", "隱私聲明", "使用條款", "服務條款", "使用者條款", "cookie 政策"),
)
CITATION = r"\[(?:\d+|edit|citation needed|编辑|編輯|来源请求|來源請求)\]"
BRACE = ord("{")
MARKUP = [ord("#"), ord("|")]  # a line that begins with it is a heading or a table's row


class Judged(NamedTuple):
    """What is said of each line of a batch."""

    kept: np.ndarray
    lorem_ipsum: np.ndarray
    braces: np.ndarray


@curate.score(sentences=(5, None), lorem_ipsum=(None, 0), braces=(None, 0), kept_lines=(None, None), in_domain=False)
def c4(batch: Batch, terminal: bool = False) -> dict[str, np.ndarray]:
    """Count sentences in the lines that C4 keeps, and lines with lorem ipsum or a brace (Raffel et al. 2020).

    With `terminal` a line has to end in a mark that ends sentences, as in the paper. Of technical documents, which are
    lists and tables, it leaves 13 % of the lines in English and 18 % in Chinese (median of 2,389 and 672), without it
    67 % and 68 % are left: so it is off, as it was for FineWeb.
    """
    lines = batch.lines
    judged = judge(batch, terminal)
    return {
        "sentences": lines.sums(lines.sentences * judged.kept),
        "lorem_ipsum": lines.sums(judged.lorem_ipsum),
        "braces": lines.sums(judged.braces),
        "kept_lines": lines.sums(judged.kept) / np.maximum(lines.sums(lines.chars > 0), 1),
    }


@curate.edit(kinds=("text",), in_domain=False)
def c4_lines(batch: Batch, terminal: bool = False, citations: bool = True) -> list[list[Cut]]:
    """Cut lines that C4 leaves out: short ones, JavaScript and cookie notices; and marks such as [1] and [edit].

    Headings, rows of tables and what stands in a code fence stay: each is part of a whole that would break.
    """
    lines = batch.lines
    free = ~lines.fenced & ~np.isin(lines.first, MARKUP)
    gone = free & (lines.chars > 0) & ~judge(batch, terminal).kept
    cuts = line_cuts(batch, gone)
    if citations:
        for row, cut in citation_cuts(batch, free & ~gone):
            cuts[row].append(cut)
    return cuts


def citation_cuts(batch: Batch, stays: np.ndarray) -> Iterator[tuple[int, Cut]]:
    """The marks for sources in some lines, each with the row of its document."""
    data, offsets = batch.utf8
    text = data[offsets[0] : offsets[-1]]
    places = np.flatnonzero(text == ord("["))
    places = places[inside()[text[np.minimum(places + 1, len(text) - 1)]]]
    rows = np.unique(lines_at(batch, places + offsets[0]))
    rows = rows[stays[rows]]
    texts = texts_of(batch, rows)
    rows = rows[np.asarray(pc.match_substring_regex(texts, CITATION))]
    begins, owners = batch.lines.begin[rows].tolist(), batch.lines.document[rows].tolist()
    for text, begin, owner in zip(texts_of(batch, rows).to_pylist(), begins, owners, strict=True):
        for found in citation().finditer(text):
            yield owner, (begin + found.start(), begin + found.end(), "")


def judge(batch: Batch, terminal: bool) -> Judged:
    """Which lines C4 keeps, and which have what no page of prose has. Chinese characters are words."""
    lines = batch.lines
    standing = np.maximum(lines.words, lines.unspaced) >= WORDS
    long = np.flatnonzero(lines.chars > LONG_WORD)
    standing[long[longest_words(*batch.utf8, lines, long) > LONG_WORD]] = False
    if terminal:
        standing &= ends()[lines.last] & ~lines.trails
    lorem, script, policy = phrases(batch)
    kept = standing & ~script
    return Judged(kept & ~policy, standing & lorem, kept & braces(batch))


def phrases(batch: Batch) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which lines have lorem ipsum, which JavaScript, which talk of terms and cookies."""
    found = np.zeros((3, len(batch.lines.chars)), np.bool_)
    which, places = find_phrases(*batch.utf8, (LOREM, SCRIPT, *POLICIES))
    found[np.minimum(which, 2), lines_at(batch, places)] = True
    return found[0], found[1], found[2]


def braces(batch: Batch) -> np.ndarray:
    """Which lines have an opening curly bracket."""
    data, offsets = batch.utf8
    places = np.flatnonzero(data[offsets[0] : offsets[-1]] == BRACE) + offsets[0]
    found = np.zeros(len(batch.lines.chars), np.bool_)
    found[lines_at(batch, places)] = True
    return found


def lines_at(batch: Batch, places: np.ndarray) -> np.ndarray:
    """The lines that some bytes of a batch stand in."""
    return np.searchsorted(batch.lines.byte, places, side="right") - 1


def texts_of(batch: Batch, rows: np.ndarray) -> pa.Array:
    """Some lines as Arrow texts, with the white space around them."""
    data, offsets = batch.utf8
    starts = np.append(batch.lines.byte, offsets[-1])
    texts = pa.LargeStringArray.from_buffers(len(starts) - 1, pa.py_buffer(starts), pa.py_buffer(data))
    return texts.take(pa.array(rows))


def line_cuts(batch: Batch, gone: np.ndarray) -> list[list[Cut]]:
    """Cuts that take lines out, for each document; of lines that follow each other one cut."""
    lines, rows = batch.lines, np.flatnonzero(gone)
    cuts: list[list[Cut]] = [[] for _ in range(len(batch))]
    owners = lines.document[rows]
    apart = (np.diff(rows) > 1) | (np.diff(owners) > 0)
    first, last = rows[np.append(True, apart)[: len(rows)]], rows[np.append(apart, True)[: len(rows)]]
    spans = zip(lines.document[first].tolist(), lines.begin[first].tolist(), lines.end[last].tolist(), strict=True)
    for row, begin, end in spans:
        cuts[row].append((begin, end, ""))
    return cuts


@cache
def ends() -> np.ndarray:
    """For each code point: whether a line of sentences ends in it."""
    table = np.zeros(0x110000, np.bool_)
    table[[ord(mark) for mark in ENDS]] = True
    return table


@cache
def inside() -> np.ndarray:
    """For each byte: whether the inside of such a mark begins with it."""
    table = np.zeros(256, np.bool_)
    table[[*b"0123456789ec", *(mark.encode()[0] for mark in "编編来來")]] = True
    return table


@cache
def citation() -> re.Pattern[str]:
    """A mark that stands for a source, with the blank before it."""
    return re.compile(f" ?(?:{CITATION})")
