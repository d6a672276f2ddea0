"""Forgetting documents: out of parts, ledger and outputs of a run, each file whole, and no other file touched.

Outputs are rewritten first, from the parts as they still are, so that all other rows stay what they were; then the
parts. What is under way is noted (`parts/forgetting.json`), so that whoever comes next ends what was cut off.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curate import ledger
from curate.data import KEY, Batch
from curate.errors import CurateError
from curate.files import put, readable
from curate.hold import held
from curate.originals import FOLDER as ORIGINALS
from curate.originals import as_scrubbed, noted_recipe
from curate.outputs import (
    TEXTS,
    batches_at,
    choose_examples,
    described,
    even_batches,
    examples_of,
    schema_of,
    write_with,
)
from curate.packing import pretrain_tokenizer
from curate.parts import Part, known_part, noted_run, part_about, part_path
from curate.plan import Unit
from curate.reading import documents
from curate.recipe import Recipe, SftOutput, store_of
from curate.removal import REMOVED, Removed, add_lines, is_key, listed_lines

KEYED = ("key", "parent", "root")
CANNOT = (
    "What this cannot undo: models trained on the outputs; copies and backups made elsewhere; outputs of other runs "
    "that share the store; the source file itself, which the next run leaves out."
)


@dataclass
class Forgetting:
    """Documents that are to go from a run's folder, with all that was made of them."""

    folder: Path
    removed: Removed

    @cached_property
    def store(self) -> Path:
        """The folder whose parts the run's outputs were made of."""
        return noted_run(self.folder)[0]

    @cached_property
    def parts(self) -> list[Path]:
        """The parts' files that hold them, or what was counted or learned of them a document at a time."""
        return [path for path in every_table(self.folder, self.store) if holds(path, self.removed)]

    @cached_property
    def parts_differ(self) -> bool:
        """Whether outputs hold some that parts do not: another run of the store forgot them, or parts were cleared."""
        path = self.folder / "ledger.parquet"
        if not self.manifest or not path.exists():
            return False
        phases = noted_run(self.folder)[1]
        if not phases or not all(known_part(self.store, name) for name in phases[-1][1]):
            return True
        table = pq.read_table(readable(path), columns=["key", "outcome"])
        mine = table.filter(pc.is_in(table["key"], value_set=self.removed.values)).to_pylist()
        kept = {row["key"] for row in mine} - {row["key"] for row in mine if row["outcome"] not in ("kept", "cut")}
        tables = (
            pq.read_table(readable(one), columns=["key"])
            for one in self.parts
            if "text" in pq.read_schema(readable(one)).names
        )
        return not kept <= {key for one in tables for key in one["key"].to_pylist()}

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The run's manifest; empty where it was not finished."""
        path = self.folder / "manifest.json"
        return dict(json.loads(path.read_bytes())) if path.exists() else {}

    @cached_property
    def recipe(self) -> Recipe:
        """What was noted of the run's recipe; raises `CurateError` where nothing was."""
        if (recipe := noted_recipe(self.folder)) is None:
            raise CurateError(f"{self.folder} does not say what recipe made it: run its recipe again")
        return replace(recipe, store=self.store)

    def parts_of(self, output: str) -> list[Part]:
        """The parts that text or SFT sets were made of, in their order."""
        phases = noted_run(self.folder)[1]
        main = json.loads((self.folder / "parts" / "recipe.json").read_bytes())["phases"]
        last = [names for number, names in phases if output == "sft" or number < main][-1]
        parts = [known_part(self.store, name) for name in last]
        if not all(parts):
            sentence = f"the parts that {output} was made of are gone from {self.store}: run the recipe again"
            raise CurateError(f"{sentence}, which leaves out what removed.txt lists")
        sft = self.recipe.sft
        wanted = {*sft.mix, *([sft.made_from] if isinstance(sft.made_from, str) else sft.made_from)} if sft else set()
        return [part for part in parts if part and (output == "text" or part.source in wanted)]

    def outputs(self) -> dict[str, dict[str, Any]]:
        """Output file → which output it is of, and how many of its rows and tokens go; only files that hold some."""
        found: dict[str, dict[str, Any]] = {}
        for output, made in self.manifest.get("outputs", {}).items():
            if gone := {"text": self.text_rows, "pretrain": self.token_rows, "sft": self.sft_rows}[output](made):
                found |= {path: {"output": output, **about} for path, about in gone.items()}
        return found

    def text_rows(self, made: Mapping[str, Any]) -> dict[str, dict[str, int]]:
        """Text file → how many of its documents go."""
        parts, found = self.parts_of("text"), {}
        touched = [part for part in parts if part_path(self.store, part.name) in self.parts]
        for path in made["files"] if touched else ():
            tables = (batch.table for batch in self.text_of(made, path))
            if gone := sum(int(self.removed.rows(table).sum()) for table in tables):
                found[path] = {"rows": gone}
        return found

    def text_of(self, made: Mapping[str, Any], path: str) -> Iterator[Batch]:
        """The documents that a text file was written from; files take them one after the other."""
        parts, skip = self.parts_of("text"), 0
        for other, about in made["files"].items():
            docs = about["rows"] + about.get("left_out", 0)
            if other == path:
                return even_batches(self.store, parts, TEXTS, schema_of(self.store, parts), skip, docs)
            skip += docs
        raise AssertionError(f"{path} is no file of the manifest")

    def token_rows(self, made: Mapping[str, Any]) -> dict[str, dict[str, int]]:
        """Pretraining file → how many of its rows and tokens go."""
        found = {}
        for path in made["files"]:
            documents = pq.read_table(readable(self.folder / path), columns=["documents"])["documents"].to_pylist()
            gone = [[one for one in row if self.is_gone(one["key"])] for row in documents]
            if any(gone):
                rows = sum(len(mine) == len(row) for mine, row in zip(gone, documents, strict=True))
                tokens = sum(one["end"] - one["start"] for mine in gone for one in mine)
                found[path] = {"rows": rows, "tokens": tokens}
        return found

    def is_gone(self, key: str) -> bool:
        """Whether a key as outputs write it is of a document that goes."""
        return bytes.fromhex(key) in self.removed.keys

    def sft_rows(self, made: Mapping[str, Any]) -> dict[str, dict[str, int]]:
        """SFT file → how many of its examples go."""
        examples, splits = self.chosen_examples(made)
        gone = self.removed.rows(examples)
        rows = {split: int(gone[chosen].sum()) for split, chosen in splits.items()}
        return {path: {"rows": rows[split_of(path)]} for path in made["files"] if rows[split_of(path)]}

    def chosen_examples(self, made: Mapping[str, Any]) -> tuple[pa.Table, dict[str, np.ndarray]]:
        """All examples, and which of them each split holds, in its order; after a removal as that noted it."""
        examples = examples_of(self.store, self.parts_of("sft"))
        note, hashes = self.folder / "parts" / "examples.json", {p: one["sha256"] for p, one in made["files"].items()}
        for noted in json.loads(note.read_bytes()) if note.exists() else []:
            if noted["files"] == hashes:
                rows = {key.hex(): row for row, key in enumerate(examples["key"].to_pylist())}
                splits = {split: [rows[key] for key in keys] for split, keys in noted["splits"].items()}
                return examples, {split: np.array(chosen, int) for split, chosen in splits.items()}
        block = self.recipe.sft
        assert isinstance(block, SftOutput)
        return examples, choose_examples(examples, block, self.recipe.domain)[1]

    def note_examples(self, made: Mapping[str, Any], files: Mapping[str, Mapping[str, Any]]) -> None:
        """Note which examples the splits hold once the rewritten files lie there: the mix cannot be asked again."""
        examples, splits = self.chosen_examples(made)
        gone, keys = self.removed.rows(examples), examples["key"].to_pylist()
        left = {split: [keys[row].hex() for row in rows if not gone[row]] for split, rows in splits.items()}
        hashes = {path: files.get(path, about)["sha256"] for path, about in made["files"].items()}
        note = self.folder / "parts" / "examples.json"
        before = [one for one in json.loads(note.read_bytes()) if one["files"] != hashes] if note.exists() else []
        put_json(note, [*before[-1:], {"files": hashes, "splits": left}])  # the one before is that of the manifest

    def rewrite(self, path: str, output: str) -> dict[str, Any]:
        """Write an output file anew without them; what the manifest is to say of it."""
        made = self.manifest["outputs"][output]
        if output == "pretrain":
            return self.rewrite_tokens(path)
        if output == "text":
            text = self.recipe.text
            writer = self.recipe.registry["writer"][text.format if text else "parquet"]
            return write_with(writer, self.folder, path, filtered(self.text_of(made, path), self.removed))
        examples, splits = self.chosen_examples(made)
        writer = self.recipe.registry["writer"][path.split("/")[1]]
        rows = splits[split_of(path)]
        rows = rows[~self.removed.rows(examples)[rows]]
        return write_with(writer, self.folder, path, batches_at(examples, rows))

    def rewrite_tokens(self, path: str) -> dict[str, Any]:
        """Write token rows anew: their tokens become the token that ends documents; a row of theirs alone goes."""
        block = self.recipe.pretrain
        assert block
        end, rows = pretrain_tokenizer(self.recipe, block).end, 0
        with pq.ParquetFile(readable(self.folder / path)) as file, put(self.folder / path) as out:
            schema = file.schema_arrow
            with pq.ParquetWriter(out, schema, compression="zstd") as writer:
                for group in range(file.num_row_groups):
                    table = self.without_tokens(file.read_row_group(group).combine_chunks(), end)
                    writer.write_table(table.cast(schema), row_group_size=max(len(table), 1))
                    rows += len(table)
        return described(self.folder, path, rows)

    def without_tokens(self, table: pa.Table, end: int) -> pa.Table:
        """Token rows without these documents' tokens and pieces."""
        documents = table["documents"].to_pylist()
        ids = np.array(pc.list_flatten(table["input_ids"]).to_numpy()).reshape(len(table), -1)
        keep = np.ones(len(table), bool)
        for row, pieces in enumerate(documents):
            left = [one for one in pieces if not self.is_gone(one["key"])]
            for one in pieces:
                if self.is_gone(one["key"]):
                    ids[row, one["start"] : one["end"]] = end
            keep[row] = bool(left) or not pieces
            documents[row] = left
        tokens = pa.FixedSizeListArray.from_arrays(pa.array(ids.reshape(-1)), ids.shape[1])
        columns = {"input_ids": tokens, "documents": pa.array(documents, table.schema.field("documents").type)}
        return pa.table({name: columns.get(name, table[name]) for name in table.column_names}).filter(pa.array(keep))

    def said(self) -> list[str]:
        """What would be rewritten, and what stays gone though it is not forgotten."""
        outputs = self.outputs()
        lines = [f"  {path}: {about['rows']:,} rows" for path, about in outputs.items()]
        for path in [path for path, about in outputs.items() if about["output"] == "pretrain"]:
            lines[list(outputs).index(path)] += f" and {outputs[path]['tokens']:,} tokens"
        lines.append(f"  {len(self.parts):,} files of parts, and the ledger")
        table = pq.read_table(readable(self.folder / "ledger.parquet"))
        stand_ins = table.filter(pc.is_in(table["keeper"], value_set=self.removed.values)).to_pylist()
        stand_ins = [row for row in stand_ins if row["key"] not in self.removed.keys]
        if stand_ins:
            lines.append(f"{len(stand_ins):,} documents were dropped as its duplicates and are still gone:")
            lines += [f"  {ledger.named(row)}" for row in stand_ins[: ledger.MATCHES]]
        return lines


def forget(folder: Path, docs: Sequence[str], agreed: Callable[[Sequence[str]], bool]) -> list[str]:
    """Forget documents of a run, each given by key, id, path or text; what was done, in lines.

    `agreed` is shown what will be rewritten first. Raises `CurateError` where one of them is not just one document.
    """
    with held(folder):
        ended = finish(folder)
        told = ledger.Told.of(folder)
        keys, lines = dict[bytes, str](), list[str]()
        for doc in docs:
            try:
                keys[one_document(folder, told, doc)] = doc
            except CurateError:
                if not ended:  # else it may be what was cut off
                    raise
                lines.append(f"{doc}: not found now that a removal which was cut off is at its end")
        new = [key for key in keys if not already(told, key)]
        lines += [f"{keys[key]}: forgotten already" for key in keys if key not in new]
        if not new:
            return lines
        given = Forgetting(folder, with_descendants(folder, told.store, new))
        if given.parts_differ:
            raise CurateError(
                f"the parts of {folder} are cleared, or another run forgot it: run the recipe again first"
            )
        lines += [f"To forget: {ledger.named(row_of(told, key))}" for key in new]
        made_of = len(given.removed.keys) - len(new)
        lines += [f"and {made_of:,} documents made of it"] * bool(made_of)
        if not agreed([*lines, "This rewrites", *given.said()]):
            return ["nothing was changed"]
        for where in {folder, told.store}:
            add_lines(where, [key.hex() for key in new])
        cover(given)
        said = f"forgotten: {len(new):,} document{'s' * (len(new) > 1)}"
        return [f"{said}; removed.txt keeps what was forgotten from coming back", CANNOT]


def one_document(folder: Path, told: ledger.Told, doc: str) -> bytes:
    """The key of the one document that is meant; raises `CurateError` where several are."""
    keys = ledger.meant_by(folder, told, doc)
    if len(keys) == 1:
        return keys[0]
    several = [f"  {ledger.named(row_of(told, key))}" for key in keys[: ledger.MATCHES]]
    more = [f"  ... and {len(keys) - ledger.MATCHES:,} more"] * (len(keys) > ledger.MATCHES)
    raise CurateError(
        "\n".join([f"curate: {doc!r} means {len(keys):,} documents; name each by its key:", *several, *more])
    )


def row_of(told: ledger.Told, key: bytes) -> dict[str, Any]:
    """The first row of the ledger about a document."""
    rows = told.table.filter(pc.equal(told.table["key"], pa.scalar(key, KEY))).slice(0, 1).to_pylist()
    return dict(rows[0])


def already(told: ledger.Told, key: bytes) -> bool:
    """Whether a document was forgotten before."""
    return bool(row_of(told, key)["outcome"] == REMOVED)


def obey(recipe: Recipe, folder: Path, units: Sequence[Unit], say: Callable[[str], None]) -> None:
    """Put the lines of `removed.txt` that are new to what earlier runs left; tell of those that match nothing there."""
    store = store_of(recipe, folder)
    if store != folder:
        add_lines(store, listed_lines(folder))  # who shares parts shares what is gone from them
    finish(folder)
    lines = listed_lines(folder) + listed_lines(store)
    new = [line for line in dict.fromkeys(lines) if line not in applied(folder)]
    if not new:
        return
    if any(every_table(folder, store)) or (folder / "ledger.parquet").exists():  # a store may be gone, its runs not
        keys, unmatched = matched(recipe, folder, store, units, new)
        given = Forgetting(folder, with_descendants(folder, store, keys))
        if given.parts_differ:
            (folder / "manifest.json").unlink()  # its outputs are written again
        cover(Forgetting(folder, given.removed))
        for line in unmatched:
            say(f"removed.txt: {as_scrubbed(folder, line)} matches no document that was read so far")
    note_applied(folder, store)


def matched(
    recipe: Recipe, folder: Path, store: Path, units: Sequence[Unit], lines: Sequence[str]
) -> tuple[list[bytes], list[str]]:
    """The keys that lines mean, and the lines that mean none."""
    names: dict[str, set[bytes]] = {line: set() for line in lines if not is_key(line)}
    keys = {line: bytes.fromhex(line) for line in lines if is_key(line)}
    scrubbed = {line: after for line in names if (after := as_scrubbed(folder, line)) != line}
    read_again, known = set[str](), set[bytes]()
    for table in ledgers(folder, store, ["key", "id", "uri"]):
        for key, *called in zip(*(table[name].to_pylist() for name in ("key", "id", "uri")), strict=True):
            known.add(key)
            for name in called:
                if name in names:
                    names[name].add(key)
            read_again |= {line for line, after in scrubbed.items() if after in called}
    for unit in units if read_again else ():  # the ledger has such names without personal data, as many others may be
        for doc, _ in documents(recipe, recipe.sources[unit.source], unit):
            for name in {doc.id, doc.uri} & read_again:
                names[name].add(doc.key)
    found = set(keys.values()) & known
    unmatched = [line for line in lines if not names.get(line) and keys.get(line) not in found]
    return sorted(found.union(*names.values())), unmatched


def with_descendants(folder: Path, store: Path, keys: Iterable[bytes]) -> Removed:
    """These documents and all that were made of them."""
    found = set(keys)
    tables = [table.select(["key", "parent"]) for table in ledgers(folder, store, ["key", "parent"])]
    pairs = [pa.concat_tables(tables).filter(pc.field("parent").is_valid())] if tables else []
    size = 0
    while pairs and len(found) > size:
        size = len(found)
        children = pairs[0].filter(pc.is_in(pairs[0]["parent"], value_set=pa.array(sorted(found), KEY)))
        found |= set(children["key"].to_pylist())
    return Removed(frozenset(found))


def cover(given: Forgetting) -> None:
    """Take documents out of everything in a run's folder, and note that it was done."""
    if not given.removed.keys:
        return note_applied(given.folder, given.store)
    journal = given.folder / "parts" / "forgetting.json"
    put_json(journal, {"keys": [key.hex() for key in sorted(given.removed.keys)], "files": given.outputs()})
    finish(given.folder)


def finish(folder: Path) -> bool:
    """End a removal that is under way, if one is; each act can be done again."""
    journal = folder / "parts" / "forgetting.json"
    if not journal.exists():
        return False
    noted = json.loads(journal.read_bytes())
    given = Forgetting(folder, Removed(frozenset(bytes.fromhex(key) for key in noted["keys"])))
    files: dict[str, dict[str, Any]] = noted["files"]
    if not given.manifest:
        drop_outputs(folder)
    elif not noted.get("outputs done"):
        for path, about in files.items():
            if "now" not in about:
                about["now"] = given.rewrite(path, about["output"])
                put_json(journal, noted)
        now = {path: about["now"] for path, about in files.items()}
        if any(about["output"] == "sft" for about in files.values()):
            given.note_examples(given.manifest["outputs"]["sft"], now)
        put_json(journal, noted | {"outputs done": True})
    if given.manifest:
        update_notes(given, files)
    for part in given.parts:
        rewrite_part(part, given.removed)
    if (folder / "ledger.parquet").exists() and holds(folder / "ledger.parquet", given.removed):
        rewrite_part(folder / "ledger.parquet", given.removed)
    if given.manifest:
        update_manifest(given, files)
    note_applied(folder, given.store)
    for half in folder.rglob(".*.tmp"):  # what a killed run or removal left half written may hold them, too
        half.unlink(missing_ok=True)
    journal.unlink()
    return True


def update_notes(given: Forgetting, files: Mapping[str, Mapping[str, Any]]) -> None:
    """Tell the notes of outputs what their files are now, so that they are not made again.

    Token rows would be packed otherwise now, so what is noted of them is not to be found by its name any more.
    """
    old = {path: about for made in given.manifest["outputs"].values() for path, about in made["files"].items()}
    for note in sorted((given.folder / "parts").glob("*.output.json")):
        made = json.loads(note.read_bytes())
        mine = {path: about for path, about in made["files"].items() if path in files}
        if not mine or any(about["sha256"] != old[path]["sha256"] for path, about in mine.items()):
            continue
        made["files"] |= {path: files[path]["now"] for path in mine}
        if any(files[path]["output"] == "pretrain" for path in mine) and not note.name.startswith("forgotten-"):
            put_json(note.with_name(f"forgotten-{note.name}"), made)
            note.unlink()
        else:
            put_json(note, made)


def update_manifest(given: Forgetting, files: Mapping[str, Mapping[str, Any]]) -> None:
    """Tell the manifest what the rewritten files are now, and how many documents were forgotten, not which."""
    manifest = given.manifest
    for path, about in files.items():
        made = manifest["outputs"][about["output"]]
        if made["files"][path] == about["now"]:
            continue
        made["files"][path] = about["now"]
        split = made.get(split_of(path), {})
        if about["output"] == "text":
            made["documents"] = sum(one["rows"] for one in made["files"].values())
        elif about["output"] == "pretrain":
            length = given.recipe.pretrain.sequence_length if given.recipe.pretrain else 0
            split["rows"] -= about["rows"]
            split["tokens"] -= about["tokens"]
            split["padding"] = split["rows"] * length - split["tokens"]
        else:  # each format has a file of the same split
            formats = [one for one in files if one.startswith("sft/") and split_of(one) == split_of(path)]
            split["examples"] -= about["rows"] if path == formats[0] else 0
    with put(given.folder / "manifest.json") as out:
        out.write(json.dumps(manifest | told(given.folder), indent=1, ensure_ascii=False).encode())


def told(folder: Path) -> dict[str, int]:
    """How many documents `removed.txt` keeps out of a run, as its manifest tells it; nothing where it keeps none."""
    table = pq.read_table(readable(folder / "ledger.parquet"), columns=["key", "outcome"])
    count = pc.count_distinct(table.filter(pc.equal(table["outcome"], REMOVED))["key"]).as_py()
    return {"forgotten": count} if count else {}


def drop_outputs(folder: Path) -> None:
    """Remove outputs of a run that was not finished: it makes them again."""
    for note in sorted((folder / "parts").glob("*.output.json")):
        for path in json.loads(note.read_bytes())["files"]:
            (folder / path).unlink(missing_ok=True)
        note.unlink()


def every_table(folder: Path, store: Path) -> Iterator[Path]:
    """The tables among the parts of a run, wherever they lie."""
    for where in dict.fromkeys((folder, store, folder / ORIGINALS)):
        if (where / "parts").is_dir():
            yield from sorted((where / "parts").glob("*.parquet"))


def ledgers(folder: Path, store: Path, columns: list[str]) -> Iterator[pa.Table]:
    """Columns of all ledgers of a run: of its parts, and the whole one, which outlives those of originals."""
    paths = [path for path in every_table(folder, store) if path.name.endswith(".ledger.parquet")]
    whole = [folder / "ledger.parquet"] if (folder / "ledger.parquet").exists() else []
    return (pq.read_table(readable(path), columns=columns) for path in [*paths, *whole])


def holds(path: Path, removed: Removed) -> bool:
    """Whether a table holds one of these documents, or does not tell whose its rows are."""
    schema = pq.read_schema(readable(path))
    columns = [name for name in KEYED if name in schema.names]
    if not columns:
        return True
    table = pq.read_table(readable(path), columns=[*columns, *(["outcome"] if "outcome" in schema.names else [])])
    rows = removed.rows(table)
    if "outcome" in schema.names:  # a row that tells of a removal alone stays
        rows &= pc.not_equal(table["outcome"], REMOVED).combine_chunks().to_numpy(False)
    return bool(rows.any())


def rewrite_part(path: Path, removed: Removed) -> None:
    """Write a table of parts anew without these documents, row group by row group; of a ledger's rows the key stays.

    What can only be made anew as a whole goes: tokens, the order they are packed in, what does not tell whose it is.
    """
    schema = pq.read_schema(readable(path))
    about = part_about(path)
    if "width" in about or path.name.endswith(".order.parquet") or not set(KEYED) & set(schema.names):
        path.unlink()
        path.with_suffix(".tokens").unlink(missing_ok=True)
        return
    with pq.ParquetFile(readable(path)) as file:
        tables = [without(file.read_row_group(number), removed) for number in range(file.num_row_groups)]
    if "docs" in about:
        texts = [pc.sum(pc.binary_length(table["text"])).as_py() or 0 for table in tables]
        about |= {"docs": sum(map(len, tables)), "bytes": sum(texts)}
        schema = schema.with_metadata({"curate": json.dumps(about)})
    whole = path.name == "ledger.parquet"
    with (
        put(path, private=True) as out,
        ledger.writer_of(out, schema)
        if whole
        else pq.ParquetWriter(out, schema, compression="zstd", compression_level=1) as writer,
    ):
        for table in tables:
            writer.write_table(table, row_group_size=max(len(table), 1))


def without(table: pa.Table, removed: Removed) -> pa.Table:
    """A table without these documents; a ledger's rows of them are blank."""
    if "outcome" in table.column_names:
        return removed.blanked(table)
    return table.filter(pa.array(~removed.rows(table)))


def filtered(batches: Iterable[Batch], removed: Removed) -> Iterator[Batch]:
    """The batches without these documents."""
    for batch in batches:
        left = removed.without(batch)
        assert left is not None
        yield left


def split_of(path: str) -> str:
    """Which split an output file is of: `train` or `validation`."""
    return path.rpartition("/")[2].partition(".")[0].partition("-")[0]


def applied(folder: Path) -> set[str]:
    """The lines of `removed.txt` that hold for everything in the folder."""
    note = folder / "parts" / "removed.json"
    return set(json.loads(note.read_bytes())) if note.exists() else set()


def note_applied(folder: Path, store: Path) -> None:
    """Note that all lines there are now were put to what is in the folder."""
    put_json(folder / "parts" / "removed.json", sorted({*listed_lines(folder), *listed_lines(store)}))


def put_json(path: Path, content: Any) -> None:
    """Put a private JSON file in place, whole."""
    with put(path, private=True) as out:
        out.write(json.dumps(content).encode())
