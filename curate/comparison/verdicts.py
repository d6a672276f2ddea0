"""What became of each document of a run, as arrays with a place for each of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curate.ledger import Told

COLUMNS = ("key", "parent", "source", "bytes", "stage", "outcome", "step", "reason", "language", "keeper")
ENDS = ("dropped", "error", "removed")  # outcomes of a document that is not kept
FORGOTTEN = "forgotten"


@dataclass(frozen=True)
class Verdicts:
    """The documents of a run in the order of its ledger; what is asked of them comes as an array in that order."""

    told: Told
    rows: pa.Table
    keys: pa.Array  # of the documents
    document: np.ndarray  # of each row: the number of its document
    measured: dict[str, np.ndarray] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path) -> "Verdicts":
        """What the ledger of a run says; raises `CurateError` where there is none."""
        told = Told.of(folder)
        rows = told.columns(*COLUMNS).combine_chunks()
        keys = rows["key"].combine_chunks().dictionary_encode()
        return cls(told, rows, keys.dictionary, keys.indices.to_numpy())

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def last(self) -> np.ndarray:
        """The last row of each document."""
        return self.last_of(np.argsort(self.rows["stage"].to_numpy(), kind="stable"))

    @cached_property
    def first(self) -> np.ndarray:
        """The first row of each document."""
        return self.last_of(np.argsort(self.rows["stage"].to_numpy(), kind="stable")[::-1])

    def last_of(self, rows: np.ndarray) -> np.ndarray:
        """Of these rows the last one of each document; -1 where it has none."""
        found = np.full(len(self), -1)
        found[self.document[rows]] = rows
        return found

    def before(self, phase: int) -> np.ndarray:
        """The last row of each document in the phases before this one; -1 where it has none."""
        stages = self.rows["stage"].to_numpy()
        order = np.argsort(stages, kind="stable")
        return self.last_of(order[stages[order] < phase])

    def languages(self, numbers: np.ndarray, phase: int) -> np.ndarray:
        """The languages that a phase took these documents for; "" for those that have no row of it."""
        rows = self.last_of(np.flatnonzero(self.rows["stage"].to_numpy() == phase))[numbers]
        return np.where(rows >= 0, self.texts("language", np.maximum(rows, 0)), "")

    def texts(self, name: str, rows: np.ndarray) -> np.ndarray:
        """What a column of texts says in these rows."""
        return np.asarray(self.rows[name].take(pa.array(rows)).to_numpy(zero_copy_only=False), object)

    @cached_property
    def made(self) -> np.ndarray:
        """Which documents a step made of others, which the ledger has as expanded; a reader's have parents, too."""
        expanded = self.rows.filter(pc.equal(self.rows["outcome"], "expanded"))["key"].combine_chunks()
        made: np.ndarray = pc.is_in(self.rows["parent"], value_set=expanded).to_numpy()[self.first]
        return made

    @cached_property
    def kept(self) -> np.ndarray:
        """Which documents nothing took in the end."""
        return self.is_kept(self.last)

    def is_kept(self, rows: np.ndarray) -> np.ndarray:
        """Which rows say that their document goes on."""
        ends = pc.is_in(self.rows["outcome"].take(pa.array(rows)), value_set=pa.array(ENDS))
        goes_on: np.ndarray = ~ends.to_numpy()
        return goes_on

    def takers(self, numbers: np.ndarray) -> np.ndarray:
        """The steps that took these documents; `forgotten` for those that removed.txt lists."""
        rows = self.last[numbers]
        return np.where(self.texts("outcome", rows) == "removed", FORGOTTEN, self.texts("step", rows))

    def values(self, column: str) -> np.ndarray:
        """What was measured of each document; NaN where it was not."""
        if column not in self.measured:
            self.measured[column] = np.full(len(self), np.nan, np.float32)
            if column in self.told.values:
                values = self.told.columns(column)[column].to_numpy()
                there = ~np.isnan(values)
                self.measured[column][self.document[there]] = values[there]
        return self.measured[column]

    def numbers_of(self, keys: pa.Array) -> np.ndarray:
        """The numbers of the documents with these keys; -1 where there is none."""
        numbers = pc.index_in(keys, value_set=self.keys)
        return np.asarray(pc.fill_null(numbers, -1).to_numpy(zero_copy_only=False))

    def about(self, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """The first ledger row of each of these documents, with id and uri."""
        keys = self.keys.take(pa.array(numbers, pa.int64())).to_pylist()
        rows = {row["key"]: row for row in reversed(self.told.rows_of(keys).sort_by("stage").to_pylist())}
        return [rows[key] for key in keys]
