"""One run: units become parts, parts go through stages and gathers, outputs are made, the manifest comes last."""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from curate import ledger, work
from curate.corpus import PARTITIONS
from curate.engines.local import LocalEngine
from curate.errors import AlarmError, CurateError
from curate.files import put
from curate.options import defaults_of
from curate.outputs import Made, untouched
from curate.parts import Part, known_part
from curate.plan import FORMAT, Phase, Unit, code_of, digest, line_content, phases_of, stage_fingerprint, units_of
from curate.progress import Progress, quiet
from curate.recipe import Recipe, read_recipe
from curate.steps import Line, Tally
from curate.tokens import load_tokenizer

T = TypeVar("T")
ALARM_SHARE, ALARM_DOCS = 0.05, 100
OWN = ("parts", "text", "pretrain", "sft")  # the folders that a run makes in its own
LIBRARIES = ("curate", "numpy", "pyarrow", "trafilatura", "pypdfium2", "presidio-analyzer", "tokenizers", "tiktoken")


class Run:
    """A finished run: its folder, manifest, outputs and ledger."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not (folder / "manifest.json").is_file():
            raise CurateError(f"{folder} holds no finished run: there is no manifest.json")
        self.manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
        self.seconds: dict[str, float] = {}  # of this very run, a step; what was there already took none
        self.bytes: dict[str, int] = {}

    @property
    def outputs(self) -> dict[str, list[Path]]:
        """`text`, `pretrain`, `sft` → their files."""
        return {name: [self.folder / path for path in made["files"]] for name, made in self.manifest["outputs"].items()}

    @property
    def ledger(self) -> pa.Table:
        """A row for every document and stage: outcome, step, reason, and every value that was measured."""
        return pq.read_table(self.folder / "ledger.parquet")

    def __repr__(self) -> str:
        return f"Run({str(self.folder)!r})"


def run(
    recipe: str | Path | Mapping[str, Any],
    out: str | Path | None = None,
    *,
    overrides: Sequence[str] = (),
    workers: int | None = None,
    limit: int | None = None,
    sample: float = 1.0,
    progress: Progress | None = None,
) -> Run:
    """Run a recipe, a file or a mapping, and give what it made; what an earlier run left in `out` is not made again.

    `limit` takes at most so many documents of each source, `sample` that share of all of them; where that makes a
    source too small for its weight, the mix shrinks. A mapping's paths are relative to the working folder. Raises
    `RecipeError` before anything runs, `CurateError` when it cannot go on.
    """
    checked = read_recipe(recipe, overrides)
    if limit or sample < 1:
        blocks = (("pretrain", checked.pretrain), ("sft", checked.sft))
        shrink = [f"{name}.when_short=shrink" for name, block in blocks if block]
        checked = read_recipe(recipe, [*overrides, *shrink])
    folder = Path(out or default_folder(checked)).absolute()
    with held(folder):
        job = Job(checked, folder, workers or len(os.sched_getaffinity(0)), progress or quiet)
        return job.run(units_of(checked, limit, sample))


def default_folder(recipe: Recipe) -> Path:
    """`runs/` and the recipe's name, in the working folder."""
    return Path("runs", Path(recipe.name).stem)


class Job:
    """A run that is under way."""

    def __init__(self, recipe: Recipe, folder: Path, workers: int, progress: Progress) -> None:
        self.recipe, self.folder, self.workers, self.progress = recipe, folder, workers, progress
        self.phases = work.all_phases(recipe)
        self.main = len(phases_of(recipe.steps))  # so many phases are the recipe's steps, the others its SFT steps
        self.made: list[tuple[Phase, list[Part]]] = []  # the parts after each phase
        self.gathers: dict[str, Tally] = {}  # how long each took, over its three acts

    def run(self, units: Sequence[Unit]) -> Run:
        """The whole recipe, from units to manifest; at once where it was run before."""
        fingerprint = self.fingerprint(units)
        if finished(self.folder, fingerprint):
            self.progress.say(f"nothing to do: {self.folder} is finished")
            return Run(self.folder)
        (self.folder / "manifest.json").unlink(missing_ok=True)
        clear_unfinished(self.folder)
        arguments = (self.recipe.data, self.recipe.folder, self.folder)
        with LocalEngine(self.workers, work.begin, arguments) as self.engine:
            try:
                outputs = self.outputs(self.main_phases(units))
            except CurateError:
                self.put_ledger()  # what the sentence says to look at
                raise
        self.put_ledger()
        self.put_manifest(units, outputs, fingerprint)
        done = Run(self.folder)
        done.seconds = {label: tally.seconds for label, tally in self.tallies().items()}
        done.bytes = {label: tally.bytes for label, tally in self.tallies().items()}
        return done

    def put_ledger(self) -> None:
        """Write the ledger of the phases that are done."""
        steps = [line.label for phase in self.phases for line in phase.lines]
        ledger.write(self.folder, [(phase.number, parts) for phase, parts in self.made], steps)

    def fingerprint(self, units: Sequence[Unit]) -> str:
        """A name for everything that this run would make; a tokenizer that cannot be loaded is told here."""
        text, pretrain, sft = self.recipe.text, self.recipe.pretrain, self.recipe.sft
        blocks = [asdict(block) if block else None for block in (text, pretrain, sft)]
        phases = [[line_content(line) for line in phase.lines] for phase in self.phases]
        named = (pretrain.tokenizer, self.recipe.path(pretrain.tokenizer), pretrain.end_of_document) if pretrain else ()
        tokenizer = load_tokenizer(*named).hash if named else ""
        formats = [*([text.format] if text else ()), *(sft.formats if sft else ())]
        writers = [code_of(self.recipe.registry["writer"][name]) for name in formats]
        return digest(
            "run", [unit.fingerprint for unit in units], phases, blocks, tokenizer, writers, self.recipe.domain
        )

    def main_phases(self, units: Sequence[Unit]) -> list[Part]:
        """The parts after all of the recipe's steps."""
        if not units:
            raise AlarmError("nothing to read: the sources hold no files")
        parts = self.each(self.phases[0], work.read, [(unit,) for unit in units], [unit.bytes for unit in units])
        if not sum(part.docs for part in parts) and not self.phases[0].lines:
            raise AlarmError(f"nothing could be read; see `curate look {self.folder} --dropped-by read`")
        for phase in self.phases[1 : self.main]:
            parts = self.phase(phase, parts)
        if not sum(part.docs for part in parts):
            worst = max(self.tallies().items(), key=lambda one: one[1].dropped + one[1].errors)[0]
            raise AlarmError(
                f"no document is left; {worst} took most: see `curate look {self.folder} --dropped-by {worst}`"
            )
        return parts

    def phase(self, phase: Phase, parts: Sequence[Part]) -> list[Part]:
        """The parts after a later stage or a gather."""
        if phase.gather:
            return self.gather(phase, parts)
        did = stage_fingerprint(phase.lines)
        tasks = [(phase.number, part, digest("stage", did, part.name)) for part in parts]
        return self.each(phase, work.stage, tasks, [part.bytes for part in parts])

    def gather(self, phase: Phase, parts: Sequence[Part]) -> list[Part]:
        """The parts after a gather; the same ones at once where it has decided about them before."""
        name = digest("gather", line_content(phase.lines[0]), [part.name for part in parts])
        note = self.folder / "parts" / f"{name}.gather.json"
        if note.exists():
            decided = [known_part(self.folder, one) for one in json.loads(note.read_bytes())]
            if all(decided):
                after = [decided_about(phase.label, part) for part in decided if part]
                self.made.append((phase, after))
                return after
        start = time.perf_counter()
        with TemporaryDirectory(dir=self.folder, prefix=".work-") as folder:
            work_folder, sizes = Path(folder), [part.bytes for part in parts]
            tasks = [(phase.number, number, part, work_folder) for number, part in enumerate(parts)]
            collected = self.map(f"{phase.label}: collect", work.collect, tasks, sizes)
            places = [(phase.number, place, collected, work_folder) for place in range(PARTITIONS)]
            settled = self.map(f"{phase.label}: settle", work.settle, places, [1] * PARTITIONS)
            decisions = [(phase.number, number, part, settled) for number, part in enumerate(parts)]
            after = self.each(phase, work.decide, decisions, sizes)
        with put(note, private=True) as out:
            out.write(json.dumps([part.name for part in after]).encode())
        seconds = time.perf_counter() - start
        self.gathers[phase.label] = Tally(bytes=sum(part.bytes for part in parts), seconds=seconds)
        return after

    def each(
        self, phase: Phase, function: Callable[..., Part], tasks: Sequence[Any], sizes: Sequence[int]
    ) -> list[Part]:
        """A phase's parts, noted for the ledger; stops the run where a step errs too often."""
        parts = self.map(phase.label, function, tasks, sizes)
        self.made.append((phase, parts))
        for label, tally in tallied(parts).items():
            if label != "read" and tally.errors > ALARM_SHARE * tally.seen and tally.seen >= ALARM_DOCS:
                raise AlarmError(
                    f"{label} errs on {tally.errors:,} of {tally.seen:,} documents, more than {ALARM_SHARE:.0%}: "
                    f"see `curate look {self.folder} --dropped-by {label}`"
                )
        return parts

    def map(self, label: str, function: Callable[..., T], tasks: Sequence[Any], sizes: Sequence[int]) -> list[T]:
        """The results of tasks, while progress is shown."""
        with self.progress.phase(label, sizes) as done:
            return self.engine.map(function, tasks, done)

    def outputs(self, parts: list[Part]) -> dict[str, Made]:
        """Everything the recipe asks for."""
        made: dict[str, Made] = {}
        if self.recipe.text:
            made["text"] = self.map("write text", work.write_text, [(parts,)], [1])[0]
        if self.recipe.pretrain:
            mixed = [part for part in parts if part.source in self.recipe.pretrain.mix]
            tokenized = self.map("tokenize", work.tokenize, [(part,) for part in mixed], [part.bytes for part in mixed])
            made["pretrain"] = self.map("mix and pack", work.pack, [(tokenized,)], [1])[0]
        if self.recipe.sft:
            examples = [
                part for part in parts if part.source in self.recipe.sft.mix or part.source in self.recipe.sft.made_from
            ]
            for phase in self.phases[self.main :]:
                examples = self.phase(phase, examples)
            made["sft"] = self.map("mix and write examples", work.write_sft, [(examples,)], [1])[0]
        remove_others(self.folder, made)
        return made

    def tallies(self) -> dict[str, Tally]:
        """What each step did, over all parts."""
        total = tallied(part for _, parts in self.made for part in parts)
        return {label: tally + self.gathers.get(label, Tally()) for label, tally in total.items()}

    def put_manifest(self, units: Sequence[Unit], outputs: Mapping[str, Made], fingerprint: str) -> None:
        """Write the manifest, whose existence means that the run is done."""
        manifest = {
            "format": FORMAT,
            "fingerprint": fingerprint,
            "versions": {name: metadata.version(name) for name in LIBRARIES},
            "recipe": resolved(self.recipe),
            "sources": {name: self.about_source(name, units) for name in self.recipe.sources},
            "unreadable": ledger.unreadable(
                pq.read_table(self.folder / "ledger.parquet", columns=["step", "outcome", "reason"])
            ),
            "steps": {label: told(tally) for label, tally in self.tallies().items()},
            "outputs": {name: {"files": made.files, **made.about} for name, made in outputs.items()},
        }
        with put(self.folder / "manifest.json") as out:
            out.write(json.dumps(manifest, indent=1, ensure_ascii=False, default=str).encode())

    def about_source(self, name: str, units: Sequence[Unit]) -> dict[str, Any]:
        """Files and bytes of a source, and what each step did to its documents."""
        mine = [unit for unit in units if unit.source == name]
        parts = [part for _, made in self.made for part in made if part.source == name]
        files = {file.uri for unit in mine for file in [*unit.files, *(file for file, _ in unit.unreadable)]}
        steps = {label: told(tally) for label, tally in tallied(parts).items()}
        return {"files": len(files), "bytes": sum(unit.bytes for unit in mine), "steps": steps}


def decided_about(label: str, part: Part) -> Part:
    """A part as a gather left it earlier; one that it did not change tells only of the stage before."""
    return replace(part, counts={label: (part.counts or {}).get(label, Tally(seen=part.docs))})


def tallied(parts: Iterable[Part]) -> dict[str, Tally]:
    """The tallies of parts, added up a step, in the order of steps."""
    total: dict[str, Tally] = {}
    for part in parts:
        for label, tally in (part.counts or {}).items():
            total[label] = total.get(label, Tally()) + tally
    return total


def told(tally: Tally) -> dict[str, int]:
    """A tally as the manifest tells it: counts that are not zero, never seconds."""
    return {name: value for name, value in asdict(tally).items() if value and name not in ("seconds", "bytes")}


def resolved(recipe: Recipe) -> dict[str, Any]:
    """The recipe as it was written, with every default that it left unsaid."""
    said = dict(recipe.data)
    for name, block in (("text", recipe.text), ("pretrain", recipe.pretrain), ("sft", recipe.sft)):
        if block:
            said[name] = {"from" if key == "made_from" else key: value for key, value in asdict(block).items()}
    said["steps"] = [resolved_line(recipe, line) for line in recipe.steps]
    if recipe.sft:
        said["sft"]["steps"] = [resolved_line(recipe, line) for line in recipe.sft_steps]
    return said


def resolved_line(recipe: Recipe, line: Line) -> dict[str, Any]:
    """A step with all of its options; paths are relative to the recipe, so that the manifest may move with it."""
    options = {
        name: os.path.relpath(value, recipe.folder) if isinstance(value, Path) else value
        for name, value in (defaults_of(line.offered) | dict(line.options)).items()
    }
    limited = {name: list(names) for name, names in (("sources", line.sources), ("kinds", line.kinds)) if names}
    return {line.label: options | limited}


def finished(folder: Path, fingerprint: str) -> bool:
    """Whether the folder holds this very run, its outputs untouched."""
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
    except (FileNotFoundError, ValueError):
        return False
    if manifest.get("fingerprint") != fingerprint:
        return False
    files = {path: about for made in manifest["outputs"].values() for path, about in made["files"].items()}
    return untouched(folder, files)


def clear_unfinished(folder: Path) -> None:
    """Remove what a run that was killed left half done: files and folders that never got their names."""
    for path in [*folder.glob(".work-*"), *(one for name in OWN for one in (folder / name).rglob(".*.tmp"))]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def remove_others(folder: Path, outputs: Mapping[str, Made]) -> None:
    """Remove output files that an earlier recipe made in the same folder; what curate did not make stays."""
    wanted = {path for made in outputs.values() for path in made.files}
    notes = (json.loads(note.read_bytes()) for note in (folder / "parts").glob("*.output.json"))
    for path in sorted({path for note in notes for path in note["files"]} - wanted):
        (folder / path).unlink(missing_ok=True)
        with suppress(OSError):  # a folder that still holds something stays
            (folder / path).parent.rmdir()


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """The run's folder for this process alone; raises `CurateError` where another run holds it."""
    if folder.exists() and not (folder / "parts").exists() and any(folder.iterdir()):
        raise CurateError(f"{folder} holds files that are no run's; name a new folder with --out")
    (folder / "parts").mkdir(mode=0o700, parents=True, exist_ok=True)  # they may hold what others should not see
    with open(folder / ".lock", "a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CurateError(f"{folder} is held by another run (process {lock.read() or 'unknown'})") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
