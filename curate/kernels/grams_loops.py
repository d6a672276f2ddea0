"""The loops behind `curate.kernels.grams`, and those that fit a model to what they count."""

import numpy as np

from curate.kernels import compiled
from curate.kernels.grams import BINS, BITS
from curate.kernels.words_loops import MIXER, NONE, SHIFT

OTHER = np.uint64(0xBF58476D1CE4E5B9)  # odd, so that a pair's first word keeps all its bits
TOP = np.uint64(64 - BITS)


@compiled
def bin_of(before: np.uint64, word: np.uint64) -> np.uint64:
    """The bin of a word, or of a pair; `before` is 0 for a word alone."""
    mixed = before * OTHER ^ word
    mixed ^= mixed >> SHIFT
    return (mixed * MIXER) >> TOP


@compiled
def tally(hashes: np.ndarray, first: int, last: int, counts: np.ndarray, bins: np.ndarray) -> int:
    """Count the words and pairs of one passage into `counts`; write the bins it has to `bins`, give how many."""
    found, before = 0, NONE
    for at in range(first, last):
        for place in (bin_of(NONE, hashes[at]), bin_of(before, hashes[at])):
            if counts[place] == 0:
                bins[found] = place
                found += 1
            counts[place] += 1
            if at == first:  # the first word has none before it
                break
        before = hashes[at]
    return found


@compiled
def count(
    hashes: np.ndarray,
    start: np.ndarray,
    passages: np.ndarray,
    starts: np.ndarray,
    bins: np.ndarray,
    counts: np.ndarray,
) -> None:
    """Write what `Grams` holds."""
    scratch, row = np.zeros(BINS, np.int32), 0
    for document in range(len(start) - 1):
        size = start[document + 1] - start[document]
        for passage in range(passages[document]):
            first = start[document] + size * passage // passages[document]
            last = start[document] + size * (passage + 1) // passages[document]
            begin = starts[row]
            end = begin + tally(hashes, first, last, scratch, bins[begin:])
            for at in range(begin, end):
                counts[at] = scratch[bins[at]]
                scratch[bins[at]] = 0
            row += 1
            starts[row] = end


@compiled
def weigh(
    hashes: np.ndarray,
    start: np.ndarray,
    passages: np.ndarray,
    logs: np.ndarray,
    weights: np.ndarray,
    ratios: np.ndarray,
    weighed: np.ndarray,
) -> None:
    """Write what `weigh_grams` gives."""
    scratch, bins = np.zeros(BINS, np.int32), np.empty(BINS, np.int32)
    for document in range(len(start) - 1):
        size, margin, ratio, every = start[document + 1] - start[document], 0.0, 0.0, 0
        for passage in range(passages[document]):
            first = start[document] + size * passage // passages[document]
            last = start[document] + size * (passage + 1) // passages[document]
            total, squares = 0.0, 0.0
            for at in range(tally(hashes, first, last, scratch, bins)):
                place = bins[at]
                often = scratch[place]
                total += logs[often] * weights[place]
                squares += logs[often] * logs[often]
                ratio += often * ratios[place]
                every += often
                scratch[place] = 0
            margin += total / np.sqrt(squares) if squares else 0.0
        weighed[document, 0], weighed[document, 2] = margin / passages[document], every
        weighed[document, 1] = ratio / every if every else 0.0


@compiled
def multiply(
    start: np.ndarray, bins: np.ndarray, values: np.ndarray, rows: np.ndarray, weights: np.ndarray, sums: np.ndarray
) -> None:
    """Write for each of these rows of a sparse matrix the sum of its values, each times its bin's weight."""
    for row in rows:
        total = 0.0
        for at in range(start[row], start[row + 1]):
            total += values[at] * weights[bins[at]]
        sums[row] = total


@compiled
def spread(
    start: np.ndarray, bins: np.ndarray, values: np.ndarray, rows: np.ndarray, slopes: np.ndarray, sums: np.ndarray
) -> None:
    """Add for each bin the values of these rows, each times its row's slope."""
    for row in rows:
        for at in range(start[row], start[row + 1]):
            sums[bins[at]] += values[at] * slopes[row]
