"""Numbers that a document says once with a word that tells what they are, and elsewhere without."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from curate.personal.entities import ENTITIES
from curate.personal.found import Found

RUN = re.compile("[0-9A-Za-z]+")
LEAST = 6  # letters and digits, four of them digits: 12床 or 2024 stands for other things, too
REGROUPED = 9  # so many are the same number in other groups, 139 1234 5678; of eight 20240318 is 2024-03-18
JOINT = re.compile(r"[ .()-]{1,2}")  # what stands between the groups of a number
GROUPS = 8  # at most
BEGINNING = 4  # letters and digits by which most words are known to begin no number
SURE = 0.75


class Numbers(NamedTuple):
    """The numbers of a document."""

    known: Mapping[str, tuple[str, set[str]]]  # letters and digits of each → its type, and the ways it is written
    beginnings: set[str]
    longest: int


def echoed(texts: Sequence[str], found: Sequence[Sequence[Found]], records: Sequence[str] = ()) -> list[list[Found]]:
    """What was found in the pieces of one document, and where the same numbers, or these records', stand elsewhere."""
    said = {one for text, mine in zip(texts, found, strict=True) for one in direct(text, mine)}
    numbers = numbers_of({*said, *((one, "record_number") for one in records if sum(map(str.isalnum, one)) >= LEAST)})
    if not numbers.known:
        return [[*mine] for mine in found]
    return [sorted([*mine, *echoes(text, mine, numbers)]) for text, mine in zip(texts, found, strict=True)]


def numbers_of(values: Iterable[tuple[str, str]]) -> Numbers:
    """Numbers that stand for one person, each with its type, ready to be looked for."""
    known: dict[str, tuple[str, set[str]]] = {}
    for said, type in sorted(values):
        plain = unicodedata.normalize("NFKC", said)
        if runs := [*RUN.finditer(plain)]:
            written = plain[runs[0].start() : runs[-1].end()]
            known.setdefault("".join(run[0] for run in runs), (type, set()))[1].add(written)
    beginnings = {one[:length] for one in known for length in range(1, BEGINNING + 1)}
    return Numbers(known, beginnings, max(map(len, known), default=0))


def direct(text: str, found: Sequence[Found]) -> Iterator[tuple[str, str]]:
    """What was found of numbers that stand for one person, each with its type."""
    for one in found:
        said = text[one.start : one.end]
        direct = one.type in ENTITIES and ENTITIES[one.type].identifies == "direct" and one.type != "person"
        if direct and sum(map(str.isalnum, said)) >= LEAST and sum(map(str.isdecimal, said)) >= 4:
            yield said, one.type


def echoes(text: str, found: Sequence[Found], numbers: Numbers) -> Iterator[Found]:
    """Where such numbers stand between what was found in a text, whole; in linear time."""
    for before, after in pairwise([Found(0, 0, ""), *found, Found(len(text), len(text), "")]):
        runs, at = [*RUN.finditer(text, before.end, after.start)], before.end
        for place, run in enumerate(runs):
            if run.start() < at or run[0][:BEGINNING] not in numbers.beginnings:
                continue
            if one := echo_at(text, runs[place : place + GROUPS], numbers):
                yield one._replace(start=max(one.start, at), end=min(one.end, after.start))
                at = one.end


def echo_at(text: str, runs: "Sequence[re.Match[str]]", numbers: Numbers) -> Found | None:
    """The longest number that these stretches of letters and digits begin with, if there is one."""
    start, joined, grouped, longest = runs[0].start(), "", True, None
    for at, run in enumerate(runs):
        joined += run[0]
        if len(joined) > numbers.longest:
            break
        grouped = grouped and (at == 0 or JOINT.fullmatch(text, runs[at - 1].end(), run.start()) is not None)
        type, written = numbers.known.get(joined, ("", ()))
        end = run.end()
        if type and (text[start:end] in written or (grouped and len(joined) >= REGROUPED)) and whole(text, start, end):
            longest = Found(*with_brackets(text, start, end), type, SURE)
    return longest


def whole(text: str, start: int, end: int) -> bool:
    """Whether a number neither begins before this stretch nor goes on behind it."""
    return RUN.match(text, end) is None and (start == 0 or RUN.match(text, start - 1) is None)


def with_brackets(text: str, start: int, end: int) -> tuple[int, int]:
    """A stretch with the bracket that one within it belongs to: (415) 664-2671, A123456(3)."""
    said = text[start:end]
    opened, closed = said.find("("), said.find(")")
    before = closed >= 0 and (opened < 0 or closed < opened) and text[max(0, start - 1) : start] == "("
    behind = said.rfind("(") > said.rfind(")") and text[end : end + 1] == ")"
    return start - before, end + behind
