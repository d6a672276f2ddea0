"""What a run would do, from a sample: stages, units, and time and yield a step."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from curate.data import Batch
from curate.plan import Unit, phases_of, units_of
from curate.progress import spoken_time
from curate.reading import read_unit
from curate.recipe import Recipe, read_recipe
from curate.stages import make_stage, run_stage
from curate.steps import Tally
from curate.work import all_phases

SAMPLED = 200


def forecast(
    path: Path, overrides: Sequence[str] = (), limit: int | None = None, sample: float = 1.0
) -> tuple[list[str], list[list[str]]]:
    """Sentences on stages and units, and a table of what each step did to about 200 documents."""
    recipe = read_recipe(path, overrides)
    units = units_of(recipe, limit, sample)
    phases = all_phases(recipe)
    lines = []
    for name in recipe.sources:
        mine = [unit for unit in units if unit.source == name]
        files, size = sum(len(unit.files) for unit in mine), sum(unit.bytes for unit in mine)
        unread = sum(len(unit.unreadable) for unit in mine)
        lines.append(f"{name}: units {len(mine):,}, files {files:,}, bytes {size:,}, unreadable {unread:,}")
    main = len(phases_of(recipe.steps))
    for phase in phases:
        kind = "gather (looks at the whole corpus)" if phase.gather else "stage"
        lines.append(f"{'sft ' if phase.number >= main else ''}{kind} {phase.number}: {phase.label}")
    batches = list(sampled(recipe, units))
    docs, size = sum(map(len, batches)), sum(batch.text_bytes for batch in batches)
    lines.append(f"a sample of {docs} documents, {size:,} bytes of text:")
    table = [["step", "seen", "dropped", "errors", "changed", "made", "seconds", "share of time"]]
    times: list[float] = []
    for phase in phases:
        if phase.gather:
            continue
        steps = make_stage(phase.lines)
        for batch in batches[:1]:  # what is loaded and compiled at first is not the documents' time
            run_stage(steps, Batch(batch.table))
        for step in steps:
            step.tally = Tally()
        batches = [run_stage(steps, Batch(batch.table))[0] for batch in batches]
        for step in steps:
            did = step.tally
            numbers = [f"{n:,}" for n in (did.seen, did.dropped, did.errors, did.changed, did.made)]
            table.append([step.label, *numbers, f"{did.seconds:.3f}", ""])
            times.append(did.seconds)
    for row, seconds in zip(table[1:], times, strict=True):
        row[-1] = f"{seconds / max(sum(times), 1e-9):.0%}"
    whole = sum(unit.bytes for unit in units)
    read = max(size, 1)
    lines.append(f"about {spoken_time(sum(times) * whole / read)} of one processor for all of it, reading not counted")
    return lines, table


def sampled(recipe: Recipe, units: Sequence[Unit]) -> Iterator[Batch]:
    """About 200 documents, the same number of each source, from units in an order that their names decide."""
    each = SAMPLED // len(recipe.sources)
    for source in recipe.sources:
        left = each
        for unit in sorted((unit for unit in units if unit.source == source), key=lambda unit: unit.fingerprint):
            for batch in read_unit(recipe, replace(unit, limit=left)):
                alive = batch.keep(batch.alive)
                left -= len(batch)
                if len(alive):
                    yield alive.keep(np.arange(len(alive)) < each)
            if left <= 0:
                break
