"""Every mention of names that are known."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from curate.personal.found import Found
from curate.personal.name_shapes import FIRST, KNOWN_WORDS, LISTS, NOT_WORDS, SUFFIX, WORD
from curate.personal.words import HAN, LATIN, one_of

LONGEST = 80  # characters of a name
# Family and first names that are words as well: alone they are a name only where a title says so.
ALSO_WORDS = frozenset(LISTS["also_words"])
FIRST_BEFORE = re.compile(f"(?<![{LATIN}])({one_of(FIRST)}(?: [A-Z]\\.?)? )$")
OTHER_BEFORE = re.compile(f"(?<![{LATIN}.'’-])({WORD}(?: [A-Z]\\.?)? )$")
Scores = dict[str, float]  # what a mention says → how sure it is


def spread(text: str, names: Sequence[str]) -> list[Found]:
    """Every mention of these names, and of the parts of English ones, in linear time; none inside a longer word.

    Of a Chinese name only the whole is looked for: 张某, 小张 and a given name alone point to nobody by themselves.
    """
    by_start: dict[str, dict[int, Scores]] = {}
    for name in names:
        for said, score in ways_to_say(name):
            scores = by_start.setdefault(said[:2], {}).setdefault(len(said), {})
            scores[said] = max(score, scores.get(said, 0))
    if not by_start:
        return []
    starts = re.compile(one_of(by_start))
    longest_first = {start: sorted(lengths.items(), reverse=True) for start, lengths in by_start.items()}
    found, at = [], 0
    while place := starts.search(text, at):
        one = mention_at(text, place.start(), longest_first[place[0]])
        at = one.end if one else place.start() + 1
        found += [one] if one else []
    return found


def mention_at(text: str, start: int, lengths: Iterable[tuple[int, Scores]]) -> Found | None:
    """The longest mention that begins here; a family name alone takes the first name before it along."""
    for length, scores in lengths:
        said, end = text[start : start + length], start + length
        if said in scores and stands_alone(text, start, end):
            first = first_before(text, start) if in_words(said[0]) and " " not in said else None
            if said.title() in ALSO_WORDS and not first:  # Ms King: Austin King, but neither king nor Burger King
                continue
            return Found(first.start(1) if first else start, end, "person", scores[said])
    return None


def first_before(text: str, start: int) -> "re.Match[str] | None":
    """The first name right before a family name: a known one, or a capitalized word that is no ordinary one."""
    known = FIRST_BEFORE.search(text, max(0, start - 40), start)
    if known or not (other := OTHER_BEFORE.search(text, max(0, start - 40), start)):
        return known
    family = re.match(f"[{LATIN}]+", text[start : start + LONGEST])
    word = other[1].split()[0]
    ordinary = word.isupper() or re.search("(?:ly|ing|ed|ion|ment)$", word) or (family and family[0] in ALSO_WORDS)
    return None if ordinary else other


def stands_alone(text: str, start: int, end: int) -> bool:
    """Whether a stretch is no part of a longer word; in Chinese nothing tells where words end."""
    before = start > 0 and in_words(text[start]) and in_words(text[start - 1])
    return not before and not (in_words(text[end - 1]) and in_words(text[end : end + 1]))


@cache
def in_words(character: str) -> bool:
    """Whether a character is one of words that stand between spaces."""
    return (character.isalnum() or character == "_") and not re.match(f"[{HAN}]", character)


def ways_to_say(name: str) -> Iterator[tuple[str, float]]:
    """The ways in which a text can say this name again, and how sure it is that each does."""
    name = re.sub(r"\s+", " ", name).strip()[:LONGEST]
    if re.search(f"[{HAN}]", name):
        for way in {name, name.replace(" ", "")}:
            if len(way) > 2 or (len(way) == 2 and way not in KNOWN_WORDS):  # 高峰 may be a name; 早高峰 is none
                yield way, 0.85
    elif len(name) > 1:
        yield from english_ways(name)


def english_ways(name: str) -> Iterator[tuple[str, float]]:
    """An English name in full, turned around, without middle names, in capitals; its first and its last word."""
    if ", " in name and not re.search(f", (?:{SUFFIX})", name):
        yield name, 0.85
        name = " ".join(reversed(name.split(", ", 1)))
    words = re.sub(f",? (?:{SUFFIX})\\.?$", "", name).split()
    long = [word for word in words if len(word.rstrip(".")) > 1]
    if len(long) > 1:
        first, last = long[0], long[-1]
        for said in {name, " ".join(words), " ".join(long), f"{first} {last}", f"{last}, {first}", f"{last} {first}"}:
            yield from ((way, 0.85) for way in {said, said.upper(), said.title() if said.isupper() else said})
        long = [first, last]
    for word in long:
        family = word is long[-1]  # a word as well: for a name only behind a first name
        if len(word) > 2 and (family or word.title() not in ALSO_WORDS) and word not in NOT_WORDS:
            plain = word.title() if word.isupper() else word
            yield from ((way, 0.6 if len(long) > 1 else 0.7) for way in {plain, word.upper()})
