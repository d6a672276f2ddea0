"""A plugin to start from: a file with one small function that works, and a test of it; or a package with both."""

import keyword
import sys
from collections.abc import Mapping
from importlib.metadata import packages_distributions
from pathlib import Path

from curate.errors import CurateError
from curate.files import put
from curate.plugins import Registry, load_plugins

SCORE = '''"""{title}: change the docstring of the function, then what it measures and its limit."""

import curate


@curate.score(max=0.2)
def {name}(doc):
    """Share of the characters that are digits; a recipe can set another `max`."""
    return sum(char.isdecimal() for char in doc.text) / max(len(doc.text), 1)
'''
SCORE_TEST = """from curate import Doc
from curate.testing import check
from {module} import {name}


def test_digits_are_counted_in_english_and_chinese():
    assert {name}(Doc("Pump 7")) == 1 / 6
    assert {name}(Doc("水泵")) == 0


def test_it_holds_what_every_plugin_has_to_hold():
    check({name})
"""
PYPROJECT = """[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{distribution}"
version = "0.1.0"
description = "A plugin for curate."
requires-python = ">=3.11"
dependencies = ["curate"]

[project.entry-points.curate]
{name} = "{name}"

[tool.hatch.build.targets.wheel]
packages = ["src/{name}"]
"""
README = """# {distribution}

A plugin for curate: the step `{name}`.
`pip install -e .` makes it known, `curate plugins {name}` shows it, `pytest` tests it.
In a recipe: `steps: [{{{name}: {{max: 0.1}}}}]`.
"""
STANDARD = "a module of Python's own library has this name, and imports would mix them up"


def plugin_files(name: str) -> dict[Path, str]:
    """A plugin and its test, as files of one folder."""
    about = {"name": name, "module": name, "title": name.replace("_", " ").capitalize()}
    return {Path(f"{name}.py"): SCORE.format(**about), Path(f"test_{name}.py"): SCORE_TEST.format(**about)}


def package_files(name: str) -> dict[Path, str]:
    """The same as a package that pip installs, with an entry point that leads curate to it."""
    distribution = "curate-" + name.replace("_", "-")
    top, about = Path(distribution), {"name": name, "module": name, "distribution": distribution}
    title = name.replace("_", " ").capitalize()
    return {
        top / "pyproject.toml": PYPROJECT.format(**about),
        top / "README.md": README.format(**about),
        top / "src" / name / "__init__.py": SCORE.format(title=title, **about),
        top / "tests" / f"test_{name}.py": SCORE_TEST.format(**about),
    }


def new_plugin(name: str, folder: Path, package: bool = False) -> list[Path]:
    """Write a plugin of this name and its test into a folder; raises `CurateError` and writes nothing where it cannot.

    Gives the paths that were written, below the folder.
    """
    if why := wrong_name(name, load_plugins()):
        raise CurateError(f"{name!r} cannot be a plugin's name: {why}")
    files: Mapping[Path, str] = package_files(name) if package else plugin_files(name)
    if there := [str(path) for path in files if (folder / path).exists()]:
        is_there = "is there already" if len(there) == 1 else "are there already"
        raise CurateError(f"{' and '.join(there)} {is_there}; choose another name")
    for path, content in files.items():
        with put(folder / path) as out:
            out.write(content.encode())
    return list(files)


def wrong_name(name: str, registry: Registry) -> str:
    """Why a plugin cannot be called so; "" where it can."""
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        return "it is a word of the Python language; add another, as in my_" + name
    if not name.isidentifier():
        plain = "".join(char if char.isidentifier() or char.isdecimal() else "_" for char in name).strip("_")
        better = f", such as {plain}" if plain.isidentifier() and not keyword.iskeyword(plain) else ""
        return f"it names a Python function, so it has letters, digits and _ and begins with no digit{better}"
    if name in sys.stdlib_module_names or name in sys.builtin_module_names:
        return f"{STANDARD}; add a word, as in my_{name}"
    if name in ("curate", "curate_plugins", "tests") or name in packages_distributions():
        return f"a package of this name is there already; add a word, as in my_{name}"
    for shelf in registry.values():
        if name in shelf:
            return f"a {shelf[name].kind} has it, at {shelf[name].place}; add a word, as in my_{name}"
    return ""
