import os

import pytest

import curate
from curate.cli import main
from curate.errors import CurateError
from curate.hold import held
from curate.store import sweep, unneeded

RECIPE = """
plugins: [mine.py]
store: shared
sources: {{web: data}}
text: {{format: jsonl}}
steps: [{steps}]
"""
PLUGIN = """
import curate

@curate.edit
def shout(doc):
    return doc.text.upper()

@curate.filter
def long_enough_here(doc, min_chars: int = 3):
    return len(doc.text) >= min_chars
"""


@pytest.fixture
def made(tmp_path, write):
    """A recipe of these steps, run into a folder."""
    write("mine.py", PLUGIN)
    for number in range(5):
        write(f"data/{number}.txt", f"泵 pump {number}")

    def run(steps, out):
        recipe = write(f"{out}.yaml", RECIPE.format(steps=steps))
        return curate.run(recipe, tmp_path / out, workers=1)

    return run


def stored(folder):
    return {path.name: path.stat().st_mtime_ns for path in (folder / "parts").iterdir()}


def test_recipes_with_a_common_beginning_share_their_parts(made, tmp_path):
    first = made("shout, exact_dedup, long_enough_here", "one")
    before = stored(tmp_path / "shared")
    second = made("shout, exact_dedup, {long_enough_here: {min_chars: 4}}", "two")
    after = stored(tmp_path / "shared")
    assert {name: after[name] for name in before} == before
    assert second.seconds["shout"] == 0 < second.seconds["long_enough_here"]
    assert len(after) > len(before)
    texts = [(run.folder / "text" / "part-00000.jsonl.zst").read_bytes() for run in (first, second)]
    assert texts[0] == texts[1]


def test_a_run_in_its_own_folder_and_one_with_a_store_make_the_same_bytes(made, tmp_path, write):
    shared = made("shout, exact_dedup", "one")
    write("own.yaml", RECIPE.format(steps="shout, exact_dedup").replace("store: shared\n", ""))
    own = curate.run(tmp_path / "own.yaml", tmp_path / "own", workers=1)
    for name in ("ledger.parquet", "text/part-00000.jsonl.zst"):
        assert (own.folder / name).read_bytes() == (shared.folder / name).read_bytes()
    assert curate.Run(shared.folder).ledger.num_rows == 5


def test_what_no_run_needs_is_shown_first_and_removed_when_asked(made, tmp_path, capsys):
    made("shout, exact_dedup", "one")
    made("exact_dedup", "two")
    needed = stored(tmp_path / "shared")
    made(
        "shout, shout, exact_dedup", "two"
    )  # another recipe in the second folder: what only its first one needed is left
    every = stored(tmp_path / "shared")
    assert main(["gc", str(tmp_path / "shared")], standalone_mode=False) is None
    assert "nothing was removed" in capsys.readouterr().out
    assert stored(tmp_path / "shared") == every
    removed = {path.name for path in sweep(tmp_path / "shared").files}
    assert removed
    assert removed < set(needed)
    assert set(stored(tmp_path / "shared")) == set(every) - removed
    assert main(["gc", str(tmp_path / "shared")], standalone_mode=False) is None
    assert "are needed, by 2 runs; there is nothing else to remove\n" in capsys.readouterr().out
    assert made("shout, exact_dedup", "one").seconds == made("shout, shout, exact_dedup", "two").seconds == {}


def test_what_a_killed_write_left_is_swept(made, tmp_path):
    made("exact_dedup", "one")
    (tmp_path / "shared" / "parts" / ".half.tmp").write_bytes(b"half")
    assert [path.name for path in sweep(tmp_path / "shared").files] == [".half.tmp"]


def test_a_run_that_is_gone_needs_nothing_and_is_named(made, tmp_path):
    made("exact_dedup", "one")
    made("shout, exact_dedup", "two")
    os.rename(tmp_path / "two", tmp_path / "elsewhere")
    found = unneeded(tmp_path / "shared")
    assert (found.gone, [run.name for run in found.runs]) == ([tmp_path / "two"], ["one"])
    assert found.files
    made("shout, exact_dedup", "elsewhere")
    assert unneeded(tmp_path / "shared").files == []


def test_nothing_is_removed_while_a_run_goes_on(made, tmp_path):
    made("exact_dedup", "one")
    with held(tmp_path / "one"), pytest.raises(CurateError, match=rf"held by another run \(process {os.getpid()} on "):
        sweep(tmp_path / "shared")


def test_a_folder_that_is_no_store_is_told(tmp_path):
    with pytest.raises(CurateError, match="is no run's folder and no store: there is no parts/ in it"):
        unneeded(tmp_path)
    (tmp_path / "parts").mkdir()
    with pytest.raises(CurateError, match="no run is known to need"):
        unneeded(tmp_path)


def test_a_store_that_is_a_file_is_a_recipe_error(made, write):
    write("shared", "no folder")
    with pytest.raises(curate.RecipeError, match="shared is a file; `store:` is a folder that runs share"):
        made("exact_dedup", "one")


def test_a_runs_own_folder_is_no_store_for_others(made, tmp_path, write):
    made("exact_dedup", "shared")
    sentence = "shared is a run's own folder; `store:` is a folder beside those of runs"
    with pytest.raises(CurateError, match=sentence):
        made("exact_dedup", "one")


def test_runs_on_another_storage_need_what_they_point_to(bucket, write, tmp_path):
    recipe = write("recipe.yaml", f"store: {bucket / 'shared'}\nsources: {{web: data}}\nsteps: [normalize]\n")
    write("data/a.txt", "泵 pump")
    curate.run(recipe, bucket / "run", workers=1)
    found = unneeded(bucket / "shared")
    assert (found.files, found.gone, found.runs) == ([], [], [bucket / "run"])
