"""SFT examples for trainers: OpenAI messages, ShareGPT, Alpaca, and questions with answers. A line or an entry each."""

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
def sharegpt(docs: Iterable[Doc], out: BinaryIO) -> None:
    """ShareGPT's form: {"conversations": [{"from": "human" or "gpt", "value"}, ...], "id", "source"}."""
    for doc in docs:
        if unknown := {one["role"] for one in said(doc)} - FROM.keys():
            raise CurateError(
                f"sharegpt: example {doc.key.hex()} has the role {unknown.pop()!r}; there is {', '.join(FROM)}"
            )
        turns = [{"from": FROM[one["role"]], "value": one["content"]} for one in said(doc)]
        write_line(out, {"conversations": turns, "id": doc.key.hex(), "source": doc.source})


@curate.writer(".json")
def alpaca(docs: Iterable[Doc], out: BinaryIO) -> None:
    """Alpaca's form: {"instruction", "input", "output", "system", "history": [[q, a], ...]}."""
    write_array(out, map(alpaca_row, docs))


@curate.writer(".json")
def questions(docs: Iterable[Doc], out: BinaryIO) -> None:
    """{"questions": [...], "answers": [...], "instruction": system prompt}: an entry for each document's neighbours."""
    write_array(out, question_rows(docs))


def alpaca_row(doc: Doc) -> dict[str, Any]:
    """One example: the last exchange is instruction and output, those before it are history."""
    system, pairs = exchanges(doc, "alpaca")
    *history, (question, answer) = pairs
    return {
        "instruction": question,
        "input": "",
        "output": answer,
        "system": system,
        "history": list(map(list, history)),
    }


def question_rows(docs: Iterable[Doc]) -> Iterator[dict[str, Any]]:
    """The single-turn examples of one document side by side as one entry; one of several turns has its own."""

    def document(doc: Doc) -> tuple[Any, ...]:
        alone = doc.parent is None or len(exchanges(doc, "questions")[1]) > 1
        return (doc.key,) if alone else (doc.parent, exchanges(doc, "questions")[0])

    for _, group in groupby(docs, document):
        told = [exchanges(doc, "questions") for doc in group]
        pairs = [pair for _, several in told for pair in several]
        yield {
            "questions": [question for question, _ in pairs],
            "answers": [answer for _, answer in pairs],
            "instruction": told[0][0],
        }


def said(doc: Doc) -> list[dict[str, str]]:
    """The messages of an example; raises `CurateError` for a document, which has none."""
    if not doc.messages:
        raise CurateError(f"document {doc.key.hex()} has no messages: only examples can be written in this form")
    return doc.messages


def exchanges(doc: Doc, form: str) -> tuple[str, list[tuple[str, str]]]:
    """The system prompt and the (question, answer) pairs; raises `CurateError` for messages that are not such."""
    turns = said(doc)
    system = turns[0]["content"] if turns[0]["role"] == "system" else ""
    rest = turns[1:] if turns[0]["role"] == "system" else turns
    if not rest or [one["role"] for one in rest] != ["user", "assistant"] * (len(rest) // 2):
        wanted = "a question and an answer in turn, after at most one system prompt"
        raise CurateError(f"{form}: example {doc.key.hex()} is not {wanted}; write `format: messages`, which holds any")
    contents = [one["content"] for one in rest]
    return system, list(zip(contents[::2], contents[1::2], strict=True))


def write_line(out: BinaryIO, row: Mapping[str, Any]) -> None:
    """One JSON object as a line of UTF-8."""
    out.write(orjson.dumps(row) + b"\n")


def write_array(out: BinaryIO, rows: Iterable[Mapping[str, Any]]) -> None:
    """A JSON array with an entry a line, written as it comes."""
    before = b"["
    for row in rows:
        out.write(before + b"\n" + orjson.dumps(row))
        before = b","
    out.write(b"[]\n" if before == b"[" else b"\n]\n")
