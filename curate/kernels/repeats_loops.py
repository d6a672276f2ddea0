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
            count = count_runs(hashes[own], weight[own], places[:count], size, runs, ends, heavy, first, times)
            if not count:
                break
            where, most_times, passed, count = weigh_runs(chars[own], places[:count], ends, first, times)
            column = size - SMALLEST
            top[document, column] = most_times * chars[own][where : ends[where]].sum()
            top_times[document, column], again[document, column] = most_times, passed


@compiled
def count_runs(
    hashes: np.ndarray,
    weight: np.ndarray,
    places: np.ndarray,
    size: int,
    runs: np.ndarray,
    ends: np.ndarray,
    heavy: np.ndarray,
    first: np.ndarray,
    times: np.ndarray,
) -> int:
    """Lengthen the run at each place to `size` terms, and note where it stands first, and there how often.

    Gives at how many places the text is long enough.
    """
    least = size * WEIGHT - SHORT
    table = np.zeros(table_size(len(places)), np.int32)  # 1 + the place where a run stands first; 0 is an empty slot
    mask = np.uint64(len(table) - 1)
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
        at = (run >> np.uint64(20)) & mask
        while table[at] and runs[table[at] - 1] != run:
            at = (at + ONE) & mask
        if table[at] == 0:
            table[at] = place + 1
            times[place] = 0
        first[place] = table[at] - 1
        times[first[place]] += 1
    return len(places)


@compiled
def weigh_runs(
    chars: np.ndarray, places: np.ndarray, ends: np.ndarray, first: np.ndarray, times: np.ndarray
) -> tuple[int, int, int, int]:
    """Where the most frequent run stands first, how often it does, and the characters of runs that were passed before.

    A run that is counted is jumped over, and so not passed. Then the places whose run stands there again are moved to
    the front, as many as the last number says; the first place of all stays, as it counts where no run does.
    """
    where, most, passed, free, kept = places[0], times[places[0]], 0, 0, 0
    for place in places:
        stood = times[first[place]]  # less than 0 once the run was passed
        if stood > most:
            where, most = place, stood
        if place >= free:
            if stood < 0:
                for term in range(place, ends[place]):
                    passed += chars[term]
                free = ends[place]
            else:
                times[first[place]] = -stood
        if abs(stood) > 1 or place == 0:
            places[kept] = place
            kept += 1
    return where, most, passed, kept
