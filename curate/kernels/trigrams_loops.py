"""The loops behind `curate.kernels.trigrams`."""

import math

import numpy as np

from curate.kernels import compiled
from curate.kernels.trigrams import (
    COUNT,
    KANA,
    KEY,
    LETTER,
    MARK,
    SKIPPED,
    SPACE,
    TEXTS,
    WINDOW,
    Counts,
    Model,
    Windows,
)
from curate.kernels.words import KIND
from curate.kernels.words_loops import MIXER, NONE, ONE, SHIFT, code_point

PAIR, TRIPLE, END, BEGINNING, MEETING = (np.uint64(n << 40) for n in range(1, 6))  # the kind of an n-gram, in its key
OWN_MARKS = (LETTER, KANA)  # what follows them is judged with them: a space in Russian, where Russian is unknown
BEFORE = np.uint32(0)  # in the place of a symbol: the text's start
# A shorter n-gram weighs as much as 20 sights of the symbol before, 5 of the two before, 30 of the word before.
AFTER_ONE, AFTER_TWO, AFTER_WORD = 20.0, 5.0, 30.0
OTHERS, OTHER_WORDS = 5_000.0, 1_000.0  # so many symbols, and beginnings of words, are thought to be still unseen


@compiled
def split(data: np.ndarray, offsets: np.ndarray, table: np.ndarray, codes: np.ndarray, start: np.ndarray) -> None:
    """Write every document's symbols."""
    many = 0
    for document in range(len(offsets) - 1):
        at, end, before = np.uint64(offsets[document]), np.uint64(offsets[document + 1]), BEFORE
        while at < end:
            code, at = code_point(data, at)
            this = table[code]
            again = this == before and this >> KIND in (MARK, SPACE)  # a ruler is one mark, however long
            if this != SKIPPED and not again:
                codes[many] = before = this
                many += 1
        start[document + 1] = many


@compiled
def mixed(key: np.uint64, code: np.uint32) -> np.uint64:
    """A hash that also stands for one symbol more."""
    key = (key ^ np.uint64(code)) * MIXER
    return key ^ (key >> SHIFT)


@compiled
def short(key: np.uint64) -> np.uint64:
    """The upper half of a hash, never 0: a model of 180,000 n-grams takes one unseen in 20,000 for one of them."""
    return (key >> KEY) | ONE


@compiled
def ngrams(codes: np.ndarray, at: int, first: int) -> tuple[np.uint64, np.uint64, np.uint64]:
    """The keys of the symbol at a place, of it after one, and of it after two."""
    one = codes[at - 1] if at > first else BEFORE
    two = codes[at - 2] if at > first + 1 else BEFORE
    pair, triple = mixed(PAIR, one), mixed(mixed(TRIPLE, two), one)
    return short(mixed(NONE, codes[at])), short(mixed(pair, codes[at])), short(mixed(triple, codes[at]))


@compiled
def meeting(codes: np.ndarray, space: int, first: int, end: int) -> tuple[np.uint64, np.uint64, np.uint64]:
    """The keys of how the word before a space ends (3 symbols), how the next one begins, and of both; 0 for none."""
    before, after = END, BEGINNING
    at = space - 1
    while at >= first and at >= space - 3 and codes[at] >> KIND != SPACE:
        before = mixed(before, codes[at])
        at -= 1
    at = space + 1
    while at < end and at <= space + 3 and codes[at] >> KIND != SPACE:
        after = mixed(after, codes[at])
        at += 1
    if before == END or after == BEGINNING:
        return NONE, NONE, NONE
    return short(before), short(after), short(((before ^ MEETING) * MIXER) ^ after)


@compiled
def slot(table: np.ndarray, key: np.uint64) -> np.uint64:
    """Where in the table the n-gram stands, or will."""
    mask = np.uint64(len(table) - 1)
    at = (key >> ONE) & mask
    while table[at] != NONE and table[at] >> KEY != key:
        at = (at + ONE) & mask
    return at


@compiled
def place(entries: np.ndarray, table: np.ndarray) -> None:
    """Write the entries into a table."""
    for entry in entries:
        table[slot(table, entry >> KEY)] = entry


@compiled
def longest(start: np.ndarray) -> int:
    """The symbols of the longest document."""
    most = 0
    for document in range(len(start) - 1):
        most = max(most, start[document + 1] - start[document])
    return most


@compiled
def slots_of(
    codes: np.ndarray, first: int, end: int, table: np.ndarray, room: int, slots: np.ndarray
) -> tuple[int, int, int]:
    """Write the slots of a document's n-grams, `room` new ones at most: how many, how many words, the room left."""
    many, words = 0, 0
    found = np.zeros(6, np.uint64)
    for at in range(first, end):
        found[0], found[1], found[2] = ngrams(codes, at, first)
        found[3] = NONE
        if codes[at] >> KIND == SPACE:
            found[3], found[4], found[5] = meeting(codes, at, first, end)
            words += found[3] != NONE
        for key in found[: 6 if found[3] else 3]:
            here = slot(table, key)
            if table[here] == NONE:
                if room == 0:  # nearly all of millions of n-grams are noise
                    continue
                table[here] = key << KEY
                room -= 1
            slots[many] = here
            many += 1
    return many, words, room


@compiled
def count(
    codes: np.ndarray, start: np.ndarray, teaching: np.ndarray, table: np.ndarray, times: np.ndarray, texts: np.ndarray
) -> int:
    """Count the n-grams of the documents that teach; how many words follow one."""
    last, slots = np.full(len(table), -1, np.int32), np.empty(6 * longest(start), np.uint64)
    room, every = 3 * len(table) // 4, 0
    for document in range(len(start) - 1):
        if teaching[document]:
            many, words, room = slots_of(codes, start[document], start[document + 1], table, room, slots)
            every += words
            for at in slots[:many]:
                times[at] += 1
                texts[at] += last[at] != document
                last[at] = document
    return every


@compiled
def judge_left_out(
    codes: np.ndarray, start: np.ndarray, teaching: np.ndarray, counts: Counts, windows: Windows
) -> None:
    """Write how unlikely each document is by what all others taught."""
    table = counts.model.table
    last, slots = np.zeros(len(table), np.int32), np.empty(6 * longest(start), np.uint64)
    for document in range(len(start) - 1):
        many = 0
        if teaching[document]:
            many, _, _ = slots_of(codes, start[document], start[document + 1], table, 0, slots)
        weigh(slots[:many], -1, counts, last, -document - 1)
        judge(codes, start, document, counts.model, windows)
        weigh(slots[:many], 1, counts, last, document + 1)


@compiled
def weigh(slots: np.ndarray, by: int, counts: Counts, last: np.ndarray, stamp: int) -> None:
    """Take a document's n-grams out of what was counted (by -1), or put them back (1)."""
    table = counts.model.table
    for at in slots:
        counts.times[at] += by
        if last[at] != stamp:
            counts.texts[at] += by
            last[at] = stamp
    for at in slots:
        known = counts.texts[at] >= TEXTS and counts.times[at] >= counts.least
        table[at] = (table[at] >> KEY << KEY) | np.uint64(counts.times[at] if known else 0)


@compiled
def judge_all(codes: np.ndarray, start: np.ndarray, model: Model, windows: Windows) -> None:
    """Write how unlikely each document is."""
    for document in range(len(start) - 1):
        judge(codes, start, document, model, windows)


@compiled
def seen(table: np.ndarray, key: np.uint64) -> float:
    """How often an n-gram was seen; never for key 0, which is none."""
    return np.float64(table[slot(table, key)] & COUNT)


@compiled
def judge(codes: np.ndarray, start: np.ndarray, document: int, model: Model, windows: Windows) -> None:
    """Write how unlikely the symbols and the words of one document are."""
    table, first, end = model.table, start[document], start[document + 1]
    begin, last = windows.start[document], windows.start[document + 1] - 1
    seen_one, seen_two = 0.0, 0.0  # the symbol before, and the two before: what follows them is judged by
    for at in range(first, end):
        window, own = min(begin + (at - first) // WINDOW, last), codes[at] >> KIND
        before = codes[at - 1] >> KIND if at > first else own
        group = before if before in OWN_MARKS else own
        alone, pair, triple = ngrams(codes, at, first)
        seen_alone = seen(table, alone)
        seen_pair = seen(table, pair) if seen_one else 0.0
        seen_triple = seen(table, triple) if seen_two else 0.0
        chance = (seen_alone + 0.5) / (model.symbols + OTHERS)
        chance = (seen_pair + AFTER_ONE * chance) / (seen_one + AFTER_ONE)
        chance = (seen_triple + AFTER_TWO * chance) / (seen_two + AFTER_TWO)
        seen_one, seen_two = seen_alone, seen_pair
        windows.bits[window, group] -= math.log2(chance)
        windows.symbols[window, group] += 1
        if own == SPACE:
            bits, known = misplaced(codes, at, first, end, model)
            windows.order[window] += bits
            windows.words[window] += known


@compiled
def misplaced(codes: np.ndarray, space: int, first: int, end: int, model: Model) -> tuple[float, bool]:
    """Bits by which the word after a space is less likely there than anywhere, and whether both words are known.

    Words that are new say nothing of their order.
    """
    ending, beginning, both = meeting(codes, space, first, end)
    seen_before, seen_after = seen(model.table, ending), seen(model.table, beginning)
    if seen_before == 0 or seen_after == 0:
        return 0.0, False
    anywhere = (seen_after + 0.5) / (model.words + OTHER_WORDS)
    here = (seen(model.table, both) + AFTER_WORD * anywhere) / (seen_before + AFTER_WORD)
    return math.log2(anywhere / here), True
