"""What is made again when something changes: exactly what depends on it, and nothing for a change of time or place."""

import os
import shutil
import sys

import pytest

import curate
from curate import plan

RECIPE = """
plugins: [mine.py]
sources: {web: data}
text: {format: jsonl}
steps:
  - shout
  - exact_dedup
  - common_words: {most: 5}
  - commonness: {words: common_words}
  - exact_dedup
  - listed: {names: names.txt}
"""
PLUGIN = """
import json
from collections import Counter
from pathlib import Path

import curate
from beside_it import LOUD

@curate.edit(libraries=["pluggy"])
def shout(doc):
    return doc.text.upper() if LOUD else doc.text

@curate.fit(sample=100)
def common_words(docs, most: int = 3):
    counts = Counter(word for doc in docs for word in doc.text.split())
    return json.dumps(sorted(word for word, _ in counts.most_common(most))).encode()

def load(words: Path):
    return set(json.loads(words.read_bytes()))

@curate.score(setup=load)
def commonness(doc, state):
    return sum(word in state for word in doc.text.split())
"""
LISTED = """
from pathlib import Path

import curate

@curate.score(setup=lambda names: Path(names).read_text().split())
def listed(doc, state, names: Path | None = None):
    return sum(name in doc.text for name in state)
"""
FILES = {
    "recipe.yaml": RECIPE.replace("[mine.py]", "[mine.py, other.py]"),
    "mine.py": PLUGIN,
    "beside_it.py": "LOUD = True\n",
    "other.py": LISTED.replace("setup=lambda names: Path(names).read_text().split()", "setup=load").replace(
        "@curate.score", "def load(names: Path):\n    return names.read_text().split()\n\n@curate.score", 1
    ).replace(", names: Path | None = None", ""),
    "names.txt": "PUMP VALVE\n",
    **{f"data/{number}.txt": f"pump {number % 40} 泵 part {number % 7}\n" for number in range(60)},
}  # fmt: skip
ALL = ["read", "shout", "exact_dedup", "commonness", "exact_dedup#2", "listed"]


@pytest.fixture
def project(write, tmp_path, monkeypatch):
    """A recipe with two gathers, a fit and a word list, run once; the function runs it again, as a new process would.

    It gives the steps that were made again.
    """
    monkeypatch.setattr(plan, "UNIT_FILES", 10)
    monkeypatch.setattr(sys, "path", sys.path[:])
    monkeypatch.delitem(sys.modules, "beside_it", raising=False)
    for name, content in FILES.items():
        write(name, content)

    def again(folder=tmp_path, out=tmp_path / "run"):
        plan.code_of.cache_clear()
        done = curate.run(folder / "recipe.yaml", out, workers=1)
        return [label for label in ALL if done.seconds.get(label)]

    assert again() == ALL
    return again


@pytest.mark.parametrize(("name", "old", "new", "made"), [
    ("data/7.txt", "pump 7", "pump seven", ["read", "shout", "exact_dedup", "commonness", "exact_dedup#2", "listed"]),
    ("mine.py", "upper", "lower", ALL),
    ("beside_it.py", "True", "False", ALL),
    ("recipe.yaml", "most: 5", "most: 6", ["commonness", "exact_dedup#2", "listed"]),
    ("recipe.yaml", "most: 5", "most: 5, ", []),
    ("names.txt", "VALVE", "SEAL", ["listed"]),
    ("other.py", "sum(", "2 * sum(", ["listed"]),
    ("recipe.yaml", "exact_dedup\n  - listed", "exact_dedup: {prefer: [web]}\n  - listed", ["exact_dedup#2"]),
])  # fmt: skip
def test_a_change_makes_what_depends_on_it_and_nothing_else(project, write, tmp_path, name, old, new, made):
    assert old in FILES[name]
    write(name, FILES[name].replace(old, new))
    assert project() == made
    assert project() == []


def test_another_version_of_a_library_that_a_step_declares_makes_the_step_again(project, monkeypatch):
    real = plan.metadata.version
    monkeypatch.setattr(plan.metadata, "version", lambda name: "9.9" if name == "pluggy" else real(name))
    assert project() == ALL


def test_touching_copying_and_moving_data_recipe_and_run_makes_nothing_again(project, tmp_path):
    for path in tmp_path.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    assert project() == []
    shutil.copytree(tmp_path, tmp_path.parent / f"{tmp_path.name}-copy")
    copy = tmp_path.parent / f"{tmp_path.name}-copy"
    assert project(copy, copy / "run") == []
    (copy / "run").rename(copy / "elsewhere")
    (copy / "elsewhere" / "manifest.json").unlink()  # parts alone serve as well
    assert project(copy, copy / "elsewhere") == []


def parts(folder):
    return {path.name for path in (folder / "parts").iterdir() if path.name.count(".") == 1}


def test_a_file_that_is_added_makes_at_most_one_bucket_again_before_and_after_a_gather(project, write, tmp_path):
    before = parts(tmp_path / "run")
    write("data/added.txt", "another pump 41 泵 part 3\n")
    project()
    new = {name for name in parts(tmp_path / "run") - before if name.endswith(".parquet")}
    assert len(new) <= 2 * 5 + 1  # a bucket may be split in two; each has a part a phase, and one is text
