"""Split UTF-8 text into sentences, Chinese and English alike."""

from functools import cache
from typing import NamedTuple

import numpy as np

from curate.kernels import sealed
from curate.kernels.characters import classes

# What a full stop is written behind without ending a sentence; a single letter never ends one: J. Smith, e.g.
ABBREVIATIONS = (
    "mr mrs ms dr prof st sr jr no nos fig figs eq eqs ref refs sec ch vol vols pp ed eds vs cf al ca approx inc ltd "
    "co corp dept est gen col lt sgt rev hon gov sen rep capt jan feb mar apr jun jul aug sep sept oct nov dec"
)
LONGEST = 8  # bytes of a word that are looked at, so that it fits a number of 64 bits


class Sentences(NamedTuple):
    """The sentences of a batch, document after document. White space around a sentence is none of it."""

    begin: np.ndarray  # int64, where it starts in its document's text, in characters
    end: np.ndarray  # int64, behind its last character
    start: np.ndarray  # int64, n documents + 1: sentences of document i are start[i] : start[i + 1]

    @property
    def chars(self) -> np.ndarray:
        """The length of each in characters."""
        return np.asarray(self.end - self.begin)


def split_sentences(data: np.ndarray, offsets: np.ndarray) -> Sentences:
    """The sentences of every document; document i is the UTF-8 in data[offsets[i] : offsets[i + 1]].

    A mark of Unicode's Sentence_Terminal ends one, with the marks, closing quotes and brackets behind it; those in
    `BEFORE_SPACE` only where white space follows, a full stop not behind an abbreviation, a single letter or the
    number of a list item, nor before a lower-case letter. A blank line, and the end of the text, end one too.
    """
    from curate.kernels.sentences_loops import split

    # A sentence is a byte at least and so is what parts it from the next; pages never written cost nothing.
    size, start = int(offsets[-1] - offsets[0]), np.zeros(len(offsets), np.int64)
    begin, end = np.empty(size, np.int64), np.empty(size, np.int64)
    split(data, offsets, classes(), abbreviations(), begin, end, start)
    for column in (begin, end):
        column.resize(int(start[-1]), refcheck=False)
    return sealed(Sentences(begin, end, start))


@cache
def abbreviations() -> np.ndarray:
    """Each abbreviation as one number: its bytes, the last one lowest."""
    return np.array(sorted(int.from_bytes(word.encode()) for word in ABBREVIATIONS.split()), np.uint64)
