"""Why a document that one run kept is not kept in another: the first thing that differs, from reading on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa

from curate.comparison.differences import Difference, merged, said_difference
from curate.comparison.verdicts import Verdicts
from curate.rules import MARKING, Rule

CHANGING = ("edit", "gather")  # kinds of steps that change texts; which ones they changed is in the ledger
CHANGES = ("changed", "characters_cut", "made")  # values that tell what a step did to a text


@dataclass(frozen=True)
class Cause:
    """Why documents have another verdict: what is not the same, and the step that then decided."""

    step: str  # whose difference it is
    what: str  # as a `Difference`; or input, language, keeper, others, forgotten, unknown
    said: str
    decided_by: str
    column: str = field(default="", compare=False)  # of the value that is outside in one of the runs


@dataclass(frozen=True)
class Lost:
    """Documents that one run, `here`, did not keep and the other, `there`, did."""

    here: Verdicts
    there: Verdicts
    mine: np.ndarray  # the numbers of the documents here
    theirs: np.ndarray  # and there
    differing: Sequence[Difference]
    forth: bool  # whether `here` is the second run

    @cached_property
    def rules(self) -> tuple[dict[str, Rule], dict[str, Rule]]:
        """Label → rule in this run, and in the other."""
        return tuple({rule.label: rule for rule in one.told.rules} for one in (self.here, self.there))  # type: ignore[return-value]

    def part(self, mask: np.ndarray) -> "Lost":
        """Some of the documents."""
        return Lost(self.here, self.there, self.mine[mask], self.theirs[mask], self.differing, self.forth)


def causes(lost: Lost) -> Iterator[tuple[Cause, Lost]]:
    """The documents that one run lost, parted by why."""
    steps = lost.here.texts("step", lost.here.last[lost.mine])
    outcomes = lost.here.texts("outcome", lost.here.last[lost.mine])
    for outcome, step in dict.fromkeys(zip(outcomes.tolist(), steps.tolist(), strict=True)):
        part = lost.part((outcomes == outcome) & (steps == step))
        if outcome == "removed":
            yield Cause("read", "forgotten", "read: removed.txt lists it", "read"), part
        else:
            yield from step_causes(part, step, outcome)


def step_causes(lost: Lost, step: str, outcome: str) -> Iterator[tuple[Cause, Lost]]:
    """Why a step of one run took documents that the other run kept."""
    here, there = (rules.get(step) for rules in lost.rules)
    if step == "read":
        yield Cause(step, "input", "read: it could not be read in one of the runs", step), lost
    elif here is None:
        said = f"{step}: the ledger, of an older curate, does not say what the step was"
        yield Cause(step, "unknown", said, step), lost
    elif there is None:
        what = "added" if lost.forth else "removed"
        yield Cause(step, what, f"{step}: the step was {what}", step), lost
    elif outcome == "dropped" and here.kind in MARKING:
        yield from marking_causes(lost, here, there)
    elif here.kind == "gather":
        yield from keeper_causes(lost, here, there)
    else:
        yield from value_causes(lost, here)


def marking_causes(lost: Lost, here: Rule, there: Rule) -> Iterator[tuple[Cause, Lost]]:
    """Why a value is outside its limits in one run and not in the other."""
    own = lost.here.languages(lost.mine, here.phase)
    columns = first_outside(lost, here, own)
    sources = lost.here.texts("source", lost.here.last[lost.mine])
    others = lost.there.languages(lost.theirs, there.phase)
    for (column, source, language, other), mask in together(columns, sources, own, others):
        part = lost.part(mask)
        if not there.concerns(np.array([source]))[0]:
            yield from own_cause(part, here, ("sources",), column)
            continue
        before, after = pair(here, language, column), pair(there, other, column)
        by_limit = before != after
        within = ~outside(lost.here.values(column)[part.mine], *after) if by_limit else np.zeros(len(part.mine), bool)
        if within.any():
            yield limit_cause(part, here, column, language, other), part.part(within)
        if not within.all():
            yield from value_causes(part.part(~within), here, column)


def first_outside(lost: Lost, rule: Rule, languages: np.ndarray) -> np.ndarray:
    """The column of the first value of each document that is outside its limits; "" where none is."""
    columns = np.full(len(lost.mine), "", object)
    limited = np.array([rule.limited_as(language) for language in languages], object)
    for language, pairs in rule.limits.items():
        for column, (low, high) in pairs.items():
            missed = outside(lost.here.values(column)[lost.mine], low, high)
            columns[missed & (limited == language) & (columns == "")] = column
    return columns


def outside(values: np.ndarray, low: float | None, high: float | None) -> np.ndarray:
    """Which values are outside limits."""
    under = np.zeros(len(values), bool) if low is None else values < np.float32(low)
    return under if high is None else under | (values > np.float32(high))


def together(*columns: np.ndarray) -> Iterator[tuple[tuple[str, ...], np.ndarray]]:
    """The different rows of some columns of texts, each with where it is."""
    rows = list(zip(*columns, strict=True))
    numbers = {row: number for number, row in enumerate(dict.fromkeys(rows))}
    number = np.array([numbers[row] for row in rows])
    for row in numbers:
        yield row, number == numbers[row]


def limit_cause(lost: Lost, rule: Rule, column: str, language: str, other: str) -> Cause:
    """The limit that was moved; or, where it was not, that the document counts as of another language."""
    found = [one for one in lost.differing if one.what == "limit" and one.name == column]
    own = [one for one in found if one.language == rule.limited_as(language)] or found
    if own and (language == other or rule.limited_as(language) == rule.limited_as(other)):
        return Cause(rule.label, "limit", said_difference(own[0]), rule.label, column)
    told = [one or "unknown" for one in ((other, language) if lost.forth else (language, other))]
    return Cause(
        rule.label, "language", f"{column}: the limits for another language: {' → '.join(told)}", rule.label, column
    )


def own_cause(lost: Lost, rule: Rule, what: Sequence[str], column: str = "") -> Iterator[tuple[Cause, Lost]]:
    """What differs about the step itself."""
    own = [one for one in lost.differing if one.step == rule.label and one.what in what]
    if own:
        yield Cause(rule.label, own[0].what, said_difference(own[0]), rule.label, column), lost
    else:
        said = f"{column or rule.label}: no difference that the ledgers tell explains it"
        yield Cause(rule.label, "unknown", said, rule.label, column), lost


def value_causes(lost: Lost, rule: Rule, column: str = "") -> Iterator[tuple[Cause, Lost]]:
    """Why a step found something else in a document: the first thing that differs, from reading on."""
    left = np.ones(len(lost.mine), bool)
    for cause, touched in earlier_causes(lost, rule, column):
        if (hit := left & touched).any():
            yield cause, lost.part(hit)
        left &= ~touched
    if left.any():
        yield from own_cause(lost.part(left), rule, ("moved", "option", "code", "library", "sources"), column)


def earlier_causes(lost: Lost, rule: Rule, column: str) -> Iterator[tuple[Cause, np.ndarray]]:
    """What may have changed documents before a step, and which of them it did change; the earliest first.

    Fields and fits come last, behind what differs about the step itself: what a document has from them is not known.
    """
    runs = ((lost.here, lost.mine), (lost.there, lost.theirs))
    mine, theirs = (run.rows["bytes"].to_numpy()[run.first[numbers]] for run, numbers in runs)
    said = "read: the document is another one: its file changed, or how that is read"
    yield Cause("read", "input", said, rule.label, column), mine != theirs
    found = {one.step: one for one in reversed(lost.differing)}
    for step in steps_before(lost, rule.label):
        kind, touched = touched_by(lost, step)
        if step in found and kind in CHANGING:
            yield Cause(step, found[step].what, said_difference(found[step]), rule.label, column), touched
        elif kind == "gather":
            other_cut = unlike(lost, f"{step}.characters_cut")
            said = f"{step}: it cut something else, since other documents came to it"
            yield Cause(step, "others", said, rule.label, column), other_cut
    if not any(one.step == rule.label and one.what != "limit" for one in lost.differing):
        for step in steps_before(lost, rule.label):
            if step in found and touched_by(lost, step)[0] in ("field", "fit", "expand"):
                cause = Cause(step, found[step].what, said_difference(found[step]), rule.label, column)
                yield cause, np.ones(len(lost.mine), bool)


def steps_before(lost: Lost, label: str) -> list[str]:
    """The steps that stand before one in either of the runs, in their order."""
    orders = [list(rules) for rules in lost.rules]
    before = {step for order in orders if label in order for step in order[: order.index(label)]}
    return [step for step in merged(*(orders if not lost.forth else orders[::-1])) if step in before]


def touched_by(lost: Lost, step: str) -> tuple[str, np.ndarray]:
    """The kind of a step, and which documents it changed in one of the runs, as far as the ledgers tell."""
    rule = next(rules[step] for rules in lost.rules if step in rules)
    touched = np.zeros(len(lost.mine), bool)
    for run, numbers in ((lost.here, lost.mine), (lost.there, lost.theirs)):
        for name in CHANGES:
            touched |= run.values(f"{step}.{name}")[numbers] > 0
    return rule.kind, touched


def unlike(lost: Lost, column: str) -> np.ndarray:
    """Which documents have another value in a column; one that was not measured is as good as 0."""
    mine, theirs = lost.here.values(column)[lost.mine], lost.there.values(column)[lost.theirs]
    different: np.ndarray = np.nan_to_num(mine) != np.nan_to_num(theirs)
    return different


def keeper_causes(lost: Lost, here: Rule, there: Rule) -> Iterator[tuple[Cause, Lost]]:
    """Why a document went as a duplicate in one run only: what became of the one that stands for it."""
    run = "first" if lost.forth else "second"
    where = f"{here.label}: the document that stands for its duplicates"
    said = {
        "absent": f"{where} is not in the {run} run",
        "another": f"{here.label}: another of its duplicates is kept in the {run} run",
    }
    differs = any(one.step == here.label for one in lost.differing)
    for (fate, step), mask in together(*keeper_fates(lost, here, there)):
        if fate == "alone" or (fate == "another" and differs):
            yield from value_causes(lost.part(mask), here)
        else:
            told = said.get(fate, f"{where} went by {step} in the {run} run")
            yield Cause(here.label, "keeper", told, here.label), lost.part(mask)


def keeper_fates(lost: Lost, here: Rule, there: Rule) -> tuple[np.ndarray, np.ndarray]:
    """What became in the other run of the document that stands for each one, and by which step it went.

    It is `absent` or `gone` before the step; `another` stands for it, too; or it is kept, as is its duplicate: `alone`.
    """
    keepers = lost.here.rows["keeper"].take(pa.array(lost.here.last[lost.mine])).combine_chunks()
    numbers = lost.there.numbers_of(keepers)
    rows = np.maximum(lost.there.before(there.phase)[numbers], 0)
    steps, ends = (lost.there.texts("step", one) for one in (rows, lost.there.last[numbers]))
    fates = np.where(lost.there.is_kept(rows), np.where(ends == here.label, "another", "alone"), "gone")
    fates = np.where(numbers < 0, "absent", fates)
    return np.where(keepers.is_null().to_numpy(zero_copy_only=False), "alone", fates), steps


def pair(rule: Rule, language: str, column: str) -> tuple[float | None, float | None]:
    """The limits of a value for documents of a language."""
    low, high = rule.limits.get(rule.limited_as(language), {}).get(column, (None, None))
    return low, high
