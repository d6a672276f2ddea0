"""The loops behind `curate.kernels.phrases`."""

import numpy as np

from curate.kernels import compiled
from curate.kernels.phrases import BLOCK

ONE, TWO = np.uint64(1), np.uint64(2)
UPPER_A, UPPER_Z, TO_LOWER = ord("A"), ord("Z"), np.uint8(0x20)


@compiled
def find(
    data: np.ndarray,
    offsets: np.ndarray,
    shifts: np.ndarray,
    phrases: np.ndarray,
    start: np.ndarray,
    shortest: int,
    which: np.ndarray,
    places: np.ndarray,
) -> int:
    """Write which phrase stands where, and give how many were found."""
    count, back = 0, np.uint64(shortest - BLOCK)
    for document in range(len(offsets) - 1):
        at, last = np.uint64(offsets[document]) + back, np.uint64(offsets[document + 1])
        while at + TWO < last:
            block = np.uint64(data[at]) << np.uint64(8) ^ np.uint64(data[at + ONE]) << np.uint64(4)
            shift = shifts[block ^ np.uint64(data[at + TWO])]
            if shift:
                at += np.uint64(shift)
                continue
            phrase = phrase_at(data, at - back, last, phrases, start)
            if phrase >= 0:
                which[count], places[count] = phrase, at - back
                count += 1
            at += ONE
    return count


@compiled
def phrase_at(data: np.ndarray, at: np.uint64, last: np.uint64, phrases: np.ndarray, start: np.ndarray) -> int:
    """The first phrase that stands at a byte; -1 if none does."""
    for phrase in range(len(start) - 1):
        size = start[phrase + 1] - start[phrase]
        same = at + np.uint64(size) <= last
        byte = 0
        while same and byte < size:
            one = data[at + np.uint64(byte)]
            if UPPER_A <= one <= UPPER_Z:
                one |= TO_LOWER
            same = one == phrases[start[phrase] + byte]
            byte += 1
        if same:
            return phrase
    return -1
