"""Steps that change what a document is: edits of its text, and expansion into more of them."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from curate.data import MESSAGES, Batch, Doc, Drop, key_of, valid
from curate.errors import Wrong
from curate.origin import ORIGIN, apply_cuts, cut_origin, realign
from curate.steps import Columns, Step, Tally, listed

CUT = (int | np.integer, int | np.integer, str, str)  # what start, end, replacement and what was found have to be
EDITED = {"text": pa.large_string(), "messages": MESSAGES, "origin": ORIGIN}


class Edit(Step):
    """New text, or cuts in it. What is marked leaves before an edit; of an example each message is edited."""

    def __call__(self, batch: Batch) -> Batch:
        """The survivors, edited."""
        batch = batch.survivors()
        asked = np.flatnonzero(self.concerns(batch) & self.applies(batch))
        pieces, owners = self.pieces(batch, asked)
        columns, errors = self.ask(pieces)
        return self.rewritten(batch, owners, pieces["text"], columns[self.label], errors)

    def rewritten(
        self,
        batch: Batch,
        owners: Sequence[int],
        old: pa.Array,
        answers: Sequence[Any],
        errors: Mapping[int, str],
        noted: bool = True,
    ) -> Batch:
        """The batch with the answers for its texts put in place; `owners` says the row that each of them is of.

        Without `noted`, for what was dropped before, nothing goes to the marks; of a text that errs nothing is left.
        """
        touched = {row for row, new, text in zip(owners, answers, old, strict=True) if alters(new, text)}
        drops = {row: new for row, new in zip(owners, answers, strict=True) if isinstance(new, Drop)}
        if noted:
            self.fail(batch, "error", {owners[piece]: why for piece, why in errors.items()})
            self.fail(batch, "dropped", {row: valid(str(why)) for row, why in drops.items()})
            asked = np.unique(np.array(owners, int))
            changed = np.isin(asked, list(touched)).astype(np.float32)
            batch.marks.measure(f"{self.label}.changed", batch.rows[asked], changed)
            self.count(batch, owners, answers)
            self.tally += Tally(changed=len(touched))
        else:
            touched |= {owners[piece] for piece in errors} | drops.keys()
            answers = [
                "" if piece in errors or isinstance(answer, Drop) else answer for piece, answer in enumerate(answers)
            ]
        if not touched:
            return batch
        by_owner: dict[int, list[Any]] = {}
        for row, answer in zip(owners, answers, strict=True):
            by_owner.setdefault(row, []).append(answer)
        new = {row: edited(batch.doc(row), by_owner[row]) for row in sorted(touched)}
        if noted:
            self.fail(batch, "dropped", {row: "nothing is left" for row, doc in new.items() if not doc["text"].strip()})
        return batch.with_rows(new, EDITED)

    def count(self, batch: Batch, owners: Sequence[int], answers: Sequence[Any]) -> None:
        """Note how much of what was found in each document, where cuts say what they take out."""
        found: dict[str, Counter[int]] = {}
        for row, answer in zip(owners, answers, strict=True):
            for cut in answer if isinstance(answer, list) else ():
                for what in cut[3:]:
                    found.setdefault(what, Counter())[row] += 1
        for what, rows in sorted(found.items()):
            batch.marks.add_to(f"{self.label}.{what}", batch.rows[[*rows]], np.array([*rows.values()], np.float32))

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

    def many(self, answer: Any, batch: Batch) -> Columns:
        """An answer a text, each checked; no document is made where there is nothing to cut."""
        texts, answers = batch["text"], listed(answer, len(batch))
        checked = [
            one if one == [] else self.one(one, Doc(texts[row].as_py()))[self.label] for row, one in enumerate(answers)
        ]
        return {self.label: checked}

    def one(self, answer: Any, doc: Doc) -> dict[str, Any]:
        """The new text, cuts that fit, or why the document goes."""
        if isinstance(answer, Drop):
            return {self.label: answer}
        if isinstance(answer, str):
            return {self.label: valid(answer)}
        if not isinstance(answer, list) or not all(isinstance(cut, tuple) and len(cut) in (3, 4) for cut in answer):
            wanted = "expected the new text or cuts [(start, end, replacement), ...]"
            raise Wrong(f"{wanted}, got {type(answer).__name__}")
        if wrong := next((cut for cut in answer if not all(map(isinstance, cut, CUT))), None):
            got = ", ".join(type(one).__name__ for one in wrong)
            raise Wrong(f"expected cuts of (whole number, whole number, text), got ({got})")
        if wrong := next((cut for cut in answer if len(cut) > 3 and not re.fullmatch("[a-z][a-z0-9_]*", cut[3])), None):
            raise Wrong("expected the fourth of a cut, what it takes out, as a word of small letters, digits and _")
        cuts = [(start, end, valid(replacement), *what) for start, end, replacement, *what in answer]
        apply_cuts(doc.text, cuts)
        return {self.label: cuts}


def alters(answer: str | list[Any] | None, text: pa.Scalar) -> bool:
    """Whether an edit's answer may change a text; the text is looked at only where it has to be."""
    if isinstance(answer, list):
        return any(len(cut) == 3 or text.as_py()[cut[0] : cut[1]] != cut[2] for cut in answer)
    return isinstance(answer, str) and not isinstance(answer, Drop) and answer != text.as_py()


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
    if answer is None or isinstance(answer, Drop):
        return text
    return answer if isinstance(answer, str) else apply_cuts(text, answer)


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
