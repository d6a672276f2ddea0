"""Runs beside each other: which documents changed verdict between two of them and why, and a table over many."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from curate.comparison.causes import CHANGES, Cause, Lost, causes, pair, unlike
from curate.comparison.differences import bare_options, differences, flat, said_difference, said_option
from curate.comparison.verdicts import FORGOTTEN, Verdicts
from curate.data import shares_of
from curate.ledger import about_doc, is_store, named
from curate.plan import digest
from curate.rules import Rule
from curate.terminal import said_limit, said_number, said_pair, shortened, table, width

ELSEWHERE = 5  # pairs of steps that are told of documents which neither run kept
GIVEN = "given"  # of a step or a block that not every run has
SHORT = 12  # columns of a run's name that need no number in its place
CELL = 28  # columns that an option's value may take in a table


def diff(first: Path, second: Path, most: int = 3) -> dict[str, Any]:
    """Which documents changed verdict from the first run to the second: counts and examples for each cause.

    Documents go by their keys. Causes are in the order of steps; of what differs before the step that decided, the
    first thing is named. Raises `CurateError` where one of the folders has no ledger.
    """
    one, other = Verdicts.of(first), Verdicts.of(second)
    theirs = other.numbers_of(one.keys)
    mine = np.flatnonzero(theirs >= 0)
    theirs = theirs[mine]
    found = differences(one.told.rules, other.told.rules)
    gone = one.kept[mine] & ~other.kept[theirs]
    back = ~one.kept[mine] & other.kept[theirs]
    lost = Lost(other, one, theirs[gone], mine[gone], found, True)
    won = Lost(one, other, mine[back], theirs[back], found, False)
    causes = [*changes(lost, most), *changes(won, most)]
    order = {label: at for at, label in enumerate(["read", *steps_of(one, other)])}
    return {
        "runs": [str(first), str(second)],
        "documents": len(mine),
        "made": int(one.made[mine].sum()),
        "only_in": [alone(one, other), alone(other, one)],
        "differences": [asdict(one) | {"said": said_difference(one)} for one in found],
        "changed": sorted(causes, key=lambda one: (order.get(one["step"], len(order)), -one["documents"])),
        "dropped_elsewhere": elsewhere(one, other, mine, theirs),
        "texts_changed": texts_changed(one, other, mine, theirs),
    }


def steps_of(one: Verdicts, other: Verdicts) -> list[str]:
    """The steps of both runs, in their order."""
    return list(dict.fromkeys(rule.label for run in (other, one) for rule in run.told.rules))


def alone(one: Verdicts, other: Verdicts) -> dict[str, dict[str, int]]:
    """How many documents only this run has, by source: those that were read, and those made of others."""
    mine = other.numbers_of(one.keys) < 0
    sources, made = one.texts("source", one.first[mine]), one.made[mine]
    return {"read": dict(Counter(sources[~made].tolist())), "made": dict(Counter(sources[made].tolist()))}


def changes(lost: Lost, most: int) -> Iterator[dict[str, Any]]:
    """Each cause with how many documents it took, and some of them."""
    by_cause: dict[Cause, list[tuple[str, Lost]]] = {}
    for cause, part in causes(lost):
        by_cause.setdefault(cause, []).append((cause.column, part))
    for cause, parts in by_cause.items():
        columns = np.concatenate([np.full(len(part.mine), column, object) for column, part in parts])
        mine, theirs = (np.concatenate([getattr(part, name) for _, part in parts]) for name in ("mine", "theirs"))
        chosen = np.argsort(shares_of(lost.here.keys.take(pa.array(mine)), "diff"), kind="stable")[:most]
        told = {name: getattr(cause, name) for name in ("step", "what", "said", "decided_by")}
        told |= {"kept_in": 0 if lost.forth else 1, "documents": len(mine)}
        examples = zip(columns[chosen], mine[chosen], theirs[chosen], strict=True)
        yield told | {"examples": [example(lost, cause.decided_by, *one) for one in examples]}


def example(lost: Lost, step: str, column: str, mine: int, theirs: int) -> dict[str, Any]:
    """One document that changed verdict: who it is, and value and limits in both runs, the first run's first."""
    (row,) = lost.here.about([mine])
    last = int(lost.here.last[mine])
    about = about_doc(row) | {name: lost.here.rows[name][last].as_py() for name in ("outcome", "reason")}
    sides = [
        side_of(run, number, rules.get(step), column)
        for run, number, rules in zip((lost.here, lost.there), (mine, theirs), lost.rules, strict=True)
    ]
    told = {name: [side[name] for side in (sides[::-1] if lost.forth else sides)] for name in ("value", "limits")}
    keeper = lost.here.rows["keeper"][last].as_py()
    about |= {"column": column, **told} if column else {"column": None}
    return about | {"keeper": keeper.hex() if keeper else None}


def side_of(run: Verdicts, number: int, rule: Rule | None, column: str) -> dict[str, Any]:
    """What one run measured of a document, and the limits there."""
    value = float(run.values(column)[number]) if column else np.nan
    limits = pair(rule, run.languages(np.array([number]), rule.phase)[0], column) if rule else (None, None)
    return {"value": None if np.isnan(value) else value, "limits": list(limits)}


def elsewhere(one: Verdicts, other: Verdicts, mine: np.ndarray, theirs: np.ndarray) -> list[dict[str, Any]]:
    """How many documents neither run kept, but that went by different steps."""
    gone = ~one.kept[mine] & ~other.kept[theirs]
    steps = (run.takers(numbers[gone]).tolist() for run, numbers in ((one, mine), (other, theirs)))
    counts = Counter((first, second) for first, second in zip(*steps, strict=True) if first != second)
    return [{"steps": list(pair), "documents": count} for pair, count in counts.most_common()]


def texts_changed(one: Verdicts, other: Verdicts, mine: np.ndarray, theirs: np.ndarray) -> list[dict[str, Any]]:
    """How many documents that both runs kept were read or changed differently, as far as flags and lengths tell."""
    both = one.kept[mine] & other.kept[theirs]
    kept = Lost(one, other, mine[both], theirs[both], (), False)
    sizes = (run.rows["bytes"].to_numpy()[run.first[numbers[both]]] for run, numbers in ((one, mine), (other, theirs)))
    counts = {"read": int(np.not_equal(*sizes).sum())}
    for column in dict.fromkeys((*one.told.values, *other.told.values)):
        step, _, name = column.partition(".")
        if name in CHANGES:
            counts[step] = int(unlike(kept, column).sum())
    return [{"step": step, "documents": count} for step, count in counts.items() if count]


def said_diff(answer: Mapping[str, Any]) -> list[str]:
    """What `diff` gives, for people."""
    first, second = answer["runs"]
    made = f", {answer['made']:,} of them made of others" if answer["made"] else ""
    lines = [f"{first} → {second}: {answer['documents']:,} documents are in both{made}"]
    for run, only in zip(answer["runs"], answer["only_in"], strict=True):
        for what, counts in only.items():
            if counts:
                told = ", ".join(f"{source} {count:,}" for source, count in counts.items())
                lines.append(f"{what} in {run} only: {sum(counts.values()):,} ({told})")
    counts = [sum(one["documents"] for one in answer["changed"] if one["kept_in"] == at) for at in (0, 1)]
    lines.append(f"no longer kept: {counts[0]:,}; newly kept: {counts[1]:,}")
    for one in answer["changed"]:
        lines += ["", *said_cause(one)]
    lines += [""] * bool(answer["dropped_elsewhere"] or answer["texts_changed"])
    for one in answer["dropped_elsewhere"][:ELSEWHERE]:
        lines.append(f"kept in neither, but by another step: {' → '.join(one['steps'])} {one['documents']:,}")
    for one in answer["texts_changed"]:
        lines.append(f"kept in both with another text: {one['step']} {one['documents']:,}")
    named_already = {one["said"] for one in answer["changed"]}
    silent = [one["said"] for one in answer["differences"] if one["said"] not in named_already]
    lines += ["", "differs, too:", *(f"  {said}" for said in silent)] if silent else []
    return lines


def said_cause(cause: Mapping[str, Any]) -> list[str]:
    """A cause, how many documents have another verdict because of it, and examples."""
    by = f", by {cause['decided_by']}" if cause["decided_by"] != cause["step"] else ""
    did = "newly kept" if cause["kept_in"] else f"no longer kept{by}"
    lines = [cause["said"], f"  {cause['documents']:,} {did}"]
    for one in cause["examples"]:
        lines += [f"  {named(one)}", f"    {said_example(one)}"]
    return lines


def said_example(one: Mapping[str, Any]) -> str:
    """Value and limits of a document in both runs, or else why one of them did not keep it."""
    if not one["column"]:
        keeper = f"; the other has the key {one['keeper'][:12]}" if one["keeper"] else ""
        return f"{one['reason'] or one['outcome']}{keeper}"
    values, limits = map(said_number, one["value"]), [said_pair(*pair) for pair in one["limits"]]
    sides = (f"{value} ({limit})" if limit else value for value, limit in zip(values, limits, strict=True))
    return f"{one['column']}: {' → '.join(sides)}"


def compare(folders: Sequence[Path]) -> dict[str, Any]:
    """What each run read, kept, dropped and made, and the options in which the runs differ.

    The store among the runs of a sweep, of which ``SWEEP/*`` is a list, is passed over. Raises `CurateError` where
    another folder is of no run.
    """
    runs, steps, blocks = [], [], []
    for folder in [one for one in folders if not is_store(one)] or folders:
        status = noted(folder / "status.json")
        if status and not (folder / "ledger.parquet").is_file():  # it stopped before there was one
            run, manifest, rules = Counts(), {}, []
        else:
            verdicts, manifest = Verdicts.of(folder), noted(folder / "manifest.json")
            run, rules = counted(verdicts, noted(folder / "parts" / "recipe.json")), verdicts.told.rules
        about = {"run": str(folder), "state": "finished" if manifest else status.get("state", "unfinished")}
        outputs = {name: about_output(made) for name, made in manifest.get("outputs", {}).items()}
        runs.append(about | {"error": status.get("error"), **asdict(run), "outputs": outputs})
        steps.append(told_of_steps(rules))
        blocks.append(told_of_blocks(manifest.get("recipe", {})))
    return {"runs": runs, "options": [*differing(steps), *differing(blocks)]}


@dataclass(frozen=True)
class Counts:
    """How many documents a run read and kept, by source, and how many each step dropped or erred on."""

    read: Mapping[str, int] = field(default_factory=dict)
    kept: Mapping[str, int] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)


def noted(path: Path) -> dict[str, Any]:
    """What a file of JSON holds; nothing where there is none."""
    held: dict[str, Any] = json.loads(path.read_bytes()) if path.is_file() else {}
    return held


def counted(run: Verdicts, recipe: Mapping[str, Any]) -> Counts:
    """The documents of a run; what is kept is what is left before the steps of `sft:`."""
    ends = run.before(recipe.get("phases", np.iinfo(np.int16).max))
    rows = ends[ends >= 0]
    left = run.is_kept(rows) & (run.texts("outcome", rows) != "expanded")
    steps = run.takers(np.flatnonzero(~run.kept))
    order = [FORGOTTEN, "read", *(rule.label for rule in run.told.rules)]
    dropped = Counter(steps.tolist())
    return Counts(
        dict(Counter(run.texts("source", run.first[~run.made]).tolist())),
        dict(Counter(run.texts("source", rows[left]).tolist())),
        {step: dropped[step] for step in sorted(dropped, key=lambda one: order.index(one) if one in order else -1)},
    )


def about_output(made: Mapping[str, Any]) -> dict[str, int]:
    """How much there is of an output: its rows, and its tokens or examples."""
    rows = {"rows": sum(about["rows"] for about in made["files"].values())}
    parts = [made.get(name, {}) for name in ("train", "validation")]
    for name in ("tokens", "examples"):
        if any(name in part for part in parts):
            rows[name] = sum(part.get(name, 0) for part in parts)
    return {"examples": rows["examples"]} if "examples" in rows else rows


def told_of_steps(rules: Sequence[Rule]) -> dict[str, Any]:
    """All that the steps of a run were told, and their code; a limit stands for itself, however it was written."""
    said: dict[str, Any] = {}
    for rule in rules:
        said[f"step {rule.label}"] = GIVEN
        for language, limits in rule.limits.items():
            for column, limit in limits.items():
                if not language or limit != rule.limits[""].get(column):
                    said[f"{column} ({language})" if language else column] = said_limit(*limit)
        said |= flat({"sources": list(rule.sources) or "all", **bare_options(rule)}, f"{rule.label}.")
        said |= {f"{rule.label}: {name}": version for name, version in code_of_rule(rule).items()}
    return said | {"order of steps": " ".join(rule.label for rule in rules)} if rules else {}


def told_of_blocks(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """What a run was told besides its steps."""
    blocks = {name: value for name, value in recipe.items() if name not in ("steps", "store", "plugins")}
    if "sft" in blocks:
        blocks["sft"] = {name: value for name, value in blocks["sft"].items() if name != "steps"}
    return flat(blocks) | dict.fromkeys(blocks, GIVEN)


def code_of_rule(rule: Rule) -> dict[str, str]:
    """The libraries of a step with their versions, and a short name for the plugin's code."""
    files = [one for one in rule.code if " " not in one]
    versions = {one.partition(" ")[0]: one.partition(" ")[2] for one in rule.code if " " in one}
    return ({"code": digest(*files)[:8]} if files else {}) | versions


def differing(settings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The settings that are not the same in all runs that tell of some; of what one has not, no more than that."""
    told = [one for one in settings if one]
    given = {name for one in told for name, value in one.items() if value == GIVEN}
    absent = {name for name in given if any(name not in one for one in told)}
    found = []
    for name in dict.fromkeys(name for one in told for name in one):
        owner = name.partition(":")[0].partition(" ")[0].partition(".")[0]
        detail = name not in given and not absent.isdisjoint((owner, f"step {owner}"))
        if not detail and name != "order of steps" and any(one.get(name) != told[0].get(name) for one in told):
            found.append({"name": name, "values": [one.get(name) for one in settings]})
    orders = {one["order of steps"] for one in told if "order of steps" in one}
    if len(orders) > 1 and len({frozenset(order.split()) for order in orders}) == 1:
        found.append({"name": "order of steps", "values": [one.get("order of steps") for one in settings]})
    return found


def said_compare(answer: Mapping[str, Any], columns: int = 100) -> list[str]:
    """What `compare` gives, for people: what differs, then what came of it, a column a run.

    Where names would make the table too wide they stand above it; where it still is, columns go under each other.
    """
    runs, names = answer["runs"], names_of([one["run"] for one in answer["runs"]])
    rows = [["options that differ", *[""] * len(runs)]] * bool(answer["options"])
    for option in answer["options"]:
        told = ("–" if value is None else shortened(said_option(value), CELL) for value in option["values"])
        rows.append([f"  {option['name']}", *told])
    rows += [*count_rows(runs), *output_rows(runs)]
    numbers = [str(number) for number in range(1, len(runs) + 1)]
    fits = len(in_blocks([["", *names], *rows], columns)) == len(rows) + 1
    fits = fits or max(map(width, names)) <= SHORT
    lines = [] if fits else [*(f"{number}  {name}" for number, name in zip(numbers, names, strict=True)), ""]
    lines += in_blocks([["", *(names if fits else numbers)], *rows], columns)
    failed = [(name, one) for name, one in zip(names, runs, strict=True) if one["state"] != "finished"]
    return lines + [line for name, one in failed for line in ("", f"{name}: {said_state(one)}")]


def said_state(one: Mapping[str, Any]) -> str:
    """How a run that is not finished stands; a killed one cannot say so."""
    if one["state"] == "running":
        return "running, or was killed: the same `curate run` goes on"
    return f"{one['state']}: {one['error']}" if one["error"] else str(one["state"])


def names_of(folders: Sequence[str]) -> list[str]:
    """The names of folders, or their whole paths where two have the same."""
    names = [Path(folder).name for folder in folders]
    return names if len(set(names)) == len(names) else list(folders)


def count_rows(runs: Sequence[Mapping[str, Any]]) -> Iterator[list[str]]:
    """The rows about documents: read, kept, dropped, by source and by step."""
    for what, title in (("read", "documents read"), ("kept", "documents kept"), ("dropped", "dropped")):
        yield [title, *(f"{sum(one[what].values()):,}" if one["read"] else "–" for one in runs)]
        for name in dict.fromkeys(name for one in runs for name in one[what]):
            yield [f"  {name}", *(f"{one[what].get(name, 0):,}" if one["read"] else "–" for one in runs)]


def output_rows(runs: Sequence[Mapping[str, Any]]) -> Iterator[list[str]]:
    """The rows about outputs."""
    pairs = dict.fromkeys((name, unit) for one in runs for name, made in one["outputs"].items() for unit in made)
    for name, unit in pairs:
        counts = (one["outputs"].get(name, {}).get(unit) for one in runs)
        yield [f"{name}: {unit}", *("–" if count is None else f"{count:,}" for count in counts)]


def in_blocks(rows: Sequence[Sequence[str]], columns: int) -> list[str]:
    """A table as lines; its columns under each other, as many at a time as fit."""
    widths = [max(width(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines, start = list[str](), 1
    while start < len(widths):
        stop = start + 1
        while stop < len(widths) and widths[0] + sum(one + 2 for one in widths[start : stop + 1]) <= columns:
            stop += 1
        lines += [""] * (start > 1) + table([[row[0], *row[start:stop]] for row in rows])
        start = stop
    return lines
