"""What is found, and the form of a rule that finds it."""

import re
from bisect import bisect
from collections.abc import Callable, Iterable
from typing import NamedTuple

from curate.personal.entities import ENTITIES


class Found(NamedTuple):
    """Where personal data stands in a text (characters), of which type it is, and how sure that is (0 to 1)."""

    start: int
    end: int
    type: str
    score: float = 1.0


class Candidate(NamedTuple):
    """A stretch that looks like personal data, in its text."""

    text: str
    match: "re.Match[str]"
    group: int = 0

    @property
    def start(self) -> int:
        """Where it begins."""
        return self.match.start(self.group)

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.match.end(self.group)

    @property
    def said(self) -> str:
        """The stretch itself."""
        return self.match[self.group]

    @property
    def digits(self) -> str:
        """Its digits alone."""
        return "".join(filter(str.isdecimal, self.said))

    @property
    def before(self) -> str:
        """The 40 characters before it."""
        return self.text[max(0, self.start - 40) : self.start]

    @property
    def after(self) -> str:
        """The 20 characters after it."""
        return self.text[self.end : self.end + 20]


class Rule(NamedTuple):
    """How one form of a type looks, and what else has to be true of it."""

    type: str
    gate: str  # what no text that holds it is without: RE2, crude and cheap
    pattern: "re.Pattern[str]"
    holds: Callable[[Candidate], float]  # how sure, from 0 to 1
    group: int = 0  # of the match that is personal data; a label may stand before it
    reach: int | None = None  # characters that a match reaches beyond the gate's at most; None: it may be anywhere


def apart(found: Iterable[Found]) -> list[Found]:
    """What was found without overlaps, in order: of two that overlap the surer one, then the longer, then the first.

    A type of the user's own, which `ENTITIES` does not know, goes before ours: an employee's number is no record's.
    """
    chosen: list[Found] = []
    for one in sorted(found, key=lambda one: (one.type in ENTITIES, -one.score, one.start - one.end, one.start)):
        at = bisect(chosen, one)
        if (not at or chosen[at - 1].end <= one.start) and (at == len(chosen) or one.end <= chosen[at].start):
            chosen.insert(at, one)
    return chosen
