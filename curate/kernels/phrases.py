"""Find a few phrases in UTF-8 text, several times as fast as a regular expression (Wu and Manber 1994)."""

from functools import cache
from itertools import product
from typing import NamedTuple

import numpy as np

BLOCK = 3  # bytes that are looked at together: of two, too many stand in many phrases


class Sought(NamedTuple):
    """Phrases, made ready to be looked for."""

    shifts: np.ndarray  # uint8, hash of a block → how far on the next one to look at stands; 0 is the end of a phrase
    phrases: np.ndarray  # uint8, phrase after phrase, in lower case
    start: np.ndarray  # int64, n phrases + 1: phrase i is phrases[start[i] : start[i + 1]]
    shortest: int  # bytes of the shortest phrase


def find_phrases(data: np.ndarray, offsets: np.ndarray, phrases: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Which phrase, by its number, stands at which byte of `data`, in order; of two that begin there the first one.

    Phrases are in lower case and of three bytes at least; capital letters of the text, A to Z, match them.
    """
    from curate.kernels.phrases_loops import find

    size, sought = int(offsets[-1] - offsets[0]), made_ready(phrases)
    which, places = np.empty(size, np.int32), np.empty(size, np.int64)  # pages that are never written cost nothing
    found = find(data, offsets, *sought, which, places)
    return which[:found].copy(), places[:found].copy()


@cache
def made_ready(phrases: tuple[str, ...]) -> Sought:
    """Phrases with the table of shifts: how far from the end of a phrase a block stands in any of them."""
    encoded = [phrase.encode() for phrase in phrases]
    shortest = min(map(len, encoded))
    assert shortest >= BLOCK, "a phrase has three bytes at least"
    shifts = np.full(1 << 16, shortest - BLOCK + 1, np.uint8)
    for phrase in encoded:
        for at in range(shortest - BLOCK + 1):
            for block in product(*({byte, *bytes([byte]).upper()} for byte in phrase[at : at + BLOCK])):
                own = block[0] << 8 ^ block[1] << 4 ^ block[2]
                shifts[own] = min(shifts[own], shortest - BLOCK - at)
    start = np.cumsum([0, *map(len, encoded)])
    return Sought(shifts, np.frombuffer(b"".join(encoded), np.uint8), start, shortest)
