"""What a recipe comes to: stages, units of input, and the fingerprints that name what they become."""

import ast
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from hashlib import blake2b
from importlib import metadata
from importlib.util import resolve_name
from pathlib import Path
from types import ModuleType
from typing import Any

from curate.errors import Unreadable
from curate.files import EXTENSIONS, File, content_hash, is_remote, packing_of, refuse_special, sniff
from curate.options import defaults_of
from curate.plugins import FILE_MODULE, Offered
from curate.recipe import Recipe, Source, glob_root
from curate.steps import Fitted, Line

FORMAT = 3  # goes up when what curate itself makes of the same input changes
UNIT_BYTES = 16_000_000
UNIT_FILES = 1_000
CORE = Path(__file__).parent
ALONE = ("gather", "fit")  # kinds of steps that see more than one part


@dataclass(frozen=True)
class Phase:
    """Consecutive steps that run document by document, or one gather or fit."""

    number: int
    lines: tuple[Line, ...]

    @property
    def kind(self) -> str:
        """`gather` or `fit`, which stand alone, or `stage`."""
        return self.lines[0].offered.kind if self.lines and self.lines[0].offered.kind in ALONE else "stage"

    @property
    def label(self) -> str:
        """The names of its steps."""
        return " · ".join(line.label for line in self.lines) or "read"


@dataclass(frozen=True)
class Unit:
    """The input that one worker handles at a time: small files, or a stretch of a big one."""

    source: str
    files: tuple[File, ...]
    unreadable: tuple[tuple[File, str], ...] = ()
    limit: int | None = None
    sample: float = 1.0
    fingerprint: str = ""

    @property
    def bytes(self) -> int:
        """How much there is to read."""
        return sum((file.end or file.state[1]) - file.start for file in self.files)


def phases_of(lines: Iterable[Line], first: int = 0) -> list[Phase]:
    """The steps as phases: a gather or a fit stands alone, what lies between two of them is one stage."""
    phases: list[Phase] = []
    stage: list[Line] = []
    for line in lines:
        if line.offered.kind not in ALONE:
            stage.append(line)
            continue
        if stage or (not phases and first == 0):
            phases.append(Phase(first + len(phases), tuple(stage)))
        phases.append(Phase(first + len(phases), (line,)))
        stage = []
    if stage or (not phases and first == 0):
        phases.append(Phase(first + len(phases), tuple(stage)))
    return phases


def fitted_path(folder: Path, name: str) -> Path:
    """Where a fit's bytes are: in the store under the name of what was learned, in a run's folder under the line's."""
    return folder / "parts" / f"{name}.fitted"


def bound(lines: Iterable[Line], folder: Path) -> tuple[Line, ...]:
    """Lines of a run in `folder`, with the files that its fits gave in place of their names."""
    return tuple(
        replace(
            line,
            options={
                key: fitted_path(folder, value) if isinstance(value, Fitted) else value
                for key, value in line.options.items()
            },
            scrubbed_by=bound(line.scrubbed_by, folder),
        )
        for line in lines
    )


def units_of(recipe: Recipe, limit: int | None = None, sample: float = 1.0) -> list[Unit]:
    """The units of every source, in the order of sources and paths."""
    units = []
    named = stage_fingerprint(phases_of(recipe.steps)[0].lines)
    for source in recipe.sources.values():
        for unit in source_units(recipe, source, limit, sample):
            units.append(with_fingerprint(recipe, unit, named))
    return units


def source_units(recipe: Recipe, source: Source, limit: int | None, sample: float) -> Iterator[Unit]:
    """The units of one source: consecutive files, cut where a file's own path says so.

    A file begins a new unit with a probability of its share of a unit's size, which a hash of its path decides. So
    units stay in the order of paths, and one added file changes the unit it falls into and no other.
    """
    waiting: list[File] = []
    failed: list[tuple[File, str]] = []

    def unit() -> Unit:
        made = Unit(source.name, tuple(waiting), tuple(failed), limit, sample)
        waiting.clear()
        failed.clear()
        return made

    for path, uri in listed_files(recipe.path(source.path)):
        file, why = typed(recipe, source, File(path, uri))
        size = file.state[1]
        splits = not why and limit is None and size > UNIT_BYTES and splits_file(recipe, source, file)
        if (waiting or failed) and limit is None and (splits or begins_unit(uri, size)):
            yield unit()
        if why:
            failed.append((file, why))
        elif splits:
            for start in range(0, size, UNIT_BYTES):
                stretch = replace(file, start=start, end=min(start + UNIT_BYTES, size))
                yield Unit(source.name, (stretch,), sample=sample)
        else:
            waiting.append(file)
    if waiting or failed:
        yield unit()


def listed_files(path: Path) -> Iterator[tuple[Path, str]]:
    """Every file at a path (file, folder or glob), sorted, and its path below the root; hidden ones are passed over."""
    root = glob_root(path)
    if root == path and path.is_file():
        yield path, path.name
        return
    if is_remote(path):
        found = list(objects(root, "" if root == path else str(path.relative_to(root))))
    elif root == path:
        found = list(walked(path))
    else:
        found = [one for one in root.glob(str(path.relative_to(root))) if not one.is_dir()]
    uris = {one.relative_to(root).as_posix(): one for one in found}
    for uri in sorted(uris):
        if not any(part.startswith(".") for part in uri.split("/")):
            yield uris[uri], uri


def objects(root: Any, pattern: str) -> Iterator[Path]:
    """Every object below a root in a store, or those that match a pattern, by one listing."""
    base = root.path.rstrip("/")
    find = root.fs.glob(f"{base}/{pattern}", detail=True) if pattern else root.fs.find(base, detail=True)
    return (root / name[len(base) + 1 :] for name, about in find.items() if about["type"] == "file")


def walked(path: Path) -> Iterator[Path]:
    """Every file below a folder, links followed, and every folder that cannot be listed, which no one is to miss.

    A folder that a link leads back to is not walked again.
    """
    seen: set[str] = set()
    failed: list[OSError] = []
    for folder, folders, names in os.walk(path, followlinks=True, onerror=failed.append):
        folders.sort()  # of a folder with two names the first is taken
        if (real := os.path.realpath(folder)) in seen:
            folders.clear()
            continue
        seen.add(real)
        yield from (Path(folder, name) for name in names)
    yield from (Path(error.filename) for error in failed)


def typed(recipe: Recipe, source: Source, file: File) -> tuple[File, str]:
    """The file with its media type and what it holds now, or why it cannot be read."""
    try:
        state = state_of(file.path)  # before its content is looked at, so that a later change shows
        extension = file.name.lower().rpartition(".")[2]  # a plugin's reader may be for a type that we do not know
        known = extension in recipe.readers and extension not in EXTENSIONS
        refuse_special(file.path)
        media = extension if known else sniff(file.path)
        if reader_for(recipe, source, media) is None:
            raise Unreadable("unsupported", f"no reader for {media}")
        return replace(file, type=media, state=state, content=content_of(file.path, state)), ""
    except Unreadable as error:
        return file, str(error)
    except OSError as error:
        kind = "denied" if isinstance(error, PermissionError) else "corrupt"
        return file, f"{kind}: {error.strerror or type(error).__name__}"


def reader_for(recipe: Recipe, source: Source, type: str) -> tuple[Offered, Mapping[str, Any]] | None:
    """The reader of a media type and its options, as the source or else the recipe chooses."""
    return source.readers.get(type) or recipe.readers.get(type)


def splits_file(recipe: Recipe, source: Source, file: File) -> bool:
    """Whether a file can be read from its middle: its reader can, and it is not packed."""
    found = reader_for(recipe, source, file.type)
    return bool(found and found[0].about.splits and not packing_of(file.path))


def begins_unit(uri: str, size: int) -> bool:
    """Whether a file of this path and size begins a new unit."""
    share = max(size / UNIT_BYTES, 1 / UNIT_FILES)
    return int.from_bytes(blake2b(uri.encode("utf-8", "surrogateescape"), digest_size=8).digest()) < share * 2**64


def state_of(path: Path) -> tuple[int, int]:
    """What changes when somebody writes to a file: the time of its last change in ns, 0 if just now, and its bytes."""
    about = path.stat()
    recent = time.time() - about.st_mtime < 1  # a clock ticks every few milliseconds: it may be written to unseen
    return 0 if recent else about.st_mtime_ns, about.st_size


def with_fingerprint(recipe: Recipe, unit: Unit, stage: str) -> Unit:
    """The unit, named by everything that decides what it becomes."""
    content = [[file.uri, file.type, file.start, file.end, file.content] for file in unit.files]
    return replace(unit, fingerprint=digest("unit", about_reading(recipe, [unit]), content, stage))


def input_fingerprint(recipe: Recipe, units: Sequence[Unit]) -> str:
    """A name for everything that a run reads, however it is cut into units."""
    by_source: dict[str, list[Unit]] = {}
    for unit in units:
        by_source.setdefault(unit.source, []).append(unit)
    said = []
    for mine in by_source.values():
        files = {file.uri: [file.type, file.content] for unit in mine for file in unit.files}
        said.append([about_reading(recipe, mine), files])
    return digest("input", said)


def about_reading(recipe: Recipe, units: Sequence[Unit]) -> list[Any]:
    """What besides the files' content decides what is read of units of one source."""
    source, first = recipe.sources[units[0].source], units[0]
    types = sorted({file.type for unit in units for file in unit.files})
    readers = [(type, reader_for(recipe, source, type)) for type in types]
    read = [[type, code_of(found[0]), dict(found[1])] for type, found in readers if found]
    failed = [[file.uri, why] for unit in units for file, why in unit.unreadable]
    return [source.name, dict(source.fields), first.limit, first.sample, failed, read, asdict(recipe.limits)]


def changed_files(unit: Unit) -> list[File]:
    """The files of a unit that no longer hold what they held when it was named; one that was only touched does."""
    return [file for file in unit.files if not is_as_planned(file)]


def is_as_planned(file: File) -> bool:
    """Whether a file holds what it held when it was planned."""
    try:
        state = state_of(file.path)
        return (state[0] != 0 and state == file.state) or content_of(file.path, state) == file.content
    except OSError:
        return False


def without(recipe: Recipe, unit: Unit, changed: Sequence[File]) -> Unit:
    """The unit with these files as unreadable ones, and a name of its own: what was read of them is never stored."""
    why = "changed: written to or removed while the run went on; the next run reads it"
    failed = (*unit.unreadable, *((file, why) for file in changed))
    left = replace(unit, files=tuple(file for file in unit.files if file not in changed), unreadable=failed)
    return with_fingerprint(recipe, left, stage_fingerprint(phases_of(recipe.steps)[0].lines))


def content_of(path: Path, state: tuple[int, int]) -> str:
    """The hash of a file's content in this state; a file that nobody wrote to meanwhile is not read again."""
    return known_content(path, *state) if state[0] else content_hash(path)


@cache
def known_content(path: Path, changed: int, size: int) -> str:
    """The hash of a file's content as it was when this was its state."""
    return content_hash(path)


def stage_fingerprint(lines: Sequence[Line]) -> str:
    """What a list of steps does, as a name: their options, their code, the files that options point to."""
    return digest("stage", [line_content(line) for line in lines])


def line_content(line: Line) -> list[Any]:
    """Everything about a recipe line that changes what comes out."""
    options = dict(line.options)
    paths = {key: value for key, value in defaults_of(line.offered).items() if isinstance(value, Path)}
    for key, value in (paths | options).items():
        if isinstance(value, Path):
            files = [value] if value.is_file() else sorted(one for one in value.rglob("*") if one.is_file())
            options[key] = [[str(one.relative_to(value)), content_of(one, state_of(one))] for one in files]
    chosen = [list(line.sources), list(line.kinds), list(line.spared)]
    may_send = [[line_content(one) for one in line.scrubbed_by], list(line.trusted_hosts), line.send_unscrubbed]
    return [line.label, options, *chosen, code_of(line.offered), *(may_send if line.asks else [])]


def resolved_line(recipe: Recipe, line: Line) -> dict[str, Any]:
    """A step with all of its options; paths are relative to the recipe, so that the manifest may move with it."""
    options = {
        name: os.path.relpath(value, recipe.folder) if isinstance(value, Path) else value
        for name, value in (defaults_of(line.offered) | dict(line.options)).items()
    }
    limited = {name: list(names) for name, names in (("sources", line.sources), ("kinds", line.kinds)) if names}
    return {line.label: options | limited}


@cache
def code_of(offered: Offered) -> list[str]:
    """The source of a plugin's module and of the modules of its own that it imports, and its libraries' versions.

    The last ones are of curate's kernels, which make what plugins see of a batch, and where the plugin names it of
    `curate.personal`, which knows what personal data is.
    """
    own = sorted(own_files(sys.modules[offered.function.__module__]))
    versions = [f"{name} {version_of(name)}" for name in offered.about.libraries]
    personal = [hash_of_package("personal")] if any(b"curate.personal" in path.read_bytes() for path in own) else []
    return [*map(hash_of, own), *versions, hash_of_package("kernels"), *personal]


@cache
def hash_of_package(name: str) -> str:
    """The hash of everything in one of curate's own packages, code and data."""
    files = (path for path in (CORE / name).rglob("*") if path.suffix in (".py", ".yaml"))
    return digest([[str(path.relative_to(CORE)), hash_of(path)] for path in sorted(files)])


def hash_of(path: Path) -> str:
    """The hash of a source file."""
    return blake2b(path.read_bytes(), digest_size=16).hexdigest()


def version_of(library: str) -> str:
    """The version of a library; where an extra is not installed, its step's setup says so."""
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "absent"


def own_files(module: ModuleType) -> frozenset[Path]:
    """The files of a module and of those of its package, or beside a recipe's own file, that it imports."""
    file, (top, dot, _) = Path(module.__file__ or ""), module.__name__.partition(".")
    if dot:
        return with_imports(file, Path(sys.modules[top].__path__[0]), top)
    if hasattr(module, "__path__") or top.startswith(FILE_MODULE):
        return with_imports(file, file.parent, top if hasattr(module, "__path__") else "")
    return frozenset({file})  # what lies beside it was installed for others


def with_imports(file: Path, root: Path, top: str, seen: frozenset[Path] = frozenset()) -> frozenset[Path]:
    """A file and those below `root`, the folder of package `top` if there is one, that it imports, and so on."""
    if file in seen:
        return seen
    seen |= {file}
    package = ".".join([top, *file.relative_to(root).parts[:-1]] if top else file.relative_to(root).parts[:-1])
    for name in imported_names(file, package):
        parts = name.split(".")
        if top and parts.pop(0) != top:
            continue
        for found in (root.joinpath(*parts, "__init__.py"), root.joinpath(*parts).with_suffix(".py")):
            if found.is_file():
                seen = with_imports(found, root, top, seen)
    return seen


def imported_names(file: Path, package: str) -> Iterator[str]:
    """Every name that a file imports, and everything that may be a module of that name."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), package)
            yield from (base, *(f"{base}.{one.name}" for one in node.names))


def digest(*content: Any) -> str:
    """A 128-bit name for what was said, as 32 hex digits."""
    said = json.dumps([FORMAT, *content], sort_keys=True, default=str, ensure_ascii=False)
    return blake2b(said.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
