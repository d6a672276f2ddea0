"""The options of a recipe line, checked against the signature and annotations of the function they are for."""

import inspect
import re
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from curate.errors import RecipeError, meant
from curate.plugins import Offered, Pair

Limits = dict[str, dict[str, Pair]]  # language, "" for all that are not named → value → (low, high)
MANY = 6  # words of which an error names the nearest, not all
SPOKEN = {
    int: "a whole number",
    float: "a number",
    str: "a text",
    bool: "true or false",
    dict: "a mapping",
    Mapping: "a mapping",
    list: "a list",
    tuple: "a list",
    Sequence: "a list",
    Path: "a path",
    types.NoneType: "null",
}


def options_of(function: Callable[..., Any]) -> dict[str, Any]:
    """The arguments a recipe may give → what their annotations, or else their defaults, say they are."""
    hints = get_type_hints(function)
    arguments = inspect.signature(function).parameters.values()
    return {
        one.name: hints.get(one.name, type(one.default) if one.default is not None else Any)
        for one in arguments
        if one.default is not one.empty
    }


def needed_by(offered: Offered) -> dict[str, Any]:
    """The arguments of a plugin's setup that a recipe has to give, since they have no default."""
    if not (setup := offered.about.setup):
        return {}
    hints, arguments = get_type_hints(setup), inspect.signature(setup).parameters.values()
    plain = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {
        one.name: hints.get(one.name, Any)
        for one in arguments
        if one.default is one.empty and one.kind in plain and one.name not in options_of(offered.function)
    }


def defaults_of(offered: Offered) -> dict[str, Any]:
    """Every option of a plugin with its default, limits included, as `curate plugins` shows them."""
    functions = [offered.function, *([offered.about.setup] if offered.about.setup else [])]
    parameters = [one for function in functions for one in inspect.signature(function).parameters.values()]
    shown = {one.name: one.default for one in parameters if one.default is not one.empty}
    if len(offered.about.limits) == 1:
        low, high = next(iter(offered.about.limits.values()))
        return shown | {name: limit for name, limit in (("min", low), ("max", high)) if limit is not None}
    languages = {
        language: {name: list(pair) for name, pair in own.items()} for language, own in offered.about.languages.items()
    }
    return shown | {name: list(pair) for name, pair in offered.about.limits.items()} | languages


def check_options(label: str, offered: Offered, options: Mapping[str, Any]) -> tuple[dict[str, Any], Limits]:
    """The options for the function and the limits of one recipe line; raises `RecipeError` with all that is wrong."""
    if problems := [sentence for _, sentence in option_problems(label, offered, options)]:
        raise RecipeError(*problems)
    takes = takes_of(offered)
    return {key: value for key, value in options.items() if key in takes}, limits_of(offered, options)


def limits_of(offered: Offered, options: Mapping[str, Any]) -> Limits:
    """The limits of one recipe line, its own in the place of the decorator's."""
    told, languages = offered.about, language_limits(offered, options)
    every = narrowed(told.limits, options)
    by_language: Limits = {"": every}
    for language in sorted({*told.languages, *languages}):
        own = {**told.languages.get(language, {}), **options, **languages.get(language, {})}
        by_language[language] = narrowed(every, own)
    return by_language


def option_problems(label: str, offered: Offered, options: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """What is wrong with the options of one line: the path to each, and a sentence."""
    yield from [*wrong_options(label, offered, options)] or nothing_between(label, offered, options)


def nothing_between(label: str, offered: Offered, options: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Limits of which each may be meant, but with those that the line leaves as they are nothing is left."""
    for language, pairs in limits_of(offered, options).items():
        for name, (low, high) in pairs.items():
            if crossed(low, high):
                where = f" for {language}" if language else ""
                sentence = f"{label}: nothing lies between {low:g} and {high:g}, the limits of {name}{where}; say both"
                yield (), sentence


def wrong_options(label: str, offered: Offered, options: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Options that the plugin does not have, or of the wrong type, or that are missing."""
    limits, languages = limit_options(offered.about.limits), language_limits(offered, options)
    own = {key: value for key, value in options.items() if key not in languages}
    for option, sentence in mistyped(label, own, takes_of(offered) | limits):
        yield (option,), sentence
    for option, hint in needed_by(offered).items():
        if option not in options:
            yield (), f"{label} needs `{option}:`, {spoken(hint)}"
    for language, values in languages.items():
        for option, sentence in mistyped(label, values, limits):
            yield (language, option), sentence


def takes_of(offered: Offered) -> dict[str, Any]:
    """The options of a plugin's function and of its setup, with what they should be."""
    setup = offered.about.setup
    return needed_by(offered) | options_of(offered.function) | (options_of(setup) if setup else {})


def language_limits(offered: Offered, options: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The options that are limits for one language: ``zh: {words: [80, null]}``."""
    takes = takes_of(offered)
    return {
        key: value
        for key, value in options.items()
        if offered.about.limits and isinstance(value, Mapping) and re.fullmatch("[a-z]{2,3}", key) and key not in takes
    }


def limit_options(limits: Mapping[str, Pair]) -> dict[str, Any]:
    """A step of one value has `min` and `max`; one of several has ``value: [low, high]``."""
    if len(limits) == 1:
        return {"min": float | None, "max": float | None}
    return dict.fromkeys(limits, list[float | None])


def mistyped(label: str, options: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each option that is unknown or of the wrong type, and a sentence on it."""
    for option, value in options.items():
        if option not in known:
            yield option, f"{label} has no option {option!r}{meant(str(option), known)}"
        elif known[option] == list[float | None]:
            if not fits(value, known[option]) or len(value) != 2 or crossed(*value):
                yield option, f"{label}: {option} should be [low, high], null where there is no limit, not {value!r}"
        elif not fits(value, known[option]):
            word = stray(value, known[option])
            wanted = (
                f"takes no {word[0]!r}{meant(*word)}" if word else f"should be {spoken(known[option])}, not {value!r}"
            )
            yield option, f"{label}: {option} {wanted}"
    if crossed(low := options.get("min"), high := options.get("max")):
        yield "min", f"{label}: min {low!r} and max {high!r} leave nothing between them"


def stray(value: Any, hint: Any) -> tuple[str, list[str]] | None:
    """The word in a value that is none of many an annotation allows, and those; none where they are few, or it fits."""
    of = get_args(hint)
    if get_origin(hint) is Literal:
        return (value, [*map(str, of)]) if len(of) > MANY and isinstance(value, str) and value not in of else None
    if get_origin(hint) in (Union, types.UnionType):
        return next((found for one in of if (found := stray(value, one))), None)
    if (get_origin(hint) or hint) in (list, tuple, Sequence) and isinstance(value, list) and of:
        return next((found for one in value if (found := stray(one, of[0]))), None)
    if (get_origin(hint) or hint) in (dict, Mapping) and isinstance(value, dict) and of:
        pairs = ((one, of_one) for pair in value.items() for one, of_one in zip(pair, of, strict=False))
        return next((found for one, of_one in pairs if (found := stray(one, of_one))), None)
    return None


def crossed(low: Any, high: Any) -> bool:
    """Whether nothing lies between two limits."""
    return isinstance(low, int | float) and isinstance(high, int | float) and not low <= high


def narrowed(limits: Mapping[str, Pair], options: Mapping[str, Any]) -> dict[str, Pair]:
    """The limits, with what a recipe line says in their place."""
    if len(limits) == 1:
        (name, (low, high)) = next(iter(limits.items()))
        return {name: (options.get("min", low), options.get("max", high))}
    return {name: (options.get(name, pair)[0], options.get(name, pair)[1]) for name, pair in limits.items()}


def fits(value: Any, hint: Any) -> bool:
    """Whether a value read from YAML is what an annotation asks for."""
    of = get_args(hint)
    if hint is Any:
        return True
    if get_origin(hint) in (Union, types.UnionType):
        return any(fits(value, one) for one in of)
    if get_origin(hint) is Literal:
        return value in of
    if (get_origin(hint) or hint) in (list, tuple, Sequence):
        return isinstance(value, list | tuple) and all(fits(one, of[0] if of else Any) for one in value)
    if get_origin(hint) in (dict, Mapping):
        return isinstance(value, Mapping) and all(fits(k, of[0]) and fits(v, of[1]) for k, v in value.items())
    if hint is Path:
        return isinstance(value, str | Path)
    if isinstance(value, bool):
        return hint is bool
    if value != value:  # .nan, which no limit means
        return False
    return isinstance(value, int | float if hint is float else get_origin(hint) or hint)


def spoken(hint: Any) -> str:
    """An annotation in words, for an error sentence."""
    if get_origin(hint) in (list, tuple, Sequence):
        return f"a list, each {spoken(get_args(hint)[0])}"
    if get_origin(hint) in (dict, Mapping):
        key, value = (spoken(one).removeprefix("a ") for one in get_args(hint))
        return f"a mapping of {key} to {value}"
    if get_origin(hint) is Literal:
        return " or ".join(repr(one) for one in get_args(hint))
    if get_origin(hint) in (Union, types.UnionType):
        return " or ".join(spoken(one) for one in get_args(hint))
    return SPOKEN.get(get_origin(hint) or hint, str(hint))
