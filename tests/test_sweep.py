"""`curate sweep`: a run for every combination of a grid, with shared parts, and the table of them."""

import json

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import curate
from curate.cli import main
from curate.progress import Progress
from curate.sweep import combined, names_of, parsed, split_values, sweep

PLUGINS = '''
import curate

@curate.score(min=5)
def chars(doc):
    """Characters."""
    return len(doc.text)

@curate.score(min=0, max=9)
def bangs(doc):
    """Exclamation marks."""
    return doc.text.count("!")
'''
TEXTS = ["每周检查水泵的油位", "A pump is checked!", "A pump is checked!", "短", "Loud!!! 泵"]


@pytest.fixture
def recipe(write):
    write("plugins.py", PLUGINS)
    write("web.jsonl", "".join(json.dumps({"text": text}) + "\n" for text in TEXTS))
    steps = ["chars", "exact_dedup", "bangs"]
    data = {"plugins": ["plugins.py"], "sources": {"web": "web.jsonl"}, "steps": steps}
    return write("recipe.yaml", yaml.safe_dump(data))


def phases(run):
    """Phase → how many of its tasks an earlier run had made, and how many it has."""
    events = [json.loads(line) for line in (run / "log.jsonl").read_text("utf-8").splitlines()]
    return {one["phase"]: (one["found"], one["tasks"]) for one in events if one["event"] == "phase_finished"}


def test_what_comes_before_the_change_is_shared_and_what_comes_behind_it_is_made_anew(recipe, tmp_path):
    told = sweep(recipe, ["steps.bangs.max=0,1"], tmp_path / "out", workers=1)
    one, other = (phases(tmp_path / "out" / f"bangs.max={value}") for value in "01")
    assert (one["chars"], one["bangs"]) == ((0, 1), (0, 1))
    assert (other["chars"], other["bangs"]) == ((1, 1), (0, 1))
    assert [sum(run["kept"].values()) for run in told["runs"]] == [1, 2]
    assert told["options"] == [{"name": "bangs", "values": ["0 to 0", "0 to 1"]}]
    assert not (tmp_path / "out" / "bangs.max=1" / "parts").joinpath("store").exists()
    parts = {path.name for path in (tmp_path / "out" / "store" / "parts").glob("*.parquet")}
    assert parts
    assert not list((tmp_path / "out" / "bangs.max=0" / "parts").glob("*.parquet"))


def test_a_change_in_the_first_stage_makes_all_of_it_anew(recipe, tmp_path):
    sweep(recipe, ["steps.chars.min=2,12"], tmp_path / "out", workers=1)
    assert phases(tmp_path / "out" / "chars.min=12")["chars"] == (0, 1)


def test_a_run_that_ends_in_an_alarm_stands_in_the_table_and_the_others_go_on(recipe, tmp_path):
    said = CliRunner().invoke(
        main,
        ["sweep", str(recipe), "--grid", "steps.chars.min=1000,5", "--out", str(tmp_path / "out"), "--workers", "1"],
    )
    assert said.exit_code == 4
    lines = said.stdout.splitlines()
    assert lines[0] == f"2 runs in {tmp_path / 'out'}"
    assert lines[-1].startswith("chars.min=1000: alarm: no document is left; chars took most")
    kept = next(line for line in lines if line.startswith("documents kept"))
    assert kept.split()[2:] == ["0", "3"]
    again = sweep(recipe, ["steps.chars.min=1000,5"], tmp_path / "out", workers=1)
    assert [run["state"] for run in again["runs"]] == ["alarm", "finished"]


def test_said_again_it_goes_on_and_makes_only_what_is_missing(recipe, tmp_path):
    sweep(recipe, ["steps.bangs.max=0,1"], tmp_path / "out", workers=1)
    made = (tmp_path / "out" / "bangs.max=1" / "manifest.json").stat().st_mtime_ns
    told = sweep(recipe, ["steps.bangs.max=1,3"], tmp_path / "out", workers=1)
    assert (tmp_path / "out" / "bangs.max=1" / "manifest.json").stat().st_mtime_ns == made
    assert [run["run"].rpartition("=")[2] for run in told["runs"]] == ["1", "3"]


class Stopping(Progress):
    """Ctrl-C at the second of two combinations."""

    def say(self, sentence):
        if sentence.startswith("2 of 2"):
            raise KeyboardInterrupt


def test_after_ctrl_c_the_same_sweep_goes_on_with_what_was_made(recipe, tmp_path):
    grid = ["steps.bangs.max=0,1"]
    with pytest.raises(KeyboardInterrupt):
        sweep(recipe, grid, tmp_path / "out", workers=1, progress=Stopping())
    made = (tmp_path / "out" / "bangs.max=0" / "manifest.json").stat().st_mtime_ns
    assert [run["state"] for run in sweep(recipe, grid, tmp_path / "out", workers=1)["runs"]] == ["finished"] * 2
    assert (tmp_path / "out" / "bangs.max=0" / "manifest.json").stat().st_mtime_ns == made


def test_a_store_of_the_recipe_and_its_overrides_and_a_sample_are_kept_to(recipe, tmp_path):
    overrides = ["store=parts-of-all", "steps.exact_dedup=null"]
    told = sweep(recipe, ["steps.bangs.max=0"], tmp_path / "out", overrides=overrides, workers=1, limit=2)
    assert (tmp_path / "parts-of-all" / "parts").is_dir()
    assert not (tmp_path / "out" / "store").exists()
    assert told["runs"][0]["read"] == {"web": 2}


def test_without_a_folder_it_is_named_by_the_recipe(recipe, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["sweep", str(recipe), "--grid", "steps.bangs.max=0", "--json", "--workers", "1"])
    told = json.loads(done.stdout)
    assert (told["folder"], done.exit_code) == ("runs/recipe-sweep", 0)
    manifest = json.loads((tmp_path / "runs" / "recipe-sweep" / "bangs.max=0" / "manifest.json").read_bytes())
    assert manifest["recipe"]["store"] == "runs/recipe-sweep/store"


@pytest.mark.parametrize(
    ("grid", "sentence"),
    [
        (["steps.bangs.max"], "--grid steps.bangs.max: write it as key.path=a,b,c"),
        (["steps.bangs.max="], "--grid steps.bangs.max=: no values; write a,b,c"),
        (["steps.bangs.max=1,,2"], "--grid steps.bangs.max=1,,2: a value is empty; write a,b,c"),
        (["steps.bangs.max=1,2,1"], "--grid steps.bangs.max=1,2,1: 1 stands there twice"),
        (["steps.bangs.max=[1,2"], "--grid steps.bangs.max=[1,2: not YAML"),
        (
            ["steps.bangs.max=1", "steps.bangs.max=2"],
            "--grid steps.bangs.max is said twice; put all of its values in one",
        ),
        ([], "a sweep needs at least one --grid key.path=a,b,c"),
        (
            ["steps.bangs.max=" + ",".join(map(str, range(65)))],
            "65 combinations are more than 64: say --yes if they are meant",
        ),
        (["steps.bang.max=1"], "--grid steps.bang.max=1: no step 'bang' in the recipe; did you mean 'bangs'?"),
    ],
)
def test_a_grid_that_is_wrong_is_told_before_anything_runs(recipe, tmp_path, grid, sentence):
    with pytest.raises(curate.RecipeError) as told:
        sweep(recipe, grid, tmp_path / "out")
    assert str(told.value) == sentence
    assert not (tmp_path / "out").exists()


def test_every_combination_is_checked_and_each_problem_told_once(recipe, tmp_path):
    with pytest.raises(curate.RecipeError) as told:
        sweep(recipe, ["steps.chars.min=1,a", "steps.bangs.mx=0,1"], tmp_path / "out")
    assert [one.partition(": ")[2] for one in told.value.problems] == [
        "bangs has no option 'mx'; did you mean 'max'?",
        "chars: min should be a number or null, not 'a'",
    ]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,2", ["1", "2"]),
        ("[null,0.1],[0.2, null]", ["[null,0.1]", "[0.2, null]"]),
        ("{zh: {min: 1, max: 2}},null", ["{zh: {min: 1, max: 2}}", "null"]),
        ("'a,b',\"c,d\",水泵", ["'a,b'", '"c,d"', "水泵"]),
        ("it's,so", ["it's", "so"]),
        (" 1 , 2 ", ["1", "2"]),
        ("", [""]),
    ],
)
def test_a_comma_inside_brackets_or_quotes_belongs_to_its_value(text, values):
    assert split_values(text) == values


word = st.text(st.characters(categories=("L", "N", "P", "S")), max_size=6)
value = st.recursive(
    st.one_of(st.integers(), st.booleans(), word), lambda inner: st.lists(inner, max_size=3), max_leaves=6
)


@given(st.lists(value, min_size=1, max_size=5))
def test_values_written_as_json_come_back_whole(values):
    said = ",".join(json.dumps(one, ensure_ascii=False) for one in values)
    assert [yaml.safe_load(one) for one in split_values(said)] == values


def test_the_last_key_varies_fastest_and_folders_are_named_by_what_differs():
    grids = [parsed("steps.chars.min=1,2"), parsed("steps.exact_dedup.prefer=[web],[manuals, web]")]
    combinations = combined(grids)
    assert combinations[1] == ["steps.chars.min=1", "steps.exact_dedup.prefer=[manuals, web]"]
    names = names_of(combinations)
    assert names[:2] == ["chars.min=1,exact_dedup.prefer=web", "chars.min=1,exact_dedup.prefer=manuals-web"]
    assert len(set(names)) == 4
    assert names_of(combined([parsed("x.of=[a],a")])) != ["x.of=a", "x.of=a"]
    assert names_of(combined([parsed("steps.a.min=1"), parsed("sft.steps.a.min=2")])) == [
        "steps.a.min=1,sft.steps.a.min=2"
    ]


@given(st.lists(st.text(min_size=1, max_size=100), min_size=1, max_size=4, unique=True))
def test_names_of_runs_differ_and_are_names_of_folders(values):
    names = names_of([[f"steps.步骤.词={one}"] for one in values])
    assert len(set(names)) == len(values)
    assert all(len(name.encode()) <= 255 and "/" not in name and "\0" not in name for name in names)
