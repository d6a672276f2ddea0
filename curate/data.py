"""What flows through a run: documents, one at a time or up to a thousand as columns."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curate.kernels import sealed
from curate.kernels.lines import Duplicates, Lines, Paragraphs, count_duplicates, find_paragraphs, split_lines
from curate.kernels.repeats import Repeats, find_repeats
from curate.kernels.sentences import Sentences, split_sentences
from curate.kernels.terms import Terms, join_terms
from curate.kernels.words import HAN, PUNCT, Words, split_words
from curate.origin import ORIGIN, Stretch, slice_stretches

KEY = pa.binary(16)
MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
SCHEMA = pa.schema(
    [
        ("key", KEY),
        ("id", pa.string()),
        ("parent", KEY),
        ("span", pa.list_(pa.int64())),
        ("source", pa.string()),
        ("kind", pa.string()),
        ("uri", pa.string()),
        ("text", pa.large_string()),
        ("messages", MESSAGES),
        ("meta", pa.string()),
        ("origin", ORIGIN),
    ]
)
KINDS = ("text", "code", "example")
TAKEN = (*SCHEMA.names, "place", "fields", "part", "example", "row")  # what no field can be called: a Doc has them
BATCH_DOCS, BATCH_BYTES = 1_000, 4_000_000


def key_of(*place: Any) -> bytes:
    """The 128-bit key of what is at `place`: (source, path, offset), or (parent, step, span, count) for a child."""
    parts = [part.hex() if isinstance(part, bytes) else part for part in place]
    return blake2b(json.dumps(parts).encode(), digest_size=16).digest()


def share_of(key: bytes, salt: str) -> float:
    """A number from 0 to 1 that follows from the key alone, so that a 1 % sample lies within the 10 % sample."""
    first, second = np.frombuffer(key.ljust(16, b"\0")[:16], "<u8").tolist()
    share: float = (stirred(stirred(first ^ salt_word(salt)) ^ second) >> 11) / 2**53
    return share


def shares_of(keys: pa.Array | pa.ChunkedArray, salt: str) -> np.ndarray:
    """`share_of` for a column of keys of 16 bytes."""
    chunks = keys.chunks if isinstance(keys, pa.ChunkedArray) else [keys]
    words = [np.frombuffer(one.buffers()[1] or b"", "<u8")[2 * one.offset :][: 2 * len(one)] for one in chunks]
    first, second = np.concatenate([np.empty(0, "<u8"), *words]).reshape(-1, 2).T
    shares: np.ndarray = (stirred(stirred(first ^ salt_word(salt)) ^ second) >> 11) / 2**53
    return shares


def stirred(word: Any) -> Any:
    """A 64-bit number, or an array of them, with every bit stirred into all others (splitmix64's finish)."""
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return word ^ (word >> 31)


@cache
def salt_word(salt: str) -> int:
    """A salt as 64 bits."""
    return int.from_bytes(blake2b(salt.encode(), digest_size=8).digest())


def valid(text: str) -> str:
    """The text with U+FFFD where half of a surrogate pair stands alone."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


class Doc:
    """One text and what is known of it. A field that an earlier step added reads as an attribute: ``doc.lang``.

    An SFT example is a Doc whose `messages` are set; its `text` joins what they say. `place` is for readers: where in
    its file the document stands (byte offset or page), when that is not just its number.
    """

    def __init__(
        self,
        text: str = "",
        id: str = "",
        *,
        key: bytes = b"",
        parent: bytes | None = None,
        span: Sequence[int] | None = None,
        source: str = "",
        kind: str = "",
        uri: str = "",
        messages: list[dict[str, str]] | None = None,
        meta: Mapping[str, Any] | str = "{}",
        origin: Sequence[Stretch] | None = None,
        place: int | None = None,
        **fields: Any,
    ) -> None:
        self.key, self.parent, self.span, self.place = key, parent, span, place
        self.id, self.source, self.uri = valid(id), valid(source), valid(uri)
        self.messages = messages and [{name: valid(said) for name, said in message.items()} for message in messages]
        self.kind = kind or ("example" if messages else "text")
        self.text = valid(text) if not self.messages else "\n".join(said["content"] for said in self.messages)
        self.fields, self._meta, self._origin = fields, meta, origin

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["fields"][name]
        except KeyError:
            raise AttributeError(f"a Doc has no field {name!r}") from None

    @property
    def meta(self) -> Mapping[str, Any]:
        """What the source says besides the text, parsed when first asked for."""
        if isinstance(self._meta, str):
            self._meta = json.loads(self._meta)
        assert not isinstance(self._meta, str)
        return self._meta

    @property
    def origin(self) -> list[Stretch]:
        """Where each stretch of the text stood in what the reader gave; see `curate.origin`."""
        if self._origin is None:
            self._origin = [] if self.messages else [Stretch(0, len(self.text), 0, None)]
        self._origin = [one if isinstance(one, Stretch) else Stretch(**one) for one in self._origin]
        return self._origin

    def part(self, start: int, end: int) -> "Doc":
        """The stretch `start`:`end` of the text (characters), for `expand` to give."""
        meta, origin = self._meta, slice_stretches(self.origin, start, end)
        return Doc(self.text[start:end], self.id, span=(start, end), kind=self.kind, meta=meta, origin=origin)

    def example(self, messages: list[dict[str, str]], span: Sequence[int], **meta: Any) -> "Doc":
        """A question-answer example made of the stretch `span` of the text, for `expand` to give."""
        return Doc(id=self.id, span=span, messages=messages, meta=meta)

    def row(self) -> dict[str, Any]:
        """The document as a row: the fixed columns of `SCHEMA`, then its fields."""
        meta = self._meta if isinstance(self._meta, str) else json.dumps(self._meta, ensure_ascii=False)
        fixed = {name: getattr(self, name) for name in SCHEMA.names if name not in ("meta", "origin")}
        return self.fields | fixed | {"meta": valid(meta), "origin": [one._asdict() for one in self.origin]}


class Drop(str):
    """A false value that says why: ``return Drop("too short")``."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False


class Batch:
    """Up to a thousand documents as columns. Views such as `words` are computed once and shared by every step.

    Their arrays cannot be written into.
    """

    def __init__(self, table: pa.RecordBatch, marks: "Marks | None" = None, rows: np.ndarray | None = None) -> None:
        self.table = table
        if marks is not None:
            self.marks = marks
        self.rows = np.arange(len(table)) if rows is None else rows  # where in the marks each document stands

    @classmethod
    def of(cls, docs: Iterable[Doc], schema: pa.Schema = SCHEMA) -> "Batch":
        """The documents as one batch; each needs its key."""
        rows = [doc.row() for doc in docs]
        if not all(row["key"] for row in rows):
            raise ValueError("each document needs a key: key_of(source, path, offset)")
        return cls(pa.RecordBatch.from_pylist(rows, schema=schema))

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __iter__(self) -> Iterator[Doc]:
        return (Doc(**row) for row in self.table.to_pylist())

    def __getitem__(self, column: str) -> pa.Array:
        return self.table[column]

    @cached_property
    def marks(self) -> "Marks":
        """What its stage says of its documents."""
        return Marks(self.table)

    @cached_property
    def words(self) -> Words:
        """Every word and punctuation mark of every document; a CJK character is a word of its own."""
        return split_words(*self.utf8)

    @cached_property
    def terms(self) -> Terms:
        """Words as the field counts them: units of `words`, or several that no white space parts."""
        return join_terms(*self.utf8, self.words)

    @cached_property
    def repeats(self) -> Repeats:
        """The most frequent and the repeated runs of 2 to 10 terms."""
        return find_repeats(self.terms)

    @cached_property
    def chars(self) -> np.ndarray:
        """How many characters each text has."""
        return np.asarray(pc.utf8_length(self["text"]))

    @cached_property
    def lines(self) -> Lines:
        """Every line of every document, with what tells a sentence from a ruler, a table row or code."""
        return split_lines(*self.utf8)

    @cached_property
    def paragraphs(self) -> Paragraphs:
        """Every paragraph of every document: lines with no blank one between them."""
        return find_paragraphs(self.lines)

    @cached_property
    def duplicates(self) -> Duplicates:
        """How many lines and paragraphs stood in their document before, and how many characters these have."""
        return count_duplicates(self.lines, self.paragraphs)

    @cached_property
    def sentences(self) -> Sentences:
        """Every sentence of every document, Chinese and English alike."""
        return split_sentences(*self.utf8)

    @cached_property
    def languages(self) -> np.ndarray:
        """What column `lang` says; where it says nothing, zh if a seventh of what words hold is Chinese."""
        told = self["lang"].to_numpy(False) if "lang" in self.table.schema.names else np.full(len(self), None)
        if not all(told):
            words = self.words
            chinese = words.sums(words.chars * (words.kind == HAN))
            every = words.sums(words.chars * (words.kind != PUNCT))
            guessed = np.where(chinese >= np.maximum(every, 1) / 7, "zh", "")
            told = np.where(told.astype(bool), told, guessed)
        told.setflags(write=False)
        return told

    @property
    def utf8(self) -> tuple[np.ndarray, np.ndarray]:
        """The text column as it lies in memory: bytes, and where each document starts and ends (n + 1 offsets)."""
        column = self.table["text"]
        _, offsets, data = column.buffers()
        starts = np.frombuffer(offsets, np.int64)[column.offset : column.offset + len(column) + 1]
        return sealed((np.frombuffer(data or b"", np.uint8), starts))

    @property
    def text_bytes(self) -> int:
        """How many bytes of UTF-8 the texts are."""
        starts = self.utf8[1]
        return int(starts[-1] - starts[0])

    @property
    def alive(self) -> np.ndarray:
        """Which documents no step has failed so far."""
        alive: np.ndarray = self.marks.outcome[self.rows] == "kept"
        return alive

    def among(self, column: str, values: Sequence[str]) -> np.ndarray:
        """Which documents have one of `values` in a column of texts."""
        return np.isin(self[column].to_numpy(False).astype(str), list(values))

    def keep(self, mask: np.ndarray) -> "Batch":
        """The documents where `mask` is true; this very batch, with its views, when that is all of them."""
        return self if mask.all() else Batch(self.table.filter(pa.array(mask)), self.marks, self.rows[mask])

    def survivors(self) -> "Batch":
        """The documents no step has failed; the others are kept aside in the marks, as they are now."""
        alive = self.alive
        if not alive.all():
            self.marks.removed.append(self.keep(~alive))
        return self.keep(alive)

    def with_columns(self, columns: Mapping[str, pa.Array]) -> "Batch":
        """The same documents with more columns, or others; views stay unless it is the text that changes."""
        table = self.table
        for name, column in columns.items():
            at = table.schema.get_field_index(name)
            table = (
                table.append_column(name, column) if at < 0 else table.set_column(at, table.schema.field(at), column)
            )
        new = Batch(table, self.marks, self.rows)
        return new if "text" in columns else new._seeing(self)

    def doc(self, row: int) -> Doc:
        """One document."""
        return Doc(**self.table.slice(row, 1).to_pylist()[0])

    def with_rows(self, rows: Mapping[int, Mapping[str, Any]], types: Mapping[str, pa.DataType]) -> "Batch":
        """The batch with the columns `types` of some rows replaced."""
        places = np.arange(len(self))
        places[list(rows)] = len(self) + np.arange(len(rows))
        columns = {}
        for name, type in types.items():
            new = pa.array([row[name] for row in rows.values()], type)
            columns[name] = pa.concat_arrays([self[name], new]).take(pa.array(places))
        return self.with_columns(columns)

    def _seeing(self, other: "Batch") -> "Batch":
        own = ("table", "marks", "rows", "languages")
        self.__dict__ |= {name: view for name, view in other.__dict__.items() if name not in own}
        return self


class Marks:
    """What one stage says of the documents of a batch, and of those made of them: a ledger row each."""

    FIXED = ("key", "parent", "id", "source", "kind", "uri")

    def __init__(self, table: pa.RecordBatch) -> None:
        self.fixed = {name: table[name].to_pylist() for name in self.FIXED}
        self.bytes = pc.fill_null(pc.binary_length(table["text"]), 0).to_numpy(False)
        self.outcome, self.step, self.reason = (np.full(len(table), word, object) for word in ("kept", "", ""))
        self.language = np.full(len(table), "", object)
        self.values: dict[str, np.ndarray] = {}
        self.root = np.arange(len(table))  # the row of the document that each one is, or was made of
        self.removed: list[Batch] = []
        self.named: dict[str, set[int]] = {}  # step that scrubs → whose id, path and reason it has seen

    def __len__(self) -> int:
        return len(self.outcome)

    def fail(self, rows: np.ndarray, outcome: str, step: str, reasons: Sequence[str]) -> None:
        """Mark rows that failed `step`, unless an earlier one has them."""
        for row, reason in zip(rows, reasons, strict=True):
            if self.outcome[row] == "kept":
                self.outcome[row], self.step[row], self.reason[row] = outcome, step, reason

    def measure(self, name: str, rows: np.ndarray, values: np.ndarray) -> None:
        """Note the values that a step measured of these rows."""
        self.values.setdefault(name, np.full(len(self), np.nan, np.float32))[rows] = values

    def add_to(self, name: str, rows: np.ndarray, values: np.ndarray) -> None:
        """Add to what a step measured of these rows, each of them once."""
        before = np.nan_to_num(self.values[name][rows]) if name in self.values else 0
        self.measure(name, rows, before + values)

    def add(self, table: pa.RecordBatch) -> np.ndarray:
        """Rows for documents that a step has made."""
        new, first = Marks(table), len(self)
        roots = dict(zip(self.fixed["key"], self.root.tolist(), strict=True))
        own = [roots.get(parent, row) for row, parent in enumerate(new.fixed["parent"], first)]
        self.root = np.append(self.root, np.array(own, int))
        self.fixed = {name: self.fixed[name] + new.fixed[name] for name in self.FIXED}
        for name in ("bytes", "outcome", "step", "reason", "language"):
            setattr(self, name, np.append(getattr(self, name), getattr(new, name)))
        nothing = np.full(len(table), np.nan, np.float32)
        self.values = {name: np.append(values, nothing) for name, values in self.values.items()}
        return np.arange(first, len(self))

    def table(self, stage: int) -> pa.Table:
        """The ledger's rows: who, what became of them and why, the values measured.

        What was made of a document follows it, so that the order does not depend on which documents made a batch.
        """
        fixed = {name: pa.array(self.fixed[name], SCHEMA.field(name).type) for name in self.FIXED}
        fixed["bytes"] = pa.array(self.bytes, pa.int32())
        told = ("outcome", "step", "reason", "language")
        words = {name: pa.array(getattr(self, name), pa.string()) for name in told}
        values = {name: pa.array(values, from_pandas=True) for name, values in self.values.items()}
        table = pa.table(fixed | {"stage": pa.array([stage] * len(self), pa.int16())} | words | values)
        return table if (np.diff(self.root) >= 0).all() else table.take(np.argsort(self.root, kind="stable"))


@dataclass(frozen=True)
class Gather:
    """What a `@gather` function gives. Rows are Arrow tables; the engine adds their `part`, which `settle` hands on.

    `collect` gives rows with a whole number `partition`: what has to meet has the same one. `settle` sees all rows of
    some partitions, in no order, and gives those that matter. `decide` sees what was settled for one part, never its
    text, and gives decisions: `key` with `drop` (why) and perhaps `keeper`, or with `start`, `end`, `replacement` for
    a cut, or with any other column, which becomes a field.
    """

    collect: Callable[[Batch], pa.Table]
    settle: Callable[[pa.Table], pa.Table]
    decide: Callable[[pa.Table], pa.Table] = lambda settled: settled
