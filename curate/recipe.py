"""Recipes: YAML, checked as a whole before anything runs. All errors come at once, each with its line."""

import copy
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, fields, replace
from dataclasses import field as dataclass_field
from pathlib import Path
from typing import Any, Literal, TypeVar, get_type_hints

import yaml

from curate.data import KINDS, TAKEN
from curate.errors import CurateError, RecipeError, meant
from curate.files import place
from curate.guard import DocLimits
from curate.llm.gate import host_problem
from curate.options import fits, mistyped, option_problems, spoken, takes_of
from curate.plugins import Offered, Registry, load_plugins
from curate.steps import Fitted, Line

B = TypeVar("B")
Where = tuple[str | int, ...]  # the way to a place in the recipe: ("steps", 3, "length", "min")
WhenShort = Literal["error", "repeat", "shrink"]
WRITTEN = {"made_from": "from"}  # what Python does not allow as a name
MAX_SEQUENCE = 10_000_000
FIELD_TYPES = ("string", "int", "float", "bool", "date")


@dataclass(frozen=True)
class Source:
    """A named input: a file, a folder or a glob, relative to the recipe."""

    path: str
    domain: bool = False
    fields: Mapping[str, str] = dataclass_field(default_factory=dict)
    readers: Mapping[str, Any] = dataclass_field(default_factory=dict)  # once checked: as those of the recipe
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
    store: Path | None = None  # where parts are kept that several runs share
    keep_originals: bool = False  # parts of before the step that removes personal data
    limits: DocLimits = dataclass_field(default_factory=DocLimits)

    @property
    def domain(self) -> list[str]:
        """The names of the domain sources."""
        return [name for name, source in self.sources.items() if source.domain]

    def path(self, written: str) -> Path:
        """A path of the recipe, which is relative to the folder it lies in."""
        return located(self.folder, written)


def located(folder: Path, written: str) -> Path:
    """A path as it is written in a recipe of this folder; one with a protocol (``s3://bucket/key``) is fsspec's."""
    return place(written) if "://" in written else (folder / Path(written).expanduser()).absolute()


def store_of(recipe: Recipe, folder: Path) -> Path:
    """The folder whose `parts/` a run in `folder` keeps its parts in: the recipe's store, or the run's own folder."""
    return recipe.store or folder


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
    data = copy.deepcopy(data)
    for override in overrides:
        override_value(data, override)
    problems, files = Problems(name, lines), data.get("plugins") or []
    broken: list[str] = []
    registry = load_plugins([folder / one for one in files] if fits(files, list[str]) else [], broken)
    problems.found += [(0, sentence) for sentence in broken]  # these say their own place
    return Checker(problems, registry, folder).recipe(data, name)


def read_yaml(path: Path) -> tuple[dict[str, Any], dict[Where, int]]:
    """A YAML mapping, and the line (from 1) of every place in it; a key that stands twice is an error."""
    lines: dict[Where, int] = {}
    problems = Problems(str(path), lines)
    try:
        text = path.read_text(encoding="utf-8")
        node, data = yaml.compose(text, Loader=yaml.SafeLoader), yaml.safe_load(text)
        note_lines(node, (), lines, problems)
    except FileNotFoundError:
        raise RecipeError(f"no recipe at {path}") from None
    except OSError as error:
        raise RecipeError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise RecipeError(f"{path}: not UTF-8 text") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise RecipeError(f"{path}:{line}: not YAML: {error.problem}") from None
    except RecursionError:
        raise RecipeError(f"{path}: an alias that holds itself is no recipe") from None
    except (yaml.YAMLError, ValueError) as error:  # a character, or a date, that cannot be
        raise RecipeError(f"{path}: not YAML: {str(error).partition(chr(10))[0]}") from None
    problems.stop()
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
    try:
        new = yaml.safe_load(value)
    except (yaml.YAMLError, ValueError):
        raise RecipeError(f"--set {override}: {value!r} is not YAML") from None
    *way, last = path.split(".")
    steps = data.get("steps") or []
    if way and way[0] not in data and isinstance(steps, list) and way[0] in map(name_of, steps):
        raise RecipeError(f"--set {override}: {way[0]} is a step; write steps.{path}={value}")
    place: Any = data
    for key in way:
        place = inside(place, key, override)
    if isinstance(place, list):
        at = place_in_list(place, last, override)
        place[at] = new if last.isdecimal() else {last: new}
    else:
        place[last] = new


def inside(place: Any, key: str, override: str) -> Any:
    """One step down a recipe for ``--set``; a mapping that is not there yet is made."""
    if isinstance(place, list):
        at = place_in_list(place, key, override)
        if not isinstance(place[at], dict):
            place[at] = {place[at]: {}}
        place, key = place[at], next(iter(place[at]))
    if not isinstance(place.get(key), dict | list):
        place[key] = {}
    return place[key]


def place_in_list(steps: list[Any], key: str, override: str) -> int:
    """Where in a list of step lines a name or a number points to."""
    if key.isdecimal() and int(key) < len(steps):
        return int(key)
    names = [*map(name_of, steps)]
    if key not in names:
        raise RecipeError(f"--set {override}: no step {key!r} in the recipe{meant(key, map(str, names))}")
    return names.index(key)


def name_of(step: Any) -> Any:
    """The name in a line of a list of steps; the line itself where it is nothing else."""
    return next(iter(step), None) if isinstance(step, dict) else step


class Checker:
    """Goes over a recipe part by part; what is wrong goes to `problems`, which are told together."""

    def __init__(self, problems: Problems, registry: Registry, folder: Path) -> None:
        self.problems, self.registry, self.folder = problems, registry, folder
        self.broken = bool(problems.found)  # a plugin file, which may have held what is missed here
        self.own_files = any(one.of_a_file for shelf in registry.values() for one in shelf.values())
        self.sources: dict[str, Source] = {}
        self.by_default: dict[str, str] = {}  # media type → the reader of sources that choose none
        self.fits: list[str] = []  # the names of the fits so far, which later lines may give to their options
        self.uses: Counter[str] = Counter()  # of each step's name, over `steps:` and `sft.steps:`
        self.scrubbing: list[Line] = []  # the lines so far that remove personal data
        self.trusted_hosts: tuple[str, ...] = ()
        self.send_unscrubbed = False

    def recipe(self, data: dict[str, Any], name: str) -> Recipe:
        """The whole recipe; raises `RecipeError` with everything that is wrong with it."""
        known: dict[str, Any] = {"plugins": list[str], "sources": Mapping, "steps": list, "readers": Mapping}
        known |= {"store": str, "keep_originals": bool, "trusted_hosts": list[str], "send_unscrubbed": bool}
        known |= {"text": Mapping, "pretrain": Mapping, "sft": Mapping, "limits": Mapping}
        data = {key: value for key, value in data.items() if value is not None}
        for key, sentence in mistyped("the recipe", data, known):
            self.problems.add((key,), sentence.replace("option ", "key "))
        data = {key: value for key, value in data.items() if key in known and fits(value, known[key])}
        readers = self.readers(data.get("readers") or {}, ("readers",))
        self.by_default = {type: offered.name for type, (offered, _) in readers.items()}
        self.read_sources(data.get("sources") or {})
        self.others(data.get("trusted_hosts") or [], data.get("send_unscrubbed", False))
        steps = self.steps(data.get("steps") or [], ("steps",))
        text = self.built(TextOutput, data.get("text"), ("text",))
        pretrain = self.built(PretrainOutput, data.get("pretrain"), ("pretrain",))
        sft = self.built(SftOutput, data.get("sft"), ("sft",))
        sft_steps = self.sft_steps(sft) if sft else ()
        self.outputs(text, pretrain, sft)
        store, limits = self.store(data.get("store")), self.limits(data.get("limits") or {})
        self.problems.stop()
        if text is None and pretrain is None and sft is None:
            text = TextOutput()
        return Recipe(
            name,
            self.folder,
            data,
            self.registry,
            self.sources,
            steps,
            readers,
            text,
            pretrain,
            sft,
            sft_steps,
            store=store,
            keep_originals=data.get("keep_originals", False),
            limits=limits,
        )

    def limits(self, data: Mapping[str, Any]) -> DocLimits:
        """What a worker may take for one document."""
        limits = self.built(DocLimits, data, ("limits",))
        assert limits  # it needs nothing
        for key, value in asdict(limits).items():
            if not 0 <= value < math.inf or (value == 0 and key != "seconds_per_mb"):
                self.problems.add(("limits", key), f"{key} is a number over 0, not {value!r}")
        return limits

    def others(self, hosts: Sequence[str], send_unscrubbed: bool) -> None:
        """Which other machines are trusted, and whether the rest get what would be refused."""
        for number, host in enumerate(hosts):
            if wrong := host_problem(host):
                self.problems.add(("trusted_hosts", number), f"trusted_hosts: {wrong}")
        self.trusted_hosts, self.send_unscrubbed = tuple(hosts), send_unscrubbed

    def store(self, written: str | None) -> Path | None:
        """The folder of parts that runs share; it is made where there is none."""
        if written is None:
            return None
        store = located(self.folder, written)
        if store.exists() and not store.is_dir():
            self.problems.add(("store",), f"{written} is a file; `store:` is a folder that runs share")
        return store

    def built(self, block: type[B], data: Any, where: Where) -> B | None:
        """A block of the recipe as its dataclass, without what is wrong in it; none where it lacks what it needs."""
        if data is None:
            return None
        if not isinstance(data, Mapping):
            self.problems.add(where, f"{where[-1]} should be a mapping, not {data!r}")
            return None
        hints = {WRITTEN.get(key, key): hint for key, hint in get_type_hints(block).items() if key != "name"}
        wrong = dict(mistyped(str(where[-1]), data, hints))
        for key, sentence in wrong.items():
            self.problems.add((*where, key), sentence.replace("option ", "key "))
        needed = [one.name for one in fields(block) if one.default is one.default_factory is MISSING]  # type: ignore[arg-type]
        for key in needed:
            if key not in data:
                self.problems.add(where, f"{where[-1]} needs `{key}:`, {spoken(hints[key])}")
        right = {key: value for key, value in data.items() if key not in wrong}
        if not right.keys() >= set(needed):
            return None
        named = {written: key for key, written in WRITTEN.items()}
        return block(**{named.get(key, key): value for key, value in right.items()})

    def read_sources(self, data: Mapping[str, Any]) -> None:
        """The sources by name; there has to be one, and its path has to lead somewhere."""
        if not data:
            self.problems.add(("sources",), "a recipe needs `sources:`, each a name with a `path:`")
        for name, block in data.items():
            where: Where = ("sources", name)
            if not isinstance(name, str):
                self.problems.add(where, f"a source's name is a text, not {name!r}; put it in quotes")
                continue
            source = self.built(Source, {"path": block} if isinstance(block, str) else block, where)
            checked = self.checked_source(source, where) if source else Source("")
            self.sources[name] = replace(checked, name=name)

    def checked_source(self, source: Source, where: Where) -> Source:
        """The source with its readers found; what can be wrong with it besides its keys is noted."""
        for field, type in source.fields.items():
            if field in TAKEN:
                sentence = f"every document has {field!r} of its own; a field needs another name"
                self.problems.add((*where, "fields", field), sentence)
            if type not in FIELD_TYPES:
                known = f"{', '.join(FIELD_TYPES[:-1])} or {FIELD_TYPES[-1]}"
                self.problems.add((*where, "fields", field), f"a field's type is {known}, not {type!r}")
        if not glob_root(located(self.folder, source.path)).exists():
            sentence = f"nothing is at {source.path}; a path is relative to the recipe's folder"
            self.problems.add((*where, "path"), sentence)
        return replace(source, readers=self.readers(source.readers, (*where, "readers")))

    def steps(self, data: Sequence[Any], where: Where) -> tuple[Line, ...]:
        """Each line of a list of steps as a `Line`."""
        lines: list[Line] = []
        for number, written in enumerate(data):
            here = (*where, number)
            if isinstance(written, str):
                name, options = written, dict[str, Any]()
            elif isinstance(written, Mapping) and len(written) == 1:
                name, options = next((key, value or {}) for key, value in written.items())
            else:
                self.problems.add(here, f"a step is a name or `name: {{options}}`, not {written!r}")
                continue
            if name not in self.registry["step"]:
                self.problems.add(here, f"no step {name!r}{self.perhaps(str(name))}")
            elif not isinstance(options, Mapping):
                sentence = f"{name}: options are a mapping, `{name}: {{option: value}}`, not {options!r}"
                self.problems.add((*here, name), sentence)
            else:
                lines += self.with_what_it_follows(name, options, (*here, name), lines)
        return tuple(map(self.gated, lines))

    def gated(self, line: Line) -> Line:
        """The line, with what its requests to other machines have to pass; lines before it went through here."""
        if line.offered.about.scrubs:
            self.scrubbing.append(line)
        if not line.asks:
            return line
        before = tuple(self.scrubbing)
        return replace(line, scrubbed_by=before, trusted_hosts=self.trusted_hosts, send_unscrubbed=self.send_unscrubbed)

    def with_what_it_follows(
        self, name: str, options: Mapping[str, Any], where: Where, lines: Sequence[Line]
    ) -> list[Line]:
        """A step's line, behind that of a step which has to come before it, where its options need one."""
        self.uses[name] += 1
        label = name if self.uses[name] == 1 else f"{name}#{self.uses[name]}"
        found, offered = len(self.problems.found), self.registry["step"][name]
        line = self.line(label, offered, dict(options), where)
        asked: Mapping[str, Any] = {}
        if offered.about.after and len(self.problems.found) == found:
            try:
                asked = offered.about.after(**line.options) or {}
            except CurateError as error:
                self.problems.add(where, f"{label}: {error}")
        chosen = {key: options[key] for key in ("sources", "kinds") if key in options}
        missing = [one for one in asked if not any(stands_for(other, one, asked[one], line) for other in lines)]
        before = [
            one for step in missing for one in self.with_what_it_follows(step, asked[step] | chosen, where, lines)
        ]
        return [*before, line]

    def perhaps(self, name: str) -> str:
        """The end of a sentence about a step that is not there: where it may be, or the nearest name."""
        hint = meant(name, self.registry["step"])
        near = not hint.startswith("; there is")
        if self.broken:
            above = "; it may be in the plugin file that is told of above"
            return f"{above}{hint.replace(';', ', or', 1)}" if near else above
        own = "is a function under a decorator in a file that `plugins:` names"
        if near:
            return hint if self.own_files else f"{hint} One of your own {own}"
        return f"{hint}; one of your own {own}"

    def line(self, label: str, offered: Offered, options: dict[str, Any], where: Where) -> Line:
        """One step line: its plugin's options, and `sources:` and `kinds:`, which every line understands."""
        found = len(self.problems.found)
        sources = self.chosen(label, "sources", options.pop("sources", ()), list(self.sources), where)
        kinds = self.chosen(label, "kinds", options.pop("kinds", ()), KINDS, where)
        for way, sentence in option_problems(label, offered, options):
            self.problems.add((*where, *way), sentence)
        for option, hint in takes_of(offered).items():
            if hint in (Path, Path | None) and options.get(option) in self.fits:
                options[option] = Fitted(options[option])
            elif hint in (Path, Path | None) and isinstance(options.get(option), str):
                options[option] = (self.folder / options[option]).absolute()
                if not options[option].exists():
                    self.problems.add((*where, option), f"{label}: nothing is at {options[option]}")
        if offered.kind == "fit":
            self.fits.append(label)
        if offered.kind == "gather" and len(self.problems.found) == found:
            self.try_gather(label, offered, options, where)
        if where[0] == "steps" or offered.kind == "expand":  # what looks at texts looks at examples in `sft:`
            kinds = kinds or offered.about.kinds
        spared = () if sources or offered.about.in_domain else tuple(n for n, one in self.sources.items() if one.domain)
        return Line(label, offered, options, sources, kinds, spared)

    def try_gather(self, label: str, offered: Offered, options: Mapping[str, Any], where: Where) -> None:
        """Have a gather take its options now: what it refuses would else be told after the stages before it."""
        fitted = any(isinstance(value, Fitted) for value in options.values())
        try:
            _ = fitted or offered.function(**options)
        except CurateError as error:
            self.problems.add(where, str(error))
        except Exception:  # a fault of the plugin: told with its place where it is put to work
            return

    def chosen(self, label: str, key: str, names: Any, known: Sequence[str], where: Where) -> tuple[str, ...]:
        """The names that a line's `sources:` or `kinds:` lists, each of which has to be there."""
        if not fits(names, str | list[str]):
            self.problems.add((*where, key), f"{label}: {key} should be {spoken(str | list[str])}, not {names!r}")
            return ()
        asked: tuple[str, ...] = (names,) if isinstance(names, str) else tuple(names)
        for name in asked:
            if name not in known:
                what = "kind" if key == "kinds" else "source"
                self.problems.add((*where, key), f"{label}: no {what} {name!r}{meant(str(name), known)}")
        return asked

    def sft_steps(self, sft: SftOutput) -> tuple[Line, ...]:
        """The steps of `sft:`; those that make examples look at the sources that `from:` names."""
        made_from = self.chosen("sft", "from", sft.made_from, list(self.sources), ("sft",))
        return tuple(
            replace(line, sources=made_from) if line.offered.kind == "expand" and not line.sources else line
            for line in self.steps(sft.steps, ("sft", "steps"))
        )

    def readers(self, data: Mapping[str, Any], where: Where) -> dict[str, tuple[Offered, Mapping[str, Any]]]:
        """Media type → the reader for it and its options: one of them by default, or what the recipe chooses."""
        by_type: dict[str, list[Offered]] = {}
        for offered in self.registry["reader"].values():
            for type in offered.about.types:
                by_type.setdefault(type, []).append(offered)
        chosen: dict[str, tuple[Offered, Mapping[str, Any]]] = {}
        for type, choice in data.items():
            options: dict[str, Any] = dict(choice) if isinstance(choice, Mapping) else {}
            given = choice if isinstance(choice, str) else options.pop("reader", None)
            if not isinstance(choice, str | Mapping) or not isinstance(given, str | None):
                self.problems.add((*where, type), f"a reader is its name or `{{option: value}}`, not {choice!r}")
            elif type not in by_type:
                self.problems.add((*where, type), f"no reader is for {type!r}{meant(str(type), by_type)}")
            elif name := given or self.by_default.get(type) or self.default_reader(type, by_type[type], where):
                if name not in self.registry["reader"]:
                    self.problems.add((*where, type), f"no reader {name!r}{meant(name, self.registry['reader'])}")
                    continue
                for way, sentence in option_problems(name, self.registry["reader"][name], options):
                    self.problems.add((*where, type, *way), sentence)
                chosen[type] = (self.registry["reader"][name], options)
        for type in sorted(by_type.keys() - data.keys()) if where == ("readers",) else ():
            if name := self.default_reader(type, by_type[type], where):
                chosen[type] = (self.registry["reader"][name], {})
        return chosen

    def default_reader(self, type: str, offers: Sequence[Offered], where: Where) -> str | None:
        """The one reader of a type, or the one from a recipe's own file, which goes before installed ones."""
        own = [one for one in offers if one.of_a_file]
        if len(choice := own or offers) == 1:
            return choice[0].name
        names = " and ".join(f"{one.name} ({one.place})" for one in choice)
        self.problems.add((*where, type), f"{names} both read {type!r}: choose one with `readers: {{{type}: NAME}}`")
        return None

    def outputs(self, text: TextOutput | None, pretrain: PretrainOutput | None, sft: SftOutput | None) -> None:
        """What only the blocks together show: formats, sources and files that are named have to be there."""
        formats: list[tuple[Where, str]] = [(("text", "format"), text.format)] if text else []
        formats += [(("sft", "formats"), format) for format in sft.formats] if sft else []
        if sft and len(set(sft.formats)) != len(sft.formats or " "):
            self.problems.add(("sft", "formats"), "formats needs at least one writer, and each of them once")
        for where, format in formats:
            if format not in self.registry["writer"]:
                self.problems.add(where, f"no writer {format!r}{meant(format, self.registry['writer'])}")
        for block in ("pretrain", pretrain), ("sft", sft):
            self.mix(*block)
        if pretrain and not 2 <= pretrain.sequence_length <= MAX_SEQUENCE:
            sentence = f"a sequence has 2 to {MAX_SEQUENCE:,} tokens, not {pretrain.sequence_length:,}"
            self.problems.add(("pretrain", "sequence_length"), sentence)
        if pretrain and pretrain.tokenizer.endswith(".json") and not (self.folder / pretrain.tokenizer).is_file():
            sentence = f"no tokenizer at {pretrain.tokenizer}; a path is relative to the recipe's folder"
            self.problems.add(("pretrain", "tokenizer"), sentence)

    def mix(self, name: str, block: PretrainOutput | SftOutput | None) -> None:
        """The weights and the validation share of an output."""
        for source, weight in block.mix.items() if block else ():
            if source not in self.sources:
                self.problems.add((name, "mix", source), f"no source {source!r}{meant(source, self.sources)}")
            if not 0 < weight < math.inf:
                sentence = f"a weight is more than 0, not {weight!r}; leave the source out instead"
                self.problems.add((name, "mix", source), sentence)
        if block and not 0 <= block.validation < 1:
            sentence = f"validation is a share from 0 to 1, not {block.validation!r}"
            self.problems.add((name, "validation"), sentence)
        if block and not block.mix:
            self.problems.add((name, "mix"), "mix needs at least one source with its weight")


def stands_for(other: Line, name: str, options: Mapping[str, Any], line: Line) -> bool:
    """Whether an earlier line is the step that has to come before one: with its options, for all of its documents."""
    sources, kinds = set(line.sources) <= set(other.sources), set(line.kinds) <= set(other.kinds)
    wide = (not other.sources or (line.sources and sources)) and (not other.kinds or (line.kinds and kinds))
    return other.offered.name == name and dict(other.options) == dict(options) and bool(wide)


def glob_root(path: Path) -> Path:
    """The path up to its first part with a wildcard."""
    parts = path.parts
    stop = next((n for n, part in enumerate(parts) if re.search(r"[*?\[]", part)), len(parts))
    return path if stop == len(parts) else path.parents[len(parts) - stop - 1]
