"""SFT examples for trainers: OpenAI messages, ShareGPT, Alpaca, and questions with answers. A line or an entry each.

A writer gives how many examples its form cannot hold; `messages` holds any.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, BinaryIO

import orjson

import curate
from curate import CurateError, Doc

Messages = Sequence[Mapping[str, str]]
FROM = {"system": "system", "user": "human", "assistant": "gpt", "tool": "observation"}


@curate.writer(".jsonl")
def messages(docs: Iterable[Doc], out: BinaryIO) -> None:
    """OpenAI's form: {"messages": [{"role", "content"}, ...], "id", "source", "meta"}; the meta is a JSON string."""
    for doc in docs:
        row = doc.row()
        write_line(out, {"messages": said(doc), "id": doc.key.hex(), "source": doc.source, "meta": row["meta"]})


@curate.writer(".jsonl")
def sharegpt(docs: Iterable[Doc], out: BinaryIO) -> int:
    """ShareGPT's form: {"conversations": [{"from": "human" or "gpt", "value"}, ...], "id", "source"}."""
    left_out = 0
    for doc in docs:
        if {one["role"] for one in said(doc)} - FROM.keys():
            left_out += 1
            continue
        turns = [{"from": FROM[one["role"]], "value": one["content"]} for one in said(doc)]
        write_line(out, {"conversations": turns, "id": doc.key.hex(), "source": doc.source})
    return left_out


@curate.writer(".json")
def alpaca(docs: Iterable[Doc], out: BinaryIO) -> int:
    """Alpaca's form: {"instruction", "input", "output", "system", "history": [[q, a], ...]}."""
    return write_array(out, map(alpaca_row, docs))


@curate.writer(".json")
def questions(docs: Iterable[Doc], out: BinaryIO) -> int:
    """{"questions": [...], "answers": [...], "instruction": system prompt}: an entry for each document's neighbours."""
    return write_array(out, question_rows(docs))


def alpaca_row(doc: Doc) -> dict[str, Any] | None:
    """One example: the last exchange is instruction and output, those before it are history."""
    system, pairs = exchanges(doc)
    if not pairs:
        return None
    *history, (question, answer) = pairs
    return {
        "instruction": question,
        "input": "",
        "output": answer,
        "system": system,
        "history": list(map(list, history)),
    }


def question_rows(docs: Iterable[Doc]) -> Iterator[dict[str, Any] | None]:
    """The single-turn examples of one document side by side as one entry; one of several turns has its own."""

    def document(doc: Doc) -> tuple[Any, ...]:
        system, pairs = exchanges(doc)
        return (doc.key,) if len(pairs) != 1 else (doc.parent or doc.key, system)

    for _, group in groupby(docs, document):
        told = [exchanges(doc) for doc in group]
        pairs = [pair for _, several in told for pair in several]
        row = {"questions": [question for question, _ in pairs], "answers": [answer for _, answer in pairs]}
        yield row | {"instruction": told[0][0]} if pairs else None


def said(doc: Doc) -> list[dict[str, str]]:
    """The messages of an example; raises `CurateError` for a document, which has none."""
    if not doc.messages:
        raise CurateError(f"document {doc.key.hex()} has no messages: only examples can be written in this form")
    return doc.messages


def exchanges(doc: Doc) -> tuple[str, list[tuple[str, str]]]:
    """The system prompt and the (question, answer) pairs; no pair where the messages are not in turn."""
    turns = said(doc)
    system = turns[0]["content"] if turns[0]["role"] == "system" else ""
    rest = turns[1:] if turns[0]["role"] == "system" else turns
    if [one["role"] for one in rest] != ["user", "assistant"] * (len(rest) // 2):
        return system, []
    contents = [one["content"] for one in rest]
    return system, list(zip(contents[::2], contents[1::2], strict=True))


def write_line(out: BinaryIO, row: Mapping[str, Any]) -> None:
    """One JSON object as a line of UTF-8."""
    out.write(orjson.dumps(row) + b"\n")


def write_array(out: BinaryIO, rows: Iterable[Mapping[str, Any] | None]) -> int:
    """A JSON array with an entry a line, written as it comes; gives how many rows were none."""
    before, none = b"[", 0
    for row in rows:
        if not row:
            none += 1
            continue
        out.write(before + b"\n" + orjson.dumps(row))
        before = b","
    out.write(b"[]\n" if before == b"[" else b"\n]\n")
    return none
