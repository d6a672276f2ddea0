"""Find what stands several times in a row: letters, words, phrases."""

import numpy as np

from curate.kernels.words import folding

LONGEST = 200  # characters, white space left out: what is said again may be so long
COPIES = ((1, 6), (3, 5), (LONGEST, 4))  # up to so many characters, so many copies make a run


def repeated_in_place(data: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """For each document two shares of its characters: in runs of one letter, and in runs of something longer.

    White space, case and accents do not count. A run is a stretch in which each character stands once more `period`
    characters later; the shortest periods are looked for first, longer ones in what is left. Rulers, rows of tables or
    numbers, and code repeat by nature: what has a mark of theirs, or fewer letters than other characters, makes no run.
    """
    from curate.kernels.runs_loops import find_runs

    shares = np.zeros((len(offsets) - 1, 2))
    find_runs(data, offsets, folding(), copies(), shares)
    return shares


def copies() -> np.ndarray:
    """Period → how many copies make a run."""
    return np.array([0, *(next(many for longest, many in COPIES if at <= longest) for at in range(1, LONGEST + 1))])
