"""Parts: the Parquet files that units become, written whole or not at all, and tables spread over partitions."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from curate.data import BATCH_DOCS, Batch
from curate.files import is_remote, place, put, readable
from curate.steps import Tally

SPOOL_BYTES = 32_000_000  # of a part's documents, and as much of what was removed and of its ledger


@dataclass(frozen=True)
class Part:
    """The documents that are left of one unit after some phase. `counts` is what its making did, a tally a step."""

    name: str
    source: str
    docs: int = 0
    bytes: int = 0  # of text
    counts: Mapping[str, Tally] | None = None


def part_path(folder: Path, name: str, what: str = "kept") -> Path:
    """Where a part lies, or what was told of its making: `removed` documents, or the `ledger`'s rows."""
    return folder / "parts" / (f"{name}.parquet" if what == "kept" else f"{name}.{what}.parquet")


def noted_run(folder: Path) -> tuple[Path, list[tuple[int, list[str]]]]:
    """Where the parts of a run lie, and their names after each phase; no phase where the run has not said so yet."""
    note = folder / "parts" / "run.json"
    noted: dict[str, Any] = json.loads(note.read_bytes()) if note.exists() else {"store": "", "phases": []}
    return place(noted["store"]) if noted["store"] else folder, noted["phases"]  # its own store moves with its folder


def read_batches(path: Path) -> Iterator[Batch]:
    """The documents of a part, as batches; one without documents gives an empty batch, which tells its columns."""
    with pq.ParquetFile(readable(path)) as file:
        if not file.metadata.num_rows:
            yield Batch(one_batch(file.schema_arrow.remove_metadata().empty_table()))
        for number in range(file.num_row_groups):
            for batch in file.read_row_group(number).combine_chunks().to_batches(BATCH_DOCS):
                yield Batch(batch)


def one_batch(table: pa.Table) -> pa.RecordBatch:
    """A table as one record batch."""
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)


def write_tables(
    path: Path, tables: Iterable[pa.Table], about: Mapping[str, Any] | None = None, schema: pa.Schema | None = None
) -> None:
    """Write tables as row groups of one Parquet file; readable by its owner alone.

    `schema` is that of them all; where it is not given, the tables have to be in memory.
    """
    if schema is None:
        tables = list(tables)
        schema = pa.unify_schemas([table.schema.remove_metadata() for table in tables])
    if about is not None:
        schema = schema.with_metadata({"curate": json.dumps(about)})
    with (
        put(path, private=True) as out,
        pq.ParquetWriter(out, schema, compression="zstd", compression_level=1) as writer,
    ):
        for table in tables:
            if len(table):
                writer.write_table(widened(table, schema))


def widened(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The table with every column of a schema, null where it had none."""
    columns = [
        table[field.name].cast(field.type) if field.name in table.column_names else pa.nulls(len(table), field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def evenly(tables: Iterable[pa.Table], rows: int) -> Iterator[pa.Table]:
    """Tables of one schema as tables of so many rows, each in one piece, whatever they came in; the last has fewer."""
    waiting, size = list[pa.Table](), 0
    for table in tables:
        waiting.append(table)
        size += len(table)
        if size >= rows:
            whole = pa.concat_tables(waiting)
            for at in range(0, size - rows + 1, rows):
                yield whole.slice(at, rows).combine_chunks()
            waiting, size = [whole.slice(size - size % rows)], size % rows
    if size:
        yield pa.concat_tables(waiting).combine_chunks()


def part_about(path: Path) -> dict[str, Any]:
    """What was noted of a part when it was written."""
    noted: dict[str, Any] = json.loads((pq.read_schema(readable(path)).metadata or {}).get(b"curate", b"{}"))
    return noted


def known_part(folder: Path, name: str) -> Part | None:
    """A part that is there already, or none."""
    path = part_path(folder, name)
    try:
        about = part_about(path)
    except (FileNotFoundError, pa.ArrowInvalid):  # not there, or damaged: it is made anew
        return None
    counts = {label: Tally(**tally) for label, tally in about["counts"].items()}
    return Part(name, about["source"], about["docs"], about["bytes"], counts)


class Spool:
    """Tables to come back in their order: in memory up to `SPOOL_BYTES`, all of them in a private file beyond."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.schema = folder, pa.schema([])
        self.waiting: list[pa.Table] = []
        self.spilled: IO[bytes] | None = None
        self.bytes = self.tables = 0

    def add(self, table: pa.Table) -> None:
        """Take one more table; its columns may be others."""
        self.schema = pa.unify_schemas([self.schema, table.schema.remove_metadata()])
        self.waiting.append(table)
        self.bytes += table.nbytes
        self.tables += 1
        if self.bytes > SPOOL_BYTES:
            self.spill()

    def spill(self) -> None:
        """Move what waits to a file without a name, which is gone when this process is."""
        if self.spilled is None:
            beside = None if is_remote(self.folder) else self.folder
            if beside:
                beside.mkdir(parents=True, exist_ok=True)
            self.spilled = TemporaryFile(dir=beside)  # noqa: SIM115  it closes with the spool
        packed = pa.ipc.IpcWriteOptions(compression="lz4")
        for table in self.waiting:
            with pa.ipc.new_stream(self.spilled, table.schema, options=packed) as stream:
                stream.write_table(table)
        self.waiting, self.bytes = [], 0

    def __iter__(self) -> Iterator[pa.Table]:
        if self.spilled is not None:
            self.spill()
            self.spilled.seek(0)
            for _ in range(self.tables):
                with pa.ipc.open_stream(self.spilled) as stream:
                    yield stream.read_all()
        yield from self.waiting

    def close(self) -> None:
        """Let go of the file."""
        if self.spilled is not None:
            self.spilled.close()


class PartWriter:
    """Writes a part and, before it, what was removed and what the ledger says, so that a part that is there is done."""

    def __init__(self, folder: Path, name: str, source: str) -> None:
        self.folder, self.name, self.source = folder, name, source
        self.spools = {what: Spool(folder / "parts") for what in ("removed", "ledger", "kept")}
        self.docs = self.bytes = 0

    def add(self, kept: Batch | None, removed: Batch | None, ledger: pa.Table | None) -> None:
        """Take what a batch became."""
        if kept is not None:
            self.spools["kept"].add(pa.Table.from_batches([kept.table]))
            self.docs += len(kept)
            self.bytes += kept.text_bytes
        if removed is not None and len(removed):
            self.spools["removed"].add(pa.Table.from_batches([removed.table]))
        if ledger is not None and len(ledger):
            self.spools["ledger"].add(ledger)

    def finish(self, counts: Mapping[str, Tally]) -> Part:
        """Put the files in place, the part itself last."""
        told = {label: asdict(tally) | {"seconds": 0.0} for label, tally in counts.items()}  # seconds are not content
        about = {"source": self.source, "docs": self.docs, "bytes": self.bytes, "counts": told}
        for what, spool in self.spools.items():
            if spool.tables:
                noted = about if what == "kept" else None
                write_tables(part_path(self.folder, self.name, what), spool, noted, spool.schema)
            spool.close()
        return Part(self.name, self.source, self.docs, self.bytes, counts)


def write_partitioned(path: Path, table: pa.Table, places: np.ndarray, partitions: int) -> Path:
    """Write a table so that each partition's rows are one row group, which `read_partition` finds by its number."""
    order = np.argsort(places, kind="stable")
    table, ends = table.take(order), np.searchsorted(places[order], np.arange(partitions + 1))
    with (
        put(path, private=True) as out,
        pq.ParquetWriter(out, table.schema, compression="zstd", compression_level=1) as writer,
    ):
        for start, end in pairwise(ends):
            writer.write_table(table.slice(start, end - start), row_group_size=max(end - start, 1))
    return path


def read_partition(path: Path, partition: int) -> pa.Table:
    """The rows of one partition from a file that was written in partitions."""
    with pq.ParquetFile(readable(path)) as file:
        return file.read_row_group(partition)
