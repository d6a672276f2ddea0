"""The loops behind `curate.kernels.repeats`."""

import numpy as np

from curate.kernels import compiled
from curate.kernels.tables_loops import find, slot, table_size
from curate.kernels.words_loops import MIXER, NONE, ONE, SHIFT


@compiled
def run_hash(hashes: np.ndarray, at: int, size: int) -> np.uint64:
    """The hash of `size` words from `at` on."""
    mixed = NONE
    for word in range(at, at + size):
        mixed = (mixed ^ hashes[word]) * MIXER
        mixed ^= mixed >> SHIFT
    return mixed


@compiled
def top(hashes: np.ndarray, chars: np.ndarray, start: np.ndarray, size: int, shares: np.ndarray) -> None:
    """Write the share of characters in the run of `size` words that has the most of them; they may overlap."""
    for document in range(len(start) - 1):
        first, last = start[document], start[document + 1]
        seen = np.zeros(table_size(last - first), np.uint64)
        times = np.zeros(len(seen), np.int32)
        most = 0
        for word in range(first, last - size + 1):
            key = run_hash(hashes, word, size)
            at = slot(seen, key)
            seen[at] = key | ONE
            times[at] += 1
            if times[at] > 2:  # twice is chance: two words said twice are a fifth of a text of twenty words
                most = max(most, times[at] * chars[word : word + size].sum())
        every = chars[first:last].sum()
        if every:
            shares[document] = min(most / every, 1.0)


@compiled
def repeated(hashes: np.ndarray, chars: np.ndarray, start: np.ndarray, size: int, shares: np.ndarray) -> None:
    """Write the share of characters in runs of `size` words that stood before; what is counted is not counted again."""
    for document in range(len(start) - 1):
        first, last = start[document], start[document + 1]
        seen = np.zeros(table_size(last - first), np.uint64)
        word, again = first, 0
        while word + size <= last:
            if find(seen, run_hash(hashes, word, size)):
                again += chars[word : word + size].sum()
                word += size
            else:
                word += 1
        every = chars[first:last].sum()
        if every:
            shares[document] = again / every
