"""Find data written in letters: long runs of Base64's alphabet, or of escapes such as ``\\x1b`` and ``0x1b,``."""

from functools import cache

import numpy as np

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
HEXADECIMAL = b"0123456789abcdefABCDEF"
IN_BASE64, IN_HEX = 1, 2


def count_encoded(data: np.ndarray, offsets: np.ndarray, least: int = 64, escapes: int = 8) -> np.ndarray:
    """For each document: characters in runs of at least so many of Base64's alphabet, or so many escapes."""
    from curate.kernels.encoded_loops import count_escaped, count_runs

    counts = np.zeros(len(offsets) - 1, np.int64)
    count_runs(data, offsets, alphabets(), least, counts)
    count_escaped(data, offsets, alphabets(), escapes, counts)
    return counts


@cache
def alphabets() -> np.ndarray:
    """For each byte: whether Base64 writes it, whether a hexadecimal number does, as bits."""
    table = np.zeros(256, np.uint8)
    table[[*ALPHABET]] |= IN_BASE64
    table[[*HEXADECIMAL]] |= IN_HEX
    return table
