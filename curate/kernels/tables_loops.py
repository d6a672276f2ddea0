"""A set of 64-bit hashes, for loops that ask what they have seen before."""

import numpy as np

from curate.kernels import compiled

ONE = np.uint64(1)


@compiled
def table_size(most: int) -> int:
    """A power of two with room for `most` hashes, at most half full."""
    size = 16
    while size < 2 * most:
        size *= 2
    return size


@compiled
def find(table: np.ndarray, key: np.uint64) -> bool:
    """Whether the table, of zeros at first, has the hash; it has it from now on."""
    at, key = slot(table, key), key | ONE
    seen = table[at] == key
    table[at] = key
    return bool(seen)


@compiled
def slot(table: np.ndarray, key: np.uint64) -> np.uint64:
    """Where in the table the hash stands, or will."""
    mask = np.uint64(len(table) - 1)
    at, key = (key >> np.uint64(20)) & mask, key | ONE  # 0 is an empty slot
    while table[at] != 0 and table[at] != key:
        at = (at + ONE) & mask
    return at
