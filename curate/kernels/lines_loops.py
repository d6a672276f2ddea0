"""The loops behind `curate.kernels.lines`."""

import numpy as np

from curate.kernels import compiled
from curate.kernels.characters import FULL_STOP, STOP, UNSPACED, WHITE
from curate.kernels.lines import CHARS, FIRST, INDENT, LAST, LETTERS, SUMS, WIDTH, WORDS
from curate.kernels.sentences_loops import sentence_end
from curate.kernels.tables_loops import find, table_size
from curate.kernels.words_loops import MIXER, NONE, ONE, SHIFT, THREE, TWO, code_point

BACKTICK, TILDE, DOT, ELLIPSIS = ord("`"), ord("~"), ord("."), ord("…")
SIX, EIGHT, FIELD = np.uint64(6), np.uint64(8), np.uint64(16)
MASK = BLOCK = np.uint64(0xFFFF)


@compiled
def split(
    data: np.ndarray,
    offsets: np.ndarray,
    newlines: np.ndarray,
    classes: np.ndarray,
    weights: np.ndarray,
    hashes: np.ndarray,
    counts: np.ndarray,
    flags: np.ndarray,
    places: np.ndarray,
    start: np.ndarray,
    stops: np.ndarray,
) -> int:
    """Write what `Lines` holds but for the sentences; and where the marks stand that may end one, and how many.

    A last line without a newline counts; nothing after the last newline does not.
    """
    line, broken, found = 0, 0, NONE
    for document in range(len(offsets) - 1):
        at, last = np.uint64(offsets[document]), np.uint64(offsets[document + 1])
        place, fence = 0, np.uint32(0)
        while at < last:
            ended = bool(broken < len(newlines) and np.uint64(newlines[broken]) < last)
            stop = np.uint64(newlines[broken]) if ended else last
            broken += ended
            begin, before = behind_white(data, classes, at, stop)
            end, behind = before_white(data, classes, begin, stop)
            hashes[line] = hashed(data, begin, end)
            found = measure(data, classes, weights, begin, end, counts, line, stops, found)
            lead = np.uint32(counts[FIRST, line])
            opens = lead in (BACKTICK, TILDE) and thrice(data, begin, end)
            flags[0, line] = counts[LAST, line] in (DOT, ELLIPSIS) and trails_off(data, begin, end)
            flags[1, line] = opens or fence != 0
            if opens and (not fence or fence == lead):
                fence = np.uint32(0) if fence else lead
            places[0, line], places[2, line], places[3, line], places[4, line] = place, at, begin, end
            counts[INDENT, line], counts[WIDTH, line] = before, before + counts[CHARS, line] + behind
            place += int(counts[WIDTH, line]) + int(ended)
            places[1, line] = place
            at = stop + np.uint64(ended)
            line += 1
        start[document + 1] = line
    return int(found)


@compiled
def behind_white(data: np.ndarray, classes: np.ndarray, at: np.uint64, stop: np.uint64) -> tuple[np.uint64, int]:
    """The first byte that is not white space, and how many characters stand before it."""
    count = 0
    while at < stop:
        code, after = code_point(data, at)
        if classes[code] != WHITE:
            break
        at, count = after, count + 1
    return at, count


@compiled
def before_white(data: np.ndarray, classes: np.ndarray, begin: np.uint64, stop: np.uint64) -> tuple[np.uint64, int]:
    """Behind the last byte that is not white space, and how many characters stand behind it."""
    count = 0
    while stop > begin:
        at = stop - ONE
        while data[at] & 0xC0 == 0x80:  # a character's later bytes
            at -= ONE
        if classes[code_point(data, at)[0]] != WHITE:
            break
        stop, count = at, count + 1
    return stop, count


@compiled
def hashed(data: np.ndarray, begin: np.uint64, end: np.uint64) -> np.uint64:
    """A hash of some bytes, eight at a time; the last eight overlap those before them. Of none it is 0."""
    size = end - begin
    mixed, last = size * MIXER, NONE
    if size == NONE:
        return NONE
    while begin + EIGHT < end:
        mixed = (mixed ^ eight_bytes(data, begin)) * MIXER
        mixed ^= mixed >> SHIFT
        begin += EIGHT
    if size >= EIGHT:
        last = eight_bytes(data, end - EIGHT)
    else:
        while begin < end:
            last, begin = last << EIGHT | np.uint64(data[begin]), begin + ONE
    mixed = (mixed ^ last) * MIXER
    return mixed ^ mixed >> SHIFT


@compiled
def eight_bytes(data: np.ndarray, at: np.uint64) -> np.uint64:
    """Eight bytes as one number; the compiler makes one load of it."""
    eight = NONE
    for byte in range(8):
        eight |= np.uint64(data[at + np.uint64(byte)]) << np.uint64(8 * byte)
    return eight


@compiled
def measure(
    data: np.ndarray,
    classes: np.ndarray,
    weights: np.ndarray,
    begin: np.uint64,
    end: np.uint64,
    counts: np.ndarray,
    line: int,
    stops: np.ndarray,
    found: np.uint64,
) -> np.uint64:
    """Write the counts of a line, and where the marks stand that may end a sentence; how many were found by now."""
    at, chars, words, spaced, code = begin, 0, 0, True, np.uint32(0)
    if begin < end:
        counts[FIRST, line] = code_point(data, begin)[0]
    while at < end:
        # Four counts of 16 bits are added up as one number, for as many bytes as none of them can overflow in.
        block, sums = min(end, at + BLOCK), NONE
        while at < block:
            here = at
            code, at = code_point(data, here)
            kind = classes[code]
            chars += 1
            sums += weights[kind]
            solid = kind != WHITE
            words += solid and spaced
            spaced = not solid
            # Each place is written and only that of a mark is kept: no branch to guess wrong. What the marks mean is
            # asked once all lines are through: in here it would take twice as long.
            stops[found] = here
            found += np.uint64(kind in (STOP, FULL_STOP))
        for count in range(SUMS):
            counts[LETTERS + count, line] += np.int32(sums >> (FIELD * np.uint64(count)) & MASK)
    counts[CHARS, line], counts[WORDS, line], counts[LAST, line] = chars, words, code
    return found


@compiled
def count_sentences(
    data: np.ndarray, classes: np.ndarray, short: np.ndarray, stops: np.ndarray, begin: np.ndarray, end: np.ndarray,
    sentences: np.ndarray,
) -> None:  # fmt: skip
    """Write how many sentences each line has that goes from a byte `begin` to `end`; what is left open is one more."""
    mark, seen, ends = 0, NONE, False
    for line in range(len(begin)):
        first, last, count, closed = np.uint64(begin[line]), np.uint64(end[line]), 0, np.uint64(begin[line])
        while mark < len(stops) and stops[mark] < last:
            if stops[mark] >= seen:
                seen, ends = sentence_end(data, classes, short, first, stops[mark], last)
                closed = seen if ends else closed
                count += ends
            mark += 1
        sentences[line] = count + (closed < last)


@compiled
def trails_off(data: np.ndarray, begin: np.uint64, end: np.uint64) -> bool:
    """Whether a line ends in three full stops or one …; a Chinese sentence ends in two."""
    if end - begin < THREE:
        return False
    if data[end - ONE] == DOT:
        return bool(data[end - TWO] == DOT and data[end - THREE] == DOT)
    once = end - begin < SIX or not is_ellipsis(data, end - SIX)
    return once and is_ellipsis(data, end - THREE)


@compiled
def is_ellipsis(data: np.ndarray, at: np.uint64) -> bool:
    """Whether the three bytes at a place are the character …"""
    return bool(data[at] == 0xE2 and data[at + ONE] == 0x80 and data[at + TWO] == 0xA6)


@compiled
def thrice(data: np.ndarray, begin: np.uint64, end: np.uint64) -> bool:
    """Whether a line begins with three times the same byte."""
    return bool(end - begin >= THREE and data[begin] == data[begin + ONE] == data[begin + TWO])


@compiled
def paragraphs(
    hashes: np.ndarray,
    indent: np.ndarray,
    width: np.ndarray,
    start: np.ndarray,
    mixed: np.ndarray,
    chars: np.ndarray,
    lines: np.ndarray,
    starts: np.ndarray,
) -> None:
    """Write the paragraphs that the lines make, with the first and the last line of each."""
    count = 0
    for document in range(len(start) - 1):
        opened = False
        for line in range(start[document], start[document + 1]):
            if hashes[line] == 0:  # a blank one
                opened = False
                continue
            if not opened:
                mixed[count], chars[count], lines[0, count] = NONE, -1, line
                count, opened = count + 1, True
            own = count - 1
            mixed[own] = (mixed[own] ^ hashes[line] ^ np.uint64(indent[line])) * MIXER
            mixed[own] ^= mixed[own] >> SHIFT
            chars[own] += width[line] + 1  # the newline between two lines is part of it
            lines[1, own] = line
        starts[document + 1] = count


@compiled
def repeats(hashes: np.ndarray, indent: np.ndarray, start: np.ndarray, again: np.ndarray) -> None:
    """Write which lines or paragraphs stood in their document before, as far in; a hash of 0 is none."""
    for document in range(len(start) - 1):
        first, last = start[document], start[document + 1]
        seen = np.zeros(table_size(last - first), np.uint64)
        for one in range(first, last):
            if hashes[one]:
                again[one] = find(seen, (hashes[one] ^ np.uint64(indent[one])) * MIXER)


@compiled
def longest(data: np.ndarray, classes: np.ndarray, begin: np.ndarray, end: np.ndarray, chars: np.ndarray) -> None:
    """Write the most characters that stand between white space or unspaced letters from each `begin` to `end`."""
    for line in range(len(begin)):
        at, last, run, most = np.uint64(begin[line]), np.uint64(end[line]), 0, 0
        while at < last:
            code, at = code_point(data, at)
            kind = classes[code]
            run = run + 1 if kind != WHITE and kind != UNSPACED else 0
            most = max(most, run)
        chars[line] = most
