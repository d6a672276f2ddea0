"""What a worker process does: it holds the recipe's stages, and takes units and parts through them."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from curate import corpus, fits, guard, outputs, packing
from curate.data import Batch
from curate.errors import CurateError
from curate.originals import parts_of_phase, told_without_personal_data
from curate.parts import Part, PartWriter, known_part, part_path, read_batches
from curate.plan import Phase, Unit, bound, changed_files, phases_of, without
from curate.reading import read_unit
from curate.recipe import Recipe, read_recipe, store_of
from curate.removal import REMOVED, Removed
from curate.stages import make_stage, run_stage
from curate.steps import Line, Step, Tally, raised_where


class Bench:
    """A worker's recipe and its stages, each made once, with whatever its steps load."""

    def __init__(self, recipe: Recipe, folder: Path) -> None:
        self.recipe, self.folder = recipe, folder
        self.store = store_of(recipe, folder)  # where the parts are
        self.removed = Removed.of(folder, self.store)
        self.stages: dict[int, list[Step]] = {}

    @cached_property
    def phases(self) -> list[Phase]:
        """The phases of the recipe's steps, then those of its SFT steps, bound to what this run's fits gave."""
        return [replace(phase, lines=bound(phase.lines, self.folder)) for phase in all_phases(self.recipe)]

    def parts_of(self, number: int) -> Path:
        """The folder whose `parts/` holds what a phase makes."""
        return parts_of_phase(self.recipe, self.folder, number)

    def stage(self, number: int) -> list[Step]:
        """The steps of a phase, their tallies at zero."""
        if number not in self.stages:
            self.stages[number] = make_stage(self.phases[number].lines)
        for step in self.stages[number]:
            step.tally = Tally()
        return self.stages[number]


def all_phases(recipe: Recipe) -> list[Phase]:
    """The phases of the recipe's steps, then those of its SFT steps, numbered through."""
    main = phases_of(recipe.steps)
    return main + phases_of(recipe.sft_steps, len(main))


_bench: Bench


def begin(data: Mapping[str, Any], recipe_folder: Path, folder: Path) -> None:
    """Make this process a worker: it reads the recipe itself, since functions of a user's file cannot be sent."""
    global _bench
    _bench = Bench(read_recipe(data, folder=recipe_folder), folder)


def read(unit: Unit) -> Part:
    """A unit through the first stage."""
    with guard.task(guard.suspects_path(_bench.parts_of(0), unit.fingerprint), _bench.recipe.limits):
        return read_guarded(unit)


def read_guarded(unit: Unit) -> Part:
    """A unit, or what is left of it without files that somebody changes, through the first stage."""
    if part := known_part(_bench.parts_of(0), unit.fingerprint):
        return part
    writer, steps = PartWriter(_bench.parts_of(0), unit.fingerprint, unit.source), _bench.stage(0)
    tally, start = Tally(bytes=unit.bytes), time.perf_counter()
    for batch in read_unit(_bench.recipe, unit, _bench.removed):
        marks, alive = batch.marks, batch.alive
        tally += Tally(seen=int((marks.outcome != REMOVED).sum()), errors=int((marks.outcome == "error").sum()))
        tally.seconds += time.perf_counter() - start
        kept, removed = run_stage(steps, batch.keep(alive))
        add(writer, kept, removed, marks.table(0))
        start = time.perf_counter()
    if changed := changed_files(unit):
        return read_guarded(without(_bench.recipe, unit, changed))
    return writer.finish({"read": tally} | {step.label: step.tally for step in steps})


def stage(number: int, part: Part, name: str) -> Part:
    """A part through a later stage."""
    with guard.task(guard.suspects_path(_bench.parts_of(number), name), _bench.recipe.limits):
        return stage_guarded(number, part, name)


def stage_guarded(number: int, part: Part, name: str) -> Part:
    """A part through a later stage, or the part that is there."""
    if known := known_part(_bench.parts_of(number), name):
        return known
    writer, steps = PartWriter(_bench.parts_of(number), name, part.source), _bench.stage(number)
    for batch in read_batches(part_path(_bench.parts_of(number - 1), part.name)):
        marks = batch.marks
        kept, removed = run_stage(steps, batch)
        add(writer, kept, removed, marks.table(number))
    return writer.finish({step.label: step.tally for step in steps})


def suspects(recipe: Recipe, folder: Path, function: Callable[..., Any], task: Sequence[Any]) -> Path | None:
    """Where a worker's death at a task is remembered; none for what is not done document by document."""
    if function is read:
        return guard.suspects_path(parts_of_phase(recipe, folder, 0), task[0].fingerprint)
    if function is stage:
        return guard.suspects_path(parts_of_phase(recipe, folder, task[0]), task[2])
    return None


def add(writer: PartWriter, kept: Batch, removed: Batch | None, ledger: pa.Table) -> None:
    """Hand on what a stage made of a batch, without what `removed.txt` lists."""
    listed = _bench.removed
    writer.add(listed.without(kept), listed.without(removed), listed.blanked(ledger))


def told_sources() -> dict[str, Any]:
    """The recipe's sources as the manifest tells them."""
    return dict(told_without_personal_data(_bench.recipe, _bench.recipe.data["sources"]))


def collect(phase: int, part: Part) -> str:
    """The first act of a gather; see `curate.corpus`."""
    with told_by(line := _bench.phases[phase].lines[0]):
        return corpus.collect(line, _bench.parts_of(phase), part)


def settle(phase: int, partition: int, collected: Sequence[str], settled: Path) -> Path:
    """The second act of a gather."""
    with told_by(line := _bench.phases[phase].lines[0]):
        return corpus.settle(line, _bench.parts_of(phase), partition, collected, settled)


def decide(phase: int, number: int, parts: int, part: Part, settled: Sequence[Path]) -> Part:
    """The third act of a gather."""
    with told_by(line := _bench.phases[phase].lines[0]):
        return corpus.decide(line, phase, number, parts, _bench.parts_of(phase), part, settled)


def fit(phase: int, parts: Sequence[Part], path: Path) -> Path:
    """What a fit learns from a sample of all parts; see `curate.fits`."""
    with told_by(line := _bench.phases[phase].lines[0]):
        return fits.fit(line, _bench.parts_of(phase), parts, path)


@contextmanager
def told_by(line: Line) -> Iterator[None]:
    """Whatever a gather or a fit raises as a sentence: it is about all documents, so it stops the run."""
    try:
        yield
    except CurateError:
        raise
    except BaseException as error:
        raise CurateError(f"{line.label} failed: {raised_where(error)}") from error


def measure(part: Part) -> outputs.Measured:
    """How many bytes each text of a part has."""
    return outputs.measure(_bench.recipe, _bench.folder, part)


def write_text(shard: outputs.TextShard) -> outputs.Made:
    """A shard of the cleaned text."""
    return outputs.write_text(_bench.recipe, _bench.folder, shard)


def tokenize(part: Part) -> packing.Tokenized:
    """The documents of a part as tokens."""
    return packing.tokenize(_bench.recipe, _bench.folder, part)


def plan(tokenized: Sequence[packing.Tokenized]) -> packing.Plan:
    """Which documents of all parts are packed, and in which order."""
    return packing.plan(_bench.recipe, _bench.folder, tokenized)


def pack(planned: packing.Plan, number: int) -> outputs.Made:
    """A shard of token rows."""
    return packing.pack(_bench.recipe, _bench.folder, planned, number)


def write_sft(parts: Sequence[Part]) -> outputs.Made:
    """The SFT sets, in every format that the recipe names."""
    return outputs.write_sft(_bench.recipe, _bench.folder, parts)
