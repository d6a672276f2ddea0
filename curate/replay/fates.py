"""What becomes of each document in a replay of a run: it is kept, gone, or nobody knows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curate.data import KEY
from curate.ledger import Told
from curate.removal import REMOVED

GONE, UNSURE, KEPT = range(3)  # of a document
AS_RUN, ASIDE, OTHER = range(3)  # of a text: what the run had here; what it had removed; nobody knows
WHO = ("key", "parent", "source", "kind", "bytes", "stage", "outcome", "step", "language", "keeper")


Doubt = Literal["unmeasured", "edited", "language", "unread", "regathered"]


@dataclass(frozen=True)
class Words:
    """A column of few different words: which of `names` each row has."""

    codes: np.ndarray
    names: Sequence[str]

    @classmethod
    def of(cls, column: pa.ChunkedArray) -> "Words":
        """A column of texts; null is ""."""
        encoded = pc.fill_null(column, "").combine_chunks().dictionary_encode()
        return cls(encoded.indices.to_numpy(False), encoded.dictionary.to_pylist())

    def among(self, names: Sequence[str]) -> np.ndarray:
        """Which rows have one of some words."""
        return np.isin(self.codes, [code for code, name in enumerate(self.names) if name in names])

    def places(self, names: Sequence[str]) -> np.ndarray:
        """Where in a list each row's word stands; -1 where it does not."""
        found = [names.index(name) if name in names else -1 for name in self.names]
        places: np.ndarray = np.array([*found, -1], np.int32)[self.codes]
        return places

    def at(self, rows: np.ndarray) -> "Words":
        """Some of the rows."""
        return Words(self.codes[rows], self.names)


@dataclass(frozen=True)
class Cause:
    """Why the fate of documents is open: which step has not seen them as they would be."""

    kind: Doubt
    label: str


@dataclass(frozen=True)
class Strangers:
    """Documents whose text nobody knows come to a gather: each is taken to change the fate of at most one other."""

    label: str
    count: int
    drops: bool  # whether the gather drops documents, rather than change them
    phase: int


@dataclass
class Fates:
    """Every document that the run read or made, and what becomes of it in the replay."""

    keys: pa.Array
    source: Words
    kind: Words
    language: Words  # as the last phase that saw it told
    parent: np.ndarray  # the document it was made of; -1 where it was read
    read: np.ndarray  # whether it was read, rather than made of another or unreadable
    bytes: np.ndarray  # of its text, as the last phase that saw it was given it
    fate: np.ndarray
    text: np.ndarray
    ran: np.ndarray  # whether the run still had it
    left: np.ndarray  # the phase in which the run removed it; -1 where it did not
    failed: np.ndarray  # the rule that the run dropped it by; -1 where none did
    fails: np.ndarray  # the rule that the replay drops it by; -1 where none does
    why: np.ndarray  # the cause of its being open; -1 where it is not
    changed: np.ndarray  # whether its text would be another than what its bytes tell
    unmade: np.ndarray  # how many documents, which nobody knows, it would be expanded into, as far as the run shows
    causes: list[Cause] = field(default_factory=list)
    strangers: list[Strangers] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # sentences on what could not be asked again

    def __len__(self) -> int:
        return len(self.fate)

    def drop(self, mask: np.ndarray, rule: int) -> None:
        """These are gone."""
        self.fate[mask], self.fails[mask & (self.fails < 0)] = GONE, rule

    def doubt(self, mask: np.ndarray, kind: Doubt, label: str) -> None:
        """Of these, as far as they were kept until here, nobody knows."""
        if (mask := mask & (self.fate == KEPT)).any():
            if (cause := Cause(kind, label)) not in self.causes:
                self.causes.append(cause)
            self.why[mask] = self.causes.index(cause)
            self.fate[mask] = UNSURE

    @cached_property
    def ordered(self) -> tuple[np.ndarray, np.ndarray]:
        """The keys in their order, and which document has each."""
        keys = as_bytes(self.keys)
        order = np.argsort(keys, kind="stable")
        return keys[order], order

    def find(self, keys: pa.Array | pa.ChunkedArray) -> np.ndarray:
        """Which document has each key; -1 where none has."""
        (known, order), wanted = self.ordered, as_bytes(keys)
        places = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        return np.where(known[places] == wanted, order[places], -1) if len(known) else np.full(len(wanted), -1)


def as_bytes(keys: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """Keys of 16 bytes for numpy; null is sixteen zeros, which is no document's."""
    filled = pc.fill_null(keys, bytes(KEY.byte_width))
    chunks = filled.chunks if isinstance(filled, pa.ChunkedArray) else [filled]
    words = [np.frombuffer(one.buffers()[1] or b"", "S16")[one.offset :][: len(one)] for one in chunks]
    return np.concatenate([np.empty(0, "S16"), *words])


def replayed_rows(told: Told, values: Sequence[str], phases: int) -> pa.Table:
    """What a replay needs of the ledger: the rows of the first phases, with some of the values."""
    known = [name for name in told.values if name in values]
    table = told.columns(*WHO, *known)
    return table.filter(pc.less(table["stage"], phases))


def fates_of(table: pa.Table) -> Fates:
    """Every document of the ledger's rows before anything was done: those that were read are there."""
    keys, whose, first, last = documents_in(table)
    outcome, step = Words.of(table["outcome"]), Words.of(table["step"])
    parent = parents_of(table.take(pa.array(first)), keys, whose[outcome.among(["expanded"])])
    there = parent < 0
    there[whose[outcome.among([REMOVED]) | (outcome.among(["error"]) & step.among(["read"]))]] = False
    nobody, no = np.full(len(keys), -1, np.int16), np.zeros(len(keys), bool)
    return Fates(
        keys,
        source=Words.of(table["source"]).at(first),
        kind=Words.of(table["kind"]).at(first),
        language=Words.of(table["language"]).at(last),
        parent=parent,
        read=there,
        bytes=pc.fill_null(table["bytes"], 0).to_numpy()[last],
        fate=np.where(there, KEPT, GONE).astype(np.int8),
        text=np.full(len(keys), AS_RUN, np.int8),
        ran=there.copy(),
        left=nobody,
        failed=nobody.copy(),
        fails=nobody.copy(),
        why=nobody.copy(),
        changed=no,
        unmade=np.zeros(len(keys), np.int32),
    )


def documents_in(table: pa.Table) -> tuple[pa.Array, np.ndarray, np.ndarray, np.ndarray]:
    """The keys of a ledger's rows; which of them each row has; and the first and the last row of each."""
    keys = table["key"].combine_chunks().unique()
    whose = pc.index_in(table["key"], value_set=keys).to_numpy()
    first, last = np.zeros(len(keys), np.int64), np.zeros(len(keys), np.int64)
    order = np.argsort(table["stage"].to_numpy(), kind="stable")
    first[whose[order[::-1]]], last[whose[order]] = order[::-1], order
    return keys, whose, first, last


def parents_of(rows: pa.Table, keys: pa.Array, expanded: np.ndarray) -> np.ndarray:
    """Which document each was made of, -1 where none; a reader may give parents, too, but those are not expanded."""
    parent = pc.fill_null(pc.index_in(rows["parent"].cast(KEY), value_set=keys, skip_nulls=True), -1).to_numpy()
    made = np.zeros(len(keys), bool)
    made[expanded] = True
    return np.where((parent >= 0) & made[parent], parent, -1).astype(np.int64)
