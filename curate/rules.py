"""What the ledger says of the steps, so that their verdicts can be told, compared and replayed from its values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from curate.options import Limits
from curate.plan import Phase, code_of, resolved_line
from curate.recipe import Recipe
from curate.steps import Filter, Score

MARKING = {"score": Score, "filter": Filter}  # kinds of steps whose verdicts follow from their values


@dataclass(frozen=True)
class Rule:
    """One step as a run had it."""

    label: str
    kind: str  # score, filter, edit, gather, ...
    phase: int
    cost: str
    options: Mapping[str, Any]  # all of them, with what the recipe left unsaid
    limits: Limits  # language, "" for all that are not named → column of the ledger → (low, high)
    sources: Sequence[str] = ()  # whose documents it may drop or change; none is all
    spared: Sequence[str] = ()  # whose documents it only measures
    code: Sequence[str] = ()  # of the plugin: hashes of its files, versions of its libraries
    before_language: bool = False  # a later step of its stage says the language, which the ledger has in its place
    kinds: Sequence[str] = ()  # of documents it looks at; none is all
    columns: Sequence[str] = ()  # the fields that it says of a document
    given: Mapping[str, Any] = field(default_factory=dict)  # options, as far as the recipe says them

    def concerns(self, sources: np.ndarray) -> np.ndarray:
        """Which documents, told by their sources, it may drop or change."""
        mask = np.isin(sources, list(self.sources)) if self.sources else np.ones(len(sources), bool)
        return mask & ~np.isin(sources, list(self.spared))

    def limited_as(self, language: str) -> str:
        """The language whose limits a document has that the ledger says is of this one; "" where none are its own."""
        known = ("zh" if language == "zh" else "") if self.before_language else language
        return known if known in self.limits else ""


def rules_of(recipe: Recipe, phases: Sequence[Phase]) -> list[Rule]:
    """A rule for each step of a recipe, in their order."""
    return [rule_of(recipe, phase, at) for phase in phases for at in range(len(phase.lines))]


def rule_of(recipe: Recipe, phase: Phase, at: int) -> Rule:
    """The step of a phase at this place."""
    line = phase.lines[at]
    offered = line.offered
    limits: Limits = {}
    if offered.kind in MARKING:
        step = MARKING[offered.kind](line)
        limits = {
            language: {step.column(name): pair for name, pair in pairs.items()}
            for language, pairs in step.limits.items()
        }
    return Rule(
        label=line.label,
        kind=offered.kind,
        phase=phase.number,
        cost=offered.about.cost,
        options=resolved_line(recipe, line)[line.label],
        limits=limits,
        sources=line.sources,
        spared=line.spared,
        code=code_of(offered),
        before_language=any("lang" in later.offered.about.columns for later in phase.lines[at + 1 :]),
        kinds=line.kinds,
        columns=list(offered.about.columns),
        given=dict(line.options),
    )
