"""Edits that remove personal data or secrets: put to all that a document has, so that nothing quotes it any more."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curate.data import SCHEMA, Batch, Doc, Drop, Marks, key_of
from curate.edits import Edit, text_after
from curate.personal.found import Found
from curate.plugins import PERSONAL

Clean = dict[int, dict[str, str]]  # row → what was said of its document → what is left of that, where it is another
CONTENT = ("text", "messages", "origin")
OWN = "_"  # fields whose names begin so are for a step that scrubs alone, and go once it has acted


class Scrub(Edit):
    """An edit put to text, id, path, reason, meta and fields alike; it gets all pieces of a document in one batch.

    Pieces have the key of their document; its texts stand first, then one with all the rest, a line each. Where
    something is found in that, its lines are asked one by one, the texts beside them once more: who is meant by a name
    may only be told by the text.
    """

    def __call__(self, batch: Batch) -> Batch:
        """The survivors without what the edit removes."""
        batch = batch.survivors()
        return self.clean(batch, np.flatnonzero(self.concerns(batch) & self.applies(batch)))

    def clean_removed(self, batch: Batch) -> Batch:
        """The same for documents that were dropped; nothing is noted, and an edit that costs much acts on them, too."""
        kinds = batch.among("kind", self.line.kinds) if self.line.kinds else np.ones(len(batch), bool)
        return self.clean(batch, np.flatnonzero(self.concerns(batch) & kinds), noted=False)

    def clean_names(self, batch: Batch) -> Batch:
        """The batch with the edit put to what documents have besides their texts."""
        return self.clean(batch, np.zeros(0, int), noted=False)

    def clean(self, batch: Batch, asked: np.ndarray, noted: bool = True) -> Batch:
        """The batch, scrubbed: the texts of the rows `asked`, and the names of all that the line concerns."""
        texts, owners = self.pieces(batch, asked)
        rows = np.flatnonzero(self.concerns(batch)).tolist()
        besides = [(row, "\n".join(said)) for row, said in spoken(batch, rows) if said]
        columns, errors = self.ask(pieces_of(batch, texts["text"], owners, besides))
        answers, more = columns[self.label][: len(owners)], columns[self.label][len(owners) :]
        of_names = {
            row
            for at, ((row, said), answer) in enumerate(zip(besides, more, strict=True), len(owners))
            if left_of(said, answer, at in errors) != said
        }
        errors = {piece: why for piece, why in errors.items() if piece < len(owners)}
        if noted:
            self.count(batch, [row for row, _ in besides], more)
        batch.marks.named.setdefault(self.label, set()).update(batch.rows[rows].tolist())
        new = self.rewritten(batch, owners, texts["text"], answers, errors, noted)
        if of_names:
            new = renamed(new, self.clean_spoken(batch, sorted(of_names), texts, owners))
        return new

    def clean_spoken(self, batch: Batch, rows: Sequence[int], texts: Batch, owners: Sequence[int]) -> Clean:
        """What is left of each thing said of some documents besides their texts, which stand by."""
        beside = np.flatnonzero(np.isin(owners, rows)) if len(owners) else np.zeros(0, int)
        said = [(row, one) for row, everything in spoken(batch, rows) for one in everything]
        pieces = pieces_of(batch, texts["text"].take(pa.array(beside)), [owners[at] for at in beside.tolist()], said)
        columns, errors = self.ask(pieces)
        clean: Clean = {}
        for at, (row, one) in enumerate(said, len(beside)):
            after = left_of(one, columns[self.label][at], at in errors)
            if after != one:
                clean.setdefault(row, {})[one] = after
        return clean

    def clean_marks(self, marks: Marks) -> None:
        """Put the edit to what the ledger tells of documents that it did not see, such as those that are unreadable."""
        sources, named = marks.fixed["source"], self.line.sources
        rows = [row for row in range(len(marks)) if not named or sources[row] in named]
        seen = marks.named.get(self.label, ())
        unseen = [row for row in rows if row not in seen]
        told = [(words, unseen) for words in (marks.fixed["id"], marks.fixed["uri"], marks.reason)]
        told.append((marks.language, rows))
        if clean := self.cleaned(words[row] for words, mine in told for row in mine):
            for words, mine in told:
                for row in mine:
                    words[row] = clean.get(words[row], words[row])

    def clean_ledger(self, table: pa.Table, named: pa.Table) -> pa.Table:
        """The same for a ledger's rows of before the edit acted; `named` has key, id and uri of after it."""
        found = pc.index_in(table["key"].combine_chunks(), named["key"].combine_chunks())
        columns = {name: table[name].to_pylist() for name in ("id", "uri", "reason", "language")}
        for name in ("id", "uri"):
            later = named[name].combine_chunks().take(found).to_pylist()
            columns[name] = [old if new is None else new for old, new in zip(columns[name], later, strict=True)]
        sources, mine = table["source"].to_pylist(), self.line.sources
        rows = [row for row, source in enumerate(sources) if not mine or source in mine]
        clean = self.cleaned(words[row] for words in columns.values() for row in rows)
        for name, words in columns.items():
            for row in rows:
                words[row] = clean.get(words[row], words[row])
            table = table.set_column(table.schema.get_field_index(name), name, pa.array(words, pa.string()))
        return table

    def cleaned(self, texts: Iterable[str | None]) -> dict[str, str]:
        """Text → what the edit makes of it, where that is another."""
        asked = [str(text) for text in dict.fromkeys(texts) if text not in (None, "")]  # a `Drop` is false
        answers, errors = self.ask_bare(asked)
        left = [left_of(asked[row], answer, row in errors) for row, answer in enumerate(answers)]
        return {text: after for text, after in zip(asked, left, strict=True) if after != text}

    def find(self, texts: Sequence[str]) -> list[list[Found]]:
        """What it would take out of texts that are no document's; raises what the plugin raises.

        It goes without the guard over documents: a step asks this while it is itself at one.
        """
        if self.about.finds:
            return [[*found] for found in self.about.finds(texts, self.call.keywords["state"])]
        if "doc" in self.impl.argnames:
            answers = [self.ask_doc(Doc(text))[self.label] for text in texts]
        else:
            others, column = blank(len(texts)), pa.array(texts, SCHEMA.field("text").type)
            table = others.table.set_column(SCHEMA.names.index("text"), SCHEMA.field("text"), column)
            answers = self.ask_batch(Batch(table, others.marks, others.rows))[self.label]
        return [taken_out(text, answer) for text, answer in zip(texts, answers, strict=True)]

    def ask_bare(self, texts: Sequence[str]) -> tuple[Sequence[Any], Mapping[int, str]]:
        """The answers for texts that are no document's, and which have none, and why."""
        columns, errors = self.ask(bare(texts))
        return columns[self.label], errors


def left_of(said: str, answer: Any, failed: bool) -> str:
    """What is left of what was said of a document: nothing where the edit failed, or says that the whole has to go."""
    return "" if failed or isinstance(answer, Drop) else text_after(said, answer)


def spoken(batch: Batch, rows: Sequence[int]) -> Iterator[tuple[int, list[str]]]:
    """What is said of some documents besides their texts, each behind the name it has, which may say what it is."""
    fields = [field.name for field in batch.table.schema if is_told(field)]
    columns = {name: batch[name].to_pylist() for name in ("id", "uri", "meta", *fields)}
    reasons = batch.marks.reason[batch.rows]
    for row in rows:
        said = [value for name in ("id", "uri") if (value := columns[name][row])]
        for name in fields:
            if (value := columns[name][row]) not in (None, ""):
                said.append(f"{name}: {spoken_value(value)}")
        if (meta := columns["meta"][row]) and meta != "{}":
            said += leaves(json.loads(meta))
        yield row, said + ([str(reasons[row])] if reasons[row] else [])


def is_told(field: pa.Field) -> bool:
    """Whether a column is a field of texts or numbers that a step or a source added."""
    told = pa.types.is_string(field.type) or pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
    return told and field.name not in SCHEMA.names and not field.name.startswith(OWN)


def pieces_of(batch: Batch, texts: pa.Array, owners: Sequence[int], besides: Sequence[tuple[int, str]]) -> Batch:
    """Texts and what is said besides as a batch with the columns of their documents, each with its document's key."""
    beside = [row for row, _ in besides]
    rows = pa.array([*owners, *beside], pa.int64())
    # A list in meta may hold thousands of things: with the meta beside each, 200 kB would become gigabytes.
    first = [at == 0 or row != beside[at - 1] for at, row in enumerate(beside)]
    once = pa.array([*owners, *(row if new else None for row, new in zip(beside, first, strict=True))], pa.int64())
    columns = {
        field.name: pa.nulls(len(rows), field.type)
        if field.name in CONTENT
        else batch[field.name].take(rows if field.name in SCHEMA.names and field.name != "meta" else once)
        for field in batch.table.schema
    }
    columns["meta"] = pc.fill_null(columns["meta"], "{}")
    columns["text"] = pa.concat_arrays([texts, pa.array([said for _, said in besides], texts.type)])
    return Batch(pa.RecordBatch.from_arrays(list(columns.values()), schema=batch.table.schema.remove_metadata()))


def renamed(batch: Batch, clean: Clean) -> Batch:
    """The batch, and its rows in the ledger, with what is left of the things that were said of documents."""
    columns: dict[str, pa.Array] = {}
    for field in batch.table.schema:
        if field.name in ("id", "uri", "meta") or is_told(field):
            values = batch[field.name].to_pylist()
            new = {row: value_after(field.name, values[row], left) for row, left in clean.items()}
            if any(values[row] != value for row, value in new.items()):
                columns[field.name] = pa.array([new.get(row, value) for row, value in enumerate(values)], field.type)
    marks = batch.marks
    for row, left in clean.items():
        at = batch.rows[row]
        for words in (marks.fixed["id"], marks.fixed["uri"], marks.reason):
            words[at] = left.get(str(words[at]), words[at])
    return batch.with_columns(columns) if columns else batch


def value_after(name: str, value: Any, left: Mapping[str, str]) -> Any:
    """What is left of a value of a document; of a number nothing is."""
    if name in ("id", "uri"):
        return left.get(value, value)
    if name == "meta":
        parsed = json.loads(value) if value and value != "{}" else {}
        return json.dumps(new, ensure_ascii=False) if (new := without(parsed, left)) != parsed else value
    said = None if value in (None, "") else left.get(f"{name}: {spoken_value(value)}")
    return value if said is None else said.removeprefix(f"{name}: ") if isinstance(value, str) else None


def without_own(batch: Batch) -> Batch:
    """The batch without the fields that are for a step that scrubs alone."""
    own = [name for name in batch.table.schema.names if name.startswith(OWN)]
    return Batch(batch.table.drop_columns(own), batch.marks, batch.rows) if own else batch


def bare(texts: Sequence[str]) -> Batch:
    """Texts that are no document's as a batch; each is alone."""
    filled = {"id": "", "source": "", "kind": "text", "uri": "", "meta": "{}"}
    columns = {
        field.name: pa.repeat(pa.scalar(filled[field.name], field.type), len(texts))
        if field.name in filled
        else pa.nulls(len(texts), field.type)
        for field in SCHEMA
    }
    columns["text"] = pa.array(texts, SCHEMA.field("text").type)
    columns["key"] = pa.array([key_of(text) for text in texts], SCHEMA.field("key").type)  # a worker may die of it
    return Batch(pa.RecordBatch.from_arrays(list(columns.values()), schema=SCHEMA))


@lru_cache(maxsize=100)
def blank(count: int) -> Batch:
    """So many texts of nobody's but for what they say: the rest of a batch takes 100 µs to make."""
    return bare([str(at) for at in range(count)])


def taken_out(text: str, answer: Any) -> list[Found]:
    """What an edit's answer takes out of a text, and what it says that is."""
    if answer is None or isinstance(answer, list):
        cuts = [cut for cut in answer or () if cut[2] != text[cut[0] : cut[1]]]  # a pseudonym is found and left
        return [Found(cut[0], cut[1], cut[3] if len(cut) > 3 else PERSONAL) for cut in cuts]
    if isinstance(answer, Drop):
        return [Found(0, len(text), PERSONAL)]
    if answer == text:
        return []
    start = alike(text, answer)
    return [Found(start, len(text) - alike(text[start:][::-1], answer[start:][::-1]), PERSONAL)]


def alike(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    shorter = min(len(one), len(other))
    return next((at for at in range(shorter) if one[at] != other[at]), shorter)


def spoken_value(value: Any) -> str:
    """A value as a person would write it: a whole number without its `.0`."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def leaves(value: Any, context: str = "") -> Iterator[str]:
    """Every key, text and number of a parsed meta as a text, behind its key, which may say what it is."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from leaves(one, f"{key}: ")
    elif isinstance(value, list):
        for one in value:
            yield from leaves(one, context)
    elif value is not None and not isinstance(value, bool):
        yield f"{context}{spoken_value(value)}"


def without(value: Any, clean: Mapping[str, str], context: str = "") -> Any:
    """A parsed meta with its keys, texts and numbers as `clean` has them; what is not in it stays what it is."""
    if isinstance(value, dict):
        return {clean.get(key, key): without(one, clean, f"{key}: ") for key, one in value.items()}
    if isinstance(value, list):
        return [without(one, clean, context) for one in value]
    if value is None or isinstance(value, bool):
        return value
    said = clean.get(f"{context}{spoken_value(value)}")
    if said is None:
        return value
    key = context.removesuffix(": ")
    heads = [head for head in (context, f"{clean.get(key, key)}: ") if head and said.startswith(head)]
    return said[len(heads[0]) :] if heads else said
