"""One plugin tried on a few documents: what it keeps, drops and changes, before and after, and how fast it is."""

import heapq
import textwrap
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from click import style

from curate.corpus import PARTITIONS, changed, decisions_by_key, make_gather
from curate.data import BATCH_BYTES, BATCH_DOCS, SCHEMA, Batch, Doc, key_of, share_of
from curate.errors import CurateError, RecipeError, Unreadable, meant
from curate.files import File, readable, sniff
from curate.ledger import Told, named, quoted
from curate.options import check_options
from curate.parts import one_batch, part_path, read_batches
from curate.plan import units_of
from curate.plugins import Offered, Registry
from curate.reading import documents, read_by, read_file
from curate.recipe import Checker, Problems, Source, override_value, read_recipe
from curate.stages import STEPS, make_stage, run_stage
from curate.steps import Line, Step

DID = ("kept", "read", "changed", "cut", "expanded", "dropped", "error", "unreadable")
VERDICTS = (*DID, "unchanged", "nothing made", "passed over")
COLOURS = {"dropped": "yellow", "error": "red", "unreadable": "red"}
TIMED_BYTES = 50_000  # below that a rate would say more of the clock than of the step
DIFFED_LINES = 2_000  # SequenceMatcher is quadratic at worst
SHOWN_LINES = 8  # of one document's changed lines, and of its children


@dataclass(frozen=True)
class Outcome:
    """What became of one document. `after` is its text where it changed."""

    doc: Doc
    verdict: str
    reason: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    after: str | None = None
    children: tuple[Doc, ...] = ()


@dataclass(frozen=True)
class Trial:
    """What a plugin made of some documents, in their order; `seconds` are those of its work alone."""

    name: str
    kind: str
    outcomes: Sequence[Outcome]
    learned: bytes = b""  # what a fit gave
    size: int = 0  # in bytes, of the text; of the file, for a reader
    seconds: float = 0.0

    def count(self, verdict: str) -> int:
        """How many documents came out so."""
        return sum(one.verdict == verdict for one in self.outcomes)

    @property
    def rate(self) -> float | None:
        """MB a second; none where there was too little to time."""
        return self.size / 1e6 / self.seconds if self.size >= TIMED_BYTES and self.seconds else None


def line_of(registry: Registry, name: str, settings: Sequence[str] = ()) -> Line:
    """The recipe line that ``--set option=value`` texts make of a step's name; raises `RecipeError`."""
    checker = Checker(Problems("--set", {}), registry, Path.cwd())
    lines = checker.steps([{name: options_from(settings)}], ("steps",))
    checker.problems.stop()
    return lines[0]


def options_from(settings: Sequence[str]) -> dict[str, Any]:
    """Options from ``option=value`` texts; a dot goes a level down, as in ``zh.min=40``."""
    options: dict[str, Any] = {}
    for one in settings:
        override_value(options, one)
    return options


def plugin_named(registry: Registry, name: str) -> Offered:
    """The step, or else the reader, of this name; raises `RecipeError` with the nearest name."""
    for shelf in ("step", "reader"):
        if name in registry[shelf]:
            return registry[shelf][name]
    if name in registry["writer"]:
        raise RecipeError(f"{name} is a writer; what it writes is seen by a run with `text: {{format: {name}}}`")
    raise RecipeError(f"no step {name!r}{meant(name, [*registry['step'], *registry['reader']])}")


def texts_as_batch(texts: Iterable[str]) -> list[Batch]:
    """Texts that were given by hand, as documents."""
    docs = [Doc(text, uri=f"text {number}", key=key_of("try", number)) for number, text in enumerate(texts, 1)]
    return batches_of(Batch.of(docs).table)


def file_as_batches(path: Path, plugins: Sequence[Path] = ()) -> tuple[list[Batch], list[Outcome]]:
    """The documents of a file as a run reads them, and what could not be read."""
    data = {"plugins": list(map(str, plugins)), "sources": {"file": {"path": str(path)}}}
    recipe = read_recipe(data, folder=Path.cwd())
    found = [one for unit in units_of(recipe) for one in documents(recipe, recipe.sources["file"], unit)]
    failed = [Outcome(doc, "unreadable", why) for doc, why in found if why]
    return batches_of(Batch.of(doc for doc, why in found if not why).table), failed


def run_as_batches(folder: Path, most: int, kinds: Sequence[str] = ()) -> list[Batch]:
    """A sample of a run's documents, kept and removed alike, as they were at their end: the same ones each time."""
    told = Told.of(folder)
    names = dict.fromkeys(name for _, parts in told.phases for name in parts)
    paths = [
        path for what in ("removed", "kept") for name in names if (path := part_path(told.store, name, what)).exists()
    ]
    shares: dict[bytes, float] = {}
    for path in paths:
        table = pq.read_table(readable(path), columns=["key", "kind"])
        if kinds:
            table = table.filter(pc.is_in(table["kind"], value_set=pa.array(kinds)))
        shares |= {key: share_of(key, "try") for key in table["key"].to_pylist()}
    chosen = pa.array(heapq.nsmallest(most, shares, key=lambda key: (shares[key], key)), SCHEMA.field("key").type)
    tables = [batch.table.filter(pc.is_in(batch["key"], value_set=chosen)) for p in paths for batch in read_batches(p)]
    if not len(chosen):
        raise CurateError(f"{folder} has no documents{' of kind ' + ' or '.join(kinds) if kinds else ''} to try it on")
    every = pa.concat_tables([pa.Table.from_batches([table]) for table in tables], promote_options="default")
    last = dict(zip(every["key"].to_pylist(), range(len(every)), strict=True))  # a later phase's text is the newer
    return batches_of(one_batch(every.take(pa.array([last[key] for key in chosen.to_pylist()]))))


def batches_of(table: pa.RecordBatch) -> list[Batch]:
    """Documents in batches of the size that a run has."""
    batches, start, size = [], 0, 0
    for row, length in enumerate(pc.binary_length(table["text"]).to_pylist()):
        if row > start and (row - start == BATCH_DOCS or size + length > BATCH_BYTES):
            batches.append(Batch(table.slice(start, row - start)))
            start, size = row, 0
        size += length
    return [*batches, Batch(table.slice(start))] if len(table) > start else batches


def try_on(
    registry: Registry,
    name: str,
    settings: Sequence[str] = (),
    texts: Sequence[str] = (),
    file: Path | None = None,
    folder: Path | None = None,
    sample: int = 500,
    plugins: Sequence[Path] = (),
) -> Trial:
    """A step put to texts, to the documents of a file or to a sample of a run's; a reader put to a file."""
    offered = plugin_named(registry, name)
    if file and not file.exists():
        raise CurateError(f"nothing is at {file}")
    if offered.kind == "reader":
        if not file:
            raise CurateError(f"{name} is a reader, which reads a file: try it with --file FILE")
        return try_reader(offered, settings, file)
    line = line_of(registry, name, settings)
    if file:
        batches, failed = file_as_batches(file, plugins)
        made = try_step(line, batches)
        return replace(made, outcomes=[*made.outcomes, *failed])
    return try_step(line, run_as_batches(folder, sample, line.kinds) if folder else texts_as_batch(texts))


def try_step(line: Line, batches: Sequence[Batch]) -> Trial:
    """One step put to documents."""
    kind, label, size = line.offered.kind, line.label, sum(batch.text_bytes for batch in batches)
    if kind in STEPS:
        step = make_stage([line])[0]
        if batches:  # what is compiled or loaded at the first call is not the documents' time
            step(Batch(batches[0].table.slice(0, 1)))
        start = time.perf_counter()
        pairs = [(batch, *run_stage([step], batch)) for batch in batches]
        seconds = time.perf_counter() - start
        outcomes = [one for batch, left, _ in pairs for one in step_outcomes(step, batch, left)]
        return Trial(label, kind, outcomes, size=size, seconds=seconds)
    seen = [batch.keep(batch.among("kind", line.kinds)) if line.kinds else batch for batch in batches]
    if kind == "gather" and seen:  # as above
        make_gather(line).collect(Batch(seen[0].table.slice(0, 1)))
    start = time.perf_counter()
    if kind == "fit":
        docs = sorted((doc for batch in seen for doc in batch), key=lambda doc: doc.key)
        learned = line.offered.function(docs=docs, **check_options(label, line.offered, line.options)[0])
        return Trial(label, kind, [Outcome(doc, "read") for doc in docs], learned, size, time.perf_counter() - start)
    decided = gathered(line, seen)
    seconds = time.perf_counter() - start
    outcomes = [one for batch, rows in zip(seen, decided, strict=True) for one in gather_outcomes(batch, rows)]
    return Trial(label, kind, outcomes, size=size, seconds=seconds)


def step_outcomes(step: Step, batch: Batch, left: Batch) -> Iterator[Outcome]:
    """What became of each document of a batch, from its marks and from what is left of it."""
    marks, fresh = batch.marks, Batch(batch.table)
    passed = ~(step.applies(fresh))
    after = {int(row): at for at, row in enumerate(left.rows)}
    new = [name for name in left.table.schema.names if name not in batch.table.schema.names]
    broods: dict[bytes | None, list[Doc]] = {}
    if step.line.offered.kind == "expand":
        for child in left:
            broods.setdefault(child.parent, []).append(child)
    for row, doc in enumerate(batch):
        values = {name: float(column[row]) for name, column in marks.values.items() if column[row] == column[row]}
        verdict, reason, text = marks.outcome[row], marks.reason[row], None
        if passed[row]:
            verdict, reason = "passed over", f"it is {doc.kind}; this step is for {' and '.join(step.line.kinds)}"
        elif verdict == "error":
            reason = told_error(step, batch, row) or reason
        elif step.line.offered.kind == "field":
            values = {name: left[name][after[row]].as_py() for name in new}
        elif step.line.offered.kind == "edit":
            values = {}
            text = left["text"][after[row]].as_py() if row in after else ""
            text = None if text == doc.text else text
            verdict = ("unchanged" if text is None else "changed") if verdict == "kept" else verdict
        elif verdict == "expanded" and doc.key not in broods:
            verdict = "nothing made"
        yield Outcome(doc, verdict, reason, values, text, tuple(broods.get(doc.key, ())))


def told_error(step: Step, batch: Batch, row: int) -> str:
    """What a plugin raised for a document, in its own words, and where: these are its author's own documents."""
    try:
        single = Batch(batch.table.slice(row, 1))
        _ = step.ask_doc(single.doc(0)) if "doc" in step.impl.argnames else step.ask_alone(single)
    except (Exception, SystemExit) as error:
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if frame.filename == step.impl.function.__code__.co_filename]
        place = f" ({Path(own[-1].filename).name}, line {own[-1].lineno}: {own[-1].line})" if own else ""
        return f"{type(error).__name__}: {error}{place}"
    return ""


def gathered(line: Line, batches: Sequence[Batch]) -> list[pa.Table]:
    """What a gather decides of each batch, as if it were a part: settled by partitions as in a run, but in memory."""
    gather, tables = make_gather(line), list[pa.Table]()
    for number, batch in enumerate(batches):
        rows = gather.collect(batch)
        tables.append(rows.append_column("part", pa.repeat(pa.scalar(number, pa.int32()), len(rows))))
    if not tables:
        return []
    collected = pa.concat_tables(tables)
    places = collected["partition"].to_numpy() % PARTITIONS
    settled = pa.concat_tables(gather.settle(collected.filter(pa.array(places == one))) for one in range(PARTITIONS))
    return [
        gather.decide(settled.filter(pc.equal(settled["part"], number)).combine_chunks())
        for number in range(len(batches))
    ]


def gather_outcomes(batch: Batch, rows: pa.Table) -> Iterator[Outcome]:
    """What became of each document of a batch that a gather decided about."""
    why = decisions_by_key(rows)
    fixed = ("key", "drop", "keeper", "start", "end", "replacement", "part", "partition")
    fields = pa.schema([one for one in rows.schema if one.name not in fixed])
    left = batch if "drop" in rows.column_names else changed(batch, rows, fields)
    for row, doc in enumerate(batch):
        told = why.get(doc.key, [{}])[0]
        values = {one.name: told.get(one.name) for one in fields}
        text = left["text"][row].as_py()
        if "drop" in told:
            keeper = f" (kept: key {told['keeper'].hex()[:12]})" if told.get("keeper") else ""
            yield Outcome(doc, "dropped", f"{told['drop']}{keeper}")
        else:
            yield Outcome(doc, "cut" if text != doc.text else "kept", "", values, text if text != doc.text else None)


def try_reader(offered: Offered, settings: Sequence[str], path: Path) -> Trial:
    """One reader put to a file."""
    options = options_from(settings)
    check_options(offered.name, offered, options)
    if not path.is_file():
        raise CurateError(f"{path} is no file; a reader is tried on one file")
    try:
        file = File(path, path.name, sniff(path))
    except Unreadable as error:
        return Trial(offered.name, "reader", [Outcome(Doc(uri=path.name), "unreadable", str(error))])
    next(iter(read_file(offered.function, options, file)), None)  # what it loads is not the file's time
    start = time.perf_counter()
    found = list(read_by(offered, options, Source(str(path), name="file"), file))
    seconds = time.perf_counter() - start
    outcomes = [
        Outcome(doc, "unreadable", why) if why else Outcome(doc, "read", "", {**doc.meta, "kind": doc.kind})
        for doc, why in found
    ]
    return Trial(offered.name, "reader", outcomes, size=path.stat().st_size, seconds=seconds)


def records(trial: Trial) -> Iterator[dict[str, Any]]:
    """A trial for machines: what came of it all, then a row for each document."""
    counts = {verdict: trial.count(verdict) for verdict in VERDICTS if trial.count(verdict)}
    about = {"bytes": trial.size, "seconds": round(trial.seconds, 6), "mb_per_second": trial.rate}
    learned = {"learned": learned_text(trial)} if trial.kind == "fit" else {}
    yield {"plugin": trial.name, "kind": trial.kind, "documents": len(trial.outcomes), **counts, **about, **learned}
    for one in trial.outcomes:
        doc = {"key": one.doc.key.hex(), "source": one.doc.source, "uri": one.doc.uri, "verdict": one.verdict}
        row = doc | {"reason": one.reason, "values": one.values, "text": one.doc.text}
        after = {"after": one.after} if one.after is not None else {}
        children = [{"span": list(child.span or ()), "text": child.text} for child in one.children]
        yield row | after | ({"children": children} if one.children else {})


def learned_text(trial: Trial) -> str | None:
    """What a fit learned, where that is text."""
    try:
        text = trial.learned.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def shown(trial: Trial, most: int, width: int) -> Iterator[str]:
    """A trial for people: one line of figures, then so many examples of each verdict, fitted to a width."""
    counts = [f"{trial.count(verdict):,} {verdict}" for verdict in VERDICTS if trial.count(verdict)]
    many = f"{len(trial.outcomes):,} document{'s' if len(trial.outcomes) != 1 else ''}"
    yield style(f"{trial.name} ({trial.kind}) on {many}: {', '.join(counts) or 'none'}", bold=True)
    timed = "too little text to time" if trial.rate is None else f"{trial.rate:.1f} MB/s"
    yield f"{timed} ({trial.size / 1e6:.2f} MB in {trial.seconds:.3f} s; loading and compiling not counted)"
    if trial.kind == "fit":
        yield f"learned {len(trial.learned):,} bytes"
        yield from quoted(text) if (text := learned_text(trial)) else ()
        return
    for verdict in VERDICTS:
        examples = [one for one in trial.outcomes if one.verdict == verdict][:most]
        if examples:
            yield from ("", style(f"{verdict}, {len(examples)} of {trial.count(verdict):,}", COLOURS.get(verdict)))
        for one in examples:
            yield from shown_outcome(one, f"{trial.name}.", width)


def shown_outcome(one: Outcome, prefix: str, width: int) -> Iterator[str]:
    """One document: where it is from, why, what was measured, and its text before and after.

    `prefix` is what the ledger puts before the names of a step's values; here it would say the same of each.
    """
    yield f"  {named(vars(one.doc)) if one.doc.source else one.doc.uri}"
    if one.reason:
        yield f"    {style(one.reason, COLOURS.get(one.verdict))}"
    if one.values:
        said = " · ".join(
            f"{name.removeprefix(prefix)} {f'{value:.4g}' if isinstance(value, float) else value}"
            for name, value in one.values.items()
        )
        yield from (f"    {shortened(line, width - 4)}" for line in textwrap.wrap(said, width - 4, max_lines=3))
    if one.after is not None:
        yield from side_by_side(one.doc.text, one.after, width)
    elif one.children:
        yield from ("  " + line for child in one.children[:SHOWN_LINES] for line in child_lines(child, width))
        if len(one.children) > SHOWN_LINES:
            yield f"    ... and {len(one.children) - SHOWN_LINES:,} more"
    else:
        yield from ("  " + line for line in quoted(one.doc.text, 2 * (width - 8)))


def child_lines(child: Doc, width: int) -> list[str]:
    """A child: its span in the parent, and its beginning; of an example a line a message."""
    span = "{}-{}".format(*child.span) if child.span else ""
    said = [f"{one['role']}: {one['content']}" for one in child.messages or ()] or [child.text]
    return [f"  {'' if at else span:>13} │ {shortened(one, width - 20)}" for at, one in enumerate(said)]


def side_by_side(before: str, after: str, width: int) -> Iterator[str]:
    """The lines that differ, the old one to the left and what it became to the right, cut to where they differ."""
    from rich.cells import set_cell_size

    column = (width - 7) // 2
    pairs = list(changed_lines(before, after))
    if not pairs:
        yield "    only line ends differ"
    for old, new in pairs[:SHOWN_LINES]:
        at = 0  # both sides begin a little before they differ
        if old and new:
            at = max(0, next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), 0) - column // 3)
        left, right = (seen_line(line, at, column) for line in (old, new))
        right = style("(cut)", "bright_black") if new is None else style(right, "green")
        yield f"    {style(set_cell_size(left, column), 'red')} │ {right}"
    if len(pairs) > SHOWN_LINES:
        yield f"    ... and {len(pairs) - SHOWN_LINES:,} more lines that differ"


def seen_line(line: str | None, at: int, width: int) -> str:
    """A line from character `at` on, fitted to a width; ⏎ for an empty one, nothing for none."""
    return "" if line is None else ("…" if at else "") + (shortened(line[at:], width - bool(at)) or "⏎")


def changed_lines(before: str, after: str) -> Iterator[tuple[str | None, str | None]]:
    """Each line that differs with what stands in its place; none where it is new or gone."""
    old, new = before.splitlines(), after.splitlines()
    if len(old) + len(new) > DIFFED_LINES:
        yield from ((a, b) for a, b in zip_longest(old, new) if a != b)
        return
    for tag, start, end, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield from zip_longest(old[start:end], new[first:last])


def shortened(text: str, width: int) -> str:
    """A text on one line of at most so many columns; a Chinese character takes two."""
    from rich.cells import cell_len, set_cell_size

    line = " ⏎ ".join(text[: 4 * width].splitlines()).expandtabs(4)
    return line if cell_len(line) <= width and len(text) <= 4 * width else set_cell_size(line, width - 1).rstrip() + "…"
