"""Sweeps: a run for every combination of some values of a recipe, all of them with shared parts, and a table."""

import json
import os
import re
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from curate.comparison.runs import compare, said_compare
from curate.errors import AlarmError, CurateError, RecipeError
from curate.files import is_remote, place
from curate.plan import digest
from curate.progress import Progress, quiet
from curate.recipe import read_recipe
from curate.run import default_folder, run

MOST = 64  # combinations that are made without being asked twice
NAME = 80  # characters of a run's folder


def sweep(
    recipe: str | Path | Mapping[str, Any],
    grid: Sequence[str],
    out: str | Path | None = None,
    *,
    overrides: Sequence[str] = (),
    workers: int | None = None,
    limit: int | None = None,
    sample: float = 1.0,
    many: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Run a recipe with every combination of a grid, ``key.path=a,b,c`` texts; what the runs made, as `compare` tells.

    The runs are folders in `out`, named by their values, and share the parts in its `store/`, or in the recipe's own
    `store:`. What is there is not made again. A run that ends in an alarm, or cannot go on, is told in the answer, and
    the others go on. `many` allows for more than 64. Raises `RecipeError` before anything runs.
    """
    combinations = combined([parsed(one) for one in grid])
    if len(combinations) > MOST and not many:
        raise RecipeError(f"{len(combinations):,} combinations are more than {MOST}: say --yes if they are meant")
    first = checked(recipe, overrides, combinations)
    out = place(out) if out else default_folder(first).with_name(f"{default_folder(first).name}-sweep")
    store = [] if first.store else [f"store={json.dumps(relative(out / 'store', first.folder))}"]
    shown, errors = progress or quiet, dict[str, CurateError]()
    folders = dict(zip(names_of(combinations), combinations, strict=True))
    for number, (name, values) in enumerate(folders.items(), 1):
        shown.say(f"{number} of {len(folders)}: {name}")
        own = [*overrides, *store, *values]
        try:
            run(recipe, out / name, overrides=own, workers=workers, limit=limit, sample=sample, progress=progress)
        except CurateError as error:
            errors[name] = error
            shown.say(str(error))
    return told(out, list(folders), errors)


def told(out: Path, names: Sequence[str], errors: Mapping[str, CurateError]) -> dict[str, Any]:
    """The table of the runs; of one that did not begin, since its folder is held, there is only the error."""
    begun = [name for name in names if (out / name / "status.json").is_file()]
    answer = compare([out / name for name in begun]) if begun else {"runs": [], "options": []}
    for name, one in zip(begun, answer["runs"], strict=True):
        if name in errors:
            one |= {"state": "alarm" if isinstance(errors[name], AlarmError) else "failed", "error": str(errors[name])}
    not_begun = [{"run": str(out / name), "error": str(error)} for name, error in errors.items() if name not in begun]
    return {"folder": str(out), **answer, "not_begun": not_begun}


def said_sweep(answer: Mapping[str, Any], columns: int = 100) -> list[str]:
    """What `sweep` gives, for people."""
    missing = [line for one in answer["not_begun"] for line in ("", f"{Path(one['run']).name}: {one['error']}")]
    return [f"{len(answer['runs'])} runs in {answer['folder']}", "", *said_compare(answer, columns), *missing]


def parsed(grid: str) -> tuple[str, list[str]]:
    """A ``key.path=a,b,c`` as its key and its values, texts of YAML; raises `RecipeError` where there are none."""
    key, equals, rest = grid.partition("=")
    if not key or not equals:
        raise RecipeError(f"--grid {grid}: write it as key.path=a,b,c")
    values = split_values(rest)
    if not all(values):
        raise RecipeError(f"--grid {grid}: {'no values' if values == [''] else 'a value is empty'}; write a,b,c")
    try:
        meanings = [repr(yaml.safe_load(value)) for value in values]
    except (yaml.YAMLError, ValueError):
        raise RecipeError(f"--grid {grid}: not YAML") from None
    if twice := next((value for at, value in enumerate(values) if meanings[at] in meanings[:at]), None):
        raise RecipeError(f"--grid {grid}: {twice} stands there twice")
    return key, values


def split_values(text: str) -> list[str]:
    """A text at its commas, but for those inside brackets, braces or quotes."""
    values, depth, quote, escaped = [""], 0, "", False
    for char in text:
        if quote:
            ends = char == quote and not escaped
            escaped = char == "\\" and quote == '"' and not escaped
            quote = "" if ends else quote
        elif char in "\"'" and (depth or not values[-1].strip()):  # inside a plain word it is an apostrophe
            quote = char
        elif char in "[]{}":
            depth += 1 if char in "[{" else -1
        elif char == "," and depth <= 0:
            values.append("")
            continue
        values[-1] += char
    return [value.strip() for value in values]


def combined(grids: Sequence[tuple[str, list[str]]]) -> list[list[str]]:
    """Every combination of the values of some keys, each as overrides; the last key varies fastest."""
    if not grids:
        raise RecipeError("a sweep needs at least one --grid key.path=a,b,c")
    keys = [key for key, _ in grids]
    if twice := next((key for at, key in enumerate(keys) if key in keys[:at]), None):
        raise RecipeError(f"--grid {twice} is said twice; put all of its values in one")
    return [
        [f"{key}={value}" for key, value in zip(keys, values, strict=True)]
        for values in product(*(values for _, values in grids))
    ]


def checked(recipe: Any, overrides: Sequence[str], combinations: Sequence[Sequence[str]]) -> Any:
    """The recipe with the first combination; raises `RecipeError` with what is wrong with any of them."""
    problems: dict[str, None] = {}
    first = None
    for values in combinations:
        try:
            read = read_recipe(recipe, [*overrides, *values])
            first = first or read
        except RecipeError as error:
            problems |= dict.fromkeys(as_asked(one, values) for one in error.problems)
    if problems:
        raise RecipeError(*problems)
    return first


def as_asked(problem: str, values: Sequence[str]) -> str:
    """A sentence about an override as one about the grid, where it is from there."""
    mine = any(problem.startswith(f"--set {value}:") for value in values)
    return problem.replace("--set", "--grid", 1) if mine else problem


def relative(store: Path, folder: Path) -> str:
    """A store's path as a recipe in `folder` writes it, so that the folders may move together."""
    if is_remote(store) or is_remote(folder):
        return str(store)
    return os.path.relpath(store.absolute(), folder.absolute())


def names_of(combinations: Sequence[Sequence[str]]) -> list[str]:
    """A folder's name for each combination: the ends of its keys and its values, without what a shell would expand.

    What that leaves too long, or the same for two of them, ends in a hash.
    """
    keys = [one.partition("=")[0] for one in combinations[0]]
    short = [shortest(key, keys) for key in keys]
    said = [
        ",".join(f"{key}={plain(one.partition('=')[2])}" for key, one in zip(short, values, strict=True))
        for values in combinations
    ]
    return [
        name if len(name.encode()) <= NAME and said.count(name) == 1 else f"{name[: NAME // 4]}-{digest(values)[:8]}"
        for name, values in zip(said, combinations, strict=True)
    ]


def plain(value: str) -> str:
    """A value as a part of a folder's name: without brackets and quotes, its commas as hyphens."""
    bare = re.sub(r"[\[\]{}'\"\s]", "", value).replace(",", "-")
    return re.sub(r"[^\w.+-]", "_", bare)


def shortest(key: str, keys: Sequence[str]) -> str:
    """The end of a key that no other key has: two parts of it, or more."""
    parts = key.split(".")
    for size in range(min(2, len(parts)), len(parts) + 1):
        end = ".".join(parts[-size:])
        if sum(one == end or one.endswith(f".{end}") for one in keys) == 1:
            return end
    return key
