"""Steps that look at the whole corpus: collect from parts, settle a partition at a time, decide for each part."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curate.data import SCHEMA, Batch, Gather, Marks
from curate.edits import EDITED, edited
from curate.errors import Wrong
from curate.options import check_options
from curate.parts import Part, PartWriter, known_part, part_path, read_batches, read_partition, write_partitioned
from curate.plan import digest, line_content
from curate.steps import Line, Tally

PARTITIONS = 16  # of a gather's rows; one is settled at a time in memory
BLOCKS = 64  # of consecutive parts, whose settled rows lie together: a row group a part would be 10,000 in each file
NOT_FIELDS = ("key", "drop", "keeper", "start", "end", "replacement")


def make_gather(line: Line) -> Gather:
    """Bind the options of one recipe line to the gather it names."""
    options, _ = check_options(line.label, line.offered, line.options)
    gather = line.offered.function(**options)
    if not isinstance(gather, Gather):
        raise Wrong(f"expected {line.label} to give a curate.Gather, got {type(gather).__name__}")
    return gather


def collected_name(line: Line, part: Part) -> str:
    """What a gather's step collects of a part, as a name: asked again of the same part it is the same."""
    return digest("collect", line_content(line), part.name)


def collect(line: Line, store: Path, part: Part) -> str:
    """The name of the file with what a part has to say, spread over partitions; made where it is not there."""
    name = collected_name(line, part)
    if (path := part_path(store, name, "collected")).exists():
        return name
    gather, tables = make_gather(line), []
    for batch in read_batches(part_path(store, part.name)):
        seen = batch.keep(concerned(line, batch))
        tables.append(gather.collect(seen).combine_chunks())
    rows = pa.concat_tables(tables)
    places = rows["partition"].to_numpy() % PARTITIONS
    write_partitioned(path, rows, places, PARTITIONS)
    return name


def concerned(line: Line, batch: Batch) -> np.ndarray:
    """Which documents a gather looks at: those of the sources and kinds that its line names."""
    mask = np.ones(len(batch), bool)
    for column, names in (("source", line.sources), ("kind", line.kinds)):
        if names:
            mask &= batch.among(column, names)
    return mask & ~batch.among("source", line.spared) if line.spared else mask


def settle(line: Line, store: Path, partition: int, collected: Sequence[str], settled: Path) -> Path:
    """What matters of one partition, from all parts; the rows of a block of parts are a row group of `settled`."""
    tables = []
    for number, name in enumerate(collected):
        rows = read_partition(part_path(store, name, "collected"), partition)
        tables.append(rows.append_column("part", pa.repeat(pa.scalar(number, pa.int32()), len(rows))))
    rows = make_gather(line).settle(pa.concat_tables(tables))
    if not {"part", "key"} <= set(rows.column_names):
        raise Wrong(f"expected settled rows with the columns part and key, got {', '.join(rows.column_names)}")
    write_partitioned(settled, rows, block_of(rows["part"].to_numpy(), len(collected)), BLOCKS)
    return settled


def block_of(part: Any, parts: int) -> Any:
    """The block of a part, or of each of many, among so many parts."""
    return part * BLOCKS // parts


def decide(line: Line, stage: int, number: int, parts: int, store: Path, part: Part, settled: Sequence[Path]) -> Part:
    """Part `number` of so many after the gather, named by it and the decisions about it; itself without decisions."""
    rows = pa.concat_tables(read_partition(path, block_of(number, parts)) for path in settled)
    rows = rows.filter(pc.equal(rows["part"], number))
    decided = make_gather(line).decide(rows)
    decided = decided.drop_columns([name for name in ("part", "partition") if name in decided.column_names])
    order = [(name, "ascending") for name in ("key", "start", "end") if name in decided.column_names]
    decided = decided.sort_by(order).combine_chunks()
    fields = pa.schema([field for field in decided.schema if field.name not in NOT_FIELDS])
    if not len(decided) and not len(fields):
        return Part(part.name, part.source, part.docs, part.bytes, {line.label: Tally(seen=part.docs)})
    name = digest("gather", line.label, part.name, [str(row) for row in decided.to_pylist()])
    return known_part(store, name) or apply(line, stage, store, part, decided, fields, name)


def apply(line: Line, stage: int, store: Path, part: Part, decided: pa.Table, fields: pa.Schema, name: str) -> Part:
    """Write what is left of a part after the decisions about it."""
    writer, tally = PartWriter(store, name, part.source), Tally(seen=part.docs)
    for batch in read_batches(part_path(store, part.name)):
        rows = decided.filter(pc.is_in(decided["key"], value_set=batch["key"]))
        if "drop" in decided.column_names:
            removed, kept, ledger = dropped(line, stage, batch, rows)
            tally += Tally(dropped=len(rows))
        else:
            removed, kept, ledger = None, changed(batch, rows, fields), cut_ledger(line, stage, batch, rows)
            tally += Tally(changed=len(ledger))
        writer.add(kept, removed, ledger)
    return writer.finish({line.label: tally})


def dropped(line: Line, stage: int, batch: Batch, rows: pa.Table) -> tuple[Batch, Batch, pa.Table]:
    """The documents that go, those that stay, and the ledger's rows of the former."""
    gone = pc.is_in(batch["key"], value_set=rows["key"].combine_chunks()).to_numpy(zero_copy_only=False)
    why = {row["key"]: row for row in rows.to_pylist()}
    removed, kept = batch.keep(gone), batch.keep(~gone)
    told = [why[key] for key in removed["key"].to_pylist()]
    removed = Batch(removed.table)
    removed.marks.fail(removed.rows, "dropped", line.label, [row["drop"] for row in told])
    keepers = pa.array([row.get("keeper") for row in told], SCHEMA.field("key").type)
    return removed, kept, removed.marks.table(stage).append_column("keeper", keepers)


def changed(batch: Batch, rows: pa.Table, fields: pa.Schema) -> Batch:
    """The batch with the cuts made and the fields added that were decided."""
    by_key = decisions_by_key(rows)
    keys = batch["key"].to_pylist()
    columns = {f.name: pa.array([by_key.get(key, [{}])[0].get(f.name) for key in keys], f.type) for f in fields}
    if "start" in rows.column_names:
        cuts = {key: [(c["start"], c["end"], c.get("replacement") or "") for c in mine] for key, mine in by_key.items()}
        batch = batch.with_rows(
            {r: edited(batch.doc(r), [cuts[key]]) for r, key in enumerate(keys) if key in cuts}, EDITED
        )
    return batch.with_columns(columns)


def cut_ledger(line: Line, stage: int, batch: Batch, rows: pa.Table) -> pa.Table:
    """A ledger row for each document that was cut, with how many characters went."""
    by_key = decisions_by_key(rows)
    mask = np.array([key in by_key for key in batch["key"].to_pylist()], bool)
    marks = Marks(batch.keep(mask).table)
    marks.step[:] = line.label
    if "start" in rows.column_names:
        marks.outcome[:] = "cut"
        lost = [sum(cut["end"] - cut["start"] for cut in by_key[key]) for key in marks.fixed["key"]]
        marks.measure(f"{line.label}.characters_cut", np.arange(len(marks)), np.array(lost, np.float32))
    return marks.table(stage)


def decisions_by_key(rows: pa.Table) -> Mapping[bytes, list[dict[str, Any]]]:
    """Key → its decisions."""
    by_key: dict[bytes, list[dict[str, Any]]] = {}
    for row in rows.to_pylist():
        by_key.setdefault(row["key"], []).append(row)
    return by_key
