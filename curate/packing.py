"""Token rows: documents become tokens part by part, a plan fixes their order, and each shard is packed by itself.

The tokens of a part lie in the order in which a hash of their documents' keys shuffles all documents. So what stands
together in a shard lies together in every part, and a shard is packed from one short stretch of each.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curate.data import KEY, Batch, shares_of
from curate.errors import CurateError
from curate.files import put, readable
from curate.mix import mix
from curate.outputs import Made, described, remembered
from curate.parts import Part, part_about, part_path, read_batches, write_tables
from curate.plan import digest
from curate.recipe import PretrainOutput, Recipe, store_of
from curate.tokens import Tokenizer, load_tokenizer

SHARD_TOKENS = 32_000_000
GROUP_TOKENS = 1_000_000  # of a shard's row group
CELL_TOKENS = 1_000_000  # stay neighbours in every turn, in an order of each turn's own
MEMORY_TOKENS = 8_000_000  # of a part sorted, and of a shard read, at a time
GAP = 16_384  # tokens that are not wanted are read rather than skipped up to here
TURN = (5**0.5 - 1) / 2  # a repeated document moves on by this share of the whole, so its copies lie far apart
INDEX = pa.schema([("key", KEY), ("root", KEY), ("size", pa.int32())])
ORDER = pa.schema([("key", KEY), ("part", pa.int32()), ("offset", pa.int64()), ("size", pa.int32())])
PIECES = pa.list_(
    pa.struct([("key", pa.string()), ("source", pa.string()), ("start", pa.int32()), ("end", pa.int32())])
)


@dataclass(frozen=True)
class Tokenized:
    """The documents of one part as tokens, in files of their own."""

    name: str
    source: str
    tokens: int


@dataclass(frozen=True)
class Shard:
    """One file of token rows, whose documents are a row group of the plan."""

    split: str
    number: int  # among those of its split
    rows: int
    bytes: int  # of its tokens
    begins: int  # where the first document begins: 0, or less by what the shard before holds of it


@dataclass(frozen=True)
class Plan:
    """Which documents are packed in which order, in a work file; what the manifest says of all shards."""

    name: str
    shards: tuple[Shard, ...]
    about: Mapping[str, Any]


@cache
def tokenizer_of(recipe_path: Path, named: str, end_of_document: str) -> Tokenizer:
    """The recipe's tokenizer, loaded once a process."""
    return load_tokenizer(named, recipe_path, end_of_document)


def pretrain_tokenizer(recipe: Recipe, block: PretrainOutput) -> Tokenizer:
    """The tokenizer that a recipe's `pretrain:` names."""
    return tokenizer_of(recipe.path(block.tokenizer), block.tokenizer, block.end_of_document)


def tokenize(recipe: Recipe, folder: Path, part: Part) -> Tokenized:
    """The documents of a part as tokens; a part that was tokenized before is not tokenized again."""
    assert recipe.pretrain
    tokenizer, store = pretrain_tokenizer(recipe, recipe.pretrain), store_of(recipe, folder)
    name = digest("tokens", part.name, tokenizer.hash)
    path = part_path(store, name)
    if not (path.exists() and tokens_path(store, name).exists()):
        write_tokens(store, name, tokenizer, read_batches(part_path(store, part.name)))
    return Tokenized(name, part.source, part_about(path)["tokens"])


def tokens_path(store: Path, name: str) -> Path:
    """Where the tokens of a part lie, one after the other; whose they are says the file at its `part_path`."""
    return store / "parts" / f"{name}.tokens"


def width_of(tokenizer: Tokenizer) -> np.dtype[Any]:
    """How a token is written down."""
    return np.dtype("<u2" if tokenizer.size <= 1 << 16 else "<u4")


def write_tokens(store: Path, name: str, tokenizer: Tokenizer, batches: Iterator[Batch]) -> None:
    """Tokens in the order of the shuffle, sorted so many at a time; the table of whose they are appears last.

    Its columns: key, root and size. The token that ends a document is counted, and added when packing. The root is the
    document that one was made of, or itself: what is made of one document is of one split.
    """
    index, waiting = [INDEX.empty_table()], list[tuple[pa.Table, np.ndarray]]()
    with put(tokens_path(store, name), private=True) as out:

        def flush() -> None:
            table = pa.concat_tables(table for table, _ in waiting).combine_chunks()
            tokens = np.concatenate([tokens for _, tokens in waiting])
            ends = np.cumsum(table["size"].to_numpy() - 1, dtype=np.int64)
            order = np.argsort(shares_of(table["key"], "shuffle"), kind="stable")
            for row in order:
                out.write(tokens[ends[row - 1] if row else 0 : ends[row]].tobytes())
            index.append(table.take(order))
            waiting.clear()

        for batch in batches:
            waiting.append(encoded(tokenizer, batch))
            if sum(len(tokens) for _, tokens in waiting) >= MEMORY_TOKENS:
                flush()
        if waiting:
            flush()
    about = {"tokens": sum(pc.sum(one["size"]).as_py() or 0 for one in index), "width": width_of(tokenizer).str}
    write_tables(part_path(store, name), index, about)


def encoded(tokenizer: Tokenizer, batch: Batch) -> tuple[pa.Table, np.ndarray]:
    """Key, root and size of each document of a batch, and the tokens of all, one after the other."""
    tokens = tokenizer.encode(batch["text"].to_pylist())
    sizes = np.array([len(one) + 1 for one in tokens], np.int32)
    every = np.fromiter(chain.from_iterable(tokens), width_of(tokenizer), int(sizes.sum()) - len(sizes))
    return pa.table([batch["key"], pc.coalesce(batch["parent"], batch["key"]), sizes], schema=INDEX), every


def plan(recipe: Recipe, folder: Path, tokenized: Sequence[Tokenized]) -> Plan:
    """Mix the documents to the weights by tokens, fix their order, and cut it into shards; noted where it was done."""
    block, store = recipe.pretrain, store_of(recipe, folder)
    assert block
    tokenizer = pretrain_tokenizer(recipe, block)
    settings = [dict(block.mix), block.sequence_length, block.validation, block.when_short, tokenizer.end]
    name = digest("pack", [one.name for one in tokenized], settings, recipe.domain, SHARD_TOKENS)
    path = part_path(store, name, "order")
    if not path.exists():
        write_plan(recipe, block, store, tokenized, path)
    about = plan_about(path)
    return Plan(name, tuple(Shard(**one) for one in about["shards"]), about["about"])


def plan_about(path: Path) -> dict[str, Any]:
    """What was noted of a plan when it was written."""
    noted: dict[str, Any] = json.loads(pq.read_metadata(readable(path)).metadata[b"curate"])
    return noted


def write_plan(recipe: Recipe, block: PretrainOutput, store: Path, tokenized: Sequence[Tokenized], path: Path) -> None:
    """The order of the documents of each split, a row group a shard; one that two shards share is in both."""
    keys, part, sizes, held_out = documents_of([part_path(store, one.name) for one in tokenized], block.validation)
    names = np.array([one.source for one in tokenized])
    rows = {name: np.flatnonzero(np.isin(part, np.flatnonzero(names == name))) for name in block.mix}
    train = np.where(held_out, 0, sizes)
    chosen = mix("pretrain", "tokens", rows, block.mix, recipe.domain, block.when_short, train, shares_of(keys, "mix"))
    del rows, train  # at millions of documents each array counts
    offset = np.cumsum(sizes - 1, dtype=np.int64) - (sizes - 1)
    offset -= offset[np.searchsorted(part, np.arange(len(tokenized)), "left").clip(max=len(part) - 1)][part]
    tokenizer = pretrain_tokenizer(recipe, block)
    about: dict[str, Any] = {"mix": chosen.report, "tokenizer": {"hash": tokenizer.hash, "size": tokenizer.size}}
    length, shards = block.sequence_length, list[Shard]()
    with (
        put(path, private=True) as out,
        pq.ParquetWriter(out, ORDER, compression="zstd", compression_level=1) as writer,
    ):
        for split, copies in (("train", chosen.copies), ("validation", held_out)):
            stream = shuffled(keys, copies, sizes)
            ends = np.cumsum(sizes[stream], dtype=np.int64)
            tokens = int(ends[-1]) if len(ends) else 0
            total = -(-tokens // length)
            for number, cut in enumerate(cuts(ends, tokens, length)):
                mine = stream[cut.first : cut.last]
                shards.append(Shard(split, number, cut.rows, 4 * length * cut.rows, cut.begins))
                columns = [keys.take(pa.array(mine)), part[mine], offset[mine], sizes[mine]]
                writer.write_table(pa.table(columns, schema=ORDER), row_group_size=max(len(mine), 1))
            about[split] = {"rows": total, "tokens": tokens, "padding": total * length - tokens}
        noted = {
            "shards": [asdict(one) for one in shards],
            "about": about,
            "parts": [(one.name, one.source) for one in tokenized],
        }
        writer.add_key_value_metadata({"curate": json.dumps(noted)})


def documents_of(paths: Sequence[Path], validation: float) -> tuple[pa.Array, np.ndarray, np.ndarray, np.ndarray]:
    """Key, number of the part, size, and whether it is held out, of each document of all parts."""
    keys, sizes, held_out = list[pa.Array](), list[np.ndarray](), list[np.ndarray]()
    for path in paths:
        table = pq.read_table(readable(path))
        keys.append(table["key"].combine_chunks())
        sizes.append(table["size"].to_numpy())
        held_out.append(shares_of(table["root"], "validation") < validation)
    part = np.repeat(np.arange(len(paths), dtype=np.int32), list(map(len, sizes)))
    return pa.concat_arrays(keys), part, np.concatenate(sizes), np.concatenate(held_out)


def shuffled(keys: pa.Array, copies: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """The chosen documents, by their row, in an order that follows from their keys and the number of all tokens."""
    rows = np.repeat(np.arange(len(keys), dtype=np.int32), copies)
    turns = np.arange(len(rows), dtype=np.int32)
    turns -= np.repeat((np.cumsum(copies) - copies).astype(np.int32), copies)
    cells = max(int((copies * sizes).sum()) // CELL_TOKENS, 1)
    places = shares_of(keys, "shuffle")[rows]
    cell = ((places + turns * TURN) % 1 * cells).astype(np.int32)
    for turn in range(1, int(turns.max(initial=0)) + 1):
        again = np.flatnonzero(turns == turn)
        places[again] = shares_of(keys.take(pa.array(rows[again])), f"shuffle {turn}")
    return rows[np.lexsort((places, cell))]


@dataclass(frozen=True)
class Cut:
    """The stretch of a stream of documents that one shard holds."""

    first: int
    last: int
    rows: int
    begins: int


def cuts(ends: np.ndarray, tokens: int, length: int) -> Iterator[Cut]:
    """A stream of documents that end at `ends` as shards of at most `SHARD_TOKENS`."""
    most = max(SHARD_TOKENS // length, 1) * length
    for start in range(0, tokens, most):
        end = min(start + most, tokens)
        first, last = int(np.searchsorted(ends, start, "right")), int(np.searchsorted(ends, end, "left")) + 1
        yield Cut(first, last, -(-(end - start) // length), (int(ends[first - 1]) if first else 0) - start)


def pack(recipe: Recipe, folder: Path, planned: Plan, number: int) -> Made:
    """One shard: rows of one length of the documents of the plan, each ended by its token; the last row is filled up.

    Columns: `input_ids` (int32, a fixed-size list) and `documents`, which says whose tokens a row holds: key, source,
    and from where to where in the row. No token is lost: a document goes on in the next row, and in the next shard.
    """
    block, shard, store = recipe.pretrain, planned.shards[number], store_of(recipe, folder)
    assert block
    order, end = part_path(store, planned.name, "order"), pretrain_tokenizer(recipe, block).end
    path = f"pretrain/{shard.split}-{shard.number:05}.parquet"

    def make() -> Made:
        with pq.ParquetFile(readable(order)) as file:
            table = file.read_row_group(number).combine_chunks()
        parts = plan_about(order)["parts"]
        with put(folder / path) as out:
            write_rows(out, store, parts, table, shard, block.sequence_length, end)
        return Made({path: described(folder, path, shard.rows)}, {})

    return remembered(folder, digest("shard", planned.name, number), make)


def write_rows(
    out: Any, store: Path, parts: Sequence[tuple[str, str]], table: pa.Table, shard: Shard, length: int, end: int
) -> None:
    """The rows of a shard as Parquet, tokens read from the parts so many at a time."""
    sizes = table["size"].to_numpy()
    ends = shard.begins + np.cumsum(sizes, dtype=np.int64)
    group = max(GROUP_TOKENS // length, 1)
    chunk = max(MEMORY_TOKENS // length // group, 1) * group
    schema = pa.schema([("input_ids", pa.list_(pa.int32(), length)), ("documents", PIECES)])
    hexes, sources = hexed(table["key"].combine_chunks()), pa.array([source for _, source in parts])
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for at in range(0, shard.rows, chunk):
            here = at * length
            tokens = np.full(min(chunk, shard.rows - at) * length, end, np.int32)
            fill(tokens, store, parts, table, ends - sizes - here)
            for row in range(0, len(tokens) // length, group):
                start, stop = row * length, min((row + group) * length, len(tokens))
                few = slice(
                    int(np.searchsorted(ends, here + start, "right")),
                    int(np.searchsorted(ends - sizes, here + stop, "left")),
                )
                whose = sources.take(table["part"].combine_chunks()[few])
                places = ends[few] - here - start
                documents = pieces(hexes[few], whose, places - sizes[few], places, length, (stop - start) // length)
                ids = pa.FixedSizeListArray.from_arrays(pa.array(tokens[start:stop]), length)
                writer.write_table(pa.table([ids, documents], schema=schema), row_group_size=group)


def fill(
    tokens: np.ndarray, store: Path, parts: Sequence[tuple[str, str]], table: pa.Table, starts: np.ndarray
) -> None:
    """Put the tokens of documents that start at `starts` in their place, as far as they lie in this stretch."""
    stops = np.minimum(starts + table["size"].to_numpy() - 1, len(tokens))
    skipped = np.maximum(-starts, 0)
    counts = stops - starts - skipped
    offsets, part = table["offset"].to_numpy() + skipped, table["part"].to_numpy()
    inside = np.flatnonzero(counts > 0)
    inside = inside[np.lexsort((offsets[inside], part[inside]))]
    for mine in np.split(inside, np.flatnonzero(np.diff(part[inside])) + 1):
        if len(mine):
            name = parts[part[mine[0]]][0]
            read = stretches(store, name, offsets[mine], counts[mine])
            for row, found in zip(mine, read, strict=True):
                begins = starts[row] + skipped[row]
                tokens[begins : begins + counts[row]] = found


def stretches(store: Path, name: str, offsets: np.ndarray, counts: np.ndarray) -> Iterator[np.ndarray]:
    """Stretches of a part's tokens in ascending order; those that lie near each other are read in one go."""
    width = np.dtype(part_about(part_path(store, name))["width"])
    furthest = np.maximum.accumulate(offsets + counts)
    with tokens_path(store, name).open("rb") as file:
        for mine in np.split(np.arange(len(offsets)), np.flatnonzero(offsets[1:] > furthest[:-1] + GAP) + 1):
            start, end = int(offsets[mine[0]]), int(furthest[mine[-1]])
            file.seek(start * width.itemsize)
            read = np.frombuffer(file.read((end - start) * width.itemsize), width)
            if len(read) < end - start:
                raise CurateError(f"{tokens_path(store, name)} is cut short; remove it and run again")
            for row in mine:
                yield read[offsets[row] - start : offsets[row] - start + counts[row]]


def pieces(keys: pa.Array, sources: pa.Array, starts: np.ndarray, ends: np.ndarray, length: int, rows: int) -> pa.Array:
    """Whose tokens each of so many rows holds; documents lie from `starts` to `ends`, counted from the first row."""
    starts, ends = np.maximum(starts, 0), np.minimum(ends, rows * length)
    first = starts // length
    counts = (ends - 1) // length - first + 1
    which = np.repeat(np.arange(len(starts)), counts)
    row = first[which] + np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    begins = row * length
    columns = [
        keys.take(pa.array(which)),
        sources.take(pa.array(which)),
        pa.array(np.maximum(starts[which] - begins, 0), pa.int32()),
        pa.array(np.minimum(ends[which] - begins, length), pa.int32()),
    ]
    bounds = pa.array(np.searchsorted(row, np.arange(rows + 1)), pa.int32())
    return pa.ListArray.from_arrays(bounds, pa.StructArray.from_arrays(columns, fields=list(PIECES.value_type)))


def hexed(keys: pa.Array) -> pa.Array:
    """Keys of 16 bytes as 32 hexadecimal digits."""
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    halves = np.frombuffer(keys.buffers()[1], np.uint8)[16 * keys.offset : 16 * (keys.offset + len(keys))]
    said = digits[np.stack([halves >> 4, halves & 15], 1).ravel()]
    offsets = np.arange(0, 32 * len(keys) + 1, 32, dtype=np.int32)
    return pa.StringArray.from_buffers(len(keys), pa.py_buffer(offsets), pa.py_buffer(said))


def packed(planned: Plan, shards: Sequence[Made]) -> Made:
    """All shards of a plan, and what is said of them."""
    return Made({path: about for one in shards for path, about in one.files.items()}, planned.about)
