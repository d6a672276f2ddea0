"""Steps that change what a document is: edits of its text, and expansion into more of them."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa

from curate.data import MESSAGES, SCHEMA, Batch, Doc, Marks, key_of, valid
from curate.errors import Wrong
from curate.origin import ORIGIN, apply_cuts, cut_origin, realign
from curate.steps import Step, Tally

KNOWN, KNOWN_CHARS = 10_000, 300  # so many texts of up to that length are remembered
CUT = (int | np.integer, int | np.integer, str)  # what start, end and replacement have to be
EDITED = {"text": pa.large_string(), "messages": MESSAGES, "origin": ORIGIN}
NAMED = ("id", "uri", "meta")  # what a document has besides its text that may say who it is of


class Edit(Step):
    """New text, or cuts in it. What is marked leaves before an edit; of an example each message is edited."""

    def __call__(self, batch: Batch) -> Batch:
        """The survivors, edited; by an edit that scrubs not in their texts alone, so that no later step quotes it."""
        batch = batch.survivors()
        batch = self.rewrite(batch, batch.marks)
        return self.scrub(batch) if self.about.scrubs else batch

    @cached_property
    def known(self) -> dict[str, str]:
        """What was last made of short texts: a document's id and path are looked at where it is and in the ledger."""
        return {}

    def scrub(self, batch: Batch) -> Batch:
        """The batch with the edit put to what documents have besides a text: id, uri, meta and their fields."""
        asked = np.flatnonzero(self.concerns(batch))
        columns: dict[str, pa.Array] = {}
        names = (batch[name].take(pa.array(asked)).to_pylist() for name in NAMED)
        self.cleaned(chain.from_iterable(names), batch.table.schema)  # asked in one go, and remembered
        for field in batch.table.schema:
            if field.name in SCHEMA.names and field.name not in NAMED:
                continue
            values = batch[field.name].to_pylist()
            if field.name == "meta":
                clean = self.clean_metas({values[row] for row in asked}, batch.table.schema)
            elif pa.types.is_string(field.type) or pa.types.is_integer(field.type) or pa.types.is_floating(field.type):
                context = "" if field.name in NAMED else f"{field.name}: "
                clean = self.clean_values({values[row] for row in asked}, context, batch.table.schema)
            else:
                continue
            if clean:
                for row in asked:
                    values[row] = clean.get(values[row], values[row])
                columns[field.name] = pa.array(values, field.type)
        return batch.with_columns(columns) if columns else batch

    def scrub_marks(self, marks: Marks, schema: pa.Schema = SCHEMA) -> None:
        """Put the edit to what the ledger tells in words: ids, uris, reasons, also of what could not be read."""
        told = (marks.fixed["id"], marks.fixed["uri"], marks.reason, marks.language)
        sources, named = marks.fixed["source"], self.line.sources
        rows = [row for row in range(len(marks)) if not named or sources[row] in named]
        if clean := self.cleaned((words[row] for words in told for row in rows), schema):
            for words in told:
                for row in rows:
                    words[row] = clean.get(words[row], words[row])

    def scrub_ledger(self, table: pa.Table) -> pa.Table:
        """The same for rows of a ledger that were written before the edit acted."""
        columns = {name: table[name].to_pylist() for name in ("id", "uri", "reason", "language")}
        sources, named = table["source"].to_pylist(), self.line.sources
        rows = [row for row, source in enumerate(sources) if not named or source in named]
        if clean := self.cleaned(words[row] for words in columns.values() for row in rows):
            for name, words in columns.items():
                for row in rows:
                    words[row] = clean.get(words[row], words[row])
                table = table.set_column(table.schema.get_field_index(name), name, pa.array(words, pa.string()))
        return table

    def cleaned(self, texts: Iterable[str | None], schema: pa.Schema = SCHEMA) -> dict[str, str]:
        """Text → what the edit makes of it, where that is another; nothing where the edit fails."""
        asked = [str(text) for text in dict.fromkeys(texts) if text not in (None, "")]  # a `Drop` is false
        known = {text: self.known[text] for text in asked if text in self.known}
        if new := [text for text in asked if text not in known]:
            columns, errors = self.ask(bare(new, schema))
            answers = enumerate(zip(new, columns[self.label], strict=True))
            found = {text: "" if row in errors else text_after(text, answer) for row, (text, answer) in answers}
            if len(self.known) > KNOWN:
                self.known.clear()
            self.known |= {text: after for text, after in found.items() if len(text) < KNOWN_CHARS}
            known |= found
        return {text: after for text, after in known.items() if after != text}

    def clean_values(self, values: Iterable[Any], context: str, schema: pa.Schema) -> dict[Any, Any]:
        """Value → what the edit makes of it behind `context`, where that is another; of a number nothing is left."""
        spoken = {value: f"{context}{spoken_value(value)}" for value in values if value not in (None, "")}
        clean = self.cleaned(spoken.values(), schema)
        return {
            value: clean[said].removeprefix(context) if isinstance(value, str) else None
            for value, said in spoken.items()
            if said in clean
        }

    def clean_metas(self, metas: Iterable[str], schema: pa.Schema) -> dict[str, str]:
        """Meta → itself with each key, text and number in it edited; what is not changed stays what it is."""
        metas = [meta for meta in metas if meta and meta != "{}"]
        touched = self.cleaned(metas, schema).keys() | {meta for meta in metas if "\\u" in meta}
        parsed = {meta: json.loads(meta) for meta in sorted(touched)}
        spoken = dict.fromkeys(said for value in parsed.values() for said in leaves(value))
        clean = self.cleaned(spoken, schema)
        new = {meta: json.dumps(without(value, clean), ensure_ascii=False) for meta, value in parsed.items()}
        left = self.cleaned(new.values(), schema)  # what only shows across several values goes with all of them
        return {meta: "{}" if after in left else after for meta, after in new.items()}

    def rewrite(self, batch: Batch, marks: Marks | None = None) -> Batch:
        """The batch with its texts edited; without marks nothing is noted, and of a text that errs nothing is left.

        Without marks it is put to what was dropped, so that a step that costs much is asked of it, too.
        """
        kinds = batch.among("kind", self.line.kinds) if self.line.kinds else np.ones(len(batch), bool)
        asked = np.flatnonzero(self.concerns(batch) & (kinds if marks is None else self.applies(batch)))
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
        else:
            touched |= {owners[piece] for piece in errors}
            answers = ["" if piece in errors else answer for piece, answer in enumerate(answers)]
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
        if wrong := next((cut for cut in answer if not all(map(isinstance, cut, CUT))), None):
            got = ", ".join(type(one).__name__ for one in wrong)
            raise Wrong(f"expected cuts of (whole number, whole number, text), got ({got})")
        cuts = [(start, end, valid(replacement)) for start, end, replacement in answer]
        apply_cuts(doc.text, cuts)
        return {self.label: cuts}


def bare(texts: Sequence[str], schema: pa.Schema = SCHEMA) -> Batch:
    """Texts that are no document's as a batch with the columns of one."""
    filled = {"id": "", "source": "", "kind": "text", "uri": "", "meta": "{}"}
    columns = [
        pa.array(texts, field.type)
        if field.name == "text"
        else pa.array([key_of(text) for text in texts], field.type)  # what a worker died of is known by it
        if field.name == "key"
        else pa.repeat(pa.scalar(filled[field.name], field.type), len(texts))
        if field.name in filled
        else pa.nulls(len(texts), field.type)
        for field in schema
    ]
    return Batch(pa.RecordBatch.from_arrays(columns, schema=schema.remove_metadata()))


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
                got = "a Doc without" if isinstance(child, Doc) else type(child).__name__
                raise Wrong(f"expected Docs with a span, such as doc.part(start, end); got {got}")
            span = tuple(map(int, child.span))
            child.parent, child.key = doc.key, key_of(doc.key, self.label, list(span), seen[span])
            child.source, child.uri, child.id = doc.source, doc.uri, child.id or doc.id
            seen[span] += 1
        return {self.label: children}
