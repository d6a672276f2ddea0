"""What a run would do, from a sample: stages, units, and time and yield a step."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from curate.data import Batch
from curate.files import put
from curate.fits import learn
from curate.plan import Phase, Unit, bound, fitted_path, phases_of, units_of
from curate.progress import spoken_time
from curate.reading import read_unit
from curate.recipe import Recipe, read_recipe
from curate.stages import make_stage, run_stage
from curate.steps import Tally
from curate.work import all_phases

SAMPLED = 200
COUNTS = ("seen", "dropped", "errors", "changed", "made")
KINDS = {"gather": " (looks at the whole corpus)", "fit": " (learns from a sample)"}


def forecast(
    path: Path, overrides: Sequence[str] = (), limit: int | None = None, sample: float = 1.0
) -> dict[str, Any]:
    """What a run would do, for machines, `lines` and `table`: about 200 documents go through every stage."""
    recipe = read_recipe(path, overrides)
    units = units_of(recipe, limit, sample)
    phases, main = all_phases(recipe), len(phases_of(recipe.steps))
    batches = list(sampled(recipe, units))
    docs, size = sum(map(len, batches)), sum(batch.text_bytes for batch in batches)
    tried = list(tried_on(phases, batches))
    seconds = sum(step["seconds"] for step in tried)
    whole = sum(unit.bytes for unit in units)
    return {
        "sources": [about_source(name, units) for name in recipe.sources],
        "phases": [
            {
                "number": phase.number,
                "kind": phase.kind,
                "of": "sft" if phase.number >= main else "recipe",
                "steps": [line.label for line in phase.lines],
            }
            for phase in phases
        ],
        "sample": {"documents": docs, "bytes": size},
        "steps": [step | {"share_of_time": step["seconds"] / max(seconds, 1e-9)} for step in tried],
        "processor_seconds": seconds * whole / max(size, 1),
    }


def about_source(name: str, units: Sequence[Unit]) -> dict[str, Any]:
    """How much there is of a source."""
    mine = [unit for unit in units if unit.source == name]
    return {
        "source": name,
        "units": len(mine),
        "files": sum(len(unit.files) for unit in mine),
        "bytes": sum(unit.bytes for unit in mine),
        "unreadable": sum(len(unit.unreadable) for unit in mine),
    }


def tried_on(phases: Sequence[Phase], batches: list[Batch]) -> Iterator[dict[str, Any]]:
    """What each step does to the documents that the steps before it leave; gathers are passed over."""
    with TemporaryDirectory() as given:
        folder = Path(given)
        for phase in phases:
            if phase.kind == "gather":
                continue
            if phase.kind == "fit":
                with put(fitted_path(folder, phase.label)) as out:
                    out.write(learn(phase.lines[0], batches))
                continue
            steps = make_stage(bound(phase.lines, folder))
            for batch in batches[:1]:  # what is loaded and compiled at first is not the documents' time
                run_stage(steps, Batch(batch.table))
            for step in steps:
                step.tally = Tally()
            batches = [run_stage(steps, Batch(batch.table))[0] for batch in batches]
            for step in steps:
                counts = {name: getattr(step.tally, name) for name in COUNTS}
                yield {"step": step.label, **counts, "seconds": step.tally.seconds}


def lines(facts: Mapping[str, Any]) -> list[str]:
    """A forecast as sentences, without its table."""
    said = [
        f"{one['source']}: units {one['units']:,}, files {one['files']:,}, bytes {one['bytes']:,}, "
        f"unreadable {one['unreadable']:,}"
        for one in facts["sources"]
    ]
    for phase in facts["phases"]:
        kind = phase["kind"] + KINDS.get(phase["kind"], "")
        label = " · ".join(phase["steps"]) or "read"
        said.append(f"{'sft ' if phase['of'] == 'sft' else ''}{kind} {phase['number']}: {label}")
    said.append(f"a sample of {facts['sample']['documents']} documents, {facts['sample']['bytes']:,} bytes of text:")
    time = spoken_time(facts["processor_seconds"])
    return [*said, f"about {time} of one processor for all of it, reading not counted"]


def table(facts: Mapping[str, Any]) -> list[list[str]]:
    """What each step did to the sample, the head first."""
    rows = [["step", *COUNTS, "seconds", "share of time"]]
    for step in facts["steps"]:
        numbers = [f"{step[name]:,}" for name in COUNTS]
        rows.append([step["step"], *numbers, f"{step['seconds']:.3f}", f"{step['share_of_time']:.0%}"])
    return rows


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
