"""The ledger: for every document and stage what was measured, what became of it and why; and questions to it."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curate.data import share_of
from curate.errors import CurateError
from curate.files import put
from curate.parts import Part, part_path, read_batches, widened

FIXED = ("key", "parent", "id", "source", "kind", "uri", "stage", "outcome", "step", "reason", "language", "keeper")
MATCHES = 10  # stories told at a time


def write(folder: Path, phases: Sequence[tuple[int, Sequence[Part]]], steps: Sequence[str]) -> None:
    """Put the ledgers of all parts together, values in the order of `steps`, and note which parts they are."""
    names = list(dict.fromkeys(part.name for _, parts in phases for part in parts))
    paths = [path for name in names if (path := part_path(folder, name, "ledger")).exists()]
    if not paths:
        return
    fixed = pa.schema([("keeper", pa.binary(16))])
    schema = pa.unify_schemas([*(pq.read_schema(path).remove_metadata() for path in paths), fixed])
    values = sorted(name for name in schema.names if name not in FIXED)
    order = [*FIXED, *sorted(values, key=lambda name: steps.index(name.partition(".")[0]))]
    schema = pa.schema([schema.field(name) for name in order])
    with (
        put(folder / "ledger.parquet", private=True) as out,
        pq.ParquetWriter(out, schema, compression="zstd") as writer,
    ):
        for path in paths:
            writer.write_table(widened(pq.read_table(path), schema))
    with put(folder / "parts" / "run.json", private=True) as out:
        out.write(json.dumps([[number, [part.name for part in parts]] for number, parts in phases]).encode())


@dataclass(frozen=True)
class Told:
    """The ledger and the parts of a run's folder, whether the run was finished or stopped."""

    folder: Path
    table: pa.Table
    phases: list[tuple[int, list[str]]]

    @classmethod
    def of(cls, folder: Path) -> "Told":
        """Open a run's ledger; raises `CurateError` where there is none."""
        if not (folder / "ledger.parquet").is_file():
            raise CurateError(f"{folder} is no run's folder: there is no ledger.parquet")
        phases = json.loads((folder / "parts" / "run.json").read_bytes())
        return cls(folder, pq.read_table(folder / "ledger.parquet"), phases)

    def texts(self, what: str) -> Iterator[Mapping[str, Any]]:
        """The documents that are left at the end of a phase (`kept`) or that went in it (`removed`)."""
        names = dict.fromkeys(name for _, parts in self.phases for name in parts)
        for name in names:
            if (path := part_path(self.folder, name, what)).exists():
                for batch in read_batches(path):
                    yield from batch.table.select(["key", "text"]).to_pylist()

    def text_of(self, keys: set[bytes], what: str) -> dict[bytes, str]:
        """The texts of these documents."""
        return {row["key"]: row["text"] for row in self.texts(what) if row["key"] in keys}


def unreadable(table: pa.Table) -> dict[str, int]:
    """How many files and rows could not be read, by why."""
    failed = table.filter(pc.and_(pc.equal(table["step"], "read"), pc.equal(table["outcome"], "error")))
    counts = Counter(reason.partition(":")[0] for reason in failed["reason"].to_pylist())
    return dict(sorted(counts.items()))


def look(folder: Path, step: str, most: int = 5) -> list[str]:
    """Examples of what a step dropped or erred on: where each comes from, why, and how it begins."""
    told = Told.of(folder)
    rows = told.table.filter(pc.equal(told.table["step"], step))
    rows = rows.filter(pc.is_in(rows["outcome"], value_set=pa.array(["dropped", "error"]))).to_pylist()
    if not rows:
        gone = told.table.filter(pc.is_in(told.table["outcome"], value_set=pa.array(["dropped", "error"])))
        steps = sorted(set(gone["step"].to_pylist()))
        raise CurateError(f"{step} dropped nothing in {folder}; what did: {', '.join(steps) or 'no step'}")
    rows.sort(key=lambda row: share_of(row["key"], "look"))
    texts = told.text_of({row["key"] for row in rows[:most]}, "removed")
    did = "could not read" if step == "read" else "dropped"
    lines = [f"{step} {did} {len(rows):,} documents; {min(most, len(rows))} of them:"]
    for row in rows[:most]:
        lines += ["", f"{named(row)}", f"  {row['reason']}", *quoted(texts.get(row["key"], ""))]
    return lines


def quoted(text: str, most: int = 280) -> list[str]:
    """The beginning of a text, set off."""
    short = " ⏎ ".join(line.strip() for line in text[: 2 * most].splitlines() if line.strip())
    return [f"  │ {short[:most]}{'…' if len(short) > most or len(text) > 2 * most else ''}"] if short else []


def named(row: Mapping[str, Any]) -> str:
    """A document as a person looks for it: source, path, its own id, the beginning of its key."""
    own = f" · id {row['id']}" if row["id"] else ""
    return f"{row['source']}: {row['uri']}{own} · key {row['key'].hex()[:12]}"


def why(folder: Path, doc: str) -> list[str]:
    """The story of one document, found by key, id, path or a piece of its text, in a few lines."""
    told = Told.of(folder)
    keys = found(told, doc) if doc.strip() else []
    if not keys:
        raise CurateError(f"no document of {folder} has {doc!r} as key, id, path or in its text")
    lines = []
    for key in keys[:MATCHES]:
        lines += [*story(told, key), ""]
    if len(keys) > MATCHES:
        lines.append(f"... and {len(keys) - MATCHES:,} more match {doc!r}; a key tells of one alone")
    return lines[:-1] if lines[-1] == "" else lines


def found(told: Told, doc: str) -> list[bytes]:
    """The keys that are meant by a key's beginning, an id, a path (or its end), or a piece of text."""
    table = told.table
    hexes = [key.hex() for key in table["key"].to_pylist()]
    ids, uris = table["id"].to_pylist(), table["uri"].to_pylist()
    matchers: tuple[Callable[[int], bool], ...] = (
        lambda row: len(doc) >= 6 and hexes[row].startswith(doc.lower()),
        lambda row: ids[row] == doc,
        lambda row: uris[row] == doc or uris[row].endswith("/" + doc) or doc.endswith("/" + uris[row]),
    )
    for matches in matchers:
        if rows := [row for row in range(len(table)) if matches(row)]:
            return list(dict.fromkeys(bytes.fromhex(hexes[row]) for row in rows if not is_child(table, row)))
    texts = (row for what in ("removed", "kept") for row in told.texts(what))
    return list(dict.fromkeys(row["key"] for row in texts if doc in row["text"]))


def is_child(table: pa.Table, row: int) -> bool:
    """Whether a row is of a document made of another, which has the same path."""
    return table["parent"][row].as_py() is not None


def story(told: Told, key: bytes) -> list[str]:
    """What happened to one document, a line a step."""
    table = told.table
    rows = table.filter(pc.equal(table["key"], pa.scalar(key, pa.binary(16)))).sort_by("stage").to_pylist()
    lines = [named(rows[0])]
    for row in rows:
        measured = ((name, value) for name, value in row.items() if name not in FIXED and value is not None)
        for step, values in groupby(measured, lambda one: one[0].partition(".")[0]):
            told_values = (f"{name.partition('.')[2]} {value:.4g}".strip() for name, value in values)
            lines.append(f"  {step}: {', '.join(told_values)}")
        if row["outcome"] in ("dropped", "error"):
            lines.append(f"→ {row['outcome']} by {row['step']}: {row['reason']}{told_keeper(table, row['keeper'])}")
    if not {"dropped", "error"} & {row["outcome"] for row in rows}:
        lines.append("→ kept")
    return lines


def told_keeper(table: pa.Table, keeper: bytes | None) -> str:
    """Which document stands for one that was dropped as its duplicate."""
    if keeper is None:
        return ""
    rows = table.filter(pc.equal(table["key"], pa.scalar(keeper, pa.binary(16)))).slice(0, 1).to_pylist()
    return f" (kept: {named(rows[0])})" if rows else ""
