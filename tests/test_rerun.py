"""What is made again when something changes: exactly what depends on it, and nothing for a change of time or place."""

import json
import os
import shutil
import sys

import pytest
from kills import made

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


def test_the_bytes_of_a_run_are_the_same_whatever_the_units_the_workers_and_the_order_of_files(
    project, write, tmp_path, monkeypatch
):
    whole = made(tmp_path / "run")
    monkeypatch.setattr(plan, "UNIT_FILES", 1_000)
    for name in sorted((name for name in FILES if name.startswith("data/")), reverse=True):
        (tmp_path / name).unlink()
        write(name, FILES[name])
    curate.run(tmp_path / "recipe.yaml", tmp_path / "other", workers=4)
    assert made(tmp_path / "other") == whole
    assert len(list((tmp_path / "other" / "parts").iterdir())) < len(list((tmp_path / "run" / "parts").iterdir()))


def test_a_file_added_to_ten_thousand_makes_its_own_unit_again_before_and_after_a_gather(write, tmp_path):
    for number in range(10_000):
        write(f"data/{number % 89}/{number}.txt", f"泵 pump {number}\n")
    recipe = write("recipe.yaml", "sources: {web: data}\nsteps: [normalize, exact_dedup, normalize]\n")
    curate.run(recipe, tmp_path / "run", workers=2)
    write("data/5/added.txt", "another pump\n")
    curate.run(recipe, tmp_path / "run", workers=2)
    events = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text("utf-8").splitlines()]
    phases = [one for one in events if one["event"] == "phase_finished" and one["phase"].startswith("normalize")]
    first, again = phases[:2], phases[2:]
    assert [one["found"] for one in first] == [0, 0]
    assert [one["tasks"] - one["found"] <= 2 for one in again] == [True, True]  # two where it begins a unit of its own
    assert first[0]["tasks"] > 5
