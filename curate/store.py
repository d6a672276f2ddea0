"""The store of parts: who needs what in it, and removing what no run needs.

A run's own folder is its store, or a folder that several runs share (`store:` in a recipe). Files in `parts/` are named
by what they hold, up to the first dot; a run notes those names in its folder and leaves a pointer to itself with the
store.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from curate.errors import CurateError
from curate.files import place, put
from curate.hold import held

OWN = ("needs.json", "run.json", "recipe.json", "removed.json", "forgetting.json", "examples.json", "unscrubbed")


@dataclass
class Needs:
    """What a run needs of its store; noted in its folder as the run goes on."""

    folder: Path
    store: Path
    names: set[str] = field(default_factory=set)

    def add(self, names: Iterable[str]) -> None:
        """Note these names, too."""
        if new := set(names) - self.names:
            self.names |= new
            with put(self.folder / "parts" / "needs.json", private=True) as out:
                out.write(json.dumps(sorted(self.names)).encode())

    def point(self) -> None:
        """Leave a pointer to the run with a store that others share; raises `CurateError` where that is a run's."""
        if self.store != self.folder:
            if (self.store / ".lock").exists():
                raise CurateError(f"{self.store} is a run's own folder; `store:` is a folder beside those of runs")
            own = blake2b(str(self.folder).encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
            with put(self.store / "runs" / f"{own}.json", private=True) as out:
                out.write(json.dumps({"folder": str(self.folder)}).encode())


@dataclass(frozen=True)
class Unneeded:
    """What nobody needs of a store: its files, and the runs that were looked at."""

    files: list[Path]
    bytes: int
    kept: int
    runs: list[Path]
    gone: list[Path]  # runs whose folder is no longer there

    @property
    def kinds(self) -> Mapping[str, int]:
        """How many files there are of each kind, by what follows their names."""
        return Counter(path.name.partition(".")[2] for path in self.files)


def unneeded(folder: Path) -> Unneeded:
    """What no run needs of a run's folder or of a store; raises `CurateError` where it is neither."""
    if not (folder / "parts").is_dir():
        raise CurateError(f"{folder} is no run's folder and no store: there is no parts/ in it")
    pointers = [json.loads(path.read_bytes()) for path in sorted((folder / "runs").glob("*.json"))]
    pointed = [place(pointer["folder"]) for pointer in pointers]
    runs = [run for run in [folder, *pointed] if (run / "parts" / "needs.json").is_file()]
    if not runs:
        raise CurateError(f"no run is known to need {folder}; if that is right, remove the folder itself")
    names = {name for run in runs for name in json.loads((run / "parts" / "needs.json").read_bytes())}
    every = sorted((folder / "parts").iterdir())
    files = [path for path in every if is_unneeded(path, names)]
    size = sum(path.stat().st_size for path in files)
    return Unneeded(files, size, len(every) - len(files), runs, [run for run in pointed if run not in runs])


def is_unneeded(path: Path, names: set[str]) -> bool:
    """Whether a file of a store is of no name that is needed, or was never finished; notes of outputs stay."""
    if path.name in OWN or path.name.endswith(".output.json"):
        return False
    return path.name.startswith(".") or path.name.partition(".")[0] not in names


def sweep(folder: Path) -> Unneeded:
    """Remove what no run needs, while no run goes on; raises `CurateError` where one does."""
    with ExitStack() as stack:
        for run in unneeded(folder).runs:
            stack.enter_context(held(run))
        found = unneeded(folder)
        for path in found.files:
            path.unlink(missing_ok=True)
        return found
