"""Rows that are SFT examples already, recognised by their columns: OpenAI, ShareGPT, Alpaca, questions and answers."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from curate import Unreadable

Messages = list[dict[str, str]]
Row = Mapping[str, Any]
Format = tuple[Callable[[Row], Iterator[Messages | Unreadable]], tuple[str, ...]]
ROLES = {
    "system": "system", "developer": "system",
    "user": "user", "human": "user",
    "assistant": "assistant", "gpt": "assistant", "model": "assistant", "bot": "assistant",
    "function_call": "assistant",
    "tool": "tool", "function": "tool", "function_response": "tool", "observation": "tool",
}  # fmt: skip


def openai(row: Row) -> Iterator[Messages]:
    """``messages``: a list of {role, content}; content may be a list of text parts."""
    yield checked([message(said, "role", "content", at) for at, said in enumerate(listed(row, "messages"), 1)])


def sharegpt(row: Row) -> Iterator[Messages]:
    """``conversations``: a list of {from, value}, or of {role, content} as some files have it; a column ``system``."""
    turns = listed(row, "conversations")
    names = (
        ("from", "value") if all(isinstance(said, dict) and "from" in said for said in turns) else ("role", "content")
    )
    yield checked(told_before(row) + [message(said, *names, at) for at, said in enumerate(turns, 1)])


def alpaca(row: Row) -> Iterator[Messages]:
    """``instruction`` and ``output``, with ``input``, ``system`` and ``history`` where there are any."""
    asked = "\n".join(part for part in (row["instruction"], row.get("input")) if isinstance(part, str) and part.strip())
    turns = told_before(row)
    for pair in row.get("history") or []:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise Unreadable("broken_row", "a turn of history is not [question, answer]")
        turns += exchange(*pair)
    yield checked(turns + exchange(asked, row["output"]))


def paired(row: Row) -> Iterator[Messages | Unreadable]:
    """``questions`` and ``answers``, lists of one length: an example each. ``instruction``, a summary, stays meta."""
    questions, answers = listed(row, "questions"), listed(row, "answers")
    if len(questions) != len(answers):
        raise Unreadable("broken_row", f"{len(questions)} questions, {len(answers)} answers")
    for question, answer in zip(questions, answers, strict=True):
        try:
            yield exchange(question, answer)
        except Unreadable as error:
            yield error


# The columns that tell a format → what reads it, and which columns become messages; the others are meta.
FORMATS: Mapping[frozenset[str], Format] = {
    frozenset({"messages"}): (openai, ("messages",)),
    frozenset({"conversations"}): (sharegpt, ("conversations", "system")),
    frozenset({"questions", "answers"}): (paired, ("questions", "answers")),
    frozenset({"instruction", "output"}): (alpaca, ("instruction", "input", "output", "system", "history")),
}
TELLING = frozenset[str]().union(*FORMATS)


def format_of(row: Row) -> Format | None:
    """What reads the examples in this row, and from which columns; None where it is a document."""
    if TELLING.isdisjoint(row):
        return None
    # Parquet has every column in every row, so columns that are all null are not there.
    there = (columns for columns in FORMATS if columns <= row.keys() and any(row[name] is not None for name in columns))
    return next((FORMATS[columns] for columns in there), None)


def listed(row: Row, column: str) -> list[Any]:
    """The list in a column; raises `Unreadable` where it is none, or nothing is in it."""
    found = row[column]
    if not isinstance(found, list):
        raise Unreadable("broken_row", f"{column} is not a list")
    if not found:
        raise Unreadable("empty", f"nothing in {column}")
    return found


def message(said: Any, role: str, content: str, at: int) -> dict[str, str]:
    """One message with a role we know and its text."""
    if not isinstance(said, dict) or not isinstance(said.get(role), str):
        raise Unreadable("broken_row", f"message {at} has no {role}")
    known = ROLES.get(said[role].lower())
    if not known:
        raise Unreadable("broken_row", f"message {at} has an unknown role")
    text = said.get(content)
    if isinstance(text, list):
        text = joined(text)
    if not isinstance(text, str):
        raise Unreadable("broken_row", f"message {at} has no text in {content}")
    return {"role": known, "content": text}


def joined(parts: list[Any]) -> str | None:
    """The text of a message in parts; None where one is no text."""
    texts = [
        part.get("text") if isinstance(part, dict) and part.get("type", "text") == "text" else None for part in parts
    ]
    return None if any(not isinstance(text, str) for text in texts) else "\n".join(map(str, texts))


def told_before(row: Row) -> Messages:
    """The system prompt of a row, where there is one."""
    told = row.get("system")
    return [{"role": "system", "content": told}] if isinstance(told, str) and told.strip() else []


def exchange(question: Any, answer: Any) -> Messages:
    """A question and its answer; raises `Unreadable` where one is missing."""
    for text, name in ((question, "question"), (answer, "answer")):
        if not isinstance(text, str) or not text.strip():
            raise Unreadable("broken_row", f"no {name}")
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]


def checked(messages: Messages) -> Messages:
    """The messages, if somebody asks and the assistant has the last word; raises `Unreadable` otherwise."""
    if not any(said["role"] == "user" and said["content"].strip() for said in messages):
        raise Unreadable("broken_row", "no question")
    if messages[-1]["role"] != "assistant":
        raise Unreadable("broken_row", "no answer: the last message is not the assistant's")
    if any(said["role"] == "assistant" and not said["content"].strip() for said in messages):
        raise Unreadable("broken_row", "an empty answer")
    return messages
