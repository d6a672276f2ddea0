"""How identifying a document is: measured before personal data goes, to route or to drop documents by."""

from collections import Counter
from pathlib import Path

import curate
from curate import Batch, Drop
from curate.personal import risk as risks
from curate.personal.finder import Finder
from curate.personal.profile import ProfileName, read_profile
from curate.personal.risk import Level

LEVELS: tuple[Level, ...] = ("none", "low", "medium", "high")
LIBRARIES = ("phonenumbers", "google-re2")


def finder(profile: ProfileName = "default", extend: Path | None = None) -> Finder:
    """What finds the personal data of a profile."""
    return Finder(read_profile(profile, extend))


def counts_of(batch: Batch, state: Finder) -> list[Counter[str]]:
    """How many things of each type every text holds; the same thing twice is one."""
    data, starts = batch.utf8
    found: list[Counter[str]] = [Counter() for _ in range(len(batch))]
    for row, (start, end) in enumerate(zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)):
        if state.suspects(data[start:end].tobytes()):
            text = batch["text"][row].as_py()
            said = {(one.type, text[one.start : one.end]) for one in state.find(text)}
            found[row] = Counter(type for type, _ in said)
    return found


@curate.field(risk=str, risk_score=float, setup=finder, libraries=LIBRARIES)
def risk(batch: Batch, state: Finder) -> dict[str, list[Level] | list[float]]:
    """How identifying each text is: none, low, medium or high, and a number from 0 to 1. Put it before `pii`."""
    counts = counts_of(batch, state)
    return {"risk": [*map(risks.level, counts)], "risk_score": [*map(risks.score, counts)]}


@curate.filter(setup=finder, kinds=("text", "code", "example"), libraries=LIBRARIES)
def low_risk(batch: Batch, state: Finder, at_most: Level = "medium") -> list[bool | Drop]:
    """Drop what is more identifying than `at_most`: by the field `risk` where it was measured, else by the text now."""
    told = batch["risk"].to_pylist() if "risk" in batch.table.schema.names else [None] * len(batch)
    if None in told:
        told = [one or risks.level(counts) for one, counts in zip(told, counts_of(batch, state), strict=True)]
    most = LEVELS.index(at_most)
    return [LEVELS.index(one) <= most or Drop(f"risk {one}, over {at_most}") for one in told]
