"""What a worker process does: it holds the recipe's stages, and takes units and parts through them."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from curate import corpus, outputs
from curate.errors import CurateError
from curate.parts import Part, PartWriter, known_part, part_path, read_batches
from curate.plan import Phase, Unit, phases_of
from curate.reading import read_unit
from curate.recipe import Recipe, read_recipe
from curate.stages import make_stage, run_stage
from curate.steps import Line, Step, Tally, raised_where


class Bench:
    """A worker's recipe and its stages, each made once, with whatever its steps load."""

    def __init__(self, recipe: Recipe, folder: Path) -> None:
        self.recipe, self.folder = recipe, folder
        self.stages: dict[int, list[Step]] = {}

    @cached_property
    def phases(self) -> list[Phase]:
        """The phases of the recipe's steps, then those of its SFT steps."""
        return all_phases(self.recipe)

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
    if part := known_part(_bench.folder, unit.fingerprint):
        return part
    writer, steps = PartWriter(_bench.folder, unit.fingerprint, unit.source), _bench.stage(0)
    tally, start = Tally(bytes=unit.bytes), time.perf_counter()
    for batch in read_unit(_bench.recipe, unit):
        marks, alive = batch.marks, batch.alive
        tally += Tally(seen=len(batch), errors=int((~alive).sum()))
        tally.seconds += time.perf_counter() - start
        kept, removed = run_stage(steps, batch.keep(alive))
        writer.add(kept, removed, marks.table(0))
        start = time.perf_counter()
    return writer.finish({"read": tally} | {step.label: step.tally for step in steps})


def stage(number: int, part: Part, name: str) -> Part:
    """A part through a later stage."""
    if known := known_part(_bench.folder, name):
        return known
    writer, steps = PartWriter(_bench.folder, name, part.source), _bench.stage(number)
    for batch in read_batches(part_path(_bench.folder, part.name)):
        marks = batch.marks
        kept, removed = run_stage(steps, batch)
        writer.add(kept, removed, marks.table(number))
    return writer.finish({step.label: step.tally for step in steps})


def collect(phase: int, number: int, part: Part, work: Path) -> Path:
    """The first act of a gather; see `curate.corpus`."""
    with told_by(line := _bench.phases[phase].lines[0]):
        return corpus.collect(line, number, _bench.folder, part, work)


def settle(phase: int, partition: int, collected: Sequence[Path], work: Path) -> Path:
    """The second act of a gather."""
    with told_by(line := _bench.phases[phase].lines[0]):
        return corpus.settle(line, partition, collected, work)


def decide(phase: int, number: int, part: Part, settled: Sequence[Path]) -> Part:
    """The third act of a gather."""
    with told_by(line := _bench.phases[phase].lines[0]):
        return corpus.decide(line, phase, number, _bench.folder, part, settled)


@contextmanager
def told_by(line: Line) -> Iterator[None]:
    """Whatever a gather raises as a sentence: it is about all documents, so it stops the run."""
    try:
        yield
    except CurateError:
        raise
    except Exception as error:
        raise CurateError(f"{line.label} failed: {raised_where(error)}") from error


def write_text(parts: Sequence[Part]) -> outputs.Made:
    """The cleaned text of all parts."""
    return outputs.write_text(_bench.recipe, _bench.folder, parts)


def tokenize(part: Part) -> outputs.Tokenized:
    """The documents of a part as tokens."""
    return outputs.tokenize(_bench.recipe, _bench.folder, part)


def pack(tokenized: Sequence[outputs.Tokenized]) -> outputs.Made:
    """Token rows of one length from the documents of all parts."""
    return outputs.pack(_bench.recipe, _bench.folder, tokenized)


def write_sft(parts: Sequence[Part]) -> outputs.Made:
    """The SFT sets, in every format that the recipe names."""
    return outputs.write_sft(_bench.recipe, _bench.folder, parts)
