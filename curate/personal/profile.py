"""What is looked for: types, words that announce personal data, and what becomes of it. A profile is a YAML file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from curate.errors import RecipeError, meant
from curate.personal.entities import ENTITIES

ProfileName = Literal["default", "clinical_zh", "legal_zh", "code"]
FOLDER = Path(__file__).parent / "profiles"
ACTIONS = ("tag", "redact", "mask", "replace", "hash", "pseudonym", "shift", "year")
LABELS = (
    "name",  # stands before a name in a form, with a mark between: 姓名：, Name:
    "person",  # stands right before a name in running text as well: 患者, 家属, Mr.
    "title",  # stands right behind a name: 先生, 医生
    "hint",  # speaks of people: near it a surname with two more characters is a name
    "never_name",  # what looks like a name and is none: 未填写, Customer
    "record",  # stands before a number that stands for a person: 住院号, MRN
    "birth_date",
    "visit_date",
    "address",
    "organization",
)
PLAIN = {"threshold": (int, float), "siblings": (bool,), "age_over": (int,)}
RANGES = {"threshold": (0, 1), "age_over": (0, 150)}
KEYS = ("extends", "types", "actions", "labels", "without", *PLAIN)


@dataclass(frozen=True)
class Profile:
    """What a finder looks for, and what is done about it."""

    name: str
    types: frozenset[str]
    actions: Mapping[str, str]  # type → action, for the types whose action is not the step's
    threshold: float  # how sure something has to be
    labels: Mapping[str, Sequence[str]]  # words of LABELS
    siblings: bool  # whether names of one document go from those beside it
    age_over: int  # only ages above it are personal data

    def words(self, label: str) -> tuple[str, ...]:
        """The words of one list, the longest first."""
        return tuple(sorted(set(self.labels.get(label, ())), key=lambda word: (-len(word), word)))

    def only(self, types: Iterable[str]) -> "Profile":
        """The same, for these types alone."""
        return replace(self, types=frozenset(types))


def read_profile(name: str = "default", extend: Path | None = None) -> Profile:
    """A profile that comes with curate, with what the user's file `extend` adds to it. Raises RecipeError."""
    if extend is None:
        return bundled(name)
    own = read_settings(extend)
    return build(f"{name}+{extend.stem}", [*lineage(own.get("extends", name), str(extend)), own])


@cache
def bundled(name: str) -> Profile:
    """A profile that comes with curate."""
    return build(name, lineage(name, "profile"))


def names_of_profiles() -> list[str]:
    """What the profiles that come with curate are called."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def lineage(name: Any, where: str) -> list[dict[str, Any]]:
    """The settings of a profile that comes with curate, those that it extends before its own."""
    if name not in (known := names_of_profiles()):
        raise RecipeError(f"{where}: there is no profile {name!r}{meant(str(name), known)}")
    own = read_settings(FOLDER / f"{name}.yaml")
    return [*(lineage(own["extends"], str(name)) if "extends" in own else []), own]


def read_settings(path: Path) -> dict[str, Any]:
    """What a profile's file says, checked: every problem at once."""
    try:
        settings = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read ({error.strerror})") from None
    except (yaml.YAMLError, ValueError) as error:
        place = getattr(error, "problem_mark", None)
        raise RecipeError(f"{path}{f', line {place.line + 1}' if place else ''}: is not YAML") from None
    if not isinstance(settings, dict):
        raise RecipeError(f"{path}: a profile is a mapping with the keys {', '.join(KEYS)}")
    if problems := [f"{path}: {problem}" for problem in problems_of(settings)]:
        raise RecipeError(*problems)
    return settings


def problems_of(settings: Mapping[Any, Any]) -> list[str]:
    """What is wrong with a profile's settings, a sentence each."""
    problems = [f"there is no key {key!r}{meant(str(key), KEYS)}" for key in settings if key not in KEYS]
    problems += of_words("types", settings.get("types", []), ENTITIES) + of_words(
        "without", settings.get("without", [])
    )
    for key, pairs, known in (
        ("actions", settings.get("actions", {}), ENTITIES),
        ("labels", settings.get("labels", {}), LABELS),
    ):
        if not isinstance(pairs, dict):
            problems.append(f"{key} has to be a mapping")
            continue
        problems += [f"{key}: there is no {word!r}{meant(str(word), known)}" for word in pairs if word not in known]
        for word, value in pairs.items():
            problems += (
                of_words(f"labels: {word}", value)
                if key == "labels"
                else of_words(f"actions: {word}", [value], ACTIONS)
            )
    for key, kinds in PLAIN.items():
        if key in settings and type(settings[key]) not in kinds:
            problems.append(
                f"{key} has to be {'true or false' if bool in kinds else 'a number'}, not {settings[key]!r}"
            )
        elif key in RANGES and key in settings and not RANGES[key][0] <= settings[key] <= RANGES[key][1]:
            problems.append("{} has to be from {} to {}, not {}".format(key, *RANGES[key], settings[key]))
    return problems


def of_words(key: str, words: Any, known: Any = None) -> list[str]:
    """What is wrong with a list of words, which are to be among the known where those are told."""
    if not isinstance(words, list) or not all(isinstance(word, str) and word.strip() for word in words):
        return [f"{key} has to be a list of words; put those that YAML takes for something else in quotes"]
    return [f"{key}: there is no {word!r}{meant(word, known)}" for word in words if known and word not in known]


def build(name: str, layers: Sequence[Mapping[str, Any]]) -> Profile:
    """A profile of settings laid over each other: lists grow, `without` takes words out of all, the rest replaces."""
    types: list[str] = []
    actions: dict[str, str] = {}
    labels: dict[str, list[str]] = {label: [] for label in LABELS}
    plain: dict[str, Any] = {"threshold": 0.5, "siblings": False, "age_over": 89}
    for layer in layers:
        gone = set(layer.get("without", []))
        types = [word for word in [*types, *layer.get("types", [])] if word not in gone]
        actions |= layer.get("actions", {})
        for label, words in labels.items():
            labels[label] = [word for word in [*words, *layer.get("labels", {}).get(label, [])] if word not in gone]
        plain |= {key: layer[key] for key in PLAIN if key in layer}
    return Profile(name, frozenset(types), actions, labels=labels, **plain)
