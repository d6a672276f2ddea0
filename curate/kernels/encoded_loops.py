"""The loops behind `curate.kernels.encoded`."""

import numpy as np

from curate.kernels import compiled
from curate.kernels.encoded import IN_BASE64, IN_HEX

BACKSLASH, ZERO, COMMA, SPACE, TAB, RETURN = (ord(char) for char in "\\0, \t\r")
SHORT, LONG, LETTERS, SUFFIXES = ord("x"), ord("u"), (ord("x"), ord("X")), (ord("u"), ord("U"), ord("l"), ord("L"))


@compiled
def count_runs(data: np.ndarray, offsets: np.ndarray, alphabets: np.ndarray, least: int, counts: np.ndarray) -> None:
    """Add how many bytes of each document stand in long runs of Base64's alphabet."""
    for document in range(len(offsets) - 1):
        begin, last = offsets[document], offsets[document + 1]
        while begin + least <= last:
            # A run that begins here is long if it reaches the byte `least` on. It is read from there backwards: most
            # bytes of a text are never looked at.
            at = begin + least - 1
            while at >= begin and alphabets[data[at]] & IN_BASE64:
                at -= 1
            if at >= begin:
                begin = at + 1
                continue
            end = begin + least
            while end < last and alphabets[data[end]] & IN_BASE64:
                end += 1
            counts[document] += end - begin
            begin = end + 1


@compiled
def count_escaped(data: np.ndarray, offsets: np.ndarray, alphabets: np.ndarray, least: int, counts: np.ndarray) -> None:
    """Add how many bytes of each document stand in long runs of escapes."""
    for document in range(len(offsets) - 1):
        at, last = offsets[document], offsets[document + 1]
        begin, escapes = at, 0
        while at < last:
            size = escape(data, alphabets, at, last) if data[at] in (BACKSLASH, ZERO) else 0
            if size:
                begin = begin if escapes else at
                escapes += 1
                at += size
                continue
            counts[document] += at - begin if escapes >= least else 0
            escapes = 0
            at += 1
        counts[document] += at - begin if escapes >= least else 0


@compiled
def escape(data: np.ndarray, alphabets: np.ndarray, at: int, last: int) -> int:
    r"""The bytes of an escape: \x1b, \u6cf5, or 0x1b with a comma and blanks behind it; 0 if there is none."""
    hexadecimal = data[at] == ZERO
    if at + 2 >= last or data[at + 1] not in (LETTERS if hexadecimal else (SHORT, LONG)):
        return 0  # before any digit is read: in a row of zeros each would read all the others
    end = at + 2
    while end < last and alphabets[data[end]] & IN_HEX:
        end += 1
    if not hexadecimal:
        size = 4 if data[at + 1] == SHORT else 6
        return size if end - at >= size else 0
    if end == at + 2:
        return 0
    while end < last and data[end] in SUFFIXES:
        end += 1
    if end >= last or data[end] != COMMA:
        return 0
    end += 1
    while end < last and (data[end] == SPACE or TAB <= data[end] <= RETURN):
        end += 1
    return int(end - at)
