"""Plugins: how they are written (decorators), found (pluggy), and listed by name."""

import importlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import partial
from hashlib import blake2b
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType
from typing import Any, Literal, TypeVar, overload

import pluggy

from curate import hookspecs
from curate.data import TAKEN
from curate.errors import RecipeError, meant

F = TypeVar("F", bound=Callable[..., Any])
Pair = tuple[float | None, float | None]
Cost = Literal["low", "high"]
Setup = Callable[..., Any]
STEP_KINDS = ("score", "filter", "field", "edit", "expand", "gather", "fit")
PLUGIN_KINDS = (*STEP_KINDS, "reader", "writer")
hookimpl = pluggy.HookimplMarker("curate")
FILE_MODULE = "curate_file_"  # how the names of modules begin that are a plugin file
PERSONAL = "personal data"  # what `scrubs=True` says that an edit removes


@dataclass(frozen=True)
class About:
    """What a decorator was told of its function."""

    limits: Mapping[str, Pair] = dataclass_field(default_factory=dict)
    languages: Mapping[str, Mapping[str, Any]] = dataclass_field(default_factory=dict)
    columns: Mapping[str, type] = dataclass_field(default_factory=dict)
    cost: Cost = "low"
    setup: Setup | None = None
    kinds: tuple[str, ...] = ()  # of documents it looks at; none is all
    scrubs: str = ""  # what an edit removes, PERSONAL or another: it is put to documents that were dropped, too
    finds: Setup | None = None  # what is still in texts that must not leave this machine: of (texts, state)
    after: Setup | None = None  # from a line's options what has to come before it: {step: options}, or nothing
    in_domain: bool = True  # whether it drops or changes those of `domain: true` sources that its line does not name
    sample: int = 0  # how many documents a fit is given
    types: tuple[str, ...] = ()  # a reader's media types
    splits: bool = False  # a reader that can start in the middle of a file, at `file.start`
    suffix: str = ""  # a writer's file name ending
    libraries: tuple[str, ...] = ()  # distributions whose version changes what comes out


@dataclass(frozen=True)
class Offered:
    """A plugin function under the name that recipes use."""

    name: str
    kind: str
    impl: pluggy.HookImpl = dataclass_field(repr=False)

    @property
    def function(self) -> Callable[..., Any]:
        """The plain function that was decorated."""
        function: Callable[..., Any] = self.impl.function
        return function

    @property
    def about(self) -> About:
        """What its decorator was told."""
        told: About = vars(self.function)["about"]
        return told

    @property
    def place(self) -> str:
        """Its file and line."""
        return place_of(self.function)

    @property
    def of_a_file(self) -> bool:
        """Whether it is of a plugin file, which its user can change, and not installed."""
        return self.function.__module__.startswith(FILE_MODULE)

    @property
    def summary(self) -> str:
        """The first line of its docstring."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]


Registry = Mapping[str, Mapping[str, Offered]]  # "step", "reader", "writer" → name → what is offered


def names_in(given: Iterable[str]) -> tuple[str, ...]:
    """Names as a tuple; one name may stand alone."""
    return (given,) if isinstance(given, str) else tuple(given)


class Offer:
    """A decorator that offers a function to recipes under its own name: ``@filter``, or ``@filter(cost="high")``."""

    def __init__(self, kind: str, kinds: tuple[str, ...] = ()) -> None:
        self.kind, self.kinds = kind, kinds

    @overload
    def __call__(self, function: F, /) -> F: ...
    @overload
    def __call__(
        self,
        /,
        *,
        cost: Cost = "low",
        setup: Setup | None = None,
        kinds: Iterable[str] | None = None,
        scrubs: bool | str = False,
        finds: Setup | None = None,
        after: Setup | None = None,
        in_domain: bool = True,
        libraries: Iterable[str] = (),
    ) -> Callable[[F], F]: ...
    def __call__(self, function: Any = None, /, *, kinds: Iterable[str] | None = None, **told: Any) -> Any:
        """Decorate a function, or give the decorator that does."""
        for name in told:
            if name not in (taken := ("cost", "setup", "kinds", "scrubs", "finds", "after", "in_domain", "libraries")):
                limits = "; limits are for @curate.score" if name in ("min", "max") else meant(name, taken)
                raise TypeError(f"@curate.{self.kind} takes no {name!r}{limits}")
        if told.get("scrubs") and not told.get("in_domain", True):
            raise TypeError("@curate.edit: what removes personal data does so everywhere; leave in_domain=False out")
        told["libraries"] = names_in(told.get("libraries", ()))
        told["scrubs"] = PERSONAL if (scrubs := told.get("scrubs")) is True else scrubs or ""
        offer = partial(self.put, about=About(kinds=self.kinds if kinds is None else names_in(kinds), **told))
        return offer(function) if function else offer

    def put(self, function: F, about: About) -> F:
        """Tell pluggy of the function; the function itself stays what it was."""
        function.about = about  # type: ignore[attr-defined]
        return hookimpl(function, specname=self.kind)


filter = Offer("filter", ("text",))  # quality is a matter of texts, unless a step or a recipe line says otherwise
edit, gather = map(Offer, ("edit", "gather"))
expand = Offer("expand", ("text", "code"))


def score(
    function: None = None,
    /,
    *,
    min: float | None = None,
    max: float | None = None,
    cost: Cost = "low",
    setup: Setup | None = None,
    kinds: Iterable[str] = ("text",),
    in_domain: bool = True,
    libraries: Iterable[str] = (),
    **limits: Pair | Mapping[str, Any],
) -> Callable[[F], F]:
    """Offer a measurement. `min` and `max`, or a (low, high) pair for each value of a dict, can be overridden.

    A score that gives a dict names all its values here, ``(None, None)`` where there is no limit. A dict is for one
    language: ``zh={"words": (80, None)}``. With ``in_domain=False`` documents of sources that a recipe marks
    ``domain: true`` are measured (where it is cheap) and never dropped, unless the step's line names their source.
    """
    if function:
        raise TypeError("write @curate.score(), with its limits in the brackets, such as @curate.score(min=0.3)")
    for name, pair in limits.items():
        if not isinstance(pair, Mapping) and not (isinstance(pair, tuple | list) and len(pair) == 2):
            raise TypeError(f"@curate.score: {name} should be a pair such as (low, high) or (low, None), not {pair!r}")

    def offer(function: F) -> F:
        pairs = {name: (pair[0], pair[1]) for name, pair in limits.items() if not isinstance(pair, Mapping)}
        languages = {name: pair for name, pair in limits.items() if isinstance(pair, Mapping)}
        about = About(
            pairs or {function.__name__: (min, max)},
            languages,
            cost=cost,
            setup=setup,
            kinds=names_in(kinds),
            in_domain=in_domain,
            libraries=names_in(libraries),
        )
        return Offer("score").put(function, about)

    return offer


def field(
    function: None = None,
    /,
    *,
    cost: Cost = "low",
    setup: Setup | None = None,
    libraries: Iterable[str] = (),
    **columns: type,
) -> Callable[[F], F]:
    """Offer values that become typed columns: ``@field(lang=str, script=str)``."""
    if function or not columns:
        raise TypeError("write @curate.field(NAME=TYPE) with the columns it makes, such as @curate.field(lang=str)")
    about = About(columns=columns, cost=cost, setup=setup, libraries=names_in(libraries))
    return partial(Offer("field").put, about=about)


def fit(
    function: None = None, /, *, sample: int = 1_000, kinds: Iterable[str] = ("text",), libraries: Iterable[str] = ()
) -> Callable[[F], F]:
    """Offer bytes learned from a sample of documents; a later step names this one in an option annotated `Path`."""
    if function:
        raise TypeError("write @curate.fit(), with brackets, or @curate.fit(sample=2_000)")
    about = About(sample=sample, kinds=names_in(kinds), libraries=names_in(libraries))
    return partial(Offer("fit").put, about=about)


def reader(*types: str, splits: bool = False, libraries: Iterable[str] = ()) -> Callable[[F], F]:
    """Offer a reader of some media types: ``@reader("pdf")``. With `splits` it honours `file.start` and `file.end`."""
    if not types or not all(isinstance(type, str) for type in types):
        raise TypeError('write @curate.reader("TYPE") with the media types it reads, such as @curate.reader("csv")')
    return partial(Offer("reader").put, about=About(types=types, splits=splits, libraries=names_in(libraries)))


def writer(suffix: str) -> Callable[[F], F]:
    """Offer an output format whose files end in `suffix`: ``@writer(".jsonl")``."""
    if not isinstance(suffix, str):
        raise TypeError('write @curate.writer(".SUFFIX") with the ending of its files, such as @curate.writer(".txt")')
    return partial(Offer("writer").put, about=About(suffix=suffix))


def load_plugins(files: Iterable[str | Path] = (), problems: list[str] | None = None) -> Registry:
    """Find every plugin: installed ones through pluggy's entry points, then the files that a recipe names.

    What is wrong with them is added to `problems`, where it is given; else it raises `RecipeError` with all of it.
    """
    manager, stop = pluggy.PluginManager("curate"), problems is None
    problems = [] if problems is None else problems
    manager.add_hookspecs(hookspecs)
    modules = [module for entry in entry_points(group="curate") for module in modules_of(entry, problems)]
    for path in dict.fromkeys(map(Path, files)):
        try:
            modules.append((str(path), import_file(path)))
        except RecipeError as error:
            problems += error.problems
    for name, module in modules:
        register(manager, module, name, problems)
    registry = listed(manager, problems)
    if stop and problems:
        raise RecipeError(*problems)
    return registry


def modules_of(entry: EntryPoint, problems: list[str]) -> Iterable[tuple[str, ModuleType]]:
    """The module of an entry point and, where it is a package, every module in it: a file dropped in is a plugin."""
    if package := imported(entry.module, problems):
        yield entry.module, package
        below = walk_packages(getattr(package, "__path__", ()), f"{entry.module}.", onerror=lambda name: None)
        yield from ((one.name, module) for one in below if (module := imported(one.name, problems)))


def imported(name: str, problems: list[str]) -> ModuleType | None:
    """An installed module; where it cannot be imported, none and a problem."""
    try:
        return importlib.import_module(name)
    except Exception as error:
        problems.append(said_on_import(error, name))
        return None


def import_file(path: Path) -> ModuleType:
    """Import a plugin file that a recipe names; raises `RecipeError` with the line that failed."""
    if not path.is_file():
        raise RecipeError(f"no plugin file at {path}; a path in `plugins:` is relative to the recipe")
    own = blake2b(bytes(path.absolute()), digest_size=4).hexdigest()  # two folders may each have such a file
    spec = importlib.util.spec_from_file_location(f"{FILE_MODULE}{path.stem}_{own}", path)
    if not spec or not spec.loader:
        raise RecipeError(f"{path}: a plugin file is Python and its name ends in .py")
    if (folder := str(path.parent.absolute())) not in sys.path:
        sys.path.append(folder)  # it may import what lies beside it; what is installed goes first
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise RecipeError(said_on_import(error, str(path))) from error
    return module


def said_on_import(error: Exception, name: str) -> str:
    """The sentence for a plugin that raises while it is imported: file, line, and what was raised."""
    if isinstance(error, SyntaxError):
        return f"{error.filename or name}:{error.lineno or 1}: not Python: {error.msg}"
    ours = ("importlib", str(Path(__file__).parent))  # a decorator's complaint is about the line it stands in
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if not any(one in frame.filename for one in ours)
    ]
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else name
    return f"{place}: the plugin cannot be imported: {type(error).__name__}: {error}"


def register(manager: pluggy.PluginManager, module: ModuleType, name: str, problems: list[str]) -> None:
    """Register a module, or say which of its functions asks for an argument that its kind is not given."""
    if manager.is_registered(module):  # two entry points may lead to one module
        return
    for value in list(vars(module).values()):
        kind = getattr(value, "curate_impl", {}).get("specname") if inspect.isfunction(value) else None
        if kind and value.__module__ == module.__name__:
            problems += wrong_arguments(kind, value)
    try:
        manager.register(module, name)
    except pluggy.PluginValidationError:
        if not problems:  # each function was looked at above; what pluggy alone finds is told in its own words
            raise


def wrong_arguments(kind: str, function: Callable[..., Any]) -> list[str]:
    """What is wrong with a plugin function's arguments, a sentence each."""
    given = list(inspect.signature(getattr(hookspecs, kind)).parameters)
    parameters = inspect.signature(function).parameters.values()
    asked = [one.name for one in parameters if one.default is one.empty and one.kind is not one.VAR_KEYWORD]
    place, about = place_of(function), f"{kind} {function.__name__!r}"
    if "gate" in asked and vars(function)["about"].scrubs:
        return [f"{place}: {about} removes personal data, so it asks no other machine; leave `gate` out"]
    if inspect.iscoroutinefunction(function):
        return [f"{place}: {about} is an async function; a plugin is a plain one"]
    problems = [f"{place}: {about} is never given {n!r}{instead(n, given)}" for n in asked if n not in given]
    choices = {"doc", "batch", "docs", "batches"} & set(given)
    if not problems and choices and len(choices & set(asked)) != 1:
        named = " or ".join(f"`{name}`" for name in given if name in choices)
        problems.append(f"{place}: {about} has to take {named}" + (", one of the two" if " or " in named else ""))
    for name, type in vars(function)["about"].columns.items():
        if name in TAKEN:
            problems.append(f"{place}: {about}: every document has {name!r} of its own; a field needs another name")
        if type not in (str, int, float, bool):
            problems.append(f"{place}: {about}: {name} should be str, int, float or bool, not {type!r}")
    problems += [f"{place}: {about} has to take `{n}`" for n in given if n in ("file", "out") and n not in asked]
    if "state" in given and ("state" in asked) != bool(vars(function)["about"].setup):
        problems.append(f"{place}: {about} takes `state` if its decorator has a `setup=` that gives it, and only then")
    return problems


def instead(argument: str, given: Iterable[str]) -> str:
    """The end of a sentence about an argument that a kind of plugin never gets: the nearest, or how options look."""
    hint = meant(argument, given)
    if argument in ("doc", "batch", "docs", "batches", "file", "out", "state") or not hint.startswith("; there is"):
        return hint
    return f"{hint}; an option has a default: {argument}=..."


def place_of(function: Callable[..., Any]) -> str:
    """The file and line of a function."""
    code = inspect.unwrap(function).__code__
    return f"{code.co_filename}:{code.co_firstlineno}"


def listed(manager: pluggy.PluginManager, problems: list[str]) -> Registry:
    """Every plugin function under its name; one name twice among steps, readers or writers is a problem."""
    registry: dict[str, dict[str, Offered]] = {"step": {}, "reader": {}, "writer": {}}
    for kind in PLUGIN_KINDS:
        shelf = registry[kind if kind in registry else "step"]
        for impl in getattr(manager.hook, kind).get_hookimpls():
            new = Offered(impl.function.__name__, kind, impl)
            if (old := shelf.setdefault(new.name, new)).function is not new.function:  # one may import another
                first, second = sorted((old, new), key=lambda one: (one.of_a_file, one.place))
                taken = f"{second.name!r} is already the name of a {first.kind} at {first.place}"
                problems.append(f"{second.place}: {taken}; rename one")
    return registry


def find(registry: Registry, shelf: str, name: str) -> Offered:
    """The plugin of this name; raises `RecipeError` with the nearest name."""
    if name not in registry[shelf]:
        raise RecipeError(f"no {shelf} {name!r}{meant(name, registry[shelf])}")
    return registry[shelf][name]
