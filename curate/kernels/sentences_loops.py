"""The loops behind `curate.kernels.sentences`."""

import numpy as np

from curate.kernels import compiled
from curate.kernels.characters import CLOSER, DIGIT, FULL_STOP, LETTER, LOWER, OTHER, STOP, UPPER, WHITE
from curate.kernels.lines import NEWLINE
from curate.kernels.sentences import LONGEST
from curate.kernels.words_loops import NONE, ONE, code_point

DOT, SPACE, TAB = ord("."), ord(" "), ord("\t")
EIGHT = np.uint64(8)


@compiled
def split(
    data: np.ndarray,
    offsets: np.ndarray,
    classes: np.ndarray,
    short: np.ndarray,
    begin: np.ndarray,
    end: np.ndarray,
    start: np.ndarray,
) -> None:
    """Write where each sentence begins and ends, and where each document's sentences start."""
    count = 0
    for document in range(len(offsets) - 1):
        first, last = np.uint64(offsets[document]), np.uint64(offsets[document + 1])
        at, seen, ends = first, first, False  # `seen`: behind the marks that were looked at last
        place, solid, opened, blank = 0, 0, False, True  # `blank`: nothing but white space on this line so far
        while at < last:
            here = at
            code, at = code_point(data, here)
            kind = classes[code]
            place += 1
            if kind != WHITE:
                if not opened:
                    begin[count], opened = place - 1, True
                blank, solid = False, place
                if kind in (STOP, FULL_STOP) and here >= seen:
                    seen, ends = sentence_end(data, classes, short, first, here, last)
                over = ends and at == seen
            else:
                over = code == NEWLINE and blank
                blank |= code == NEWLINE
            if over and opened:
                end[count], count, opened, ends = solid, count + 1, False, False
        if opened:
            end[count], count = solid, count + 1
        start[document + 1] = count


@compiled
def sentence_end(
    data: np.ndarray, classes: np.ndarray, short: np.ndarray, first: np.uint64, mark: np.uint64, last: np.uint64
) -> tuple[np.uint64, bool]:
    """Behind the STOP or FULL_STOP at `mark`, and the marks and closers that follow it; whether a sentence ends there.

    Nothing before `first` and from `last` on is looked at.
    """
    at, full, kind = mark, False, WHITE
    while at < last:
        code, after = code_point(data, at)
        kind = classes[code]
        if kind not in (STOP, FULL_STOP, CLOSER):
            break
        full |= kind == FULL_STOP
        at, kind = after, WHITE
    if full or kind != WHITE:
        return at, full
    return at, data[mark] != DOT or at != mark + ONE or not goes_on(data, classes, short, first, mark, last)


@compiled
def goes_on(
    data: np.ndarray, classes: np.ndarray, short: np.ndarray, first: np.uint64, mark: np.uint64, last: np.uint64
) -> bool:
    """Whether a sentence goes on behind the full stop at `mark`, which white space or the end follows."""
    at, kind = mark + ONE, np.uint8(WHITE)
    while at < last and kind == WHITE:
        code, at = code_point(data, at)
        kind = classes[code]
    if kind == LOWER:
        return True
    at, word, letters, digits = mark, NONE, 0, 0
    kind = class_before(data, classes, first, at)
    while letters + digits < LONGEST and data[at - ONE] < 0x80 and kind in (LOWER, UPPER, DIGIT):
        at -= ONE
        word |= np.uint64(data[at] | 0x20) << (EIGHT * np.uint64(letters + digits))  # 0x20 makes it lower case
        letters += kind != DIGIT
        digits += kind == DIGIT
        kind = class_before(data, classes, first, at)
    if kind in (LOWER, UPPER, LETTER, DIGIT):
        return False
    if letters == 0:
        return digits > 0 and begins_line(data, first, at)
    return letters + digits == 1 or has(short, word)


@compiled
def class_before(data: np.ndarray, classes: np.ndarray, first: np.uint64, at: np.uint64) -> np.uint8:
    """The class of the character before a byte; at the start it is OTHER."""
    if at <= first:
        return np.uint8(OTHER)
    at -= ONE
    while data[at] & 0xC0 == 0x80:  # a character's later bytes
        at -= ONE
    return np.uint8(classes[code_point(data, at)[0]])


@compiled
def begins_line(data: np.ndarray, first: np.uint64, at: np.uint64) -> bool:
    """Whether only blanks stand before a byte on its line."""
    while at > first and (data[at - ONE] == SPACE or data[at - ONE] == TAB):
        at -= ONE
    return bool(at == first or data[at - ONE] == NEWLINE)


@compiled
def has(numbers: np.ndarray, number: np.uint64) -> bool:
    """Whether a few numbers have this one."""
    found = False
    for one in numbers:  # a plain loop over all: no branch to be guessed wrong
        found |= one == number
    return found
