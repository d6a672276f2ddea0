"""What a run leaves for others: cleaned text and SFT sets; token rows are `curate.packing`'s. Files appear whole."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curate.data import BATCH_DOCS, SCHEMA, Batch, shares_of
from curate.errors import CurateError
from curate.files import put, readable
from curate.mix import Mix, mix
from curate.parts import Part, evenly, one_batch, part_path, read_batches, widened
from curate.plan import code_of, digest
from curate.plugins import Offered
from curate.recipe import Recipe, SftOutput, store_of
from curate.steps import raised_where

SHARD_BYTES = 256_000_000  # of text
TEXTS = ("text", "code")  # kinds of which the cleaned text is made


@dataclass(frozen=True)
class Made:
    """The files of one output, and what is to be said of them in the manifest."""

    files: Mapping[str, Mapping[str, Any]]  # path in the run's folder → rows, bytes, sha256
    about: Mapping[str, Any]


@dataclass(frozen=True)
class Measured:
    """What cutting the text into shards has to know of a part: its columns, and the bytes of each text and code."""

    part: Part
    schema: pa.Schema
    sizes: np.ndarray


@dataclass(frozen=True)
class TextShard:
    """One file of cleaned text: so many documents of some parts, after the first `skip` of them."""

    number: int
    parts: tuple[Part, ...]
    schema: pa.Schema
    skip: int
    docs: int
    bytes: int


def remembered(folder: Path, name: str, make: Callable[[], Made]) -> Made:
    """What `make` gives; or, when its files are still what an earlier run made under this name, the note of them."""
    note = folder / "parts" / f"{name}.output.json"
    if note.exists():
        made = Made(**json.loads(note.read_bytes()))
        if untouched(folder, made.files):
            return made
    made = make()
    with put(note, private=True) as out:
        out.write(json.dumps(asdict(made)).encode())
    return made


def untouched(folder: Path, files: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether output files are still what was noted of them."""
    return all(described(folder, path, 0).get("sha256") == about["sha256"] for path, about in files.items())


def described(folder: Path, path: str, rows: int) -> dict[str, Any]:
    """Rows, bytes and SHA-256 of an output file; nothing where it is not there."""
    if not (folder / path).is_file():
        return {}
    digest = sha256()
    with (folder / path).open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return {"rows": rows, "bytes": (folder / path).stat().st_size, "sha256": digest.hexdigest()}


def write_with(writer: Offered, folder: Path, path: str, batches: Iterable[Batch]) -> dict[str, Any]:
    """One file by a writer, which asks for `docs` or `batches`; what the manifest says of it."""
    rows = 0

    def counted() -> Iterator[Batch]:
        nonlocal rows
        for batch in batches:
            rows += len(batch)
            yield batch

    given = counted()
    with put(folder / path) as out:
        try:
            if "docs" in writer.impl.argnames:
                left_out = writer.function(docs=(doc for batch in given for doc in batch), out=out)
            else:
                left_out = writer.function(batches=given, out=out)
        except CurateError:
            raise
        except Exception as error:
            raise CurateError(f"the writer {writer.name} failed: {raised_where(error)}") from error
    unread = sum(map(len, given))
    if unread:
        raise CurateError(f"the writer {writer.name} left {unread:,} documents unread")
    about = described(folder, path, rows - (left_out or 0))
    return about | {"left_out": left_out} if left_out else about


def measure(recipe: Recipe, folder: Path, part: Part) -> Measured:
    """How many bytes each text and code of a part has."""
    with pq.ParquetFile(readable(part_path(store_of(recipe, folder), part.name))) as file:
        sizes = [np.zeros(0, np.int32)]
        for rows in file.iter_batches(BATCH_DOCS, columns=["kind", "text"]):
            lengths = pc.binary_length(rows["text"]).filter(pc.is_in(rows["kind"], pa.array(TEXTS)))
            sizes.append(lengths.to_numpy().astype(np.int32))
        return Measured(part, file.schema_arrow.remove_metadata(), np.concatenate(sizes))


def text_shards(measured: Sequence[Measured]) -> list[TextShard]:
    """Shards of about 256 MB of text; where they are cut depends on the documents, never on the parts."""
    schema = pa.unify_schemas([SCHEMA, *(one.schema for one in measured)])
    ends = np.cumsum([len(one.sizes) for one in measured])
    sizes = np.concatenate([one.sizes for one in measured])
    batches = np.add.reduceat(sizes, np.arange(0, len(sizes), BATCH_DOCS), dtype=np.int64) if len(sizes) else sizes
    starts, size = [0], 0
    for number, bytes in enumerate(batches.tolist()):
        if size and size + bytes > SHARD_BYTES:
            starts.append(number * BATCH_DOCS)
            size = 0
        size += bytes
    shards = []
    for number, (start, end) in enumerate(pairwise([*starts, len(sizes)])):
        first, last = int(np.searchsorted(ends, start, "right")), int(np.searchsorted(ends, end, "left")) + 1
        skip = start - int(ends[first - 1]) if first else start
        parts = tuple(one.part for one in measured[first:last])
        size = int(sizes[start:end].sum(dtype=np.int64))
        shards.append(TextShard(number, parts, schema, skip, end - start, size))
    return shards


def write_text(recipe: Recipe, folder: Path, shard: TextShard) -> Made:
    """One shard of the cleaned documents, which stand in the order of sources and paths."""
    assert recipe.text
    writer = recipe.registry["writer"][recipe.text.format]
    path = f"text/part-{shard.number:05}{writer.about.suffix}"
    held = [[part.name for part in shard.parts], shard.skip, shard.docs, str(shard.schema)]
    name = digest("text", shard.number, held, writer.name, code_of(writer))

    def make() -> Made:
        batches = even_batches(store_of(recipe, folder), shard.parts, TEXTS, shard.schema, shard.skip, shard.docs)
        return Made({path: write_with(writer, folder, path, batches)}, {})

    return remembered(folder, name, make)


def whole_text(shards: Sequence[Made]) -> Made:
    """All shards of the cleaned documents."""
    files = {path: about for one in shards for path, about in one.files.items()}
    return Made(files, {"documents": sum(one["rows"] for one in files.values())})


def even_batches(
    store: Path, parts: Sequence[Part], kinds: Sequence[str], schema: pa.Schema, skip: int = 0, docs: int | None = None
) -> Iterator[Batch]:
    """So many documents of these kinds after the first `skip`, in batches of 1,000, whatever the parts are.

    One empty batch where there is none.
    """
    given = False
    for table in evenly(wanted(store, parts, kinds, schema, skip, docs), BATCH_DOCS):
        yield Batch(one_batch(table))
        given = True
    if not given:
        yield Batch(one_batch(schema.empty_table()))


def wanted(
    store: Path, parts: Sequence[Part], kinds: Sequence[str], schema: pa.Schema, skip: int, docs: int | None
) -> Iterator[pa.Table]:
    """So many documents of these kinds after the first `skip`, as they come."""
    for part in parts:
        for batch in read_batches(part_path(store, part.name)):
            kept = batch.keep(batch.among("kind", kinds)).table
            taken, skip = kept[skip:][:docs], max(skip - len(kept), 0)
            docs = None if docs is None else docs - len(taken)
            if len(taken):
                yield widened(pa.Table.from_batches([taken]), schema)
            if docs == 0:
                return


def write_sft(recipe: Recipe, folder: Path, parts: Sequence[Part]) -> Made:
    """The SFT sets: examples of all sources mixed to the weights, split into train and validation, in every format."""
    block = recipe.sft
    assert block
    writers = [recipe.registry["writer"][format] for format in block.formats]
    settings = [dict(block.mix), block.validation, block.when_short, recipe.domain]
    name = digest("sft", [part.name for part in parts], settings, [[one.name, code_of(one)] for one in writers])

    def make() -> Made:
        examples = examples_of(store_of(recipe, folder), parts)
        chosen, splits = choose_examples(examples, block, recipe.domain)
        files = {}
        for writer in writers:
            for split, rows in splits.items():
                if len(rows) or split == "train":
                    path = f"sft/{writer.name}/{split}{writer.about.suffix}"
                    files[path] = write_with(writer, folder, path, batches_at(examples, rows))
        counts = {split: {"examples": len(rows)} for split, rows in splits.items()}
        return Made(files, {"mix": chosen.report, **counts})

    return remembered(folder, name, make)


def schema_of(store: Path, parts: Sequence[Part]) -> pa.Schema:
    """The columns of all parts together."""
    schemas = (pq.read_schema(readable(part_path(store, part.name))).remove_metadata() for part in parts)
    return pa.unify_schemas([SCHEMA, *schemas])


def examples_of(store: Path, parts: Sequence[Part]) -> pa.Table:
    """Every example of some parts."""
    batches = even_batches(store, parts, ("example",), schema_of(store, parts))
    return pa.Table.from_batches([batch.table for batch in batches])


def batches_at(examples: pa.Table, rows: np.ndarray) -> Iterator[Batch]:
    """The examples of these rows, in this order, in batches of 1,000; an empty one where there is no row."""
    for at in range(0, len(rows) or 1, BATCH_DOCS):
        yield Batch(one_batch(examples.take(rows[at : at + BATCH_DOCS])))


def choose_examples(examples: pa.Table, block: SftOutput, domain: Sequence[str]) -> tuple[Mix, dict[str, np.ndarray]]:
    """The mix, and the rows of each split. Examples of one document are of one split and stay together."""
    roots = pc.coalesce(examples["parent"], examples["key"])
    sources = examples["source"]
    rows = {name: np.flatnonzero(pc.equal(sources, name).to_numpy()) for name in block.mix}
    held_out, order = shares_of(roots, "validation") < block.validation, shares_of(examples["key"], "mix")
    chosen = mix("sft", "examples", rows, block.mix, domain, block.when_short, (~held_out).astype(int), order)
    mixed = pc.is_in(sources, pa.array(list(block.mix))).to_numpy()

    def in_order(copies: np.ndarray) -> np.ndarray:
        taken = [np.flatnonzero(copies > turn) for turn in range(int(copies.max(initial=0)))]
        places = [shares_of(roots, f"shuffle {turn}")[mine] for turn, mine in enumerate(taken)]
        turns = [mine[np.argsort(place, kind="stable")] for mine, place in zip(taken, places, strict=True)]
        return np.concatenate([np.zeros(0, int), *turns])

    train = in_order(np.where(held_out, 0, chosen.copies))
    return chosen, {"train": train, "validation": in_order((held_out & mixed).astype(int))}
