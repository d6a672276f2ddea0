"""Count which class of character follows which: scripts, misread bytes and torn words show in it."""

import numpy as np


def count_pairs(data: np.ndarray, offsets: np.ndarray, table: np.ndarray, classes: int) -> np.ndarray:
    """For each document a matrix: how often a character of class [row] is followed by one of class [column].

    `table` says the class of every code point; class 0 also stands before each text.
    """
    from curate.kernels.pairs_loops import count

    pairs = np.zeros((len(offsets) - 1, classes, classes), np.int64)
    count(data, offsets, table, pairs)
    return pairs
