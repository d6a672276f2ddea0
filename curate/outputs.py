"""What a run leaves for others: cleaned text, token rows, SFT sets. Every file appears whole."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curate.data import BATCH_DOCS, SCHEMA, Batch, share_of
from curate.errors import CurateError
from curate.files import put
from curate.mix import Mix, mix
from curate.parts import Part, one_batch, part_about, part_path, read_batches, widened, write_tables
from curate.plan import code_of, digest
from curate.plugins import Offered
from curate.recipe import PretrainOutput, Recipe, SftOutput
from curate.steps import raised_where
from curate.tokens import Tokenizer, load_tokenizer

SHARD_BYTES = 256_000_000  # of text
SHARD_TOKENS = 32_000_000
BUCKET_TOKENS = 16_000_000  # are shuffled in memory at a time
PIECES = pa.list_(
    pa.struct([("key", pa.string()), ("source", pa.string()), ("start", pa.int32()), ("end", pa.int32())])
)


@dataclass(frozen=True)
class Made:
    """The files of one output, and what is to be said of them in the manifest."""

    files: Mapping[str, Mapping[str, Any]]  # path in the run's folder → rows, bytes, sha256
    about: Mapping[str, Any]


@dataclass(frozen=True)
class Tokenized:
    """The documents of one part as tokens, in a file of its own."""

    name: str
    tokens: int


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
    with open(folder / path, "rb") as stream:
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


def write_text(recipe: Recipe, folder: Path, parts: Sequence[Part]) -> Made:
    """The cleaned documents, in the order of sources and paths, in shards of about 256 MB of text."""
    assert recipe.text
    writer = recipe.registry["writer"][recipe.text.format]
    name = digest("text", [part.name for part in parts], writer.name, code_of(writer))

    def make() -> Made:
        files = {}
        for number, shard in enumerate(shards_of(even_batches(folder, parts, ("text", "code")))):
            path = f"text/part-{number:05}{writer.about.suffix}"
            files[path] = write_with(writer, folder, path, shard)
        return Made(files, {"documents": sum(one["rows"] for one in files.values())})

    return remembered(folder, name, make)


def even_batches(folder: Path, parts: Sequence[Part], kinds: Sequence[str]) -> Iterator[Batch]:
    """The documents of all parts in batches of 1,000, whatever the parts are; one empty batch where there is none."""
    paths = [part_path(folder, part.name) for part in parts]
    schema = pa.unify_schemas([SCHEMA, *(pq.read_schema(path).remove_metadata() for path in paths)])
    waiting = schema.empty_table()
    given = False
    for path in paths:
        for batch in read_batches(path):
            kept = batch.keep(batch.among("kind", kinds))
            waiting = pa.concat_tables([waiting, widened(pa.Table.from_batches([kept.table]), schema)])
            while len(waiting) >= BATCH_DOCS:
                yield Batch(one_batch(waiting.slice(0, BATCH_DOCS)))
                waiting, given = waiting.slice(BATCH_DOCS), True
    if len(waiting) or not given:
        yield Batch(one_batch(waiting))


def shards_of(batches: Iterator[Batch]) -> Iterator[Iterator[Batch]]:
    """Batches in groups of about `SHARD_BYTES` of text; each group is to be read before the next."""
    first = next(batches, None)

    def group(batch: Batch) -> Iterator[Batch]:
        nonlocal first
        size, upcoming = 0, batch
        while upcoming is not None and (size == 0 or size + upcoming.text_bytes <= SHARD_BYTES):
            yield upcoming
            size += upcoming.text_bytes or 1
            upcoming = next(batches, None)  # type: ignore[assignment]
        first = upcoming

    while first is not None:
        yield group(first)


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
    tokenizer = pretrain_tokenizer(recipe, recipe.pretrain)
    name = digest("tokens", part.name, tokenizer.hash)
    path = part_path(folder, name)
    if not path.exists():
        tables = [tokens_of(tokenizer, batch) for batch in read_batches(part_path(folder, part.name))]
        empty = {name: pa.array([], pa.binary(16)) for name in ("key", "root")} | {"source": pa.array([], pa.string())}
        empty |= {"size": pa.array([], pa.int32()), "tokens": pa.array([], pa.large_list(pa.int32()))}
        write_tables(
            path, [pa.table(empty), *tables], {"tokens": sum(pc.sum(one["size"]).as_py() or 0 for one in tables)}
        )
    return Tokenized(name, part_about(path)["tokens"])


def tokens_of(tokenizer: Tokenizer, batch: Batch) -> pa.Table:
    """key, root, source, size and tokens of each document; the token that ends it is counted, and added when packing.

    The root is the document that one was made of, or itself: what is made of one document is of one split.
    """
    tokens = tokenizer.encode(batch["text"].to_pylist())
    sizes = pa.array([len(one) + 1 for one in tokens], pa.int32())
    listed = pa.array(tokens, pa.large_list(pa.int32()))
    roots = pc.coalesce(batch["parent"], batch["key"])
    return pa.table({"key": batch["key"], "root": roots, "source": batch["source"], "size": sizes, "tokens": listed})


def pack(recipe: Recipe, folder: Path, tokenized: Sequence[Tokenized]) -> Made:
    """Token rows of one length, documents shuffled, each ended by its token, mixed to the weights by tokens."""
    block = recipe.pretrain
    assert block
    tokenizer = pretrain_tokenizer(recipe, block)
    settings = [
        dict(block.mix),
        block.sequence_length,
        block.validation,
        block.when_short,
        tokenizer.end,
        recipe.domain,
    ]
    name = digest("pack", [one.name for one in tokenized], settings)

    def make() -> Made:
        paths = [part_path(folder, one.name) for one in tokenized]
        columns = ["key", "root", "source", "size"]
        table = pa.concat_tables(pq.read_table(path, columns=columns) for path in paths)
        keys, roots, sources, sizes = (table[column].to_numpy() for column in columns)
        held_out = np.array([share_of(root, "validation") < block.validation for root in roots], bool)
        order = np.array([share_of(key, "mix") for key in keys])
        train = np.where(held_out, 0, sizes)
        chosen = mix("pretrain", "tokens", block.mix, recipe.domain, block.when_short, sources, train, order)
        copies = {
            "train": np.where(held_out, 0, chosen.copies),
            "validation": held_out & np.isin(sources, list(block.mix)),
        }
        files: dict[str, Any] = {}
        about: dict[str, Any] = {"mix": chosen.report, "tokenizer": {"hash": tokenizer.hash, "size": tokenizer.size}}
        for split, times in copies.items():
            stream = shuffled_documents(paths, keys, times.astype(int), sizes)
            files |= write_rows(folder, split, stream, block.sequence_length, tokenizer.end)
            rows = sum(one["rows"] for path, one in files.items() if f"/{split}-" in path)
            tokens = int((times * sizes).sum())
            about[split] = {"rows": rows, "tokens": tokens, "padding": rows * block.sequence_length - tokens}
        return Made(files, about)

    return remembered(folder, name, make)


def shuffled_documents(
    paths: Sequence[Path], keys: np.ndarray, copies: np.ndarray, sizes: np.ndarray
) -> Iterator[pa.Table]:
    """The chosen documents in an order that follows from their keys, about `BUCKET_TOKENS` at a time."""
    rows = np.repeat(np.arange(len(keys)), copies)
    turns = np.concatenate([np.arange(times) for times in copies]) if len(rows) else rows
    places = np.array([share_of(keys[row], f"shuffle {turn}") for row, turn in zip(rows, turns, strict=True)])
    buckets = 1 + int((copies * sizes).sum()) // BUCKET_TOKENS
    for bucket in range(buckets):
        inside = np.flatnonzero((places * buckets).astype(int) == bucket)
        inside = inside[np.argsort(places[inside], kind="stable")]
        yield rows_at(paths, rows[inside])


def rows_at(paths: Sequence[Path], wanted: np.ndarray) -> pa.Table:
    """Rows of several files by their number over all of them, in the order asked for."""
    unique, back = np.unique(wanted, return_inverse=True)
    found, first = [], 0
    for path in paths:
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                last = first + file.metadata.row_group(group).num_rows
                mine = unique[(unique >= first) & (unique < last)] - first
                if len(mine):
                    found.append(file.read_row_group(group).take(mine))
                first = last
    return pa.concat_tables(found).take(back) if found else pq.read_schema(paths[0]).empty_table()


def write_rows(
    folder: Path, split: str, documents: Iterable[pa.Table], length: int, end: int
) -> dict[str, dict[str, Any]]:
    """Token rows as Parquet files of at most `SHARD_TOKENS`; no file where there is no document."""
    files: dict[str, dict[str, Any]] = {}
    waiting: list[pa.Table] = []
    most = max(SHARD_TOKENS // length, 1)

    def flush() -> None:
        path = f"pretrain/{split}-{len(files):05}.parquet"
        table = pa.concat_tables(waiting).slice(0, most)
        with put(folder / path) as out, pq.ParquetWriter(out, table.schema, compression="zstd") as writer:
            writer.write_table(table, row_group_size=max(1_000_000 // length, 1))
        files[path] = described(folder, path, len(table))
        waiting[:] = [pa.concat_tables(waiting).slice(most)]

    for rows in packed_rows(documents, length, end):
        waiting.append(rows)
        while sum(map(len, waiting)) >= most:
            flush()
    if sum(map(len, waiting)):
        flush()
    return files


def packed_rows(documents: Iterable[pa.Table], length: int, end: int) -> Iterator[pa.Table]:
    """Rows of `length` tokens from a stream of documents, each ended by `end`; the last row is filled up with it.

    Columns: `input_ids` (int32, a fixed-size list) and `documents`, which says whose tokens a row holds: key, source,
    and from where to where in the row. No token is lost: what does not fit a row begins the next.
    """
    over, pieces, at = np.empty(0, np.int32), list[tuple[str, str, int, int]](), 0
    for table in documents:
        sizes = table["size"].to_numpy()
        stream = np.full(len(over) + int(sizes.sum()), end, np.int32)
        stream[: len(over)] = over
        tokens = pc.list_flatten(table["tokens"]).to_numpy()
        owners = np.repeat(np.arange(len(sizes)), sizes - 1)
        stream[len(over) + np.arange(len(tokens)) + owners] = tokens
        starts = at + len(over) + np.cumsum(sizes) - sizes
        keys = [key.hex() for key in table["key"].to_pylist()]
        pieces += zip(keys, table["source"].to_pylist(), starts.tolist(), (starts + sizes).tolist(), strict=True)
        whole = len(stream) // length * length
        if whole:
            yield as_rows(stream[:whole], pieces, at, length)
        over, at = stream[whole:], at + whole
        pieces = [piece for piece in pieces if piece[3] > at]
    if len(over):
        yield as_rows(np.concatenate([over, np.full(length - len(over), end, np.int32)]), pieces, at, length)


def as_rows(tokens: np.ndarray, pieces: Sequence[tuple[str, str, int, int]], at: int, length: int) -> pa.Table:
    """Tokens as a table of rows; `pieces` are documents with their place in a stream, of which this begins at `at`."""
    whose: list[list[dict[str, Any]]] = [[] for _ in range(len(tokens) // length)]
    for key, source, start, end in pieces:
        for row in range(max(start - at, 0) // length, min((end - at - 1) // length + 1, len(whose))):
            begins = at + row * length
            inside = {"start": max(start - begins, 0), "end": min(end - begins, length)}
            whose[row].append({"key": key, "source": source} | inside)
    ids = pa.FixedSizeListArray.from_arrays(pa.array(tokens, pa.int32()), length)
    return pa.table({"input_ids": ids, "documents": pa.array(whose, PIECES)})


def write_sft(recipe: Recipe, folder: Path, parts: Sequence[Part]) -> Made:
    """The SFT sets: examples of all sources mixed to the weights, split into train and validation, in every format."""
    block = recipe.sft
    assert block
    writers = [recipe.registry["writer"][format] for format in block.formats]
    settings = [dict(block.mix), block.validation, block.when_short, recipe.domain]
    name = digest("sft", [part.name for part in parts], settings, [[one.name, code_of(one)] for one in writers])

    def make() -> Made:
        batches = list(even_batches(folder, parts, ("example",)))
        examples = pa.Table.from_batches([batch.table for batch in batches])
        chosen, splits = choose_examples(examples, block, recipe.domain)
        files = {}
        for writer in writers:
            for split, rows in splits.items():
                if len(rows) or split == "train":
                    path = f"sft/{writer.name}/{split}{writer.about.suffix}"
                    chunks = (
                        one_batch(examples.take(rows[at : at + BATCH_DOCS]))
                        for at in range(0, len(rows) or 1, BATCH_DOCS)
                    )
                    files[path] = write_with(writer, folder, path, map(Batch, chunks))
        counts = {split: {"examples": len(rows)} for split, rows in splits.items()}
        return Made(files, {"mix": chosen.report, **counts})

    return remembered(folder, name, make)


def choose_examples(examples: pa.Table, block: SftOutput, domain: Sequence[str]) -> tuple[Mix, dict[str, np.ndarray]]:
    """The mix, and the rows of each split. Examples of one document are of one split and stay together."""
    keys, parents = examples["key"].to_pylist(), examples["parent"].to_pylist()
    roots = [parent or key for key, parent in zip(keys, parents, strict=True)]
    sources = examples["source"].to_numpy()
    held_out = np.array([share_of(root, "validation") < block.validation for root in roots], bool)
    order = np.array([share_of(key, "mix") for key in keys])
    chosen = mix("sft", "examples", block.mix, domain, block.when_short, sources, (~held_out).astype(int), order)
    mixed = np.isin(sources, list(block.mix))

    def in_order(copies: np.ndarray) -> np.ndarray:
        taken = [(row, turn) for row, times in enumerate(copies) for turn in range(times)]
        taken.sort(key=lambda one: (one[1], share_of(roots[one[0]], f"shuffle {one[1]}"), one[0]))
        return np.array([row for row, _ in taken], int)

    train = in_order(np.where(held_out, 0, chosen.copies))
    return chosen, {"train": train, "validation": in_order((held_out & mixed).astype(int))}
