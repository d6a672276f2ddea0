"""Steps that look at the whole corpus: what a `@gather` function gives, and its three acts on parts."""

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from curate.data import Batch


@dataclass(frozen=True)
class Gather:
    """What a `@gather` function gives. Rows are Arrow tables; the engine adds their `part`, which `settle` hands on.

    `collect` gives rows with a whole number `partition`: what has to meet has the same one. `settle` sees all rows of
    some partitions, in no order, and gives those that matter. `decide` sees what was settled for one part, never its
    text, and gives decisions: `key` with `drop` (why) and perhaps `keeper`, or with `start`, `end`, `replacement` for
    a cut, or with any other column, which becomes a field.
    """

    collect: Callable[[Batch], pa.Table]
    settle: Callable[[pa.Table], pa.Table]
    decide: Callable[[pa.Table], pa.Table] = lambda settled: settled
