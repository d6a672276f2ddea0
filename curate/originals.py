"""Originals: parts of before the step that removes personal data. They lie apart, for their owner alone, and go."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from curate.files import is_remote, put
from curate.parts import noted_run
from curate.plan import phases_of
from curate.recipe import Recipe, read_recipe, store_of
from curate.scrub import Scrub, leaves, without
from curate.steps import Line

FOLDER = "originals"  # in a run's folder, never in a store that others share
MARK = "unscrubbed"  # in parts/: a run that left originals there, since nothing in its recipe removes personal data


def scrubbing_lines(recipe: Recipe) -> list[Line]:
    """The lines that remove personal data."""
    return [line for line in recipe.steps if line.offered.about.scrubs]


def first_clean(recipe: Recipe) -> int:
    """The first phase whose parts no personal data is in any more; 0 where no step removes any."""
    phases = phases_of(recipe.steps)
    return max((phase.number for phase in phases for line in phase.lines if line.offered.about.scrubs), default=0)


def parts_of_phase(recipe: Recipe, folder: Path, number: int) -> Path:
    """The folder whose `parts/` holds what a phase makes: the store, or that of the originals."""
    apart = number < first_clean(recipe) and not recipe.keep_originals
    return folder / FOLDER if apart else store_of(recipe, folder)


def late_scrubbing(recipe: Recipe) -> list[Scrub]:
    """The steps that the ledger has to be put to, since it has rows of before they acted."""
    return [Scrub(line) for line in scrubbing_lines(recipe)] if first_clean(recipe) else []


def expect_originals(recipe: Recipe, folder: Path) -> None:
    """Make room for originals that nobody else can look into, or note that they will stand among the other parts."""
    if first_clean(recipe) and not recipe.keep_originals:
        for path in (folder / FOLDER, folder / FOLDER / "parts"):
            if not is_remote(path):
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
    elif not scrubbing_lines(recipe) or first_clean(recipe):
        with put(folder / "parts" / MARK, private=True):
            pass


def held_originals(folder: Path) -> bool:
    """Whether there are originals that the end of a run has still to delete."""
    return any((folder / FOLDER).rglob("*.parquet"))


def delete_originals(recipe: Recipe, folder: Path) -> None:
    """Delete what holds originals: those of this run, and where this recipe removes personal data those of others.

    A run's own folder may hold parts of a recipe that removed nothing; in a store that is shared they may be another's.
    """
    if (folder / FOLDER).exists():
        remove_folder(folder / FOLDER)
    for line in [line for phase in phases_of(recipe.steps)[: first_clean(recipe)] for line in phase.lines]:
        if not recipe.keep_originals:
            (folder / "parts" / f"{line.label}.fitted").unlink(missing_ok=True)  # what a fit learned of originals
    mark = folder / "parts" / MARK
    if scrubbing_lines(recipe) and not recipe.keep_originals and mark.exists():
        clean = {name for number, names in noted_run(folder)[1] if number >= first_clean(recipe) for name in names}
        for path in sorted((folder / "parts").iterdir()):
            if path.suffix in (".parquet", ".fitted") and path.name.partition(".")[0] not in clean:
                path.unlink()
        mark.unlink()


def note_recipe(recipe: Recipe, folder: Path) -> None:
    """Note in a run's folder what questions to it and removals from it need of its recipe, sources left out."""
    data = dict(recipe.data)
    outputs: dict[str, Any] = {name: dict(data[name]) for name in ("text", "pretrain", "sft") if name in data}
    sources = {name: {"path": ".", "domain": source.domain} for name, source in recipe.sources.items()}
    labels = {line.label.partition("#")[0] for line in scrubbing_lines(recipe)}
    steps = [step for step in data.get("steps", ()) if (step if isinstance(step, str) else next(iter(step))) in labels]
    for block in outputs.values():
        block.pop("steps", None)
    noted = {"plugins": data.get("plugins", []), "sources": sources, "steps": steps, **outputs}
    with put(folder / "parts" / "recipe.json", private=True) as out:
        about = {"folder": str(recipe.folder.absolute()), "phases": len(phases_of(recipe.steps)), "recipe": noted}
        about |= {"name": Path(recipe.name).name, "steps": data.get("steps", [])}
        out.write(json.dumps(about, default=str).encode())


def noted_recipe(folder: Path) -> Recipe | None:
    """The recipe of a run as it was noted in its folder, where it was."""
    path = folder / "parts" / "recipe.json"
    if not path.exists():
        return None
    noted = json.loads(path.read_bytes())
    return read_recipe(noted["recipe"], folder=Path(noted["folder"]))


def told_without_personal_data(recipe: Recipe, written: Any) -> Any:
    """Something that stands in a recipe, such as a path, as the manifest tells it."""
    for line in scrubbing_lines(recipe):
        written = without(written, Scrub(line).cleaned(leaves(written)))
    return written


def as_scrubbed(folder: Path, text: str) -> str:
    """A text as it would stand in a run's ledger, where no personal data does."""
    recipe = noted_recipe(folder)
    for line in scrubbing_lines(recipe) if recipe else ():
        text = Scrub(line).cleaned([text]).get(text, text)
    return text


def remove_folder(path: Path) -> None:
    """Remove a folder and all that is in it, wherever it lies."""
    if is_remote(path):
        cast(Any, path).fs.rm(cast(Any, path).path, recursive=True)
    else:
        shutil.rmtree(path)


def said_held(recipe: Recipe, folder: Path) -> str:
    """The sentence about originals that a run which stops leaves behind."""
    labels: Sequence[str] = [line.label for line in scrubbing_lines(recipe)]
    return (
        f"what was read before {' and '.join(labels)} stays in {folder / FOLDER}, for its owner alone, "
        "until the run is finished; remove that folder if it will not be"
    )
