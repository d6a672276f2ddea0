"""What is never to come back: `removed.txt` of a run and of its store, obeyed where documents are read and made.

A line is a key (32 hex digits), an id or a uri; `#` begins a comment.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curate.data import KEY, Batch, Doc
from curate.files import put

FILE = "removed.txt"
REMOVED = "removed"  # what the ledger calls the outcome; of such a document it has the key alone
KEPT_OF_REMOVED = ("key", "source", "stage")


@dataclass(frozen=True)
class Removed:
    """Documents that are not to come back: by key, or by id or uri."""

    keys: frozenset[bytes] = frozenset()
    names: frozenset[str] = frozenset()

    @classmethod
    def of(cls, *folders: Path) -> "Removed":
        """What the files of a run and of its store list."""
        lines = {line for folder in folders for line in listed_lines(folder)}
        keys = frozenset(bytes.fromhex(line) for line in lines if is_key(line))
        return cls(keys, frozenset(line for line in lines if not is_key(line)))

    def lists(self, doc: Doc) -> bool:
        """Whether a document as it was read is listed, or the one it was made of."""
        by_key = doc.key in self.keys or doc.parent in self.keys
        return by_key or (doc.id != "" and doc.id in self.names) or doc.uri in self.names

    @cached_property
    def values(self) -> pa.Array:
        """The keys as Arrow compares them."""
        return pa.array(sorted(self.keys), KEY)

    def rows(self, table: pa.Table | pa.RecordBatch) -> np.ndarray:
        """Which rows of a table are of a listed document, or of one that was made of it."""
        mask = np.zeros(len(table), bool)
        for name in ("key", "parent", "root"):
            if name in table.schema.names and table.schema.field(name).type == KEY:
                inside = pc.is_in(table[name], value_set=self.values)
                mask |= (inside if isinstance(inside, pa.Array) else inside.combine_chunks()).to_numpy(False)
        return mask

    def without(self, batch: Batch | None) -> Batch | None:
        """The batch without them."""
        if batch is None or not self.keys or not (mask := self.rows(batch.table)).any():
            return batch
        return batch.keep(~mask)

    def blanked(self, ledger: pa.Table) -> pa.Table:
        """The ledger's rows with nothing left of them but that a key was removed; one row a document that was read."""
        if not self.keys or not (mask := self.rows(ledger)).any():
            return ledger
        made_of_it = pc.is_in(ledger["parent"], value_set=self.values).combine_chunks().to_numpy(False)
        repeated = ledger["parent"].is_null().combine_chunks().to_numpy(False) & (ledger["stage"].to_numpy() > 0)
        rows = ledger.filter(pa.array(~mask | ~(made_of_it | repeated)))
        return blank(rows, self.rows(rows))


NOTHING = Removed()


def blank(ledger: pa.Table, mask: np.ndarray) -> pa.Table:
    """The ledger with some of its rows saying "removed" and the key alone."""
    told = {"outcome": REMOVED, "step": "read", "id": "", "uri": "", "reason": "", "language": "", "kind": ""}
    columns = []
    for field in ledger.schema:
        column = ledger[field.name]
        if field.name not in KEPT_OF_REMOVED:
            instead = pa.scalar(told.get(field.name), field.type)
            column = pc.if_else(pa.array(mask), instead, column)
        columns.append(column)
    return pa.table(columns, schema=ledger.schema)


def is_key(line: str) -> bool:
    """Whether a line is a key."""
    return re.fullmatch("[0-9a-fA-F]{32}", line) is not None


def listed_lines(folder: Path) -> list[str]:
    """The lines of a folder's `removed.txt` that are no comments; none where there is no such file."""
    path = folder / FILE
    if not path.exists():
        return []
    lines = path.read_bytes().decode("utf-8-sig", "replace").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]


def add_lines(folder: Path, lines: Iterable[str]) -> None:
    """Put lines that it does not have at the end of a folder's `removed.txt`."""
    known = set(listed_lines(folder))
    new = [line for line in dict.fromkeys(lines) if line not in known]
    if not new:
        return
    path = folder / FILE
    before = path.read_bytes() if path.exists() else b""
    if before and not before.endswith(b"\n"):
        before += b"\n"
    with put(path, private=True) as out:
        out.write(before + "".join(f"{line}\n" for line in new).encode())
