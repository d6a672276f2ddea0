"""The loops behind `curate.kernels.repeats`."""

import numpy as np

from curate.kernels import compiled
from curate.kernels.repeats import SIZES
from curate.kernels.tables_loops import table_size
from curate.kernels.terms import WEIGHT
from curate.kernels.words_loops import MIXER, NONE, ONE, SHIFT

SMALLEST, LARGEST = SIZES.start, SIZES.stop - 1
SHORT = WEIGHT // 2  # a run may weigh so much less than its terms should: Chinese characters seldom come out even


@compiled
def repeats(
    hashes: np.ndarray,
    chars: np.ndarray,
    weight: np.ndarray,
    start: np.ndarray,
    top: np.ndarray,
    top_times: np.ndarray,
    again: np.ndarray,
) -> None:
    """Write what `Repeats` holds.

    A run that stands there once cannot begin a longer one that stands there twice. So only the first size looks at
    every place; each later one looks at those of the size before that stand there again: of prose two fifths, a
    seventh, a twentieth, ... of all.
    """
    most = np.diff(start).max() if len(start) > 1 else 0
    runs = np.empty(most, np.uint64)  # of each place: the hash of the run that begins there, ...
    ends, heavy = np.empty((2, most), np.int32)  # ... where it ends, and its weight
    first, times = np.empty((2, most), np.int32)  # where the same run stands first; there: how often it stands there
    places = np.empty(most, np.int32)
    for document in range(len(start) - 1):
        own = slice(start[document], start[document + 1])
        count = own.stop - own.start
        for place in range(count):
            places[place] = ends[place] = place
            runs[place], heavy[place] = NONE, 0
        for size in range(SMALLEST, LARGEST + 1):
            count = lengthen(hashes[own], weight[own], places[:count], size, runs, ends, heavy)
            if not count:
                break
            column = size - SMALLEST
            where = count_runs(places[:count], runs, first, times)
            top[document, column] = times[where] * chars[own][where : ends[where]].sum()
            top_times[document, column] = times[where]
            count = keep_repeated(places[:count], first, times)
            again[document, column] = passed_again(chars[own], places[:count], ends, first, times)


@compiled
def lengthen(
    hashes: np.ndarray,
    weight: np.ndarray,
    places: np.ndarray,
    size: int,
    runs: np.ndarray,
    ends: np.ndarray,
    heavy: np.ndarray,
) -> int:
    """Lengthen the run at each place to `size` terms; at how many places the text is long enough."""
    least = size * WEIGHT - SHORT
    for number, place in enumerate(places):
        run, end, weighs = runs[place], ends[place], heavy[place]
        while end < len(hashes) and weighs < least:
            run = (run ^ hashes[end]) * MIXER
            run ^= run >> SHIFT
            weighs += weight[end]
            end += 1
        if weighs < least:
            return number
        runs[place], ends[place], heavy[place] = run, end, weighs
    return len(places)


@compiled
def count_runs(places: np.ndarray, runs: np.ndarray, first: np.ndarray, times: np.ndarray) -> int:
    """Note where the run at each place stands first, and there how often; where the most frequent one does."""
    table = np.zeros(table_size(len(places)), np.int32)  # 1 + the place where a run stands first; 0 is an empty slot
    mask = np.uint64(len(table) - 1)
    for place in places:
        run = runs[place]
        at = (run >> np.uint64(20)) & mask
        while table[at] and runs[table[at] - 1] != run:
            at = (at + ONE) & mask
        if table[at] == 0:
            table[at] = place + 1
            times[place] = 0
        first[place] = table[at] - 1
        times[first[place]] += 1
    where = places[0]
    for place in places:
        if first[place] == place and times[place] > times[where]:
            where = place
    return where


@compiled
def keep_repeated(places: np.ndarray, first: np.ndarray, times: np.ndarray) -> int:
    """Move the places whose run stands there again to the front; the first place of all counts where none does."""
    kept = 0
    for place in places:
        if times[first[place]] > 1 or place == 0:
            places[kept] = place
            kept += 1
    return kept


@compiled
def passed_again(chars: np.ndarray, places: np.ndarray, ends: np.ndarray, first: np.ndarray, times: np.ndarray) -> int:
    """The characters of runs that were passed before; a run that is counted is jumped over, and so not passed."""
    count, free = 0, 0
    for place in places:
        if place < free:
            continue
        if times[first[place]] == 0:  # as it is set below
            count += chars[place : ends[place]].sum()
            free = ends[place]
        times[first[place]] = 0
    return count
