"""The loop behind `curate.kernels.pairs`."""

import numpy as np

from curate.kernels import compiled
from curate.kernels.words_loops import code_point


@compiled
def count(data: np.ndarray, offsets: np.ndarray, table: np.ndarray, pairs: np.ndarray) -> None:
    """Count every pair of neighbours by class."""
    for document in range(len(offsets) - 1):
        at, end = np.uint64(offsets[document]), np.uint64(offsets[document + 1])
        before = np.uint8(0)
        while at < end:
            code, at = code_point(data, at)
            this = table[code]
            pairs[document, before, this] += 1
            before = this
