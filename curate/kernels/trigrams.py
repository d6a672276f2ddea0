"""A language model of characters: how unlikely each is after the two before it, and each word after the one before it.

It learns from the very texts that it judges, broken ones among them. So a text is judged by what the others taught
(`left_out`), and what a single text has counts as never seen.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from curate.kernels.words import HAN, KIND, PUNCT, RUN, SYLLABLE, UNSEEN, folding

LATIN, HAN_LETTER, DIGIT, MARK, SPACE, LETTER, KANA = range(1, 8)  # classes of symbols; 0 is before a text
CLASSES = 8
SKIPPED = 0xFFFFFFFF
WINDOW = 256  # symbols, a paragraph: where half of a text is broken, some windows are broken wholly
SLOTS = 1 << 22  # for n-grams while they are counted: 3 million of them
ROOM = 180_000  # n-grams that a model keeps, at 5 bytes each
TEXTS = 2  # so many texts have to have an n-gram: of those that one alone has, most are its noise
STEPS = 8  # a file keeps a count as a step: 2 ** (step / STEPS)
KEY, COUNT = np.uint64(32), np.uint64(0xFFFFFFFF)  # the halves of an entry, so that a look at it is one of the memory


class Symbols(NamedTuple):
    """Texts as a model sees them: letters without case and accents, every digit 0, runs of a mark or of spaces one."""

    code: np.ndarray  # uint32: class and folded character
    start: np.ndarray  # int64, n documents + 1: symbols of document i are start[i] : start[i + 1]


class Model(NamedTuple):
    """How often each n-gram was seen."""

    table: np.ndarray  # uint64: a hash of the n-gram in the upper half, never 0, how often in the lower; 0 is empty
    symbols: int
    words: int  # words that follow one


class Counts(NamedTuple):
    """What texts taught: a model, and more of each of its slots."""

    model: Model  # of the n-grams that count; it says 0 of the others
    times: np.ndarray  # int32, how often the texts have it
    texts: np.ndarray  # int32, how many texts have it
    least: int  # n-grams that are rarer do not count


class Windows(NamedTuple):
    """How unlikely each window of the texts is."""

    start: np.ndarray  # int64, n documents + 1: windows of document i are start[i] : start[i + 1]
    bits: np.ndarray  # float64, windows x CLASSES: how unlikely its symbols are in all, by their class
    symbols: np.ndarray  # int64, windows x CLASSES: how many they are
    order: np.ndarray  # float64: bits by which its words are less likely after those before them than anywhere
    words: np.ndarray  # int64: how many words follow one


@cache
def symbol_table() -> np.ndarray:
    """Code point → class and folded character."""
    table = folding()
    kind, base = table >> KIND, table & ((1 << KIND) - 1)
    run, digit = kind == RUN, (base >= ord("0")) & (base <= ord("9"))
    ways = [(kind == 0, SPACE), (kind == HAN, HAN_LETTER), (kind == PUNCT, MARK), (kind == SYLLABLE, KANA)]
    ways += [(run & digit, DIGIT), (run & (base < 0x250), LATIN), (run, LETTER)]
    classes = np.select([those for those, _ in ways], [name for _, name in ways], 0).astype(np.uint32)
    base[classes == DIGIT], base[classes == SPACE] = ord("0"), ord(" ")
    return np.where(kind == UNSEEN, np.uint32(SKIPPED), classes << KIND | base)


def split_symbols(data: np.ndarray, offsets: np.ndarray) -> Symbols:
    """The symbols of every document; document i is the UTF-8 in data[offsets[i] : offsets[i + 1]]."""
    from curate.kernels.trigrams_loops import split

    code, start = np.empty(int(offsets[-1] - offsets[0]), np.uint32), np.zeros(len(offsets), np.int64)
    split(data, offsets, symbol_table(), code, start)
    code.resize(int(start[-1]), refcheck=False)
    return Symbols(code, start)


def count_ngrams(texts: Symbols, teaching: np.ndarray, room: int = ROOM) -> Counts:
    """Count the n-grams of the texts where `teaching` is true; those that count are `room` at most."""
    from curate.kernels.tables_loops import table_size
    from curate.kernels.trigrams_loops import count

    slots = min(table_size(6 * len(texts.code)), SLOTS)
    table, times, having = np.zeros(slots, np.uint64), np.zeros(slots, np.int32), np.zeros(slots, np.int32)
    words = count(texts.code, texts.start, teaching, table, times, having)
    often = np.sort(times[having >= TEXTS])[::-1]
    least = int(often[room]) + 1 if len(often) > room else 1
    known = np.flatnonzero((having >= TEXTS) & (times >= least))
    table[known] |= times[known].astype(np.uint64)
    return Counts(Model(table, int(np.diff(texts.start)[teaching].sum()), words), times, having, least)


def left_out(texts: Symbols, teaching: np.ndarray, counts: Counts) -> Windows:
    """How unlikely the texts are that were counted, each by the counts of all others."""
    from curate.kernels.trigrams_loops import judge_left_out

    windows = empty_windows(texts)
    judge_left_out(texts.code, texts.start, teaching, counts, windows)
    return windows


def judged(texts: Symbols, model: Model) -> Windows:
    """How unlikely texts are to a model."""
    from curate.kernels.trigrams_loops import judge_all

    windows = empty_windows(texts)
    judge_all(texts.code, texts.start, model, windows)
    return windows


def empty_windows(texts: Symbols) -> Windows:
    """Room for the windows of texts: one for each 256 symbols; what is over belongs to the last one."""
    lengths = np.diff(texts.start)
    start = np.append(0, np.cumsum(np.where(lengths, np.maximum(lengths // WINDOW, 1), 0)))
    many = int(start[-1])
    bits, symbols = np.zeros((many, CLASSES)), np.zeros((many, CLASSES), np.int64)
    return Windows(start, bits, symbols, np.zeros(many), np.zeros(many, np.int64))


def packed(model: Model) -> tuple[np.ndarray, np.ndarray]:
    """The n-grams of a model, for a file: their hashes, and how often as steps of an eighth of a power of two."""
    entries = np.sort(model.table[(model.table & COUNT) > 0])
    return (entries >> KEY).astype(np.uint32), np.round(np.log2(entries & COUNT) * STEPS).astype(np.uint8)


def unpacked(keys: np.ndarray, steps: np.ndarray, symbols: int, words: int) -> Model:
    """A model from what `packed` gave."""
    from curate.kernels.tables_loops import table_size
    from curate.kernels.trigrams_loops import place

    table = np.zeros(table_size(len(keys)), np.uint64)
    place(keys.astype(np.uint64) << KEY | np.round(2 ** (steps / STEPS)).astype(np.uint64), table)
    return Model(table, symbols, words)
