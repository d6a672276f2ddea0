"""The ledger: for every document and stage what was measured, what became of it and why; and questions to it."""

import json
import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curate.data import KEY, key_of, shares_of, valid
from curate.errors import CurateError, meant
from curate.files import put, readable
from curate.originals import FOLDER as ORIGINALS
from curate.originals import as_scrubbed
from curate.parts import Part, evenly, noted_run, part_about, part_path, widened
from curate.removal import REMOVED
from curate.rules import Rule
from curate.scrub import Scrub
from curate.terminal import said_number

WHO = ("key", "parent", "id", "source", "kind", "uri", "bytes")
FIXED = (*WHO, "stage", "outcome", "step", "reason", "language", "keeper")
GROUP_ROWS = 50_000  # of a row group, however many a part has
LEVEL = 9  # of zstd: a tenth smaller than at 1, for 0.2 s more at 100,000 documents of 35 values
MATCHES = 10  # stories told at a time
NAMED = pa.schema([("key", pa.binary(16)), ("id", pa.string()), ("uri", pa.string())])
BEGINNING = 560  # characters of a text that an example shows


def write(
    folder: Path,
    store: Path,
    phases: Sequence[tuple[int, Sequence[Part]]],
    rules: Sequence[Rule],
    scrubbing: Sequence[Scrub] = (),
) -> None:
    """Put the ledgers of all parts together, values in the order of the rules, and note which parts they are.

    `scrubbing` are the edits to put to what the rows say in words, where there are some of before these acted.
    """
    labels = [rule.label for rule in rules]
    clean = max((rule.phase for rule in rules if rule.label in [step.label for step in scrubbing]), default=0)
    last = max((number for number, _ in phases), default=0)
    early, late = (ledgers_of(folder, store, phases, which) for which in (range(clean), range(clean, last + 1)))
    paths = list(dict.fromkeys([*early, *late]))
    if not paths:
        return
    fixed = pa.schema([("keeper", pa.binary(16))])
    schema = pa.unify_schemas([*(pq.read_schema(readable(path)).remove_metadata() for path in paths), fixed])
    values = sorted(name for name in schema.names if name not in FIXED)
    order = [*FIXED, *sorted(values, key=lambda name: labels.index(name.partition(".")[0]))]
    about = {"steps": [asdict(rule) for rule in rules]}
    schema = pa.schema([schema.field(name) for name in order], {"curate": json.dumps(about, default=str)})
    with put(folder / "ledger.parquet", private=True) as out, writer_of(out, schema) as writer:
        known = [pq.read_table(readable(path), schema=NAMED) for path in (late if early else ())]
        named = pa.concat_tables([NAMED.empty_table(), *known])
        for table in evenly(read_ledgers(paths, schema, named, dict.fromkeys(early, scrubbing)), GROUP_ROWS):
            writer.write_table(table, row_group_size=GROUP_ROWS)
    with put(folder / "parts" / "run.json", private=True) as out:
        named = [[number, [part.name for part in parts]] for number, parts in phases]
        out.write(json.dumps({"store": "" if store == folder else str(store), "phases": named}).encode())


def writer_of(out: Any, schema: pa.Schema) -> pq.ParquetWriter:
    """A writer of a whole ledger, as small as it gets."""
    # Dictionaries are for what repeats: for keys they take 1.9 bytes a row more. Values do: as dictionaries 35 of them
    # take 0.98 bytes each, as split streams of bytes 1.32, plain 1.18.
    repeated = [name for name in schema.names if name not in ("key", "id")]
    return pq.ParquetWriter(out, schema, compression="zstd", compression_level=LEVEL, use_dictionary=repeated)


def ledgers_of(
    folder: Path, store: Path, phases: Sequence[tuple[int, Sequence[Part]]], which: Container[int]
) -> list[Path]:
    """The ledgers of the parts after some phases; where a phase left a part as it was, that of the phase before."""
    names = dict.fromkeys(part.name for number, parts in phases if number in which for part in parts)
    places = [store, folder / ORIGINALS]
    return [path for name in names for at in places if (path := part_path(at, name, "ledger")).exists()]


def read_ledgers(
    paths: Sequence[Path], schema: pa.Schema, named: pa.Table, scrubbing: Mapping[Path, Sequence[Scrub]]
) -> Iterator[pa.Table]:
    """The ledgers of parts, some rows at a time, with all columns of a schema, scrubbed where that is to be done.

    `named` has the key, id and path of documents as they are called after the steps that scrub.
    """
    for path in paths:
        with pq.ParquetFile(readable(path)) as file:
            for batch in file.iter_batches(GROUP_ROWS):
                table = widened(pa.Table.from_batches([batch]), schema)
                for step in scrubbing.get(path, ()):
                    table = step.clean_ledger(table, named)
                yield table


def is_store(folder: Path) -> bool:
    """Whether a folder holds the parts that runs share, and is no run's itself."""
    return not (folder / "ledger.parquet").is_file() and any((folder / "runs").glob("*.json"))


@dataclass(frozen=True)
class Told:
    """The ledger and the parts of a run's folder, whether the run was finished or stopped."""

    store: Path
    path: Path
    phases: list[tuple[int, list[str]]]
    rules: list[Rule]

    @classmethod
    def of(cls, folder: Path) -> "Told":
        """Open a run's ledger; raises `CurateError` where there is none."""
        if not (folder / "ledger.parquet").is_file():
            if is_store(folder):
                raise CurateError(f"{folder} is a store that runs share: name a run's folder")
            if (folder / "parts").is_dir():
                raise CurateError(f"{folder} has no ledger yet: its first run has to end first")
            raise CurateError(f"{folder} is no run's folder: there is no ledger.parquet")
        store, phases = noted_run(folder)
        path = folder / "ledger.parquet"
        try:
            rules = [Rule(**rule) for rule in part_about(path).get("steps", ())]
        except pa.ArrowInvalid:
            raise CurateError(f"{path} is damaged; `curate run` with the same recipe writes it anew") from None
        except TypeError:
            raise CurateError(f"{path} is of another version of curate; `curate run` writes it anew") from None
        return cls(store, path, phases, rules)

    @cached_property
    def table(self) -> pa.Table:
        """All of the ledger."""
        return pq.read_table(readable(self.path))

    @cached_property
    def who(self) -> pa.Table:
        """What says which document each row is of."""
        return self.columns("key", "parent", "id", "source", "uri")

    @cached_property
    def values(self) -> list[str]:
        """The columns of values."""
        return [name for name in pq.read_schema(readable(self.path)).names if name not in FIXED]

    def columns(self, *names: str) -> pa.Table:
        """These columns of all rows."""
        return pq.read_table(readable(self.path), columns=list(names))

    def rows_of(self, keys: Iterable[bytes]) -> pa.Table:
        """All rows of these documents; of a long ledger only the row groups that have some are read."""
        wanted = pa.array(keys, KEY)
        with pq.ParquetFile(readable(self.path)) as file:
            found = [file.schema_arrow.empty_table()]
            for number in range(file.num_row_groups):
                inside = pc.is_in(file.read_row_group(number, ["key"])["key"], value_set=wanted)
                if pc.any(inside).as_py():
                    found.append(file.read_row_group(number).filter(inside))
        return pa.concat_tables(found)

    def texts(self, what: str) -> Iterator[pa.Table]:
        """Key and text of the documents that are left at the end of a phase (`kept`) or that went in it (`removed`)."""
        names = dict.fromkeys(name for _, parts in self.phases for name in parts)
        for name in names:
            if (path := part_path(self.store, name, what)).exists():
                with pq.ParquetFile(readable(path)) as file:
                    for number in range(file.num_row_groups):
                        yield file.read_row_group(number, ["key", "text"])

    def text_of(self, keys: Iterable[bytes], what: str) -> dict[bytes, str]:
        """The texts of these documents."""
        wanted = pa.array(keys, KEY)
        found = [table.filter(pc.is_in(table["key"], value_set=wanted)).to_pylist() for table in self.texts(what)]
        return {row["key"]: row["text"] for rows in found for row in rows}


def commonest(store: Path, parts: Sequence[Part], step: str) -> str:
    """Why a step errs most often, as parts tell it while a run is under way."""
    reasons = Counter[str]()
    for path in (part_path(store, part.name, "ledger") for part in parts):
        if path.exists():
            rows = pq.read_table(
                readable(path), filters=[("step", "=", step), ("outcome", "=", "error")], columns=["reason"]
            )
            reasons.update(rows["reason"].to_pylist())
    return max(reasons, key=lambda why: (reasons[why], why), default="")


def unreadable(folder: Path) -> dict[str, int]:
    """How many files and rows a run could not read, by why."""
    counts = Counter[str]()
    with pq.ParquetFile(readable(folder / "ledger.parquet")) as file:
        for rows in file.iter_batches(GROUP_ROWS, columns=["step", "outcome", "reason"]):
            failed = rows.filter(pc.and_(pc.equal(rows["step"], "read"), pc.equal(rows["outcome"], "error")))
            counts.update(reason.partition(":")[0] for reason in failed["reason"].to_pylist())
    return dict(sorted(counts.items()))


def look(folder: Path, step: str, most: int = 5) -> dict[str, Any]:
    """How many documents a step dropped or erred on, and examples: where each is from, why, and how it begins."""
    told = Told.of(folder)
    rows = told.columns("key", "step", "outcome")
    cut = pc.sum(pc.and_(pc.equal(rows["step"], step), pc.equal(rows["outcome"], "cut"))).as_py()
    rows = rows.filter(pc.is_in(rows["outcome"], value_set=pa.array(["dropped", "error"])))
    keys = rows.filter(pc.equal(rows["step"], step))["key"]
    if not len(keys):
        raise CurateError(f"{step} dropped nothing in {folder}{instead(told, step, cut, rows['step'])}")
    chosen = keys.take(pa.array(np.argsort(shares_of(keys, "look"), kind="stable")[:most])).to_pylist()
    found = {row["key"]: row for row in told.rows_of(chosen).to_pylist() if row["step"] == step}
    texts = told.text_of(chosen, "removed")
    examples = [
        about_doc(found[key])
        | {name: found[key][name] for name in ("outcome", "reason")}
        | {"value": decisive(found[key]), "begins": texts.get(key, "")[:BEGINNING]}
        for key in chosen
    ]
    return {"step": step, "found": len(keys), "documents": examples}


def instead(told: Told, step: str, cut: int | None, dropping: pa.ChunkedArray) -> str:
    """The end of the sentence that a step dropped nothing: what it did, which steps did, or which one is meant."""
    steps = sorted(pc.unique(dropping).to_pylist())
    if step not in [rule.label for rule in told.rules]:
        return meant(step, steps)
    did = f"; it cut in {cut:,} documents" if cut else ""
    return f"{did}; what did: {', '.join(steps)}" if steps else f"{did}; no step did"


def decisive(row: Mapping[str, Any]) -> float | None:
    """The value for which a score dropped a document, which its reason names: `words under 50`."""
    name = re.match(r"(\S+) (under|over) ", row["reason"] or "")
    value: float | None = row.get(f"{row['step']}.{name[1]}", row.get(row["step"])) if name else None
    return value


def said_look(looked: Mapping[str, Any]) -> list[str]:
    """What `look` gives, for people."""
    step, examples = looked["step"], looked["documents"]
    erred = any(one["outcome"] == "error" for one in examples)
    did = "could not read" if step == "read" else "dropped or erred on" if erred else "dropped"
    count = f"{looked['found']:,} document{'s' if looked['found'] > 1 else ''}"
    lines = [f"{step} {did} {count}" + (f"; {len(examples)} of them:" if looked["found"] > len(examples) else ":")]
    for one in examples:
        value = "" if one["value"] is None else f": {said_number(one['value'])}"
        lines += ["", named(one), f"  {one['reason']}{value}", *quoted(one["begins"])]
    return lines


def about_doc(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a ledger's row says of which document it is, its key as hex digits."""
    return {name: row[name] for name in ("id", "source", "kind", "uri")} | {"key": row["key"].hex()}


def quoted(text: str, most: int = 280) -> list[str]:
    """The beginning of a text, set off."""
    short = " ⏎ ".join(line.strip() for line in text[: 2 * most].splitlines() if line.strip())
    return [f"  │ {short[:most]}{'…' if len(short) > most or len(text) >= 2 * most else ''}"] if short else []


def named(row: Mapping[str, Any], language: str = "") -> str:
    """A document as a person looks for it: source, path, its own id, the beginning of its key (bytes or hex)."""
    own = (f" · id {row['id']}" if row["id"] else "") + (f" · {language}" if language else "")
    key = row["key"] if isinstance(row["key"], str) else row["key"].hex()
    where = f" {row['uri']}{own} ·" if row["uri"] or own else ""  # of what was forgotten there is the key alone
    return f"{row['source']}:{where} key {key[:12]}"


def meant_by(folder: Path, told: Told, doc: str) -> list[bytes]:
    """The keys of the documents that are meant; raises `CurateError` where there is none.

    Names in the ledger are without personal data, so a name that has some is asked as it would stand there; where a
    key tells which of several it is of, that one is meant.
    """
    if keys := found(told, doc) if doc.strip() else []:
        return keys
    scrubbed = as_scrubbed(folder, doc)
    keys = named_so(told, scrubbed) if scrubbed not in ("", doc) else []
    if not keys:
        gone = pc.any(pc.equal(told.columns("outcome")["outcome"], REMOVED)).as_py()
        hint = "; documents were forgotten here, of which the ledger has the keys alone" if gone else ""
        raise CurateError(f"no document of {folder} has {doc!r} as key, id, path or in its text{hint}")
    way = doc.split("/")
    paths = ["/".join(way[at:]) for at in range(len(way))]
    sources = pc.unique(told.who["source"]).to_pylist()
    places = [(place, *failed) for place in (0, None, -1) for failed in ((), ("unreadable",))]
    own = {key_of(source, path, *place) for source in sources for path in paths for place in places}
    return [key for key in keys if key in own] or keys


def found(told: Told, doc: str) -> list[bytes]:
    """The keys that are meant by a key's beginning, an id, a path (or its end), or a piece of text."""
    if len(doc) >= 6 and re.fullmatch("[0-9a-fA-F]{6,32}", doc):
        low, high = (bytes.fromhex(doc.ljust(32, digit)) for digit in "0f")
        keys = told.who["key"].cast(pa.binary())
        if rows := rows_where(told, pc.and_(pc.greater_equal(keys, low), pc.less_equal(keys, high))):
            return rows
    if keys := named_so(told, doc):
        return keys
    tables = (table for what in ("removed", "kept") for table in told.texts(what))
    with_it = (table["key"].filter(pc.match_substring(table["text"], valid(doc))) for table in tables)
    return list(dict.fromkeys(key for keys in with_it for key in keys.to_pylist()))


def named_so(told: Told, doc: str) -> list[bytes]:
    """The keys of the documents with an id, or else a path (or its end)."""
    doc, ids, uris = valid(doc), told.who["id"], told.who["uri"]
    way = doc.split("/")
    ends = pa.array(["/".join(way[at:]) for at in range(len(way))], pa.string())
    by_path = pc.or_(pc.ends_with(uris, "/" + doc), pc.is_in(uris, value_set=ends))
    return rows_where(told, pc.equal(ids, doc)) or rows_where(told, by_path)


def rows_where(told: Told, mask: pa.ChunkedArray) -> list[bytes]:
    """The keys of rows that were read, not made of another document, which has the same path."""
    return list(dict.fromkeys(told.who["key"].filter(pc.and_(mask, pc.is_null(told.who["parent"]))).to_pylist()))
