"""Split UTF-8 text into lines and paragraphs, with what tells a sentence from a ruler, a table row or code."""

from functools import cache
from typing import NamedTuple

import numpy as np

from curate.kernels import sealed
from curate.kernels.characters import CLOSER, DIGIT, LETTER, LOWER, UNSPACED, UPPER, classes
from curate.kernels.words import sums

NEWLINE = 10
# What is counted of a line, as rows of one array.
COUNTS = 11
CHARS, INDENT, WIDTH, LETTERS, DIGITS, UPPERCASE, UNSPACED_CHARS, WORDS, SENTENCES, FIRST, LAST = range(COUNTS)
SUMS = 4  # of them, from LETTERS on, are counted together


class Lines(NamedTuple):
    """The lines of a batch, document after document. White space around a line is none of it."""

    hash: np.ndarray  # uint64, of the characters
    chars: np.ndarray  # int32, length in characters; 0 is a blank line
    indent: np.ndarray  # int32, how many characters of white space stand before it
    width: np.ndarray  # int32, the same with the white space around it, but not its newline
    letters: np.ndarray  # int32, how many of them are letters or digits
    digits: np.ndarray  # int32, how many are digits
    uppercase: np.ndarray  # int32, how many are capital letters
    unspaced: np.ndarray  # int32, how many are letters of a script that is written without spaces
    words: np.ndarray  # int32, how many words white space makes of it
    sentences: np.ndarray  # int32, how many sentences it has, an unfinished one included
    first: np.ndarray  # int32, its first character; 0 where it has none
    last: np.ndarray  # int32, its last character
    trails: np.ndarray  # bool: it ends in ... or in one …
    fenced: np.ndarray  # bool: a code fence (``` or ~~~), or between two of them
    begin: np.ndarray  # int64, where it starts in its document's text, in characters, white space included
    end: np.ndarray  # int64, where the next one starts
    byte: np.ndarray  # int64, where it starts in the UTF-8 it was split from
    start: np.ndarray  # int64, n documents + 1: lines of document i are start[i] : start[i + 1]

    @property
    def document(self) -> np.ndarray:
        """Which document each line stands in."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))

    def sums(self, values: np.ndarray) -> np.ndarray:
        """The sum over each document of a value per line."""
        return sums(values, self.start)


class Paragraphs(NamedTuple):
    """The paragraphs of a batch: lines with no blank one between them."""

    hash: np.ndarray  # uint64, of its lines and how far in they stand
    chars: np.ndarray  # int64, length in characters, its last newline not counted
    begin: np.ndarray  # int64, where its first line starts in its document's text, in characters
    end: np.ndarray  # int64, where the line behind its last one starts
    start: np.ndarray  # int64, n documents + 1: paragraphs of document i are start[i] : start[i + 1]

    def sums(self, values: np.ndarray) -> np.ndarray:
        """The sum over each document of a value per paragraph."""
        return sums(values, self.start)


class Duplicates(NamedTuple):
    """What stood in the same document before: how many, and how many characters, as int64 per document.

    White space around a line is counted, its newline is not; the same line further in is another.
    """

    lines: np.ndarray
    line_chars: np.ndarray
    paragraphs: np.ndarray
    paragraph_chars: np.ndarray


def split_lines(data: np.ndarray, offsets: np.ndarray) -> Lines:
    """The lines of every document; document i is the UTF-8 in data[offsets[i] : offsets[i + 1]]."""
    from curate.kernels.lines_loops import count_sentences, split
    from curate.kernels.sentences import abbreviations

    newlines = np.flatnonzero(data[offsets[0] : offsets[-1]] == NEWLINE) + offsets[0]
    most, start = len(newlines) + len(offsets) - 1, np.zeros(len(offsets), np.int64)
    hashes, counts = np.empty(most, np.uint64), np.zeros((COUNTS, most), np.int32)
    flags, places = np.empty((2, most), np.bool_), np.empty((5, most), np.int64)
    stops = np.empty(int(offsets[-1] - offsets[0]) + 1, np.uint64)  # pages that are never written cost nothing
    found = split(data, offsets, newlines, classes(), weights(), hashes, counts, flags, places, start, stops)
    own = slice(int(start[-1]))
    begin, end = places[3:, own]
    count_sentences(data, classes(), abbreviations(), stops[:found], begin, end, counts[SENTENCES, own])
    return sealed(Lines._make([hashes[own], *counts[:, own], *flags[:, own], *places[:3, own], start]))


def longest_words(data: np.ndarray, offsets: np.ndarray, lines: Lines, rows: np.ndarray) -> np.ndarray:
    """For each of the lines `rows`: the most characters between white space, or letters written without it."""
    from curate.kernels.lines_loops import longest

    chars, ends = np.zeros(len(rows), np.int64), np.append(lines.byte[1:], offsets[-1])
    longest(data, classes(), lines.byte[rows], ends[rows], chars)
    return chars


def find_paragraphs(lines: Lines) -> Paragraphs:
    """The paragraphs that lines make."""
    from curate.kernels.lines_loops import paragraphs

    most, start = int(np.count_nonzero(lines.chars)), np.zeros(len(lines.start), np.int64)
    hashes, chars, ends = np.empty(most, np.uint64), np.empty(most, np.int64), np.empty((2, most), np.int64)
    paragraphs(lines.hash, lines.indent, lines.width, lines.start, hashes, chars, ends, start)
    first, last = ends[:, : start[-1]]
    return sealed(Paragraphs(hashes[: start[-1]], chars[: start[-1]], lines.begin[first], lines.end[last], start))


def count_duplicates(lines: Lines, paragraphs: Paragraphs) -> Duplicates:
    """For each document: the lines, and the paragraphs, that stood in it before. Blank lines are none."""
    from curate.kernels.lines_loops import repeats

    line, paragraph = np.zeros(len(lines.hash), np.bool_), np.zeros(len(paragraphs.hash), np.bool_)
    repeats(lines.hash, lines.indent, lines.start, line)
    repeats(paragraphs.hash, np.zeros(len(paragraph), np.int32), paragraphs.start, paragraph)
    chars = lines.sums(line * lines.width), paragraphs.sums(paragraph * paragraphs.chars)
    return sealed(Duplicates(lines.sums(line), chars[0], paragraphs.sums(paragraph), chars[1]))


@cache
def weights() -> np.ndarray:
    """For each class of character what it adds to four counts of 16 bits: letters, digits, capitals, unspaced."""
    table, letter = np.zeros(CLOSER + 1, np.uint64), 1
    table[[LOWER, LETTER]] = letter
    table[DIGIT] = letter | 1 << 16
    table[UPPER] = letter | 1 << 32
    table[UNSPACED] = letter | 1 << 48
    return table
