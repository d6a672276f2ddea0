"""The loop behind `curate.kernels.listed`."""

import numpy as np

from curate.kernels import compiled


@compiled
def count(hashes: np.ndarray, start: np.ndarray, listed: np.ndarray, first: np.ndarray, found: np.ndarray) -> None:
    """Write how many of the listed hashes each document has; `listed` is in the order of their last bits."""
    mask = np.uint64(len(first) - 1)
    for document in range(len(start) - 1):
        seen = np.zeros(len(listed), np.bool_)
        for word in range(start[document], start[document + 1]):
            at = first[hashes[word] & mask]
            if at:  # one word in 2,000 gets here by chance
                for one in range(at - 1, len(listed)):
                    if listed[one] == hashes[word]:
                        seen[one] = True
        found[document] = seen.sum()
