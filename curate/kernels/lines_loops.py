"""The loops behind `curate.kernels.lines`."""

import numpy as np

from curate.kernels import compiled
from curate.kernels.lines import NEWLINE
from curate.kernels.tables_loops import find, table_size
from curate.kernels.words import HAN, KIND, RUN, SYLLABLE
from curate.kernels.words_loops import MIXER, NONE, SHIFT, code_point

BACKTICK, TILDE = ord("`"), ord("~")


@compiled
def split(
    data: np.ndarray,
    offsets: np.ndarray,
    table: np.ndarray,
    hashes: np.ndarray,
    chars: np.ndarray,
    letters: np.ndarray,
    first: np.ndarray,
    fenced: np.ndarray,
    begin: np.ndarray,
    end: np.ndarray,
    start: np.ndarray,
) -> None:
    """Write what `Lines` holds. A last line without a newline counts; nothing after the last newline does not."""
    count = 0
    for document in range(len(offsets) - 1):
        at, last = np.uint64(offsets[document]), np.uint64(offsets[document + 1])
        place, fence = 0, np.uint32(0)
        while at < last:
            # `mixed`, `length` follow every character; `solid`, `size` only what is not white space at the end.
            began, mixed, solid, length, size, spoken = place, NONE, NONE, 0, 0, 0
            marks, lead, code = 0, np.uint32(0), np.uint32(0)
            while at < last and code != NEWLINE:
                code, at = code_point(data, at)
                place += 1
                kind = table[code] >> KIND
                if size == 0 and kind == 0:
                    continue
                if length == 0:
                    lead = code
                marks += length < 3 and code == lead
                length += 1
                mixed = (mixed ^ np.uint64(code)) * MIXER
                mixed ^= mixed >> SHIFT
                if kind:
                    solid, size = mixed, length
                    spoken += kind in (RUN, HAN, SYLLABLE)
            opens = marks == 3 and lead in (BACKTICK, TILDE)
            hashes[count], chars[count], letters[count], first[count] = solid, size, spoken, lead
            fenced[count], begin[count], end[count] = opens or fence != 0, began, place
            if opens and (not fence or fence == lead):
                fence = np.uint32(0) if fence else lead
            count += 1
        start[document + 1] = count


@compiled
def duplicates(hashes: np.ndarray, chars: np.ndarray, start: np.ndarray, shares: np.ndarray) -> None:
    """Write the share of characters in repeated lines (row 0) and in repeated paragraphs (row 1)."""
    for document in range(len(start) - 1):
        first, last = start[document], start[document + 1]
        lines, paragraphs = np.zeros((2, table_size(last - first)), np.uint64)
        every, in_lines, in_paragraphs = 0, 0, 0
        mixed, length = NONE, 0
        for line in range(first, last + 1):
            if line < last and chars[line]:
                every += chars[line]
                length += chars[line]
                mixed = (mixed ^ hashes[line]) * MIXER
                in_lines += chars[line] if find(lines, hashes[line]) else 0
            elif length:
                in_paragraphs += length if find(paragraphs, mixed) else 0
                mixed, length = NONE, 0
        if every:
            shares[0, document], shares[1, document] = in_lines / every, in_paragraphs / every
