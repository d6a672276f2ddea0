"""The ledger: for every document and stage what was measured, what became of it and why; and questions to it."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curate.data import key_of, share_of
from curate.edits import Edit
from curate.errors import CurateError, meant
from curate.files import put, readable
from curate.originals import FOLDER as ORIGINALS
from curate.originals import as_scrubbed
from curate.parts import Part, evenly, noted_run, part_about, part_path, read_batches, widened
from curate.removal import REMOVED
from curate.rules import Rule

WHO = ("key", "parent", "id", "source", "kind", "uri", "bytes")
FIXED = (*WHO, "stage", "outcome", "step", "reason", "language", "keeper")
GROUP_ROWS = 50_000  # of a row group, however many a part has
MATCHES = 10  # stories told at a time
BEGINNING = 560  # characters of a text that an example shows


def write(
    folder: Path,
    store: Path,
    phases: Sequence[tuple[int, Sequence[Part]]],
    rules: Sequence[Rule],
    scrubbing: Sequence[Edit] = (),
) -> None:
    """Put the ledgers of all parts together, values in the order of the rules, and note which parts they are.

    `scrubbing` are the edits to put to what the rows say in words, where there are some of before these acted.
    """
    names = list(dict.fromkeys(part.name for _, parts in phases for part in parts))
    places = [store, folder / ORIGINALS]
    paths = [path for name in names for at in places if (path := part_path(at, name, "ledger")).exists()]
    if not paths:
        return
    fixed = pa.schema([("keeper", pa.binary(16))])
    schema = pa.unify_schemas([*(pq.read_schema(readable(path)).remove_metadata() for path in paths), fixed])
    values = sorted(name for name in schema.names if name not in FIXED)
    labels = [rule.label for rule in rules]
    order = [*FIXED, *sorted(values, key=lambda name: labels.index(name.partition(".")[0]))]
    about = {"steps": [asdict(rule) for rule in rules]}
    schema = pa.schema([schema.field(name) for name in order], {"curate": json.dumps(about, default=str)})
    with (
        put(folder / "ledger.parquet", private=True) as out,
        pq.ParquetWriter(out, schema, compression="zstd") as writer,
    ):
        for table in evenly(read_ledgers(paths, schema, scrubbing), GROUP_ROWS):
            writer.write_table(table, row_group_size=GROUP_ROWS)
    with put(folder / "parts" / "run.json", private=True) as out:
        named = [[number, [part.name for part in parts]] for number, parts in phases]
        out.write(json.dumps({"store": "" if store == folder else str(store), "phases": named}).encode())


def read_ledgers(paths: Sequence[Path], schema: pa.Schema, scrubbing: Sequence[Edit]) -> Iterator[pa.Table]:
    """The ledgers of parts, some rows at a time, with all columns of a schema, scrubbed if that is to be done."""
    for path in paths:
        with pq.ParquetFile(readable(path)) as file:
            for batch in file.iter_batches(GROUP_ROWS):
                table = widened(pa.Table.from_batches([batch]), schema)
                for step in scrubbing:
                    table = step.scrub_ledger(table)
                yield table


@dataclass(frozen=True)
class Told:
    """The ledger and the parts of a run's folder, whether the run was finished or stopped."""

    store: Path
    table: pa.Table
    phases: list[tuple[int, list[str]]]
    rules: list[Rule]

    @classmethod
    def of(cls, folder: Path) -> "Told":
        """Open a run's ledger; raises `CurateError` where there is none."""
        if not (folder / "ledger.parquet").is_file():
            if (folder / "parts").is_dir():
                raise CurateError(f"{folder} has no ledger yet: its first run has to end first")
            raise CurateError(f"{folder} is no run's folder: there is no ledger.parquet")
        store, phases = noted_run(folder)
        path = folder / "ledger.parquet"
        rules = [Rule(**rule) for rule in part_about(path).get("steps", ())]
        return cls(store, pq.read_table(readable(path)), phases, rules)

    def texts(self, what: str) -> Iterator[Mapping[str, Any]]:
        """The documents that are left at the end of a phase (`kept`) or that went in it (`removed`)."""
        names = dict.fromkeys(name for _, parts in self.phases for name in parts)
        for name in names:
            if (path := part_path(self.store, name, what)).exists():
                for batch in read_batches(path):
                    yield from batch.table.select(["key", "text"]).to_pylist()

    def text_of(self, keys: set[bytes], what: str) -> dict[bytes, str]:
        """The texts of these documents."""
        return {row["key"]: row["text"] for row in self.texts(what) if row["key"] in keys}


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
    rows = told.table.filter(pc.equal(told.table["step"], step))
    rows = rows.filter(pc.is_in(rows["outcome"], value_set=pa.array(["dropped", "error"]))).to_pylist()
    if not rows:
        gone = told.table.filter(pc.is_in(told.table["outcome"], value_set=pa.array(["dropped", "error"])))
        steps = sorted(set(gone["step"].to_pylist()))
        raise CurateError(f"{step} dropped nothing in {folder}{meant(step, steps)}")
    rows.sort(key=lambda row: share_of(row["key"], "look"))
    texts = told.text_of({row["key"] for row in rows[:most]}, "removed")
    examples = [
        about_doc(row)
        | {"outcome": row["outcome"], "reason": row["reason"], "begins": texts.get(row["key"], "")[:BEGINNING]}
        for row in rows[:most]
    ]
    return {"step": step, "found": len(rows), "documents": examples}


def said_look(looked: Mapping[str, Any]) -> list[str]:
    """What `look` gives, for people."""
    step, examples = looked["step"], looked["documents"]
    erred = any(one["outcome"] == "error" for one in examples)
    did = "could not read" if step == "read" else "dropped or erred on" if erred else "dropped"
    lines = [f"{step} {did} {looked['found']:,} documents; {len(examples)} of them:"]
    for one in examples:
        lines += ["", named(one), f"  {one['reason']}", *quoted(one["begins"])]
    return lines


def about_doc(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a ledger's row says of which document it is, its key as hex digits."""
    return {name: row[name] for name in ("id", "source", "kind", "uri")} | {"key": row["key"].hex()}


def quoted(text: str, most: int = 280) -> list[str]:
    """The beginning of a text, set off."""
    short = " ⏎ ".join(line.strip() for line in text[: 2 * most].splitlines() if line.strip())
    return [f"  │ {short[:most]}{'…' if len(short) > most or len(text) >= 2 * most else ''}"] if short else []


def named(row: Mapping[str, Any]) -> str:
    """A document as a person looks for it: source, path, its own id, the beginning of its key (bytes or hex)."""
    own = f" · id {row['id']}" if row["id"] else ""
    key = row["key"] if isinstance(row["key"], str) else row["key"].hex()
    return f"{row['source']}: {row['uri']}{own} · key {key[:12]}"


def why(folder: Path, doc: str) -> dict[str, Any]:
    """The stories of the documents that a key, id, path or a piece of text means: how many, and the first of them."""
    told = Told.of(folder)
    keys = meant_by(folder, told, doc)
    return {"asked": doc, "found": len(keys), "documents": [story(told.table, key) for key in keys[:MATCHES]]}


def said_why(answer: Mapping[str, Any]) -> list[str]:
    """What `why` gives, for people: a few lines a document."""
    stories = answer["documents"]
    lines = [line for one in stories for line in ("", *said_story(one))][1:]
    if more := answer["found"] - len(stories):
        lines += ["", f"... and {more:,} more match {answer['asked']!r}; a key tells of one alone"]
    return lines


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
        gone = pc.any(pc.equal(told.table["outcome"], REMOVED)).as_py()
        hint = "; documents were forgotten here, of which the ledger has the keys alone" if gone else ""
        raise CurateError(f"no document of {folder} has {doc!r} as key, id, path or in its text{hint}")
    way = doc.split("/")
    paths = ["/".join(way[at:]) for at in range(len(way))]
    sources = set(told.table["source"].to_pylist())
    places = [(place, *failed) for place in (0, None, -1) for failed in ((), ("unreadable",))]
    own = {key_of(source, path, *place) for source in sources for path in paths for place in places}
    return [key for key in keys if key in own] or keys


def found(told: Told, doc: str) -> list[bytes]:
    """The keys that are meant by a key's beginning, an id, a path (or its end), or a piece of text."""
    table = told.table
    hexes = [key.hex() for key in table["key"].to_pylist()]
    if rows := [row for row in range(len(table)) if len(doc) >= 6 and hexes[row].startswith(doc.lower())]:
        return list(dict.fromkeys(bytes.fromhex(hexes[row]) for row in rows if not is_child(table, row)))
    if keys := named_so(told, doc):
        return keys
    texts = (row for what in ("removed", "kept") for row in told.texts(what))
    return list(dict.fromkeys(row["key"] for row in texts if doc in row["text"]))


def named_so(told: Told, doc: str) -> list[bytes]:
    """The keys of the documents with an id, or else a path (or its end)."""
    table = told.table
    keys, ids, uris = (table[name].to_pylist() for name in ("key", "id", "uri"))
    matchers: tuple[Callable[[int], bool], ...] = (
        lambda row: ids[row] == doc,
        lambda row: uris[row] == doc or uris[row].endswith("/" + doc) or doc.endswith("/" + uris[row]),
    )
    for matches in matchers:
        if rows := [row for row in range(len(table)) if matches(row)]:
            return list(dict.fromkeys(keys[row] for row in rows if not is_child(table, row)))
    return []


def is_child(table: pa.Table, row: int) -> bool:
    """Whether a row is of a document made of another, which has the same path."""
    return table["parent"][row].as_py() is not None


def story(table: pa.Table, key: bytes) -> dict[str, Any]:
    """What happened to one document, a stage at a time."""
    rows = table.filter(pc.equal(table["key"], pa.scalar(key, pa.binary(16)))).sort_by("stage").to_pylist()
    stages = [
        {name: row[name] for name in ("stage", "outcome", "step", "reason", "language")}
        | {"values": {name: value for name, value in row.items() if name not in FIXED and value is not None}}
        | {"keeper": keeper_of(table, row["keeper"])}
        for row in rows
    ]
    removed = rows[0]["outcome"] == REMOVED
    last = next((row for row in reversed(rows) if row["outcome"] in ("dropped", "error")), None)
    ended = {"outcome": last["outcome"], "step": last["step"], "reason": last["reason"]} if last else None
    kept = {"outcome": REMOVED if removed else "kept", "step": None, "reason": None}
    return about_doc(rows[0]) | (ended or kept) | {"stages": stages}


def said_story(story: Mapping[str, Any]) -> list[str]:
    """The story of one document, a line a step."""
    lines = [named(story)]
    for stage in story["stages"]:
        for step, values in groupby(stage["values"].items(), lambda one: one[0].partition(".")[0]):
            told_values = (f"{name.partition('.')[2]} {value:.4g}".strip() for name, value in values)
            lines.append(f"  {step}: {', '.join(told_values)}")
        if stage["outcome"] in ("dropped", "error"):
            keeper = f" (kept: {named(stage['keeper'])})" if stage["keeper"] else ""
            lines.append(f"→ {stage['outcome']} by {stage['step']}: {stage['reason']}{keeper}")
    if story["outcome"] == REMOVED:
        lines.append("→ removed: removed.txt lists it, and no run brings it back")
    elif story["outcome"] == "kept":
        lines.append("→ kept")
    return lines


def keeper_of(table: pa.Table, keeper: bytes | None) -> dict[str, Any] | None:
    """Which document stands for one that was dropped as its duplicate."""
    if keeper is None:
        return None
    rows = table.filter(pc.equal(table["key"], pa.scalar(keeper, pa.binary(16)))).slice(0, 1).to_pylist()
    return about_doc(rows[0]) if rows else None
