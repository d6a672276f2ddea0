"""How much of a text is said again: its most frequent runs of terms, and runs of terms that stood there before."""

from typing import NamedTuple

import numpy as np

from curate.kernels import sealed
from curate.kernels.terms import Terms

SIZES = range(2, 11)  # of the runs, in terms: those of Gopher's table A1


class Repeats(NamedTuple):
    """For each document a row, for each size in `SIZES` a column: characters, without white space.

    After Rae et al. 2021, table A1. A run of n terms is the shortest whose weight is nearest to that of n terms.
    """

    top: np.ndarray  # int64: the most frequent run, the first of several, times how often it stands there
    times: np.ndarray  # int64: how often that is
    again: np.ndarray  # int64: runs that stood there before; what is counted is not counted again

    def of(self, column: str, size: int) -> np.ndarray:
        """The values of a size, one a document."""
        values: np.ndarray = getattr(self, column)[:, size - SIZES.start]
        return values


def find_repeats(terms: Terms) -> Repeats:
    """The repeats of every document."""
    from curate.kernels.repeats_loops import repeats

    found = Repeats(*np.zeros((3, len(terms.start) - 1, len(SIZES)), np.int64))
    repeats(terms.hash, terms.chars, terms.weight, terms.start, *found)
    return sealed(found)
