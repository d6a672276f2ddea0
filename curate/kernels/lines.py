"""Split UTF-8 text into lines, with what tells a sentence from a ruler, a table row or code."""

from typing import NamedTuple

import numpy as np

from curate.kernels.words import folding

NEWLINE = 10


class Lines(NamedTuple):
    """The lines of a batch, document after document. White space around a line is none of it."""

    hash: np.ndarray  # uint64, of the characters
    chars: np.ndarray  # int32, length in characters; 0 is a blank line
    letters: np.ndarray  # int32, how many of them are letters or digits
    first: np.ndarray  # int32, its first character
    fenced: np.ndarray  # bool: a code fence (``` or ~~~), or between two of them
    begin: np.ndarray  # int64, where it starts in its document's text, in characters, white space included
    end: np.ndarray  # int64, where the next one starts
    start: np.ndarray  # int64, n documents + 1: lines of document i are start[i] : start[i + 1]

    @property
    def document(self) -> np.ndarray:
        """Which document each line stands in."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))


def split_lines(data: np.ndarray, offsets: np.ndarray) -> Lines:
    """The lines of every document; document i is the UTF-8 in data[offsets[i] : offsets[i + 1]]."""
    from curate.kernels.lines_loops import split

    most = int(np.count_nonzero(data[offsets[0] : offsets[-1]] == NEWLINE)) + len(offsets) - 1
    hashes, chars, letters = np.empty(most, np.uint64), np.empty(most, np.int32), np.empty(most, np.int32)
    first, fenced = np.empty(most, np.int32), np.empty(most, np.bool_)
    begin, end, start = np.empty(most, np.int64), np.empty(most, np.int64), np.zeros(len(offsets), np.int64)
    split(data, offsets, folding(), hashes, chars, letters, first, fenced, begin, end, start)
    for column in (hashes, chars, letters, first, fenced, begin, end):
        column.resize(int(start[-1]), refcheck=False)
    return Lines(hashes, chars, letters, first, fenced, begin, end, start)


def duplicate_lines(lines: Lines) -> tuple[np.ndarray, np.ndarray]:
    """For each document: characters in lines, and in paragraphs, that stood in it before; each as a share of all."""
    from curate.kernels.lines_loops import duplicates

    shares = np.zeros((2, len(lines.start) - 1))
    duplicates(lines.hash, lines.chars, lines.start, shares)
    return shares[0], shares[1]
