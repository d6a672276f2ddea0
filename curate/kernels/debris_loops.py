"""The loop behind `curate.kernels.debris`."""

import numpy as np

from curate.kernels import compiled
from curate.kernels.debris import LONG
from curate.kernels.words import RUN, Words

NOTHING, DIGIT, LOWER, UPPER = range(4)
SLASH, COLON, ROUND, SQUARE = ord("/"), ord(":"), ord("("), ord("]")
BLANK = ord(" ")


@compiled
def count(data: np.ndarray, offsets: np.ndarray, words: Words, found: np.ndarray) -> None:
    """Write what `debris` gives."""
    for document in range(len(offsets) - 1):
        first, end = offsets[document], offsets[document + 1]
        looked, inside = first, False  # up to where addresses were looked for, and whether one goes on there
        for word in range(words.start[document], words.start[document + 1]):
            if words.kind[word] == RUN:
                begin, chars = first + words.byte[word], words.chars[word]
                if chars >= LONG and not hexadecimal(data, begin, chars):
                    inside, looked = address(data, first, looked, begin, inside), begin
                    found[0, document] += 0 if inside else chars
                found[1, document] += chars > 2 and broken(data[begin : min(begin + chars, end)])


@compiled
def hexadecimal(data: np.ndarray, begin: int, chars: int) -> bool:
    """Whether a word has only digits and the letters a to f."""
    count = 0
    for byte in data[begin : begin + chars]:
        count += 48 <= byte <= 57 or 97 <= byte <= 102 or 65 <= byte <= 70
    return count == chars


@compiled
def address(data: np.ndarray, first: int, looked: int, begin: int, inside: bool) -> bool:
    """Whether `://` or `](` stands before a word, without a blank between; `inside`: whether it did before `looked`.

    Looks no further back, since a text without blanks may have 100,000 such words.
    """
    at = begin - 1
    while at >= looked and at > first and data[at] > BLANK:
        if (data[at] == SLASH and data[at - 1] == SLASH and at > first + 1 and data[at - 2] == COLON) or (
            data[at] == ROUND and data[at - 1] == SQUARE
        ):
            return True
        at -= 1
    return inside and at < looked


@compiled
def group_of(byte: int) -> int:
    """Whether a byte is a digit, or a letter of which case."""
    if 48 <= byte <= 57:
        return DIGIT
    if 97 <= byte <= 122:
        return LOWER
    return UPPER if 65 <= byte <= 90 else NOTHING


@compiled
def broken(word: np.ndarray) -> bool:
    """Whether a word has digits where letters should be, or its letters change case again and again."""
    before, changes, letters, inside, mixed = NOTHING, 0, 0, False, False
    opened = group_of(word[0]) == DIGIT
    for at in range(len(word)):
        this = group_of(word[at])
        if this == NOTHING:
            return False
        if this == DIGIT:
            inside = inside or letters > 0
        else:
            letters += 1
            changes += before in (LOWER, UPPER) and before != this
            mixed = mixed or inside or (opened and letters == 2 and before != DIGIT)
        before = this
    return mixed or (changes >= 3 and 2 * changes >= letters)
