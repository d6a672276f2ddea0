"""Limits moved in thought: what ``step.value=LIMIT`` means, and the rules that come of it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import yaml

from curate.errors import CurateError, meant
from curate.options import crossed
from curate.plugins import Pair
from curate.rules import Rule
from curate.terminal import said_pair

SIDES = ("min", "max")  # the options of a step of one value; one of several has an option for each, a pair


@dataclass(frozen=True)
class Move:
    """One limit that is to be another, as a recipe's line would say it."""

    label: str
    language: str  # "" for all, as an option of the line itself
    options: Mapping[str, Any]  # `min` and `max`, or a value's name: [low, high]


def moved(rules: Sequence[Rule], words: Sequence[str]) -> tuple[list[Move], list[Rule]]:
    """What ``step.value=LIMIT`` words mean, and all rules with those limits; raises `CurateError`."""
    by_label = {rule.label: rule for rule in rules}
    moves = []
    for word in words:
        move = read_move(rules, by_label, word)
        rule = by_label[move.label] = with_move(by_label[move.label], move)
        for column, pair in (one for pairs in rule.limits.values() for one in pairs.items()):
            if crossed(*pair):
                raise CurateError(f"{word}: {column} would have nothing between {said_pair(*pair)}")
        moves.append(move)
    return moves, list(by_label.values())


def read_move(ran: Sequence[Rule], rules: Mapping[str, Rule], word: str) -> Move:
    """One word as a move; raises `CurateError` with the nearest right name.

    `ran` are the rules as the run had them: they say which side a single number is for.
    """
    place, equals, written = word.partition("=")
    label, *way = place.strip().split(".")
    limited = [name for name, rule in rules.items() if rule.kind == "score"]
    if not equals or not written.strip():
        example = f", such as {one_place(rules[limited[0]])}=0.1" if limited else ""
        raise CurateError(f"{word}: write it as step.value=LIMIT{example}")
    if label in rules and label not in limited:
        says = "says yes or no" if rules[label].kind == "filter" else f"is a step of kind {rules[label].kind}"
        raise CurateError(f"{word}: {label} {says} and has no limit to move")
    if label not in rules:
        raise CurateError(f"{word}: no step {label!r} with limits was in this run{meant(label, limited)}")
    rule, limit = rules[label], read_limit(word, written)
    language, way = language_of(rule, way)
    then = next(one.limits for one in ran if one.label == label)
    return Move(label, language, options_for(rule, then.get(language, then[""]), language, way, limit, word))


def one_place(rule: Rule) -> str:
    """How a limit of the rule is named in a word."""
    return next(iter(rule.limits[""]))


def values_of(rule: Rule) -> list[str]:
    """The names of the values that the limits are for; none where there is but one, which is the step's own."""
    return [column.removeprefix(f"{rule.label}.") for column in rule.limits[""] if column != rule.label]


def language_of(rule: Rule, way: Sequence[str]) -> tuple[str, list[str]]:
    """The language that a way to a limit begins with, "" for none, and the rest of the way."""
    names = values_of(rule) or SIDES
    if way and way[0] not in names and re.fullmatch("[a-z]{2,3}", way[0]) and (len(way) == 2 or names is SIDES):
        return way[0], list(way[1:])
    return "", list(way)


def options_for(
    rule: Rule, then: Mapping[str, Pair], language: str, way: Sequence[str], limit: Any, word: str
) -> dict[str, Any]:
    """The options that a recipe's line would need for this limit."""
    names = values_of(rule)
    own = rule.limits.get(language, rule.limits[""])
    if len(way) > 1 or (way and way[0] not in (names or SIDES)) or (names and not way):
        if not way:
            raise CurateError(f"{word}: say which value of {rule.label}{meant('', names)}")
        raise CurateError(f"{word}: {rule.label} has no value {'.'.join(way)!r}{meant('.'.join(way), names or SIDES)}")
    if names:
        column = f"{rule.label}.{way[0]}"
        return {way[0]: list(moved_pair(own[column], then[column], limit, word))}
    if way and isinstance(limit, list):
        raise CurateError(f"{word}: {way[0]} is one number, or null for no limit")
    if way:
        return {way[0]: limit}
    new = moved_pair(own[rule.label], then[rule.label], limit, word)
    sides = {side: (old, new) for side, old, new in zip(SIDES, then[rule.label], new, strict=True)}
    return {side: new for side, (old, new) in sides.items() if isinstance(limit, list) or old is not None}


def moved_pair(pair: Sequence[float | None], then: Sequence[float | None], limit: Any, word: str) -> Pair:
    """A pair of limits after a new pair, none, or one number, which is for the side that `then` has a limit on."""
    if isinstance(limit, list):
        return limit[0], limit[1]
    if limit is None:
        return None, None
    if (then[0] is None) == (then[1] is None):
        both = "no limit" if then[0] is None else f"two limits, {said_pair(*then)}"
        raise CurateError(f"{word}: it has {both}; write [low,high], null where there is to be none")
    return (limit, pair[1]) if then[1] is None else (pair[0], limit)


def read_limit(word: str, written: str) -> Any:
    """A number, a list of two, or none for no limit; raises `CurateError`."""
    try:
        limit = yaml.safe_load(written)
    except yaml.YAMLError:
        limit = written
    numbers = [as_number(one) for one in (limit if isinstance(limit, list) else [limit])]
    if not all(one is None or isinstance(one, int | float) for one in numbers) or (
        isinstance(limit, list) and len(limit) != 2
    ):
        raise CurateError(f"{word}: a limit is a number, [low,high], or null for none, not {written.strip()!r}")
    return numbers if isinstance(limit, list) else numbers[0]


def as_number(value: Any) -> Any:
    """A number or none as YAML has it, or as a person writes it; else the value, as something that is no limit."""
    if isinstance(value, str):
        if value.lower() in ("none", "null"):
            return None
        try:
            value = float(value)  # YAML takes 1e-3 for a text
        except ValueError:
            return value
    return repr(value) if isinstance(value, bool) or value != value else value


def with_move(rule: Rule, move: Move) -> Rule:
    """The rule as if its recipe line said so: an option holds for every language for which the line has none."""
    given: dict[str, Any] = dict(rule.given)
    limits = dict(rule.limits)
    if move.language:
        limits.setdefault(move.language, dict(limits[""]))
        given[move.language] = {**(given.get(move.language) or {}), **move.options}
        limits[move.language] = with_options(rule, limits[move.language], move.options)
    else:
        given |= move.options
        for language, pairs in limits.items():
            own = given.get(language) if language else None
            said = own if isinstance(own, Mapping) else {}
            limits[language] = with_options(rule, pairs, {k: v for k, v in move.options.items() if k not in said})
    ordered = {"": limits[""], **{language: limits[language] for language in sorted(limits) if language}}
    return replace(rule, limits=ordered, given=given)


def with_options(rule: Rule, pairs: Mapping[str, Sequence[Any]], options: Mapping[str, Any]) -> dict[str, Pair]:
    """The limits of one language, with what options say in their place."""
    own: dict[str, Pair] = {column: (pair[0], pair[1]) for column, pair in pairs.items()}
    for option, value in options.items():
        if option in SIDES and rule.label in own:
            low, high = own[rule.label]
            own[rule.label] = (value, high) if option == "min" else (low, value)
        else:
            own[f"{rule.label}.{option}"] = (value[0], value[1])
    return own


def differences(
    before: Sequence[Rule], after: Sequence[Rule]
) -> Iterator[tuple[str, str, Sequence[Any], Sequence[Any]]]:
    """Each limit that is another one: column, language ("" for all that are not named), the old pair and the new."""
    for old, new in zip(before, after, strict=True):
        for language, pairs in new.limits.items():
            was = old.limits.get(language, old.limits.get("", {}))
            for column, pair in pairs.items():
                if [*was[column]] != [*pair]:
                    yield column, language, was[column], pair
