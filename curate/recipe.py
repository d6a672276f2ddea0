"""Recipes: YAML, checked as a whole before anything runs. All errors come at once, each with its line."""

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from dataclasses import field as dataclass_field
from pathlib import Path
from typing import Any, Literal, TypeVar, get_type_hints

import yaml

from curate.data import KINDS
from curate.errors import RecipeError, meant
from curate.options import fits, mistyped, option_problems, spoken, takes_of
from curate.plugins import Offered, Registry, load_plugins
from curate.steps import Line

B = TypeVar("B")
Where = tuple[str | int, ...]  # the way to a place in the recipe: ("steps", 3, "length", "min")
WhenShort = Literal["error", "repeat", "shrink"]
WRITTEN = {"made_from": "from"}  # what Python does not allow as a name
FIELD_TYPES = ("string", "int", "float", "bool", "date")


@dataclass(frozen=True)
class Source:
    """A named input: a file, a folder or a glob, relative to the recipe."""

    path: str
    domain: bool = False
    fields: Mapping[str, str] = dataclass_field(default_factory=dict)
    readers: Mapping[str, Any] = dataclass_field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True)
class TextOutput:
    """The cleaned documents themselves, in the form of a writer."""

    format: str = "parquet"


@dataclass(frozen=True)
class PretrainOutput:
    """Token rows of one length, mixed by tokens."""

    tokenizer: str
    mix: Mapping[str, float]
    sequence_length: int = 2048
    validation: float = 0.01
    when_short: WhenShort = "error"
    end_of_document: str = ""  # the token's text; found by its usual names where it is not told


@dataclass(frozen=True)
class SftOutput:
    """Question-answer examples, made of documents or given, mixed by their number."""

    mix: Mapping[str, float]
    made_from: str | Sequence[str] = ()  # written `from:`; the sources that examples are made of, none is all
    steps: Sequence[Any] = ()
    formats: Sequence[str] = ("messages",)
    validation: float = 0.01
    when_short: WhenShort = "error"


@dataclass(frozen=True)
class Recipe:
    """A checked recipe. `data` is what was written, with overrides in place and paths as they were."""

    name: str
    folder: Path
    data: Mapping[str, Any]
    registry: Registry = dataclass_field(repr=False)
    sources: Mapping[str, Source]
    steps: tuple[Line, ...]
    readers: Mapping[str, tuple[Offered, Mapping[str, Any]]] = dataclass_field(repr=False)
    text: TextOutput | None
    pretrain: PretrainOutput | None
    sft: SftOutput | None
    sft_steps: tuple[Line, ...]

    def path(self, written: str) -> Path:
        """A path of the recipe, which is relative to the folder it lies in."""
        return (self.folder / Path(written).expanduser()).absolute()


class Problems:
    """What is wrong with a recipe, in the order of its lines."""

    def __init__(self, name: str, lines: Mapping[Where, int]) -> None:
        self.name, self.lines, self.found = name, lines, list[tuple[int, str]]()

    def add(self, where: Where, sentence: str) -> None:
        """Note a sentence about a place, or the nearest place above it that has a line."""
        while where and where not in self.lines:
            where = where[:-1]
        line = self.lines.get(where, 0)
        self.found.append((line, f"{self.name}:{line}: {sentence}" if line else f"{self.name}: {sentence}"))

    def stop(self) -> None:
        """Raise `RecipeError` with everything that was found, if anything was."""
        if self.found:
            raise RecipeError(*[sentence for _, sentence in sorted(self.found, key=lambda one: one[0])])


def read_recipe(
    recipe: str | Path | Mapping[str, Any], overrides: Sequence[str] = (), folder: Path | None = None
) -> Recipe:
    """Read and check a recipe, a file or a mapping; raises `RecipeError` with all its errors.

    `overrides` are ``key.path=value`` texts; `folder` is what a mapping's paths are relative to.
    """
    if isinstance(recipe, Mapping):
        name, data, lines, folder = "recipe", dict(recipe), dict[Where, int](), folder or Path.cwd()
    else:
        name, folder = str(recipe), Path(recipe).parent
        data, lines = read_yaml(Path(recipe))
    problems = Problems(name, lines)
    data = copy.deepcopy(data)
    for override in overrides:
        override_value(data, override)
    files = [folder / one for one in data.get("plugins") or () if isinstance(one, str)]
    checked = check(data, problems, load_plugins(files), folder, name)
    problems.stop()
    assert checked
    return checked


def read_yaml(path: Path) -> tuple[dict[str, Any], dict[Where, int]]:
    """A YAML mapping, and the line (from 1) of every place in it; a key that stands twice is an error."""
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except FileNotFoundError:
        raise RecipeError(f"no recipe at {path}") from None
    except UnicodeDecodeError:
        raise RecipeError(f"{path}: not UTF-8 text") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise RecipeError(f"{path}:{line}: not YAML: {error.problem}") from None
    lines: dict[Where, int] = {}
    problems = Problems(str(path), lines)
    note_lines(node, (), lines, problems)
    problems.stop()
    data = yaml.safe_load(text)
    if not isinstance(data, dict):
        raise RecipeError(f"{path}: a recipe is a mapping with `sources:` and `steps:`")
    return data, lines


def note_lines(node: yaml.Node | None, where: Where, lines: dict[Where, int], problems: Problems) -> None:
    """Walk a YAML tree and note the line of each of its places."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*where, key.value)
            if here in lines:
                problems.add(here, f"{key.value!r} stands here and again on line {key.start_mark.line + 1}")
            lines[here] = key.start_mark.line + 1
            note_lines(value, here, lines, problems)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            lines[*where, number] = value.start_mark.line + 1
            note_lines(value, (*where, number), lines, problems)


def override_value(data: dict[str, Any], override: str) -> None:
    """Put the value of ``key.path=value`` in place; a step of a list goes by its number or its name."""
    path, equals, value = override.partition("=")
    if not equals or not path:
        raise RecipeError(f"--set {override}: write it as key.path=value")
    *way, last = path.split(".")
    place: Any = data
    for key in way:
        place = inside(place, key, override)
    if isinstance(place, list):
        named = place_in_list(place, last, override)
        place[named] = {last: yaml.safe_load(value)} if not last.isdecimal() else yaml.safe_load(value)
    else:
        place[last] = yaml.safe_load(value)


def inside(place: Any, key: str, override: str) -> Any:
    """One step down a recipe for ``--set``; a mapping that is not there yet is made."""
    if isinstance(place, list):
        at = place_in_list(place, key, override)
        if key.isdecimal():
            return place[at]
        if not isinstance(place[at], dict):
            place[at] = {key: {}}
        place[at][key] = place[at][key] or {}
        return place[at][key]
    if not isinstance(place.get(key), dict | list):
        place[key] = {}
    return place[key]


def place_in_list(steps: list[Any], key: str, override: str) -> int:
    """Where in a list of step lines a name or a number points to."""
    if key.isdecimal() and int(key) < len(steps):
        return int(key)
    names = [next(iter(step)) if isinstance(step, dict) else step for step in steps]
    if key not in names:
        raise RecipeError(f"--set {override}: no step {key!r} in the recipe{meant(key, map(str, names))}")
    return names.index(key)


def check(data: dict[str, Any], problems: Problems, registry: Registry, folder: Path, name: str) -> Recipe | None:
    """The recipe as checked parts; what is wrong goes to `problems`."""
    known = {"plugins": list[str], "sources": Mapping, "steps": list, "readers": Mapping}
    known |= {"text": Mapping, "pretrain": Mapping, "sft": Mapping}
    for key, sentence in mistyped(
        "the recipe", {key: value for key, value in data.items() if value is not None}, known
    ):
        problems.add((key,), sentence.replace("option ", "key "))
    data = {key: value for key, value in data.items() if key in known and fits(value, known[key])}
    sources = check_sources(data.get("sources") or {}, problems, registry, folder)
    steps = check_steps(data.get("steps") or [], ("steps",), problems, registry, sources, folder)
    readers = check_readers(data.get("readers") or {}, ("readers",), problems, registry)
    text = built(TextOutput, data.get("text"), ("text",), problems)
    pretrain = built(PretrainOutput, data.get("pretrain"), ("pretrain",), problems)
    sft = built(SftOutput, data.get("sft"), ("sft",), problems)
    sft_steps = check_steps(sft.steps if sft else (), ("sft", "steps"), problems, registry, sources, folder)
    if sft and sft.made_from:
        made_from = (sft.made_from,) if isinstance(sft.made_from, str) else tuple(sft.made_from)
        for source in made_from:
            if source not in sources:
                problems.add(("sft", "from"), f"no source {source!r}{meant(source, sources)}")
        sft_steps = tuple(
            replace(line, sources=made_from) if line.offered.kind == "expand" and not line.sources else line
            for line in sft_steps
        )
    check_outputs(text, pretrain, sft, sources, problems, registry, folder)
    if text is None and pretrain is None and sft is None:
        text = TextOutput()
    if problems.found:
        return None
    return Recipe(name, folder, data, registry, sources, steps, readers, text, pretrain, sft, sft_steps)


def built(block: type[B], data: Any, where: Where, problems: Problems) -> B | None:
    """A block of the recipe as its dataclass; none where it is not there or something is wrong with it."""
    if data is None:
        return None
    if not isinstance(data, Mapping):
        problems.add(where, f"{where[-1]} should be a mapping, not {data!r}")
        return None
    hints = {WRITTEN.get(key, key): hint for key, hint in get_type_hints(block).items() if key != "name"}
    before = len(problems.found)
    for key, sentence in mistyped(str(where[-1]), data, hints):
        problems.add((*where, key), sentence.replace("option ", "key "))
    for one in fields(block):  # type: ignore[arg-type]
        if one.default is MISSING and one.default_factory is MISSING and one.name not in data:
            problems.add(where, f"{where[-1]} needs `{one.name}:`, {spoken(hints[one.name])}")
    if len(problems.found) > before:
        return None
    named = {written: key for key, written in WRITTEN.items()}
    return block(**{named.get(str(key), str(key)): value for key, value in data.items()})


def check_sources(data: Mapping[str, Any], problems: Problems, registry: Registry, folder: Path) -> dict[str, Source]:
    """The sources by name; there has to be one, and its path has to lead somewhere."""
    sources = {}
    if not data:
        problems.add(("sources",), "a recipe needs `sources:`, each a name with a `path:`")
    for name, block in data.items():
        where: Where = ("sources", name)
        source = built(Source, {"path": block} if isinstance(block, str) else block, where, problems)
        if not source:
            sources[name] = Source("")
            continue
        for field, type in source.fields.items():
            if type not in FIELD_TYPES:
                known = " or ".join(FIELD_TYPES)
                problems.add(
                    (*where, "fields", field), f"a field's type is {known}, not {type!r}{meant(str(type), FIELD_TYPES)}"
                )
        check_readers(source.readers, (*where, "readers"), problems, registry)
        if not glob_root(folder / Path(source.path).expanduser()).exists():
            problems.add((*where, "path"), f"nothing is at {source.path}; a path is relative to the recipe's folder")
        sources[name] = Source(source.path, source.domain, source.fields, source.readers, name)
    return sources


def glob_root(path: Path) -> Path:
    """The path up to its first part with a wildcard."""
    parts = path.parts
    stop = next((n for n, part in enumerate(parts) if re.search(r"[*?\[]", part)), len(parts))
    return Path(*parts[:stop])


def check_steps(
    data: Sequence[Any],
    where: Where,
    problems: Problems,
    registry: Registry,
    sources: Mapping[str, Source],
    folder: Path,
) -> tuple[Line, ...]:
    """Each line of a list of steps as a `Line`."""
    lines: list[Line] = []
    for number, written in enumerate(data):
        here = (*where, number)
        if isinstance(written, str):
            name, options = written, dict[str, Any]()
        elif isinstance(written, Mapping) and len(written) == 1:
            name, options = next((key, value or {}) for key, value in written.items())
        else:
            problems.add(here, f"a step is a name or `name: {{options}}`, not {written!r}")
            continue
        if name not in registry["step"]:
            problems.add(here, f"no step {name!r}{meant(str(name), registry['step'])}")
        elif not isinstance(options, Mapping):
            problems.add((*here, name), f"{name}: options are a mapping, `{name}: {{option: value}}`, not {options!r}")
        else:
            uses = 1 + sum(line.offered.name == name for line in lines)
            lines.append(
                check_line(registry["step"][name], uses, dict(options), (*here, name), problems, sources, folder)
            )
    return tuple(lines)


def check_line(
    offered: Offered,
    use: int,
    options: dict[str, Any],
    where: Where,
    problems: Problems,
    sources: Mapping[str, Source],
    folder: Path,
) -> Line:
    """One step line: its plugin's options, and `sources:` and `kinds:`, which every line understands."""
    label = offered.name if use == 1 else f"{offered.name}#{use}"
    chosen = {}
    for key, known in (("sources", list(sources)), ("kinds", list(KINDS))):
        names = options.pop(key, ())
        chosen[key] = (names,) if isinstance(names, str) else tuple(names)
        for name in chosen[key]:
            if name not in known:
                problems.add((*where, key), f"{label}: no {key[:-1]} {name!r}{meant(str(name), known)}")
    for way, sentence in option_problems(label, offered, options):
        problems.add((*where, *way), sentence)
    for option, hint in takes_of(offered).items():
        if hint in (Path, Path | None) and isinstance(options.get(option), str):
            options[option] = (folder / options[option]).absolute()
            if not options[option].exists():
                problems.add((*where, option), f"{label}: nothing is at {options[option]}")
    kinds = chosen["kinds"] or (offered.about.kinds if where[0] == "steps" else ())
    return Line(label, offered, options, chosen["sources"], kinds)


def check_readers(
    data: Mapping[str, Any], where: Where, problems: Problems, registry: Registry
) -> dict[str, tuple[Offered, Mapping[str, Any]]]:
    """Media type → the reader for it and its options: one of them by default, or what the recipe chooses."""
    by_type: dict[str, list[Offered]] = {}
    for offered in registry["reader"].values():
        for type in offered.about.types:
            by_type.setdefault(type, []).append(offered)
    chosen: dict[str, tuple[Offered, Mapping[str, Any]]] = {}
    for type, choice in data.items():
        options: dict[str, Any] = dict(choice) if isinstance(choice, Mapping) else {}
        name = (
            choice if isinstance(choice, str) else options.pop("reader", None) or default_reader(by_type.get(type, ()))
        )
        if type not in by_type:
            problems.add((*where, type), f"no reader is for {type!r}{meant(str(type), by_type)}")
        elif name is None:
            names = " or ".join(one.name for one in by_type[type])
            problems.add(
                (*where, type), f"{type!r} can be read by {names}: choose one with `readers: {{{type}: NAME}}`"
            )
        elif name not in registry["reader"]:
            problems.add((*where, type), f"no reader {name!r}{meant(name, registry['reader'])}")
        else:
            for way, sentence in option_problems(name, registry["reader"][name], options):
                problems.add((*where, type, *way), sentence)
            chosen[type] = (registry["reader"][name], options)
    for type, offers in by_type.items():
        if type not in data and where == ("readers",):
            if name := default_reader(offers):
                chosen[type] = (registry["reader"][name], {})
            else:
                names = " and ".join(f"{one.name} ({one.place})" for one in offers)
                problems.add(where, f"{names} both read {type!r}: choose one with `readers: {{{type}: NAME}}`")
    return chosen


def default_reader(offers: Sequence[Offered]) -> str | None:
    """The one reader of a type, or the one from a recipe's own file, which goes before installed ones."""
    own = [one for one in offers if one.function.__module__.startswith("curate_file_")]
    choice = own or list(offers)
    return choice[0].name if len(choice) == 1 else None


def check_outputs(
    text: TextOutput | None,
    pretrain: PretrainOutput | None,
    sft: SftOutput | None,
    sources: Mapping[str, Source],
    problems: Problems,
    registry: Registry,
    folder: Path,
) -> None:
    """What only the blocks together show: formats, sources and files that are named have to be there."""
    formats = [(("text", "format"), text.format)] if text else []
    formats += [(("sft", "formats"), format) for format in sft.formats] if sft else []
    for where, format in formats:
        if format not in registry["writer"]:
            problems.add(where, f"no writer {format!r}{meant(format, registry['writer'])}")
    for name, block in (("pretrain", pretrain), ("sft", sft)):
        for source, weight in block.mix.items() if block else ():
            if source not in sources:
                problems.add((name, "mix", source), f"no source {source!r}{meant(source, sources)}")
            if weight <= 0:
                problems.add(
                    (name, "mix", source), f"a weight is more than 0, not {weight!r}; leave the source out instead"
                )
        if block and not 0 <= block.validation < 1:
            problems.add((name, "validation"), f"validation is a share from 0 to 1, not {block.validation!r}")
        if block and not block.mix:
            problems.add((name, "mix"), "mix needs at least one source with its weight")
    if pretrain and pretrain.sequence_length < 2:
        problems.add(
            ("pretrain", "sequence_length"), f"a sequence has at least 2 tokens, not {pretrain.sequence_length}"
        )
    if pretrain and pretrain.tokenizer.endswith(".json") and not (folder / pretrain.tokenizer).is_file():
        problems.add(
            ("pretrain", "tokenizer"), f"no tokenizer at {pretrain.tokenizer}; a path is relative to the recipe"
        )
