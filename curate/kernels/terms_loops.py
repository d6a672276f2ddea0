"""The loops behind `curate.kernels.terms`."""

import numpy as np

from curate.kernels import compiled
from curate.kernels.terms import (
    AFTER,
    ALONE,
    APOSTROPHE,
    BEFORE,
    BETWEEN,
    DIGITS,
    HAN_WEIGHT,
    JOINED,
    LETTERS,
    MARK,
    WEIGHT,
)
from curate.kernels.words import PUNCT, RUN
from curate.kernels.words_loops import MIXER, SHIFT

ASCII, DASH, QUOTE = 0x80, ord("-"), ord("'")
WORDS = LETTERS | DIGITS


@compiled
def find_roles(
    data: np.ndarray,
    offsets: np.ndarray,
    start: np.ndarray,
    byte: np.ndarray,
    chars: np.ndarray,
    kind: np.ndarray,
    ascii_roles: np.ndarray,
    roles: np.ndarray,
) -> None:
    """Write for each unit of the word table what it may be in a term, as bits."""
    for document in range(len(offsets) - 1):
        for unit in range(start[document], start[document + 1]):
            at = offsets[document] + byte[unit]
            if kind[unit] == PUNCT:
                mark = data[at] if data[at] < ASCII else typewritten(data, at)
                roles[unit] = ascii_roles[mark] if mark else MARK | ALONE
            elif kind[unit] == RUN:
                end = at + chars[unit]
                while at < end and ascii_roles[data[at] & 0x7F] == DIGITS and data[at] < ASCII:
                    at += 1
                first = at > offsets[document] + byte[unit]
                roles[unit] = (LETTERS if at < end else 0) | (DIGITS if first else 0)
            else:
                roles[unit] = LETTERS | ALONE


@compiled
def typewritten(data: np.ndarray, at: int) -> int:
    """The ASCII mark for a typographic dash (U+2013) or apostrophe (U+2019); 0 for other characters."""
    if data[at] != 0xE2 or data[at + 1] != 0x80:
        return 0
    return DASH if data[at + 2] == 0x93 else QUOTE if data[at + 2] == 0x99 else 0


@compiled
def join(
    start: np.ndarray,
    apart: np.ndarray,
    roles: np.ndarray,
    chinese: np.ndarray,
    begin: np.ndarray,
    term_start: np.ndarray,
) -> None:
    """Write where each term begins, as a unit, and where each document's terms start.

    A chunk is what neither white space nor a unit that stands alone parts.
    """
    count = 0
    for document in range(len(start) - 1):
        unit, last = start[document], start[document + 1]
        while unit < last:
            end = unit + 1
            if not roles[unit] & ALONE:
                while end < last and not apart[end] and not roles[end] & ALONE:
                    end += 1
            if chinese[document]:
                count = join_marks(roles, unit, end, begin, count)
            else:
                count = join_core(roles, unit, end, begin, count)
            unit = end
        term_start[document + 1] = count


@compiled
def join_marks(roles: np.ndarray, unit: int, end: int, begin: np.ndarray, count: int) -> int:
    """The terms of a chunk of a Chinese document: units, and marks in a row that join."""
    for one in range(unit, end):
        if one == unit or not (roles[one - 1] & roles[one] & JOINED):
            begin[count] = one
            count += 1
    return count


@compiled
def join_core(roles: np.ndarray, unit: int, end: int, begin: np.ndarray, count: int) -> int:
    """The terms of a chunk of another document: the marks before and after it, and what these leave, cut by dashes."""
    head, tail = unit, end
    while head < end and roles[head] & BEFORE:
        head += 1
    while tail > head and roles[tail - 1] & AFTER:
        tail -= 1
    cut = True
    for one in range(unit, end):
        dash = head < one < tail - 1 and roles[one] & BETWEEN and roles[one - 1] & WORDS
        dash = dash and roles[one + 1] & WORDS == LETTERS  # a letter comes next, not a digit
        clitic = head < one < tail - 1 and roles[one] & APOSTROPHE and roles[one - 1] & WORDS
        clitic = clitic and roles[one + 1] & LETTERS
        if one <= head or one >= tail or cut or dash or clitic:
            begin[count] = one
            count += 1
        cut = dash
    return count


@compiled
def fill(
    roles: np.ndarray,
    unit_hashes: np.ndarray,
    unit_chars: np.ndarray,
    begin: np.ndarray,
    start: np.ndarray,
    hashes: np.ndarray,
    chars: np.ndarray,
    kinds: np.ndarray,
    weights: np.ndarray,
    total_weights: np.ndarray,
    total_chars: np.ndarray,
) -> None:
    """Write hash, length, kind and weight of each term, and what they come to; `begin` has one entry more."""
    for document in range(len(start) - 1):
        for term in range(start[document], start[document + 1]):
            unit = begin[term]
            mixed, length, role = unit_hashes[unit], unit_chars[unit], roles[unit]
            weight = HAN_WEIGHT if role & ALONE and role & LETTERS else WEIGHT
            for one in range(unit + 1, begin[term + 1]):
                mixed ^= mixed >> SHIFT
                mixed = mixed * MIXER + unit_hashes[one]  # not ^ before *: of two equal units nothing would be left
                length += unit_chars[one]
                role |= roles[one]
            kind = LETTERS if role & LETTERS else DIGITS if role & DIGITS else MARK
            hashes[term], chars[term], kinds[term], weights[term] = mixed, length, kind, weight
            total_weights[document, kind] += weight
            total_chars[document, kind] += length
