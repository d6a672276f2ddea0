"""Which words of a short list a text has, such as stop words."""

import numpy as np

from curate.kernels.words import Words, split_words

BITS = 16  # of a hash, which tell most words from those of the list
MOST = 63  # words of a list: one bit of a number each


def list_words(text: str) -> np.ndarray:
    """The hashes of the words of a text, at most 63 different ones."""
    data = np.frombuffer(text.encode(), np.uint8)
    hashes = np.unique(split_words(data, np.array([0, len(data)])).hash)
    if len(hashes) > MOST:
        raise ValueError(f"a list has at most {MOST} words, not {len(hashes)}")
    return hashes


def count_listed(words: Words, hashes: np.ndarray) -> np.ndarray:
    """For each document: how many different words of the list it has."""
    from curate.kernels.listed_loops import count

    found = np.zeros(len(words.start) - 1, np.int64)
    first = np.zeros(1 << BITS, np.uint8)  # last bits of a hash → 1 + the first word of the list that ends so
    order = np.argsort(hashes & np.uint64(len(first) - 1), kind="stable")
    listed = hashes[order]
    for at in range(len(listed) - 1, -1, -1):
        first[int(listed[at]) % len(first)] = at + 1
    count(words.hash, words.start, listed, first, found)
    return found
