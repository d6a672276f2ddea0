"""One spelling for what looks the same. Chinese keeps its punctuation: NFKC would turn ，：！ into , : !"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import curate
from curate import Batch

Cut = tuple[int, int, str]
NEWLINES = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"  # what str.splitlines takes for the end of a line
ODD_SPACES = "\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
UNSEEN = (0xAD, 0x200B, 0x200E, 0x200F, 0xFEFF, *range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0xFFF9, 0xFFFD))
CONTROLS = (*range(0x09), *range(0x0E, 0x1C), 0x1F, *range(0x7F, 0x85), *range(0x86, 0xA0), 0xFFFE, 0xFFFF)
JOINERS = "\u200c\u200d"  # they shape Persian and Indic words and emoji; elsewhere they are debris
COMPATIBLE = (*range(0x2E80, 0x2FE0), *range(0xF900, 0xFB07))  # radicals that look like characters; ligatures such as ﬁ
FULL_WIDTH = (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))  # digits and letters only
JAMO = range(0x1160, 0x1200)  # vowels and ends of Korean syllables that are written apart


@curate.edit
def normalize(batch: Batch) -> list[list[Cut]]:
    """Unify line ends, spaces, full-width letters, ligatures and accents; remove what is unseen and needless blank."""
    # Most texts need nothing but an end without white space. RE2 says so at several hundred MB/s: they never become
    # Python strings.
    text = batch["text"]
    ended = pc.utf8_rtrim(text, " \t\n")
    pairs = zip(pc.utf8_length(ended).to_pylist(), pc.utf8_length(text).to_pylist(), strict=True)
    cuts: list[list[Cut]] = [[(end, length, "")] if end < length else [] for end, length in pairs]
    rows = np.flatnonzero(pc.match_substring_regex(ended, needed()))
    for row, one in zip(rows, text.take(pa.array(rows)).to_pylist(), strict=True):
        cuts[row] = list(cuts_of(one))
    return cuts


def cuts_of(text: str) -> Iterator[Cut]:
    """What to change in a text: blank lines at its start, white space at its end, and what is odd between them."""
    end = len(text.rstrip(blanks() + NEWLINES))
    at = len(leading_lines().match(text, 0, end)[0])  # type: ignore[index] # it matches nothing, too
    if at:
        yield 0, at, ""
    for found in odd_line_ends().finditer(text, at, end):
        start = found.start()
        while start > at and text[start - 1] in blanks():
            start -= 1
        yield from odd_characters(text, at, start)
        at = found.end()
        yield from cut(text, start, at, line_end(found[0]))
    yield from odd_characters(text, at, end)
    if end < len(text):
        yield end, len(text), ""


def line_end(old: str) -> str:
    """What stands for newlines with blanks between them: one blank line for three or more."""
    lines = len(re.findall(f"\r\n|[{NEWLINES}]", old))
    return "\n" * (lines if lines < 4 else 2)


def odd_characters(text: str, at: int, end: int) -> Iterator[Cut]:
    """What to change between odd line ends. Odd characters are seen with the one before them, as accents are."""
    for found in odd().finditer(text, at, end):
        start, at = max(at, found.start() - 1), found.end()
        table = spelling() if text[start] < "\u0250" or "\u2e80" <= text[start] < "\U0001f000" else joining()
        yield from cut(text, start, at, unicodedata.normalize("NFC", text[start:at].translate(table)))


def cut(text: str, start: int, end: int, new: str) -> Iterator[Cut]:
    """The smallest cut that puts `new` in place; none where it stands there already."""
    while start < end and new and text[start] == new[0]:
        start, new = start + 1, new[1:]
    while start < end and new and text[end - 1] == new[-1]:
        end, new = end - 1, new[:-1]
    if start < end or new:
        yield start, end, new


@cache
def spelling() -> dict[int, str]:
    """Code point → what is written for it."""
    return joining() | dict.fromkeys(map(ord, JOINERS), "")


@cache
def joining() -> dict[int, str]:
    """The same where joiners have a meaning."""
    plain = dict.fromkeys(map(ord, ODD_SPACES), " ") | dict.fromkeys((*UNSEEN, *CONTROLS), "")
    return plain | {code: unicodedata.normalize("NFKC", chr(code)) for code in (*COMPATIBLE, *FULL_WIDTH)}


@cache
def changing() -> str:
    """A character class, less its brackets: what is written otherwise, alone or with the character before it."""
    codes = [code for code in range(0x30000) if not 0xD800 <= code < 0xE000]
    parts = [unicodedata.decomposition(chr(code)).split() for code in codes]
    accents = (int(part[1], 16) for part in parts if len(part) == 2 and part[0][0] != "<")
    moving = (code for code in codes if unicodedata.combining(chr(code)))
    singles = (code for code in codes if not unicodedata.is_normalized("NFC", chr(code)))
    return char_class({*spelling(), *accents, *moving, *singles, *JAMO})


def char_class(codes: Iterable[int]) -> str:
    """Code points as ranges between the brackets of a character class."""
    ranges: list[list[int]] = []
    for code in sorted(codes):
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


@cache
def blanks() -> str:
    """What is not seen at the end of a line."""
    return "".join(map(chr, (*map(ord, " \t" + ODD_SPACES), *UNSEEN, *CONTROLS)))


@cache
def needed() -> str:
    """What a text has that is to be changed (RE2)."""
    others = char_class(map(ord, NEWLINES[1:]))
    return rf"[{changing()}{others}]|[ \t]\n|\n\n\n\n|\A\n"


@cache
def odd() -> re.Pattern[str]:
    """Characters that are written otherwise."""
    return re.compile(f"[{changing()}]+")


@cache
def leading_lines() -> re.Pattern[str]:
    """Blank lines at the start; the first line's indentation stays, it may be code's."""
    return re.compile(rf"(?:[{char_class(map(ord, blanks()))}]*+[{NEWLINES}])*")


@cache
def odd_line_ends() -> re.Pattern[str]:
    """Newlines, with the blanks between them, that are not just one, two or three \\n behind what is seen."""
    blank, others = char_class(map(ord, blanks())), char_class(map(ord, NEWLINES[1:]))
    # It begins with a plain class of characters, which `re` looks for five times as fast as for anything else.
    signs = rf"(?<=[{others}])|(?<=[{blank}].)|(?=\n\n\n)|(?=\n{{0,2}}[{blank}]*[{others}])|(?=\n{{0,2}}[{blank}]+\n)"
    return re.compile(rf"[{NEWLINES}](?:{signs})(?:[{blank}]*+[{NEWLINES}])*", re.DOTALL)
