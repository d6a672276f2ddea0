"""The loops behind `curate.kernels.runs`."""

import numpy as np

from curate.kernels import compiled
from curate.kernels.words import KIND, PUNCT, RUN, UNSEEN
from curate.kernels.words_loops import code_point

ZERO, NINE = np.uint32(ord("0")), np.uint32(ord("9"))
BASE = np.uint32((1 << KIND) - 1)
PAUSES = tuple(map(ord, "，、；：。"))  # nobody draws lines with them
BRACKETS = tuple(map(ord, "()[]（）【】「」《》"))  # one alone, six times in a row, is no code either
CODE = tuple(map(ord, "|│┆;{}<>="))  # rows of tables, statements and tags are alike by nature


@compiled
def find_runs(data: np.ndarray, offsets: np.ndarray, table: np.ndarray, copies: np.ndarray, shares: np.ndarray) -> None:
    """Write the shares of every document."""
    most = np.diff(offsets).max() if len(offsets) > 1 else 0
    chars, taken = np.empty(most, np.uint32), np.empty(most, np.bool_)
    for document in range(len(offsets) - 1):
        size = read(data, offsets[document], offsets[document + 1], table, chars)
        taken[:size] = False
        letters = cover(chars[:size], taken, 1, copies[1])
        phrases = 0
        for period in range(2, min(len(copies) - 1, size // 4) + 1):
            phrases += cover(chars[:size], taken, period, copies[period])
        if size:
            shares[document, 0], shares[document, 1] = letters / size, phrases / size


@compiled
def read(data: np.ndarray, first: int, last: int, table: np.ndarray, chars: np.ndarray) -> int:
    """Write the folded characters of a document, with their kinds, but for white space; how many they are."""
    at, end, size = np.uint64(first), np.uint64(last), 0
    while at < end:
        code, at = code_point(data, at)
        folded = table[code]
        kind = folded >> KIND
        if kind and kind != UNSEEN:
            chars[size] = code | kind << KIND if kind == PUNCT else folded  # a pause is no comma of a CSV file
            size += 1
    return size


@compiled
def cover(chars: np.ndarray, taken: np.ndarray, period: int, copies: int) -> int:
    """Take all runs of one period that are not taken; how many characters are in those that count.

    A run has (copies - 1) * period matches in a row at least, so to look at one place in so many is enough: over all
    periods that is two looks a character.
    """
    least, size, found = (copies - 1) * period, len(chars), 0
    at, free = period + least - 1, period
    while at < size:
        if taken[at] or chars[at] != chars[at - period]:
            free = at + 1
            at += least
            continue
        first, last = at, at + 1
        while first > free and not taken[first - 1] and chars[first - 1] == chars[first - 1 - period]:
            first -= 1
        while last < size and not taken[last] and chars[last] == chars[last - period]:
            last += 1
        if last - first >= least:
            counts = spoken(chars[first - period : first])
            for place in range(first - period, last):
                found += counts and not taken[place]
                taken[place] = True
        free = last
        at = last + least
    return found


@compiled
def spoken(unit: np.ndarray) -> bool:
    """Whether what is repeated is at least half letters, and neither table nor code."""
    letters = 0
    for char in unit:
        kind, base = char >> KIND, char & BASE
        if kind == PUNCT and (base in CODE or (len(unit) == 1 and base in BRACKETS)):
            return base in BRACKETS
        letters += base in PAUSES if kind == PUNCT else not (kind == RUN and ZERO <= base <= NINE)
    return 2 * letters >= len(unit)
