"""What differs between the steps of two runs: limits, options, sources, code, libraries, and which there are."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from curate.rules import Rule
from curate.terminal import said_limit


@dataclass(frozen=True)
class Difference:
    """One thing about a step that is not the same in two runs; `before` and `after` are those of each."""

    step: str
    what: str  # added, removed, moved, limit, option, sources, code, library
    name: str = ""  # of the option, or of the ledger's column that is limited
    language: str = ""  # whose limit it is; "" for all that have none of their own
    before: Any = None
    after: Any = None


def differences(one: Sequence[Rule], other: Sequence[Rule]) -> list[Difference]:
    """All that differs between the steps of two runs, in the order of the steps."""
    mine, theirs = {rule.label: rule for rule in one}, {rule.label: rule for rule in other}
    stayed = in_order(list(mine), list(theirs))
    found = []
    for label in merged(list(mine), list(theirs)):
        if label not in mine or label not in theirs:
            found.append(Difference(label, "added" if label in theirs else "removed"))
            continue
        found += [Difference(label, "moved")] * (label not in stayed)
        found += step_differences(mine[label], theirs[label])
    return found


def in_order(one: Sequence[str], other: Sequence[str]) -> set[str]:
    """The labels whose order is the same in both lists."""
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    return {label for block in blocks for label in one[block.a : block.a + block.size]}


def merged(one: Sequence[str], other: Sequence[str]) -> list[str]:
    """The labels of both lists: those of the second, each of the first alone behind the one that it stood behind."""
    labels = list(other)
    for at, label in enumerate(one):
        if label not in other:
            labels.insert(labels.index(one[at - 1]) + 1 if at else 0, label)
    return labels


def step_differences(one: Rule, other: Rule) -> Iterator[Difference]:
    """What differs in one step of two runs."""
    for language in sorted({*one.limits, *other.limits}):
        mine, theirs = (rule.limits.get(language, rule.limits.get("", {})) for rule in (one, other))
        for column in dict.fromkeys((*mine, *theirs)):
            before, after = (tuple(pairs.get(column, (None, None))) for pairs in (mine, theirs))
            general = tuple(tuple(rule.limits.get("", {}).get(column, (None, None))) for rule in (one, other))
            if before != after and (not language or (before, after) != general):
                yield Difference(one.label, "limit", column, language, list(before), list(after))
    own, others = (flat(bare_options(rule)) for rule in (one, other))
    for name in dict.fromkeys((*own, *others)):
        if own.get(name) != others.get(name):
            yield Difference(one.label, "option", name, "", own.get(name), others.get(name))
    for name in ("sources", "spared"):
        asked, answered = (list(getattr(rule, name)) for rule in (one, other))
        if asked != answered:
            yield Difference(one.label, "sources", name, "", asked, answered)
    yield from code_differences(one, other)


def code_differences(one: Rule, other: Rule) -> Iterator[Difference]:
    """The plugin's own files, and the libraries whose versions its decorator declares."""
    split = ([said.partition(" ") for said in rule.code] for rule in (one, other))
    libraries = [{name: version for name, space, version in said if space} for said in split]
    files = [sorted(said for said in rule.code if " " not in said) for rule in (one, other)]
    if files[0] != files[1]:
        yield Difference(one.label, "code", "", "", files[0], files[1])
    for name in sorted({*libraries[0], *libraries[1]}):
        before, after = (known.get(name) for known in libraries)
        if before != after:
            yield Difference(one.label, "library", name, "", before, after)


def bare_options(rule: Rule) -> dict[str, Any]:
    """The options that are neither limits nor sources."""
    values = {column.partition(".")[2] for column in rule.limits.get("", {})}
    limits = {"min", "max", *values, *rule.limits} if rule.limits else set()
    return {name: value for name, value in rule.options.items() if name not in limits and name != "sources"}


def flat(data: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """A mapping of mappings as one, its keys joined by dots."""
    found: dict[str, Any] = {}
    for key, value in data.items():
        found |= flat(value, f"{before}{key}.") if isinstance(value, Mapping) and value else {f"{before}{key}": value}
    return found


def said_difference(one: Difference) -> str:
    """A difference in words."""
    if one.what in ("added", "removed", "moved"):
        return f"{one.step}: the step was {one.what}"
    if one.what == "code":
        return f"{one.step}: the plugin's code changed"
    if one.what == "limit":
        before, after = (said_limit(*pair) for pair in (one.before, one.after))
        return f"{one.name}{f' ({one.language})' if one.language else ''}: {before} → {after}"
    if one.what == "sources":
        what = "its sources" if one.name == "sources" else "domain sources, which it only measures"
        none = "all" if one.name == "sources" else "none"
        return f"{one.step}: {what}: {' → '.join(', '.join(names) or none for names in (one.before, one.after))}"
    before, after = ("none" if value is None else said_option(value) for value in (one.before, one.after))
    name = f"{one.step}: {one.name}" if one.what == "library" else f"{one.step}.{one.name}:"
    return f"{name} {before} → {after}"


def said_option(value: Any) -> str:
    """An option's value as a recipe may write it."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(said_option, value))}]"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
