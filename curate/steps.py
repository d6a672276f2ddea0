"""One recipe line as one function: a batch in, a batch out, and marks for what it found. A stage is a list of them."""

import json
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from curate.data import MESSAGES, Batch, Doc, Drop, Marks, key_of, valid
from curate.errors import CurateError, RecipeError, Wrong
from curate.options import Limits, check_options, fits, options_of, spoken
from curate.origin import ORIGIN, apply_cuts, cut_origin, realign
from curate.plugins import Offered

T = TypeVar("T")
ARROW = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
Columns = dict[str, list[Any]]
EDITED = {"text": pa.large_string(), "messages": MESSAGES, "origin": ORIGIN}


@dataclass(frozen=True)
class Line:
    """One line of a recipe's steps: a plugin, its options, and which documents it is for."""

    label: str  # the step's name in the ledger: `name`, or `name#2` where it is used again
    offered: Offered
    options: Mapping[str, Any]
    sources: tuple[str, ...] = ()  # none is all
    kinds: tuple[str, ...] = ()  # none is all


@dataclass
class Tally:
    """What a step did to the documents of one unit."""

    seen: int = 0
    dropped: int = 0
    errors: int = 0
    changed: int = 0
    made: int = 0
    bytes: int = 0
    seconds: float = 0.0

    def __add__(self, other: "Tally") -> "Tally":
        mine, theirs = asdict(self), asdict(other)
        return Tally(**{name: mine[name] + theirs[name] for name in mine})


class Step:
    """A plugin function, bound to the options of its recipe line."""

    def __init__(self, line: Line) -> None:
        self.line, self.label, self.impl, self.about = line, line.label, line.offered.impl, line.offered.about
        self.options, self.limits = check_options(line.label, line.offered, line.options)
        self.names = list(self.about.columns or self.about.limits) or [self.label]
        self.tally = Tally()

    @cached_property
    def call(self) -> Any:
        """The function with its options and, loaded here once for this worker, its state."""
        own = {key: value for key, value in self.options.items() if key in options_of(self.impl.function)}
        if self.about.setup:
            try:
                own["state"] = self.about.setup(**{k: v for k, v in self.options.items() if k not in own})
            except Exception as error:  # no document's error, so its words may be told
                raise CurateError(f"{self.label}: its setup failed: {type(error).__name__}: {error}") from error
        return partial(self.impl.function, **own)

    def __call__(self, batch: Batch) -> Batch:
        """The batch as the next step sees it, what was found noted in its marks."""
        seen = batch.keep(self.applies(batch))
        columns, errors = self.ask(seen)
        self.fail(seen, "error", errors)
        return self.mark(batch, seen, columns)

    def applies(self, batch: Batch) -> np.ndarray:
        """Which documents of a batch the step looks at: those of its kinds, and survivors only where it costs much."""
        mask = batch.alive if self.about.cost == "high" else np.ones(len(batch), bool)
        if self.line.kinds:
            mask = mask & batch.among("kind", self.line.kinds)
        return mask & self.concerns(batch) if self.about.cost == "high" else mask

    def concerns(self, batch: Batch) -> np.ndarray:
        """Which documents are of the sources that the recipe line names: only those are dropped or changed."""
        return batch.among("source", self.line.sources) if self.line.sources else np.ones(len(batch), bool)

    def fail(self, batch: Batch, outcome: str, reasons: Mapping[int, str]) -> None:
        """Mark documents of the batch, by their row in it, that no earlier step has failed."""
        rows = [row for row in reasons if batch.marks.outcome[batch.rows[row]] == "kept"]
        batch.marks.fail(batch.rows[rows], outcome, self.label, [reasons[row] for row in rows])
        self.tally += Tally(errors=len(rows)) if outcome == "error" else Tally(dropped=len(rows))

    def ask(self, batch: Batch) -> tuple[Columns, dict[int, str]]:
        """Checked answers, a column each, and who has none and why. A batch that fails is asked one by one."""
        _ = self.call  # a setup that fails is no document's error
        if not len(batch):
            return {name: [] for name in self.names}, {}
        if "doc" in self.impl.argnames:
            answers = [tried(self.ask_doc, doc) for doc in batch]
        else:
            columns, wrong = tried(self.ask_batch, batch)
            if not wrong:
                return columns, {}
            singles = (batch.keep(np.arange(len(batch)) == row) for row in range(len(batch)))
            answers = [tried(self.ask_alone, single) for single in singles]
        columns = {name: [answer and answer[name] for answer, _ in answers] for name in self.names}
        return columns, {row: wrong for row, (_, wrong) in enumerate(answers) if wrong}

    def ask_doc(self, doc: Doc) -> dict[str, Any]:
        """The checked answer for one document."""
        return self.one(self.call(doc=doc), doc)

    def ask_batch(self, batch: Batch) -> Columns:
        """The checked answer for a batch."""
        return self.many(self.call(batch=batch), batch)

    def ask_alone(self, batch: Batch) -> dict[str, Any]:
        """The checked answer for a batch of one."""
        return {name: column[0] for name, column in self.ask_batch(batch).items()}

    def one(self, answer: Any, doc: Doc) -> dict[str, Any]:
        """The answer for one document, checked: a value a name."""
        raise AssertionError("each kind of step checks its own answers")

    def many(self, answer: Any, batch: Batch) -> Columns:
        """The answer for a batch, checked: a column a name."""
        name, answers = self.names[0], listed(answer, len(batch))
        return {name: [self.one(one, doc)[name] for one, doc in zip(answers, batch, strict=True)]}

    def mark(self, batch: Batch, seen: Batch, columns: Columns) -> Batch:
        """Note what was answered of the documents `seen`, and give the batch as the next step sees it."""
        raise AssertionError("each kind of step marks its own answers")

    def named(self, answer: Any) -> Mapping[str, Any]:
        """An answer as a mapping of exactly the values that the decorator named."""
        values = answer if isinstance(answer, Mapping) else {self.names[0]: answer}
        if set(values) != set(self.names):
            raise Wrong(f"expected the values {', '.join(self.names)}; got {', '.join(map(str, values))}")
        return values

    def column(self, name: str) -> str:
        """The ledger's column for a value of this step."""
        return self.label if len(self.names) == 1 else f"{self.label}.{name}"


class Score(Step):
    """A measurement with limits: documents outside them are dropped."""

    def one(self, answer: Any, doc: Doc) -> dict[str, Any]:
        """Finite numbers, one a name."""
        return {name: number(value) for name, value in self.named(answer).items()}

    def many(self, answer: Any, batch: Batch) -> Columns:
        """An array of finite numbers a name."""
        columns = {name: np.asarray(value) for name, value in self.named(answer).items()}
        for name, values in columns.items():
            if values.shape != (len(batch),) or values.dtype.kind not in "iuf" or not np.isfinite(values).all():
                wanted = f"expected {name} as one finite number for each of {len(batch)} documents"
                raise Wrong(f"{wanted}, got {values.dtype} of shape {values.shape}")
        return columns  # type: ignore[return-value]

    def mark(self, batch: Batch, seen: Batch, columns: Columns) -> Batch:
        """Every value goes to the ledger; only documents of the line's sources are dropped."""
        if len(self.limits) > 1 and len(seen):
            seen.marks.language[seen.rows] = seen.languages
        values = {name: np.asarray(column, np.float32) for name, column in columns.items()}
        for name in self.names:
            seen.marks.measure(self.column(name), seen.rows, values[name])
        reasons = misses(self.limits, seen.marks.language[seen.rows], values)
        failed = np.flatnonzero((reasons != "") & self.concerns(seen))
        self.fail(seen, "dropped", {int(row): reasons[row] for row in failed})
        return batch


class Filter(Step):
    """A filter is a score of 1 or 0 that has to be 1, and says why where it is not."""

    def __init__(self, line: Line) -> None:
        super().__init__(line)
        self.limits = {"": {self.label: (1, None)}}

    def one(self, answer: Any, doc: Doc) -> dict[str, Any]:
        """True, false or a `Drop`."""
        if not isinstance(answer, bool | np.bool_ | Drop):
            raise Wrong(f'expected true, false or Drop("why"), got {type(answer).__name__}')
        return {self.label: answer}

    def mark(self, batch: Batch, seen: Batch, columns: Columns) -> Batch:
        """1 or 0 goes to the ledger; the reason is what `Drop` says."""
        verdicts, concerns = columns[self.label], self.concerns(seen)
        values = [np.nan if verdict is None else bool(verdict) for verdict in verdicts]
        seen.marks.measure(self.label, seen.rows, np.array(values, np.float32))
        failed = [row for row, value in enumerate(values) if value == 0 and concerns[row]]
        reasons = {row: valid(verdicts[row]) if isinstance(verdicts[row], Drop) else "false" for row in failed}
        self.fail(seen, "dropped", reasons)
        return batch


class Field(Step):
    """Values that become typed columns."""

    def one(self, answer: Any, doc: Doc) -> dict[str, Any]:
        """A value of the declared type, or none, a name."""
        values = self.named(answer)
        for name, value in values.items():
            if value is not None and not fits(value, self.about.columns[name]):
                raise Wrong(f"expected {name} as {spoken(self.about.columns[name])}, got {type(value).__name__}")
            if self.about.columns[name] is int and value is not None and not -(2**63) <= value < 2**63:
                raise Wrong(f"expected {name} as a whole number of at most 64 bits")
        return {name: valid(value) if isinstance(value, str) else value for name, value in values.items()}

    def many(self, answer: Any, batch: Batch) -> Columns:
        """A column a name, each value checked like that of one document."""
        columns = {name: listed(column, len(batch)) for name, column in self.named(answer).items()}
        nobody = Doc()
        rows = [
            self.one(dict(zip(columns, values, strict=True)), nobody) for values in zip(*columns.values(), strict=True)
        ]
        return {name: [row[name] for row in rows] for name in columns}

    def mark(self, batch: Batch, seen: Batch, columns: Columns) -> Batch:
        """The values stand in the batch; documents that were not asked have null."""
        where = dict(zip(seen.rows.tolist(), range(len(seen)), strict=True))
        rows = [where.get(row) for row in batch.rows.tolist()]
        arrays = {
            name: pa.array([None if row is None else column[row] for row in rows], ARROW[self.about.columns[name]])
            for name, column in columns.items()
        }
        return batch.with_columns(arrays)


class Edit(Step):
    """New text, or cuts in it. What is marked leaves before an edit; of an example each message is edited."""

    def __call__(self, batch: Batch) -> Batch:
        """The survivors, edited."""
        batch = batch.survivors()
        return self.rewrite(batch, batch.marks)

    def scrub(self, batch: Batch) -> Batch:
        """The batch with the edit put to ids and to what stands in the meta, too."""
        for name in ("id", "meta"):
            answers = self.ask(batch.with_columns({"text": batch[name].cast(pa.large_string())}))[0][self.label]
            rows = {row: {name: batch[name][row].as_py()} for row, answer in enumerate(answers) if answer}
            for row, held in rows.items():
                if name == "id":
                    held["id"] = batch.marks.fixed["id"][batch.rows[row]] = text_after(held["id"], answers[row])
                else:
                    held["meta"] = json.dumps(self.without(json.loads(held["meta"])), ensure_ascii=False)
            batch = batch.with_rows(rows, {name: pa.string()}) if rows else batch
        return batch

    def without(self, value: Any) -> Any:
        """What a meta holds, each text and number in it edited; what is not changed stays what it is."""
        if isinstance(value, dict):
            return {self.without(key): self.without(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.without(one) for one in value]
        if value is None or isinstance(value, bool):
            return value
        answer = self.ask(Batch.of([Doc(str(value), key=bytes(16))]))[0][self.label][0]
        return text_after(str(value), answer) if answer else value

    def rewrite(self, batch: Batch, marks: Marks | None = None) -> Batch:
        """The batch with its texts edited; without marks nothing is noted, and what errs is left as it is."""
        asked = np.flatnonzero(self.concerns(batch) & self.applies(batch))
        pieces, owners = self.pieces(batch, asked)
        columns, errors = self.ask(pieces)
        answers = columns[self.label]
        touched = {
            owners[n] for n, (old, new) in enumerate(zip(pieces["text"], answers, strict=True)) if alters(new, old)
        }
        if marks is not None:
            self.fail(batch, "error", {owners[piece]: why for piece, why in errors.items()})
            marks.measure(f"{self.label}.changed", batch.rows[asked], np.isin(asked, list(touched)).astype(np.float32))
            self.tally += Tally(changed=len(touched))
        if not touched:
            return batch
        by_owner: dict[int, list[Any]] = {}
        for owner, answer in zip(owners, answers, strict=True):
            by_owner.setdefault(owner, []).append(answer)
        new = {row: edited(batch.doc(row), by_owner[row]) for row in sorted(touched)}
        if marks is not None:
            self.fail(batch, "dropped", {row: "nothing is left" for row, doc in new.items() if not doc["text"].strip()})
        return batch.with_rows(new, EDITED)

    def pieces(self, batch: Batch, asked: np.ndarray) -> tuple[Batch, list[int]]:
        """The texts to edit, as a batch, and the row that each belongs to: of an example each message is one."""
        chosen = batch.keep(np.isin(np.arange(len(batch)), asked))
        if not chosen.among("kind", ["example"]).any():
            return chosen, asked.tolist()
        said = [
            (int(row), Doc(message["content"], key=doc.key))
            for row, doc in zip(asked, chosen, strict=True)
            for message in doc.messages or [{"content": doc.text}]
        ]
        return Batch.of(piece for _, piece in said), [row for row, _ in said]

    def one(self, answer: Any, doc: Doc) -> dict[str, Any]:
        """The new text, or cuts that fit."""
        if isinstance(answer, str):
            return {self.label: valid(answer)}
        if not isinstance(answer, list) or not all(isinstance(cut, tuple) and len(cut) == 3 for cut in answer):
            wanted = "expected the new text or cuts [(start, end, replacement), ...]"
            raise Wrong(f"{wanted}, got {type(answer).__name__}")
        cuts = [(start, end, valid(replacement)) for start, end, replacement in answer]
        apply_cuts(doc.text, cuts)
        return {self.label: cuts}


def alters(answer: str | list[Any] | None, text: pa.Scalar) -> bool:
    """Whether an edit's answer may change a text; the text is looked at only where it has to be."""
    return answer != text.as_py() if isinstance(answer, str) else bool(answer)


def edited(doc: Doc, answers: list[Any]) -> dict[str, Any]:
    """The columns after an edit: an answer for the text, or one for each message; none leaves as it is."""
    if doc.messages:
        contents = [text_after(said["content"], new) for said, new in zip(doc.messages, answers, strict=True)]
        messages = [said | {"content": new} for said, new in zip(doc.messages, contents, strict=True)]
        return {"text": "\n".join(contents), "messages": messages, "origin": []}
    answer = answers[0]
    text = text_after(doc.text, answer)
    if isinstance(answer, str):
        origin = realign(doc.origin, doc.text, text)
    else:
        origin = cut_origin(doc.origin, len(doc.text), answer)
    return {"text": text, "messages": None, "origin": origin}


def text_after(text: str, answer: str | list[Any] | None) -> str:
    """A text after an edit's answer: a new text, cuts, or none where the edit failed."""
    return text if answer is None else answer if isinstance(answer, str) else apply_cuts(text, answer)


class Expand(Step):
    """Children take the place of their document, which the ledger has as "expanded"."""

    def __call__(self, batch: Batch) -> Batch:
        """The survivors, with children in the place of those that were expanded."""
        batch = batch.survivors()
        mask = self.applies(batch) & self.concerns(batch)
        parents = batch.keep(mask)
        columns, errors = self.ask(parents)
        self.fail(parents, "error", errors)
        broods = [brood or [] for brood in columns[self.label]]
        parents.marks.measure(
            f"{self.label}.made", parents.rows, np.array([len(brood) for brood in broods], np.float32)
        )
        parents.marks.fail(parents.rows, "expanded", self.label, [""] * len(parents))
        children = Batch.of((child for brood in broods for child in brood), batch.table.schema).table
        self.tally += Tally(made=len(children))
        others = batch.keep(~mask)
        rows = np.concatenate([others.rows, batch.marks.add(children)])
        table = pa.Table.from_batches([others.table, children]).combine_chunks()
        return Batch(table.to_batches()[0] if len(table) else children, batch.marks, rows)

    def one(self, answer: Any, doc: Doc) -> dict[str, Any]:
        """Docs with spans; each gets its key, its parent, and where it came from. Fields are not handed on."""
        children, seen = list(answer), Counter[Any]()
        for child in children:
            if not isinstance(child, Doc) or child.span is None:
                raise Wrong(f"expected Docs with a span, such as doc.part(start, end); got {type(child).__name__}")
            span = tuple(map(int, child.span))
            child.parent, child.key = doc.key, key_of(doc.key, self.label, list(span), seen[span])
            child.source, child.uri, child.id = doc.source, doc.uri, child.id or doc.id
            seen[span] += 1
        return {self.label: children}


STEPS: dict[str, type[Step]] = {"score": Score, "filter": Filter, "field": Field, "edit": Edit, "expand": Expand}


def make_stage(lines: Iterable[Line]) -> list[Step]:
    """Recipe lines as steps; raises `RecipeError` where one of them is a gather or has options that do not fit."""
    stage = []
    for line in lines:
        if line.offered.kind not in STEPS:
            raise RecipeError(f"{line.label} is a {line.offered.kind} and cannot stand inside a stage")
        stage.append(STEPS[line.offered.kind](line))
    return stage


def run_stage(steps: Sequence[Step], batch: Batch) -> tuple[Batch, Batch | None]:
    """One batch through a stage: what is left of it, and what was removed. Steps mark; the stage's end removes."""
    for step in steps:
        _ = step.call  # what it loads is not the documents' time
        start, seconds = time.perf_counter(), step.tally
        step.tally = seconds + Tally(seen=int(batch.alive.sum()), bytes=batch.text_bytes)
        batch = step(batch)
        step.tally.seconds += time.perf_counter() - start
    batch = batch.survivors()
    for step in scrubbing(steps):
        batch = step.scrub(batch)
    return batch, scrubbed(steps, batch.marks.removed)


def scrubbing(steps: Sequence[Step]) -> list[Edit]:
    """The edits of a stage that remove personal data."""
    return [step for step in steps if isinstance(step, Edit) and step.about.scrubs]


def scrubbed(steps: Sequence[Step], removed: Sequence[Batch]) -> Batch | None:
    """What a stage removed, without personal data: a document dropped before such an edit did not pass through it."""
    if not removed:
        return None
    tables = [one.table.select(removed[0].table.schema.names) for one in removed]
    rows = np.concatenate([one.rows for one in removed])
    table = pa.Table.from_batches(tables).combine_chunks().to_batches()[0]
    batch = Batch(table, removed[0].marks, rows)
    for step in scrubbing(steps):
        batch = step.scrub(step.rewrite(batch))
    return batch


def misses(limits: Limits, languages: np.ndarray, values: Mapping[str, np.ndarray]) -> np.ndarray:
    """Why each document is outside the limits of its language; "" where it is not."""
    reasons = np.full(len(languages), "", object)
    for language, pairs in limits.items():
        rows = languages == language if language else ~np.isin(languages.astype(str), [*limits][1:])
        for name, (low, high) in pairs.items():
            for limit, word, outside in ((low, "under", np.less), (high, "over", np.greater)):
                if limit is not None:
                    missed = rows & (reasons == "") & outside(values[name], np.float32(limit))
                    reasons[missed] = f"{name} {word} {limit:g}"
    return reasons


def number(value: Any) -> float:
    """A finite number, or `Wrong`."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.number):
        raise Wrong(f"expected a number, got {type(value).__name__}")
    if not np.isfinite(value):
        raise Wrong(f"expected a finite number, got {float(value)}")
    return float(value)


def listed(answer: Any, size: int) -> list[Any]:
    """A batch plugin's answer as a list with one value a document, or `Wrong`."""
    if isinstance(answer, pa.Array | pa.ChunkedArray):
        answer = answer.to_pylist()
    elif isinstance(answer, np.ndarray):
        answer = answer.tolist()
    if not isinstance(answer, list) or len(answer) != size:
        wanted = f"expected a list or array with an answer for each of {size} documents"
        raise Wrong(f"{wanted}, got {type(answer).__name__}")
    return answer


def tried(function: Callable[[T], Any], one: T) -> tuple[Any, str]:
    """The answer, or what went wrong and where."""
    try:
        return function(one), ""
    except (Exception, SystemExit) as error:  # a plugin that calls sys.exit ends nothing but its document
        return None, raised_where(error)


def raised_where(error: BaseException) -> str:
    """What was raised, and where. Only the words of `Wrong` are told: others may quote a document."""
    *_, (frame, line) = traceback.walk_tb(error.__traceback__)
    return str(error) if isinstance(error, Wrong) else f"{type(error).__name__} in {frame.f_code.co_name}, line {line}"
