"""One recipe line as one function: a batch in, a batch out, and marks for what it found."""

import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from curate import guard
from curate.data import Batch, Doc, Drop, valid
from curate.errors import CurateError, Wrong
from curate.llm.gate import Gate
from curate.options import Limits, check_options, fits, options_of, spoken
from curate.plugins import Offered

T = TypeVar("T")
ARROW = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
Columns = dict[str, list[Any]]
CORE = str(Path(__file__).parent)
LARGEST = float(np.finfo(np.float32).max)  # the ledger holds a value in 32 bits


@dataclass(frozen=True)
class Line:
    """One line of a recipe's steps: a plugin, its options, and which documents it is for."""

    label: str  # the step's name in the ledger: `name`, or `name#2` where it is used again
    offered: Offered
    options: Mapping[str, Any]
    sources: tuple[str, ...] = ()  # none is all
    kinds: tuple[str, ...] = ()  # none is all
    spared: tuple[str, ...] = ()  # sources whose documents it measures, but neither drops nor changes
    # Where it takes `gate`: the lines before it that remove personal data, and what the recipe says of other machines.
    scrubbed_by: tuple["Line", ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    send_unscrubbed: bool = False

    @property
    def asks(self) -> bool:
        """Whether it may ask another machine."""
        return "gate" in self.offered.impl.argnames


class Fitted(str):
    """An option's value that names an earlier fit of the recipe: the step gets the file that the fit gave."""

    __slots__ = ()


@dataclass
class Tally:
    """What a step did to the documents of one unit."""

    seen: int = 0
    dropped: int = 0
    errors: int = 0
    changed: int = 0
    made: int = 0
    sent_unscrubbed: int = 0  # requests that would have been refused
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
        self.gate: Callable[[], Gate] | None = None  # what makes it, once in this worker

    @cached_property
    def call(self) -> Any:
        """The function with its options and, loaded here once for this worker, its state."""
        own = {key: value for key, value in self.options.items() if key in options_of(self.impl.function)}
        if self.about.setup:
            try:
                with guard.setup(self.label):
                    own["state"] = self.about.setup(**{k: v for k, v in self.options.items() if k not in own})
            except BaseException as error:  # no document's error, so its words may be told
                if not of_a_document(error):
                    raise
                said = str(error) if isinstance(error, CurateError) else f"{type(error).__name__}: {error}"
                raise CurateError(f"{self.label}: its setup failed: {said}") from error
        if self.gate:
            own["gate"] = self.gate()
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
        mask = batch.among("source", self.line.sources) if self.line.sources else np.ones(len(batch), bool)
        return mask & ~batch.among("source", self.line.spared) if self.line.spared else mask

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
        if dangerous := guard.blamed(self.label, batch):
            return self.ask_others(batch, dangerous)
        if "doc" in self.impl.argnames:
            answers = [tried(self.ask_doc, doc) for doc in guard.each(self.label, batch, batch)]
        else:
            if not guard.singly(self.label, batch):
                with guard.whole(self.label, batch):
                    columns, wrong = tried(self.ask_batch, batch)
                if not wrong:
                    return columns, {}
            singles = (batch.keep(np.arange(len(batch)) == row) for row in range(len(batch)))
            answers = [tried(self.ask_alone, single) for single in guard.each(self.label, batch, singles)]
        columns = {name: [answer and answer[name] for answer, _ in answers] for name in self.names}
        return columns, {row: wrong for row, (_, wrong) in enumerate(answers) if wrong}

    def ask_others(self, batch: Batch, reasons: Mapping[int, str]) -> tuple[Columns, dict[int, str]]:
        """The answers for a batch in which some documents must not be asked about, and why."""
        others = [row for row in range(len(batch)) if row not in reasons]
        columns, errors = self.ask(batch.keep(np.isin(np.arange(len(batch)), others)))
        spread = {name: dict(zip(others, column, strict=True)) for name, column in columns.items()}
        found = {name: [answers.get(row) for row in range(len(batch))] for name, answers in spread.items()}
        return found, {**reasons, **{others[row]: why for row, why in errors.items()}}

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
        values = answer if isinstance(answer, Mapping) or len(self.names) > 1 else {self.names[0]: answer}
        if not isinstance(values, Mapping) or set(values) != set(self.names):
            got = ", ".join(map(str, values)) if isinstance(values, Mapping) else type(values).__name__
            raise Wrong(f"expected the values {', '.join(self.names)}; got {got}")
        return values

    def column(self, name: str) -> str:
        """The ledger's column for a value of this step."""
        return self.label if len(self.names) == 1 else f"{self.label}.{name}"


class Score(Step):
    """A measurement with limits: documents outside them are dropped."""

    def one(self, answer: Any, doc: Doc) -> dict[str, Any]:
        """Finite numbers, one a name."""
        said = "" if len(self.names) == 1 else "{} as "
        return {name: number(value, said.format(name)) for name, value in self.named(answer).items()}

    def many(self, answer: Any, batch: Batch) -> Columns:
        """An array of finite numbers a name."""
        columns = {name: numbers(value, name, len(batch)) for name, value in self.named(answer).items()}
        return columns  # type: ignore[return-value]

    def mark(self, batch: Batch, seen: Batch, columns: Columns) -> Batch:
        """Every value goes to the ledger; only documents of the line's sources are dropped."""
        if len(seen) and (len(self.limits) > 1 or "lang" in seen.table.schema.names):
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
        reasons = {row: valid(str(verdicts[row])) if isinstance(verdicts[row], Drop) else "false" for row in failed}
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


def number(value: Any, named: str = "") -> float:
    """A finite number, or `Wrong`."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.integer | np.floating):
        raise Wrong(f"expected {named}a number, got {type(value).__name__}")
    try:
        found = float(value)
    except OverflowError:  # a whole number of 309 digits and more
        found = np.inf
    if not abs(found) <= LARGEST:
        raise Wrong(f"expected {named}a finite number, got {unheld(found)}")
    return found


def numbers(values: Any, name: str, size: int) -> np.ndarray:
    """An array of finite numbers, one a document, or `Wrong`."""
    wanted = f"expected {name} as one finite number for each of {size} documents, got"
    try:
        found = np.asarray(values)
    except ValueError:  # lists of several lengths
        raise Wrong(f"{wanted} a {type(values).__name__} that is no array") from None
    if found.shape != (size,) or found.dtype.kind not in "iuf":
        raise Wrong(f"{wanted} {found.dtype} of shape {found.shape}")
    if isinstance(values, np.ma.MaskedArray):
        found = np.where(values.mask, np.nan, found)
    with np.errstate(over="ignore"):
        held = found.astype(np.float32)
    if (bad := found[~np.isfinite(held)]).size:
        raise Wrong(f"{wanted} {unheld(float(bad[0]))}")
    return found


def unheld(value: float) -> str:
    """A number that the ledger cannot hold, in words."""
    return f"{value:g}, which 32 bits cannot hold" if np.isfinite(value) else f"{value:g}"


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
    except BaseException as error:
        if not of_a_document(error):
            raise
        return None, f"{'memory: ' if isinstance(error, MemoryError) else ''}{raised_where(error)}"


def of_a_document(error: BaseException) -> bool:
    """Whether what a plugin raised ends nothing but its document: sys.exit, too, and in a worker even Ctrl-C."""
    return isinstance(error, Exception | SystemExit) or (isinstance(error, KeyboardInterrupt) and guard.is_worker())


def raised_where(error: BaseException) -> str:
    """What was raised, and where. Only the words of `Wrong` are told: others may quote a document."""
    if isinstance(error, MemoryError):
        guard.out_of_memory()  # a fresh worker tells whether it was this document
    frames = list(traceback.walk_tb(error.__traceback__))
    own = [one for one in frames if not one[0].f_code.co_filename.startswith(CORE)]  # the plugin's line, not ours
    frame, line = (own or frames)[-1]
    return str(error) if isinstance(error, Wrong) else f"{type(error).__name__} in {frame.f_code.co_name}, line {line}"
