"""Numbers that a document says once with a word that tells what they are, and elsewhere without."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from curate.personal.entities import ENTITIES
from curate.personal.found import Found

RUN = re.compile("[0-9A-Za-z]+")
LEAST = 6  # letters and digits, four of them digits: 12床 or 2024 stands for other things, too
SURE = 0.75


def echoed(texts: Sequence[str], found: Sequence[Sequence[Found]]) -> list[list[Found]]:
    """What was found in the pieces of one document, and where the same numbers stand elsewhere in them."""
    values = sorted({said for text, mine in zip(texts, found, strict=True) for said in numbers(text, mine)})
    starting = defaultdict[str, list[tuple[str, str]]](list)
    for value, type in values:
        if run := RUN.search(value):
            starting[run[0]].append((value, type))
    if not starting:
        return [[*mine] for mine in found]
    return [sorted([*mine, *echoes(text, mine, starting)]) for text, mine in zip(texts, found, strict=True)]


def numbers(text: str, found: Sequence[Found]) -> Iterator[tuple[str, str]]:
    """What was found of numbers that stand for one person, each with its type."""
    for one in found:
        said = text[one.start : one.end]
        direct = one.type in ENTITIES and ENTITIES[one.type].identifies == "direct" and one.type != "person"
        if direct and sum(map(str.isalnum, said)) >= LEAST and sum(map(str.isdecimal, said)) >= 4:
            yield said, one.type


def echoes(text: str, found: Sequence[Found], starting: dict[str, list[tuple[str, str]]]) -> Iterator[Found]:
    """Where such numbers stand between what was found in a text, whole."""
    for before, after in pairwise([Found(0, 0, ""), *found, Found(len(text), len(text), "")]):
        at = before.end
        for run in RUN.finditer(text, before.end, after.start):
            for value, type in starting.get(run[0], ()) if run.start() >= at else ():
                start = run.start() - value.index(run[0])
                end = start + len(value)
                if at <= start and end <= after.start and text.startswith(value, start) and not goes_on(text, end):
                    yield Found(start, end, type, SURE)
                    at = end
                    break


def goes_on(text: str, end: int) -> bool:
    """Whether a number would go on behind this place."""
    return RUN.match(text, end) is not None
