"""How much of a text is said again: the most frequent run of words, and runs of words that stood there before."""

import numpy as np

from curate.kernels.words import PUNCT, Words


def spoken(words: Words) -> Words:
    """The words without the punctuation marks."""
    said = words.kind != PUNCT
    before = np.concatenate([[0], np.cumsum(said)])
    return Words(words.hash[said], words.chars[said], words.byte[said], words.kind[said], before[words.start])


def top_share(words: Words, size: int) -> np.ndarray:
    """For each document: characters in the most frequent run of `size` words, as a share of all; 0 if said once."""
    from curate.kernels.repeats_loops import top

    shares = np.zeros(len(words.start) - 1)
    top(words.hash, words.chars, words.start, size, shares)
    return shares


def repeated_share(words: Words, size: int) -> np.ndarray:
    """For each document: characters in runs of `size` words that stood in it before, as a share of all."""
    from curate.kernels.repeats_loops import repeated

    shares = np.zeros(len(words.start) - 1)
    repeated(words.hash, words.chars, words.start, size, shares)
    return shares
