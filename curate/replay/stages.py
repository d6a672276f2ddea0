"""A run replayed from its ledger: what other limits would have kept. Each document is kept, gone, or nobody knows.

Phase by phase, as the run went: cheap steps saw every document of their stage, so their verdicts follow from values;
what the run did not measure, since a document had left before, leaves its fate open. Gathers are asked again from what
they had collected (`curate.replay.gathers`).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curate.replay.fates import AS_RUN, ASIDE, GONE, OTHER, Fates, Words, fates_of, replayed_rows
from curate.replay.gathers import Source, fit_again, gather_again
from curate.rules import MARKING, Rule


def replayed(source: Source, before: Sequence[Rule], rules: Sequence[Rule]) -> tuple[Fates, pa.Table]:
    """The fates under other rules, and the ledger's rows that say so; `before` are the rules as the run had them."""
    last = last_phase(source)
    columns = {column for rule in rules for column in rule.limits.get("", ())}
    columns |= {f"{rule.label}.made" for rule in rules if rule.kind == "expand"}
    table = replayed_rows(source.told, sorted(columns), last + 1)
    fates, spoiled = fates_of(table), set[str]()
    erred = table.filter(pc.equal(table["outcome"], "error"))["step"].unique().to_pylist()
    harmless = {rule.label for rule in rules} - {*erred}
    for phase in range(last + 1):
        places = [at for at, rule in enumerate(rules) if rule.phase == phase]
        mine, rows = [rules[at] for at in places], table.filter(pc.equal(table["stage"], phase))
        if mine and mine[0].kind == "gather":
            gather_again(fates, mine[0], places[0], rows, source, mine[0].label in spoiled)
        elif mine and mine[0].kind == "fit":
            if mine[0].label in spoiled or fit_again(fates, mine[0], source):
                spoiled |= {rule.label for rule in rules if mine[0].label in rule.options.values()}
                fates.notes.append(f"{mine[0].label} would learn from other documents, so that its users are open")
        else:
            first = places[0] if places else 0
            told_before = any("lang" in rule.columns for rule in rules[:first])
            stage = Stage(fates, mine, first, rows, told_before)
            stage.replay([before[at] for at in places], spoiled, harmless)
    return fates, table


def last_phase(source: Source) -> int:
    """The last phase of the recipe's steps that the run had done."""
    return max((number for number, _ in source.told.phases if number < source.main), default=0)


class Stage:
    """What the run saw of each document in one stage, and the replay of it."""

    def __init__(self, fates: Fates, rules: Sequence[Rule], first: int, rows: pa.Table, told_before: bool) -> None:
        self.fates, self.rules, self.first, self.rows = fates, rules, first, rows
        self.told_before = told_before  # whether a step of an earlier stage says the language
        self.marked = True  # whether the run noted languages in this stage: a score that needs none may not
        self.of = fates.find(rows["key"])
        self.here = np.zeros(len(fates), bool)
        self.here[self.of] = True
        labels, end = [rule.label for rule in rules], len(rules)
        outcome, step = Words.of(rows["outcome"]), Words.of(rows["step"]).places(labels)
        self.failed_at = self.spread(np.where(outcome.among(["dropped", "error"]), step, end), end)
        self.erred = self.spread(outcome.among(["error"]), False)
        self.expanded_at = self.spread(np.where(outcome.among(["expanded"]), step, end), end)
        self.language = Words(self.spread(Words.of(rows["language"]).codes, 0), Words.of(rows["language"]).names)
        # What is marked leaves before the next edit, what is expanded or fails to be with that very step.
        leaving = [n for n, rule in enumerate(rules) if rule.kind in ("edit", "expand")]
        next_edit = np.array([next((n for n in leaving if n > at), end) for at in range(end)] + [end] * 2)
        self.leaves_at = next_edit[self.failed_at]  # failed_at is -1 for what could not be read: the last of them
        self.leaves_at = np.where(self.expanded_at < end, self.expanded_at + 1, self.leaves_at)

    def spread(self, values: np.ndarray, nothing: int | bool | float) -> np.ndarray:
        """What stands in rows, by document."""
        spread = np.full(len(self.fates), nothing, values.dtype)
        spread[self.of] = values
        return spread

    def values(self, column: str) -> np.ndarray:
        """A value by document, NaN where it was not measured."""
        if column not in self.rows.column_names:
            return np.full(len(self.fates), np.nan, np.float32)
        return self.spread(self.rows[column].to_numpy().astype(np.float32), np.nan)

    def replay(self, before: Sequence[Rule], spoiled: set[str], harmless: set[str]) -> None:
        """Take the fates through the stage. `before` are its rules as the run had them.

        `spoiled` are the steps that would do otherwise, since a fit that they use would learn something else;
        `harmless` are those that erred on no document of the run, and are taken not to.
        """
        told = self.told_before or any("lang" in rule.columns for rule in before)
        self.marked = told or any(len(rule.limits) > 1 for rule in before)
        for at, (rule, old) in enumerate(zip(self.rules, before, strict=True)):
            seen = self.here & (self.fates.text == AS_RUN) & (at < self.leaves_at) & (rule.label not in spoiled)
            if rule.cost == "high" or rule.kind in ("edit", "expand"):
                seen &= self.failed_at >= at
            there = (self.fates.fate > GONE) & self.looked_at(rule)
            if rule.kind in MARKING:
                self.judge(at, old, seen, there, rule.label in harmless)
            elif rule.kind == "field":
                self.tell(at, seen, there, rule.label in harmless)
            else:
                self.rewrite(at, seen, there)
        left = self.here & (self.fates.text == AS_RUN) & (self.failed_at < len(self.rules))
        self.set_aside(left & (self.fates.fate > GONE))
        self.note_run()

    def looked_at(self, rule: Rule) -> np.ndarray:
        """Which documents the step is asked about, wherever they are."""
        mask = self.fates.kind.among(rule.kinds) if rule.kinds else np.ones(len(self.fates), bool)
        narrow = rule.cost == "high" or rule.kind in ("edit", "expand")
        return mask & self.concerned(rule) if narrow else mask

    def concerned(self, rule: Rule) -> np.ndarray:
        """Which documents it may drop or change."""
        named = rule.concerns(np.array([*self.fates.source.names, ""]))
        concerned: np.ndarray = named[self.fates.source.codes]
        return concerned

    def judge(self, at: int, old: Rule, seen: np.ndarray, there: np.ndarray, harmless: bool) -> None:
        """A score or filter: who has values outside the limits goes, of who has none nobody knows."""
        rule, fates = self.rules[at], self.fates
        columns = list(rule.limits[""])
        values = {column: self.values(column) for column in columns}
        measured = ~np.isnan(values[columns[0]])
        outside, sure = self.outside(at, values)
        if rule is old:  # then the run's own verdict holds, where it shows
            outside = np.where(self.failed_at == at, True, outside & (self.failed_at < at))
            sure = sure | (self.failed_at >= at)
        judged = there & seen & measured & self.concerned(rule)
        fates.drop(there & seen & ~measured, self.first + at)  # it erred, and would again
        fates.drop(judged & outside & sure, self.first + at)
        fates.doubt(judged & ~sure, "language", rule.label)
        limited = any(limit is not None for pairs in rule.limits.values() for pair in pairs.values() for limit in pair)
        fates.doubt(there & ~seen & ((self.concerned(rule) & limited) | (not harmless)), "unmeasured", rule.label)

    def outside(self, at: int, values: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Which documents are outside the limits, and of which that is sure whatever language they had then."""
        rule = self.rules[at]
        by_language = {language: beyond(pairs, values) for language, pairs in rule.limits.items()}
        if languages := self.unsure_languages(at):
            verdicts = np.stack([by_language.get(language, by_language[""]) for language in languages])
            return verdicts[0], (verdicts == verdicts[0]).all(axis=0)
        outside = by_language[""].copy()
        for language in (language for language in rule.limits if language):
            mine = self.language.among([language])
            outside[mine] = by_language[language][mine]
        return outside, np.ones(len(outside), bool)

    def unsure_languages(self, at: int) -> list[str]:
        """The languages that a document may have had at a step, where the ledger has what a later step told."""
        rule, later = self.rules[at], self.rules[at + 1 :]
        known = self.told_before or any("lang" in one.columns for one in self.rules[:at])
        if not self.marked:
            return [*rule.limits] if known else ["", "zh"]
        if rule.before_language:
            return [*rule.limits] if known else ["", "zh"]
        kinds = [one.kind for one in later]
        edited = "edit" in kinds and "score" in kinds[kinds.index("edit") :]
        return ["", "zh"] if edited and not known else []

    def tell(self, at: int, seen: np.ndarray, there: np.ndarray, harmless: bool) -> None:
        """A field: what it would say of documents that it was not asked about is not known."""
        fates = self.fates
        fates.drop(there & seen & self.erred & (self.failed_at == at), self.first + at)
        unseen = there & ~seen
        fates.text[unseen] = OTHER
        if not harmless:  # of what an earlier step had marked the ledger does not say whether this one failed
            hidden = unseen | (there & seen & (self.failed_at < at))
            fates.doubt(hidden, "unmeasured", self.rules[at].label)

    def rewrite(self, at: int, seen: np.ndarray, there: np.ndarray) -> None:
        """An edit or an expansion: what had left before it would be changed, nobody knows how."""
        fates, rule = self.fates, self.rules[at]
        fates.drop(there & seen & (self.failed_at == at), self.first + at)
        new = there & ~seen
        passing = (fates.fate > GONE) & ~there & self.here & (fates.text == AS_RUN) & (self.failed_at < at)
        self.set_aside(passing)
        if rule.kind == "expand":
            self.expand(at, seen)
            made = self.values(f"{rule.label}.made")
            fates.unmade[new] = max(1, int(np.nanmax(made, initial=1)))
            fates.fate[new] = GONE
        else:
            fates.text[new], fates.changed[new] = OTHER, True
            fates.doubt(new, "edited", rule.label)

    def expand(self, at: int, seen: np.ndarray) -> None:
        """Documents that the run expanded are replaced by what was made of them."""
        fates = self.fates
        parents = fates.parent[self.of]
        made = self.of[(parents >= 0) & (self.expanded_at[parents] == at)]
        mine = fates.parent[made]
        fates.fate[made] = np.where(seen[mine], fates.fate[mine], GONE)
        fates.why[made], fates.ran[made] = fates.why[mine], True
        expanded = self.expanded_at == at
        fates.fate[expanded] = GONE

    def set_aside(self, mask: np.ndarray) -> None:
        """These the run had removed in this stage: their texts are what they were then."""
        self.fates.text[mask & (self.fates.text == AS_RUN)] = ASIDE

    def note_run(self) -> None:
        """What the run did here: which documents it removed, and by which rule."""
        fates, end = self.fates, len(self.rules)
        ended = self.here & ((self.failed_at < end) | (self.expanded_at < end))
        fates.ran[ended] = False
        fates.left[ended] = self.rules[0].phase if end else 0
        dropped = self.here & (self.failed_at >= 0) & (self.failed_at < end)
        fates.failed[dropped] = self.first + self.failed_at[dropped]


def beyond(pairs: Mapping[str, Sequence[float | None]], values: Mapping[str, np.ndarray]) -> np.ndarray:
    """Which documents have a value outside its limits, as `curate.steps.misses` compares them."""
    outside = np.zeros(len(next(iter(values.values()))), bool)
    for column, (low, high) in pairs.items():
        if low is not None:
            outside |= values[column] < np.float32(low)
        if high is not None:
            outside |= values[column] > np.float32(high)
    return outside
