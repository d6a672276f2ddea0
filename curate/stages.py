"""A stage: the steps that run document by document, in one pass. Steps mark; the stage's end removes."""

import time
from collections.abc import Iterable, Sequence
from functools import partial

import numpy as np
import pyarrow as pa

from curate.data import Batch
from curate.edits import Edit, Expand
from curate.errors import RecipeError
from curate.llm.gate import Gate, Scan
from curate.plugins import PERSONAL
from curate.scrub import Scrub, without_own
from curate.steps import Field, Filter, Line, Score, Step, Tally

ADDING = (Field, Edit, Expand)  # what may write into columns what it knows of a document
STEPS: dict[str, type[Step]] = {"score": Score, "filter": Filter, "field": Field, "edit": Edit, "expand": Expand}


def make_stage(lines: Iterable[Line]) -> list[Step]:
    """Recipe lines as steps; raises `RecipeError` where one of them is a gather or has options that do not fit."""
    stage = []
    for line in lines:
        if line.offered.kind not in STEPS:
            raise RecipeError(f"{line.label} is a {line.offered.kind} and cannot stand inside a stage")
        stage.append((Scrub if line.offered.about.scrubs else STEPS[line.offered.kind])(line))
    scrubs = {step.label: step for step in scrubbing(stage)}  # what they load is loaded once
    for step in stage:
        if step.line.asks:
            step.gate = partial(make_gate, step, scrubs)
    return stage


def make_gate(step: Step, scrubs: dict[str, Scrub]) -> Gate:
    """What the requests of a step have to pass; the steps that scrub before it load here what they need."""
    scans = []
    for line in step.line.scrubbed_by:
        scrub = scrubs.setdefault(line.label, Scrub(line))
        _ = scrub.call
        personal = line.offered.about.scrubs == PERSONAL
        scans.append(Scan(line.label, scrub.find, line.sources, line.kinds, personal))

    def let_through() -> None:
        step.tally += Tally(sent_unscrubbed=1)

    return Gate(scans, step.line.trusted_hosts, step.line.send_unscrubbed, let_through)


def run_stage(steps: Sequence[Step], batch: Batch) -> tuple[Batch, Batch | None]:
    """One batch through a stage: what is left of it, and what was removed. Steps mark; the stage's end removes."""
    for step in steps:
        _ = step.call  # what it loads is not the documents' time
        start = time.perf_counter()
        step.tally += Tally(seen=int(batch.alive.sum()), bytes=batch.text_bytes)
        batch = step(batch)
        step.tally.seconds += time.perf_counter() - start
    batch = batch.survivors()
    for step in scrubbing(steps):
        if any(isinstance(later, ADDING) for later in steps[steps.index(step) + 1 :]):
            batch = step.clean_names(batch)
    removed = scrubbed(steps, batch.marks.removed)
    for step in scrubbing(steps):
        step.clean_marks(batch.marks)
    if not scrubbing(steps):
        return batch, removed
    return without_own(batch), None if removed is None else without_own(removed)


def scrubbing(steps: Sequence[Step]) -> list[Scrub]:
    """The edits of a stage that remove personal data or secrets."""
    return [step for step in steps if isinstance(step, Scrub)]


def scrubbed(steps: Sequence[Step], removed: Sequence[Batch]) -> Batch | None:
    """What a stage removed, without personal data: a document dropped before such an edit did not pass through it."""
    if not removed:
        return None
    first = removed[0].table.schema.names
    tables = [pa.table(one.table).select([name for name in one.table.schema.names if name in first]) for one in removed]
    rows = np.concatenate([one.rows for one in removed])
    table = pa.concat_tables(tables, promote_options="default").combine_chunks().to_batches()[0]
    batch = Batch(table, removed[0].marks, rows)
    for step in scrubbing(steps):
        batch = step.clean_removed(batch)
    return batch
