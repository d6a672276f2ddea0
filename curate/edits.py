"""Steps that change what a document is: edits of its text, and expansion into more of them."""

import json
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa

from curate.data import MESSAGES, Batch, Doc, Marks, key_of, valid
from curate.errors import Wrong
from curate.origin import ORIGIN, apply_cuts, cut_origin, realign
from curate.steps import Step, Tally

EDITED = {"text": pa.large_string(), "messages": MESSAGES, "origin": ORIGIN}


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
