"""How much of a text is said again: the most frequent run of words, and runs of words that stood there before."""

from typing import NamedTuple

import numpy as np

from curate.kernels.words import PUNCT, Words


class Spoken(NamedTuple):
    """The words of a batch without the punctuation marks, document after document, as in `Words`."""

    hash: np.ndarray
    chars: np.ndarray
    start: np.ndarray


def spoken(words: Words) -> Spoken:
    """The words without the punctuation marks."""
    said = np.flatnonzero(words.kind != PUNCT)
    return Spoken(words.hash[said], words.chars[said], np.searchsorted(said, words.start))


def top_share(words: Spoken, size: int) -> np.ndarray:
    """For each document: characters in the most frequent run of `size` words, as a share of all."""
    from curate.kernels.repeats_loops import top

    shares = np.zeros(len(words.start) - 1)
    top(words.hash, words.chars, words.start, size, shares)
    return shares


def repeated_share(words: Spoken, size: int) -> np.ndarray:
    """For each document: characters in runs of `size` words that stood in it before, as a share of all."""
    from curate.kernels.repeats_loops import repeated

    shares = np.zeros(len(words.start) - 1)
    repeated(words.hash, words.chars, words.start, size, shares)
    return shares
