"""What happened to one document, a step at a time: its values against the limits that they had to keep."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from curate.ledger import FIXED, MATCHES, Told, about_doc, meant_by, named
from curate.removal import REMOVED
from curate.rules import Rule
from curate.terminal import left, right, said_number, said_pair, width

GONE = ("dropped", "error")  # outcomes that end a document's way
WIDTH = 80
Row = tuple[str, str, str, str]  # name, value, limits, mark


def why(folder: Path, doc: str) -> dict[str, Any]:
    """The stories of the documents that a key, id, path or a piece of text means: how many, and the first of them."""
    told = Told.of(folder)
    keys = meant_by(folder, told, doc)
    rows = told.rows_of(keys[:MATCHES]).sort_by("stage").to_pylist()
    keepers = {row["key"]: about_doc(row) for row in reversed(told.rows_of(keepers_of(rows)).to_pylist())}
    stories = [story([row for row in rows if row["key"] == key], told.rules, keepers) for key in keys[:MATCHES]]
    return {"asked": doc, "found": len(keys), "documents": stories}


def keepers_of(rows: Iterable[Mapping[str, Any]]) -> list[bytes]:
    """The keys of the documents that stand for those that were dropped as their duplicates."""
    return [row["keeper"] for row in rows if row["keeper"]]


def story(
    rows: Sequence[Mapping[str, Any]], rules: Sequence[Rule], keepers: Mapping[bytes, dict[str, Any]]
) -> dict[str, Any]:
    """What happened to one document, a stage at a time, from its rows of the ledger in their order."""
    stages = [
        {name: row[name] for name in ("stage", "outcome", "step", "reason", "language")}
        | {"values": {name: value for name, value in row.items() if name not in FIXED and value is not None}}
        | {"steps": [about_step(row, step, columns, rules) for step, columns in measured(row, rules)]}
        | {"keeper": keepers.get(row["keeper"])}
        for row in rows
    ]
    last = next((row for row in reversed(rows) if row["outcome"] in GONE), None)
    kept = {"outcome": REMOVED if rows[0]["outcome"] == REMOVED else "kept", "step": None, "reason": None}
    ended = {name: last[name] for name in ("outcome", "step", "reason")} if last else kept
    return about_doc(rows[0]) | ended | {"stages": stages}


def measured(row: Mapping[str, Any], rules: Sequence[Rule]) -> list[tuple[str, list[str]]]:
    """The steps that have values in a row, each with the columns of these: those with limits in their order first."""
    order = {rule.label: list(rule.limits.get("", {})) for rule in rules}
    columns = [name for name, value in row.items() if name not in FIXED and value is not None]
    steps = [(step, list(own)) for step, own in groupby(columns, lambda name: name.partition(".")[0])]
    return [(step, sorted(own, key=lambda name: rank(order.get(step, ()), name))) for step, own in steps]


def rank(order: Sequence[str], name: str) -> int:
    """The place of a name, or one behind all others."""
    return order.index(name) if name in order else len(order)


def about_step(row: Mapping[str, Any], step: str, columns: Sequence[str], rules: Sequence[Rule]) -> dict[str, Any]:
    """What a step measured of a document, beside the limits for it; which of them dropped it."""
    rule = next((one for one in rules if one.label == step), None)
    values = [about_value(row, name, rule) for name in columns]
    failed = row["outcome"] == "dropped" and row["step"] == step
    first = next((value for value in values if value["outside"]), None) if failed else None
    for value in values:
        value["dropped_it"] = value is first
    kind, only = (rule.kind, only_measured(rule, row["source"])) if rule else (None, None)
    return {"step": step, "kind": kind, "only_measured": only, "values": values}


def about_value(row: Mapping[str, Any], column: str, rule: Rule | None) -> dict[str, Any]:
    """A value and its limits, and on which side of them it is."""
    language = rule.limited_as(row["language"]) if rule else ""
    general = rule.limits.get("", {}).get(column, (None, None)) if rule else (None, None)
    low, high = rule.limits.get(language, {}).get(column, general) if rule else general
    language = language if (low, high) != tuple(general) else ""  # it may have limits of its own for other values
    value = row[column]
    outside = "under" if low is not None and value < np.float32(low) else ""
    outside = outside or ("over" if high is not None and value > np.float32(high) else "")
    name = column.partition(".")[2] or column
    return {"name": name, "value": value, "low": low, "high": high, "limits_of": language, "outside": outside or None}


def only_measured(rule: Rule, source: str) -> str | None:
    """Why a step neither drops nor changes the documents of a source, if it does not."""
    if source in rule.spared:
        return f"{source} is a domain source"
    return f"it is for {', '.join(rule.sources)}" if rule.sources and source not in rule.sources else None


def said_why(answer: Mapping[str, Any]) -> list[str]:
    """What `why` gives, for people: a line a value."""
    stories = answer["documents"]
    lines = [line for one in stories for line in ("", *said_story(one))][1:]
    if more := answer["found"] - len(stories):
        lines += ["", f"... and {more:,} more match {answer['asked']!r}; a key tells of one alone"]
    return lines


def said_story(story: Mapping[str, Any]) -> list[str]:
    """The story of one document: each step with what it measured, and what became of it."""
    steps = [[rows_of(step) for step in stage["steps"]] for stage in story["stages"]]
    cells = [row for stage in steps for rows in stage for row in rows if row[1]]
    widths = [max((width(row[at]) for row in cells), default=0) for at in range(3)]
    languages = [stage["language"] for stage in story["stages"] if stage["language"]]
    lines = folded(named(story, languages[-1] if languages else ""))
    for stage, told in zip(story["stages"], steps, strict=True):
        lines += [said_row(row, widths) for rows in told for row in rows]
        if stage["outcome"] in GONE:
            did = "could not be read" if stage["step"] == "read" else f"{stage['outcome']} by {stage['step']}"
            lines += folded(f"→ {did}: {stage['reason']}")
            lines += folded(f"  kept: {named(stage['keeper'])}") if stage["keeper"] else []
    if story["outcome"] == REMOVED:
        lines.append("→ removed: removed.txt lists it, and no run brings it back")
    elif story["outcome"] == "kept":
        lines.append("→ kept")
    return lines


def rows_of(step: Mapping[str, Any]) -> list[Row]:
    """A step's values as rows of name, value, limits and mark; under its name where they are several."""
    label, values, only = step["step"], step["values"], step["only_measured"]
    if len(values) == 1 and not only:
        (value,) = values
        name = label if value["name"] in (label, "changed") else f"{label}.{value['name']}"
        return [row_of(step, value, f"  {name}")]
    head = f"  {label}" + (f": measured only, {only}" if only else "")
    return [(head, "", "", ""), *(row_of(step, value, f"    {value['name']}") for value in values)]


def row_of(step: Mapping[str, Any], value: Mapping[str, Any], name: str) -> Row:
    """A value, its limits, and a mark where it is outside."""
    told, limits = said_number(value["value"]), said_pair(value["low"], value["high"])
    if step["kind"] == "filter":
        told, limits = "true" if value["value"] else "false", "true"
    elif value["name"] == "changed":
        told = "changed" if value["value"] else "same"
    limits += f" ({value['limits_of']})" if limits and value["limits_of"] else ""
    outside = "✗ outside" if step["only_measured"] else "✗ outside, too"
    return name, told, limits, "✗ dropped it" if value["dropped_it"] else outside if value["outside"] else ""


def said_row(row: Row, widths: Sequence[int]) -> str:
    """A row in its columns; a head as it is."""
    name, value, limits, mark = row
    if not value:
        return name
    cells = (left(name, widths[0]), right(value, widths[1]), left(limits, widths[2]), mark)
    return "  ".join(cells).rstrip()


def folded(line: str) -> list[str]:
    """A line of parts with dots between them; parts that do not fit any more begin another line."""
    lines: list[str] = []
    for part in line.split(" · "):
        if lines and width(lines[-1]) + width(part) + 3 <= WIDTH:
            lines[-1] += f" · {part}"
        else:
            lines.append(f"  {part}" if lines else part)
    return lines
