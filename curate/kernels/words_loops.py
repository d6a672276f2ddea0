"""The loop behind `curate.kernels.words`."""

import numpy as np

from curate.kernels import compiled
from curate.kernels.words import KIND, RUN, UNSEEN

ONE, TWO, THREE, FOUR = (np.uint64(n) for n in range(1, 5))  # unsigned indexes need no look at their sign
NONE = np.uint64(0)
MIXER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: an odd number whose bits look random
SHIFT = np.uint64(29)


@compiled
def code_point(data: np.ndarray, at: np.uint64) -> tuple[np.uint32, np.uint64]:
    """The character at a byte of valid UTF-8, and where the next one starts."""
    lead = np.uint32(data[at])
    if lead < 0x80:
        return lead, at + ONE
    second = np.uint32(data[at + ONE] & 0x3F)
    if lead < 0xE0:
        return np.uint32((lead & 0x1F) << 6 | second), at + TWO
    third = np.uint32(data[at + TWO] & 0x3F)
    if lead < 0xF0:
        return np.uint32((lead & 0x0F) << 12 | second << 6 | third), at + THREE
    return np.uint32((lead & 7) << 18 | second << 12 | third << 6 | np.uint32(data[at + THREE] & 0x3F)), at + FOUR


@compiled
def split(
    data: np.ndarray,
    offsets: np.ndarray,
    table: np.ndarray,
    hashes: np.ndarray,
    chars: np.ndarray,
    byte: np.ndarray,
    kinds: np.ndarray,
    apart: np.ndarray,
    start: np.ndarray,
) -> None:
    """Write every word's hash, length, place, kind and what stands before it, and where each document's start."""
    count = NONE
    for document in range(len(offsets) - 1):
        first, end = np.uint64(offsets[document]), np.uint64(offsets[document + 1])
        at, begin, word, length, space = first, first, NONE, 0, True
        while at < end:
            here = at
            code, at = code_point(data, here)
            folded = table[code]
            kind = folded >> KIND
            if kind == RUN:
                if length == 0:
                    begin, apart[count], space = here, space, False
                word = (word ^ np.uint64(folded)) * MIXER
                word ^= word >> SHIFT
                length += 1
                continue
            if length:
                if kind == UNSEEN:  # asked here and below: once, in front, costs 7 % of the speed
                    continue
                hashes[count], chars[count], byte[count], kinds[count] = word, length, begin - first, RUN
                count, word, length = count + ONE, NONE, 0
            if kind and kind != UNSEEN:
                mark = np.uint64(folded) * MIXER
                hashes[count], chars[count], byte[count], kinds[count] = mark, 1, here - first, kind
                apart[count], space = space, False
                count += ONE
            elif kind == 0:
                space = True
        if length:
            hashes[count], chars[count], byte[count], kinds[count] = word, length, begin - first, RUN
            count += ONE
        start[document + 1] = count
