"""A user's own recognizers: a presidio YAML file, or Python with recognizers; what RE2 takes of them joins the gate."""

import importlib.util
import inspect
import os
import re
import sys
import traceback
from collections.abc import Mapping
from functools import partial
from hashlib import blake2b
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from curate.errors import RecipeError, meant
from curate.personal.found import Candidate, Rule

LANGUAGE = "mul"  # one for all: Chinese and English stand in the same text, and no recognizer asks which it is
# presidio's own numbers: what a context word adds to a score, and what it is then at least.
RAISE, LEAST = 0.35, 0.4
KEYS = (
    "name", "type", "class_name", "enabled", "supported_entity", "supported_entities", "supported_language",
    "supported_languages", "patterns", "deny_list", "deny_list_score", "context", "version", "global_regex_flags",
    "country_code", "score_thresholds",
)  # fmt: skip
FILE_KEYS = ("recognizers", "supported_languages", "global_regex_flags", "supported_countries")
PATTERN_KEYS = ("name", "regex", "score")
NOT_RE2 = re.VERBOSE


def offline() -> None:
    """Keep presidio from the network, and its patterns from taking a minute each."""
    os.environ.setdefault("TLDEXTRACT_PUBLIC_SUFFIX_LIST_URLS", "")  # it would download a list of domains
    os.environ.setdefault("REGEX_TIMEOUT_SECONDS", "5")


def read_recognizers(path: Path) -> list[Any]:
    """The presidio recognizers of a file, for any language. Raises RecipeError with all that is wrong with it."""
    offline()
    if not path.is_file():
        raise RecipeError(f"no file of recognizers at {path}; a path in a recipe is relative to the recipe")
    if path.suffix == ".py":
        found = of_python(path)
    elif path.suffix in (".yaml", ".yml"):
        found = of_yaml(path)
    else:
        raise RecipeError(f"{path}: recognizers are a .py file, or presidio's YAML, whose name ends in .yaml")
    if not found:
        raise RecipeError(f"{path}: no recognizer in it")
    for one in found:
        one.supported_language = LANGUAGE
    return found


def of_yaml(path: Path) -> list[Any]:
    """The recognizers of a presidio YAML file."""
    try:
        told = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, ValueError) as error:
        place = getattr(error, "problem_mark", None)
        raise RecipeError(f"{path}{f', line {place.line + 1}' if place else ''}: is not YAML") from None
    if not isinstance(told, dict) or not isinstance(told.get("recognizers"), list):
        raise RecipeError(f"{path}: expected `recognizers:` with a list, as presidio has it")
    problems = [f"{path}: there is no key {key!r}{meant(str(key), FILE_KEYS)}" for key in told if key not in FILE_KEYS]
    flags, found = told.get("global_regex_flags", re.DOTALL | re.MULTILINE | re.IGNORECASE), []
    for at, one in enumerate(told["recognizers"], 1):
        try:
            found += made({"name": one, "type": "predefined"} if isinstance(one, str) else one, flags)
        except Exception as error:  # presidio raises what it likes
            name = one.get("name", f"number {at}") if isinstance(one, dict) else one
            problems.append(f"{path}, recognizer {name!r}: {error}")
    if problems:
        raise RecipeError(*problems)
    return found


def made(told: Any, flags: int) -> list[Any]:
    """The recognizers that one entry of a YAML file means; raises ValueError with a sentence."""
    from presidio_analyzer.recognizer_registry.recognizers_loader_utils import RecognizerListLoader

    if not isinstance(told, dict):
        raise ValueError("expected a mapping with `name:` and `supported_entity:`")
    if told.get("type") != "predefined":
        check(told)
    elif (name := str(told.get("class_name") or told.get("name"))) not in (known := predefined()):
        raise ValueError(f"presidio has none of this name{meant(name, known)}")
    settings = {key: value for key, value in told.items() if key not in ("supported_language", "supported_languages")}
    for language in told.get("supported_languages") or []:  # a language may have context words of its own
        if isinstance(language, dict) and (words := language.get("context")):
            settings["context"] = [*settings.get("context", []), *words]
    return list(RecognizerListLoader.get([settings], [LANGUAGE], flags))


def predefined() -> set[str]:
    """What presidio's own recognizers are called."""
    from presidio_analyzer import predefined_recognizers

    return {name for name in vars(predefined_recognizers) if name.endswith("Recognizer")}


def check(told: Mapping[Any, Any]) -> None:
    """Raises ValueError with what is wrong with the keys of a recognizer of the user's own."""
    for key in told:
        if key not in KEYS:
            raise ValueError(f"there is no key {key!r}{meant(str(key), KEYS)}")
    if not (told.get("supported_entity") or told.get("supported_entities")):
        raise ValueError("needs `supported_entity:`, what is found, such as EMPLOYEE_ID")
    patterns = told.get("patterns") or []
    if not patterns and not told.get("deny_list"):
        raise ValueError("needs `patterns:` or `deny_list:`")
    for pattern in patterns:
        if not isinstance(pattern, dict):
            raise ValueError("each of `patterns:` is a mapping of name, regex and score")
        for key in pattern:
            if key not in PATTERN_KEYS:
                raise ValueError(f"patterns: there is no key {key!r}{meant(str(key), PATTERN_KEYS)}")
        if missing := [key for key in PATTERN_KEYS if key not in pattern]:
            raise ValueError(f"patterns: each needs `{missing[0]}:`")


def of_python(path: Path) -> list[Any]:
    """The recognizers that a Python file makes, and those whose classes it defines and makes none of."""
    from presidio_analyzer import EntityRecognizer

    module = imported(path)
    found = [one for one in vars(module).values() if isinstance(one, EntityRecognizer)]
    own = [one for one in vars(module).values() if inspect.isclass(one) and one.__module__ == module.__name__]
    for one in own:
        if issubclass(one, EntityRecognizer) and not any(isinstance(made, one) for made in found):
            try:
                found.append(one())
            except TypeError as error:
                sentence = f"{path}: {one.__name__} cannot be made without arguments ({error})"
                raise RecipeError(f"{sentence}; make one in the file: mine = {one.__name__}(...)") from None
    return list(dict.fromkeys(found))


def imported(path: Path) -> ModuleType:
    """A Python file, imported; raises RecipeError with the line that failed."""
    own = blake2b(bytes(path.absolute()), digest_size=4).hexdigest()
    spec = importlib.util.spec_from_file_location(f"curate_recognizers_{path.stem}_{own}", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise RecipeError(f"{path}:{error.lineno or 1}: not Python: {error.msg}") from None
    except Exception as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        sentence = f"the recognizers cannot be imported: {type(error).__name__}: {error}"
        raise RecipeError(f"{path}:{lines[-1] if lines else 1}: {sentence}") from None
    return module


def rules_of(recognizer: Any) -> tuple[Rule, ...]:
    """A recognizer of patterns or listed words as rules of ours; none where RE2 does not take it, or it does more."""
    from presidio_analyzer import EntityRecognizer, PatternRecognizer

    own, flags = type(recognizer), getattr(recognizer, "global_regex_flags", 0)
    if (
        not isinstance(recognizer, PatternRecognizer)
        or own.analyze is not PatternRecognizer.analyze
        or own.enhance_using_context is not EntityRecognizer.enhance_using_context
        or flags & NOT_RE2
    ):
        return ()
    letters = "".join(letter for letter, flag in (("i", re.I), ("m", re.M), ("s", re.S)) if flags & flag)
    rules = []
    for pattern in recognizer.patterns:
        listed = pattern.name == "deny_list" and recognizer.deny_list
        regex = "|".join(map(re.escape, sorted(recognizer.deny_list, key=len)[::-1])) if listed else pattern.regex
        if (compiled := of_re2(f"(?{letters}:{regex})" if letters else regex)) is None:
            return ()
        holds = partial(score_of, recognizer, pattern.score, bool(listed))
        rules.append(Rule(recognizer.supported_entities[0].lower(), compiled.pattern, compiled, holds))
    return tuple(rules)


def of_re2(regex: str) -> Any:
    """A pattern compiled by RE2, which matches in linear time whatever the pattern; none where it cannot."""
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(regex, options)
    except re2.error:
        return None


def score_of(recognizer: Any, score: float, listed: bool, candidate: Candidate) -> float:
    """What presidio would make of a match: checked by the recognizer, raised by a context word, held to its limits."""
    said = candidate.said
    if listed and inside_word(candidate):
        return 0
    valid = recognizer.validate_result(said)
    if valid is False or recognizer.invalidate_result(said):
        return 0
    sure = 1.0 if valid else raised(score, recognizer.context or (), candidate.before + "\n" + candidate.after)
    limits = recognizer.score_thresholds or {}
    limit = limits.get(recognizer.supported_entities[0], limits.get("default"))
    return sure if limit is None else float(sure >= limit)


def inside_word(candidate: Candidate) -> bool:
    """Whether a listed word is part of a longer one of letters and digits; between Chinese characters it never is."""
    before, said, after = candidate.before[-1:], candidate.said, candidate.after[:1]
    return (is_letter(before) and is_letter(said[0])) or (is_letter(after) and is_letter(said[-1]))


def is_letter(character: str) -> bool:
    """Whether a character is a letter or digit of a script that parts words by spaces; not of ours is Chinese."""
    return character.isalnum() and not "\u3040" <= character <= "\uffdc"


def raised(score: float, words: Any, near: str) -> float:
    """A score, raised where a context word stands near: 40 characters before or 20 behind, whatever parts words."""
    near = near.casefold()
    return min(1.0, max(score + RAISE, LEAST)) if any(word.casefold() in near for word in words) else score
