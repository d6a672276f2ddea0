"""What an audit looks at: the steps of a run that remove personal data, and documents of its sources."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from curate.data import Batch, Doc, key_of
from curate.edits import Edit
from curate.errors import CurateError, RecipeError
from curate.ledger import Told
from curate.originals import noted_recipe, scrubbing_lines
from curate.personal.entities import ENTITIES
from curate.personal.profile import read_profile
from curate.plan import units_of
from curate.plugins import load_plugins
from curate.reading import read_unit
from curate.recipe import Recipe, read_recipe
from curate.stages import make_stage
from curate.trial import line_of, run_as_batches

LONGEST = 20_000  # characters of a document that are looked at; what is planted has room in them
Cut = tuple[Any, ...]  # start, end, replacement, and what was found


@dataclass(frozen=True)
class Sample:
    """Documents of a run's sources, and the steps that are put to them."""

    steps: Sequence[Edit]
    docs: Sequence[Doc]
    place: str  # sources, or run: where the documents are from
    scrubbed: bool  # whether the run's recipe has such steps; else it is the step `pii` as it comes


def sample_of(folder: Path, each: int) -> Sample:
    """A sample of so many documents of each source: as they were read where that can be, else as the run has them."""
    Told.of(folder)  # raises where it is no run's folder
    noted = noted_recipe(folder)
    lines = scrubbing_lines(noted) if noted else []
    steps = [step for step in make_stage(lines or [line_of(load_plugins(()), "pii")]) if isinstance(step, Edit)]
    recipe = recipe_of(folder, noted)
    if docs := list(read_docs(recipe, each)) if recipe else []:
        return Sample(steps, docs, "sources", bool(lines))
    every = [
        doc for batch in run_as_batches(folder, each * max(1, len(noted.sources) if noted else 1)) for doc in batch
    ]
    return Sample(steps, every, "run", bool(lines))


def recipe_of(folder: Path, noted: Recipe | None) -> Recipe | None:
    """A run's recipe with its sources, where its file is still there and names the same ones."""
    if noted is None:
        return None
    about = json.loads((folder / "parts" / "recipe.json").read_bytes())
    path = Path(about["folder"]) / about.get("name", "")
    try:
        recipe = read_recipe(path) if path.is_file() else None
    except CurateError:
        return None
    return recipe if recipe and recipe.sources.keys() == noted.sources.keys() else None


def read_docs(recipe: Recipe, each: int) -> Iterator[Doc]:
    """The first documents of each source, from units in an order that their content decides."""
    units = units_of(recipe)
    for source in recipe.sources:
        left = each
        for unit in sorted((unit for unit in units if unit.source == source), key=lambda unit: unit.fingerprint):
            for batch in read_unit(recipe, replace(unit, limit=left)):
                alive = batch.keep(batch.alive)
                yield from alive
                left -= len(alive)
            if left <= 0:
                break


def plain_copy(doc: Doc, text: str, number: int) -> Doc:
    """A document with another text and nothing else that tells whose it is."""
    return Doc(text, key=key_of("audit", number), source=doc.source, kind=doc.kind)


def cuts_of(steps: Sequence[Edit], docs: Sequence[Doc]) -> list[list[Cut] | str | None]:
    """What the steps answer for each document: cuts of them all, or the new text; none where a step failed."""
    answers: list[list[Cut] | str | None] = [[] for _ in docs]
    if not docs:
        return answers
    batch = Batch.of(docs)
    for step in steps:
        asked = step.concerns(batch) & (batch.among("kind", step.line.kinds) if step.line.kinds else True)
        rows = [row for row, is_asked in enumerate(asked) if is_asked]
        columns, errors = step.ask(batch.keep(asked))
        for at, (row, new) in enumerate(zip(rows, columns[step.label], strict=True)):
            answers[row] = None if at in errors else joined(answers[row], new)
    return answers


def joined(before: list[Cut] | str | None, new: Any) -> list[Cut] | str | None:
    """Answers of two steps for one document; a `Drop` leaves nothing of it."""
    if before is None or isinstance(before, str):
        return before
    return [*before, *new] if isinstance(new, list) else "" if not new else str(new)


def off_types(steps: Sequence[Edit]) -> list[str]:
    """The types of personal data that no step of ours looks for; none are told where all steps are a user's own."""
    looked: set[str] = set()
    for step in steps:
        name = step.line.offered.name
        if name == "secrets":
            looked.add("secret")
        elif name == "pii":
            looked |= types_of(step.options)
        else:
            return []
    return [type for type in ENTITIES if type not in looked]


def types_of(options: Mapping[str, Any]) -> set[str]:
    """The types that the step `pii` looks for with these options."""
    extend = options.get("extend")
    try:
        types = set(read_profile(str(options.get("profile", "default")), Path(extend) if extend else None).types)
    except RecipeError:
        return set(ENTITIES)
    return types & set(options["types"]) if options.get("types") else types
