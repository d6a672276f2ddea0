"""`curate why`: the story of one document, each value beside its limits."""

import json
import shutil

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import curate
from curate.cli import main
from curate.story import said_why, why
from curate.terminal import width

PLUGINS = '''
import curate

@curate.score(chars=(12, 90), marks=(None, 0.1), zh={"chars": (8, None)}, in_domain=False)
def form(doc):
    """Characters, and the share of exclamation marks."""
    return {"chars": len(doc.text), "marks": doc.text.count("!") / max(len(doc.text), 1)}

@curate.score(max=0.5)
def digits(doc):
    """The share of digits."""
    return sum(char.isdigit() for char in doc.text) / max(len(doc.text), 1)

@curate.filter
def polite(doc):
    """Nothing rude."""
    return "damn" not in doc.text or curate.Drop("rude")

@curate.edit
def trim(doc):
    """Without spaces at both ends."""
    return doc.text.strip()
'''
WEB = [
    ("kept", "  A pump is checked every week.  "),
    ("twin", "A pump is checked every week."),
    ("short", "damn!!! 123"),
    ("rude", "This damn pump is broken again."),
    ("中文-长编号-" + "号" * 30, "每周检查水泵的油位。"),
    ("零", "!!"),
]
MANUALS = [("手册", "!!"), ("guide", "A seal is flushed with clean water.")]


def as_lines(rows):
    return "".join(json.dumps({"id": id, "text": text}, ensure_ascii=False) + "\n" for id, text in rows)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run over documents that pass, fail once, fail often, and are duplicates."""
    at = tmp_path_factory.mktemp("story")
    (at / "plugins.py").write_text(PLUGINS)
    (at / "web.jsonl").write_text(as_lines(WEB), "utf-8")
    (at / "manuals.jsonl").write_text(as_lines(MANUALS), "utf-8")
    recipe = {
        "plugins": [str(at / "plugins.py")],
        "sources": {"web": str(at / "web.jsonl"), "manuals": {"path": str(at / "manuals.jsonl"), "domain": True}},
        "steps": ["form", {"digits": {"sources": ["manuals"]}}, "polite", "trim", "exact_dedup"],
    }
    return curate.run(recipe, at / "run", workers=1).folder


def story_of(folder, doc):
    (story,) = why(folder, doc)["documents"]
    return story


def values_of(story, step):
    (told,) = [one for stage in story["stages"] for one in stage["steps"] if one["step"] == step]
    return told


def test_the_value_that_dropped_a_document_is_told_with_its_limit_and_so_are_those_that_failed_after_it(folder):
    values = [value for step in ("form", "polite") for value in values_of(story_of(folder, "short"), step)["values"]]
    assert [
        (value["name"], value["low"], value["high"], value["outside"], value["dropped_it"]) for value in values
    ] == [("chars", 12, 90, "under", True), ("marks", None, 0.1, "over", False), ("polite", 1, None, "under", False)]
    assert values[0]["value"] == 11


def test_a_chinese_document_has_the_limits_for_chinese(folder):
    (story,) = why(folder, "中文-长编号-" + "号" * 30)["documents"]
    chars = values_of(story, "form")["values"][0]
    assert (chars["value"], chars["low"], chars["high"], chars["limits_of"]) == (10, 8, None, "zh")
    assert story["outcome"] == "kept"


def test_a_domain_source_and_a_source_that_a_step_is_not_for_are_only_measured(folder):
    spared = values_of(story_of(folder, "手册"), "form")
    assert (spared["only_measured"], [value["outside"] for value in spared["values"]]) == (
        "manuals is a domain source",
        ["under", "over"],
    )
    assert values_of(story_of(folder, "short"), "digits")["only_measured"] == "it is for manuals"
    assert values_of(story_of(folder, "手册"), "digits")["only_measured"] is None


def test_the_lines_for_people_are_aligned_and_fit_80_columns_with_chinese_ids_too(folder):
    short, rude, spared, long = (said_why(why(folder, doc)) for doc in ("short", "rude", "手册", WEB[4][0]))
    assert max(width(line) for lines in (short, rude, spared, long) for line in lines) <= 80
    assert short[1:] == [
        "  form",
        "    chars       11  12 to 90  ✗ dropped it",
        "    marks   0.2727  ≤ 0.1     ✗ outside, too",
        "  digits: measured only, it is for manuals",
        "    digits  0.2727  ≤ 0.5",
        "  polite     false  true      ✗ outside, too",
        "→ dropped by form: chars under 12",
    ]
    assert rude[-1] == "→ dropped by polite: rude"
    assert "  form: measured only, manuals is a domain source" in spared
    assert long[:2] == ["web: web.jsonl", f"  id {WEB[4][0]}"]
    assert "    chars     10  ≥ 8 (zh)" in long


def test_of_two_same_texts_one_names_the_other_as_kept(folder):
    one, other = story_of(folder, "kept"), story_of(folder, "twin")
    dropped, kept = (one, other) if one["outcome"] == "dropped" else (other, one)
    assert (kept["outcome"], dropped["step"], dropped["stages"][-1]["keeper"]["id"]) == (
        "kept",
        "exact_dedup",
        kept["id"],
    )
    said = said_why(why(folder, dropped["id"]))
    assert said[-2:] == [
        "→ dropped by exact_dedup: same text",
        f"  kept: web: web.jsonl · id {kept['id']} · key {kept['key'][:12]}",
    ]


def test_an_edit_says_whether_it_changed_a_text(folder):
    said = [line.split() for line in said_why(why(folder, "kept"))]
    assert ["trim", "changed"] in said
    assert ["trim", "same"] in [line.split() for line in said_why(why(folder, "guide"))]


def test_a_ledger_of_an_older_curate_tells_values_without_limits(folder, tmp_path):
    table = pq.read_table(folder / "ledger.parquet").replace_schema_metadata(None)
    pq.write_table(table, tmp_path / "ledger.parquet")
    story = story_of(tmp_path, "short")
    values = values_of(story, "form")["values"]
    assert {value["name"]: value["value"] for value in values}["chars"] == 11
    assert {(value["low"], value["high"], value["outside"]) for value in values} == {(None, None, None)}
    assert said_why(why(tmp_path, "short"))[-1] == "→ dropped by form: chars under 12"


@pytest.mark.parametrize("asked", ["web.jsonl", "nowhere/web.jsonl", "水泵的油位", "短"])
def test_documents_are_found_by_path_and_text_as_they_are_by_id(folder, asked):
    if asked == "短":
        with pytest.raises(curate.CurateError, match="has '短' as key, id, path or in its text"):
            why(folder, asked)
    else:
        assert why(folder, asked)["found"] == (6 if "web" in asked else 1)


def test_a_key_is_found_by_its_beginning_in_either_case(folder):
    key = story_of(folder, "guide")["key"]
    assert [why(folder, key[:size].upper())["documents"][0]["id"] for size in (6, 11, 32)] == ["guide"] * 3


def test_json_has_the_limits_too(folder):
    told = json.loads(CliRunner().invoke(main, ["why", str(folder), "rude", "--json"]).stdout)
    steps = told["documents"][0]["stages"][0]["steps"]
    assert [(step["step"], step["kind"]) for step in steps] == [
        ("form", "score"),
        ("digits", "score"),
        ("polite", "filter"),
    ]
    assert steps[0]["values"][1] == {
        "name": "marks",
        "value": 0.0,
        "low": None,
        "high": 0.1,
        "limits_of": "",
        "outside": None,
        "dropped_it": False,
    }


def test_a_limit_is_of_a_language_only_where_it_differs_from_that_of_all(folder):
    chars, marks = values_of(story_of(folder, "中文-长编号-" + "号" * 30), "form")["values"]
    assert (chars["limits_of"], marks["limits_of"]) == ("zh", "")
    assert (marks["low"], marks["high"]) == (None, 0.1)


def test_a_damaged_ledger_and_one_of_another_version_are_told_with_what_to_do(folder, tmp_path):
    path = tmp_path / "ledger.parquet"
    shutil.copytree(folder / "parts", tmp_path / "parts")
    for held in (b"", (folder / "ledger.parquet").read_bytes()[:2000]):
        path.write_bytes(held)
        with pytest.raises(curate.CurateError, match=r"ledger.parquet is damaged; `curate run` with the same recipe"):
            why(tmp_path, "kept")
    table = pq.read_table(folder / "ledger.parquet")
    strange = json.dumps({"steps": [{"label": "form", "colour": "blue"}]})
    pq.write_table(table.replace_schema_metadata({"curate": strange}), path)
    with pytest.raises(curate.CurateError, match=r"ledger.parquet is of another version of curate"):
        why(tmp_path, "kept")


def test_the_language_stands_behind_the_name_and_what_could_not_be_read_is_said_so(tmp_path):
    (tmp_path / "leer.md").write_text("")
    (tmp_path / "泵.md").write_text("每周检查一次水泵的油位，并且记录下来。", "utf-8")
    recipe = {"sources": {"web": str(tmp_path / "*.md")}, "steps": ["language", {"length": {"min": 5}}]}
    run = curate.run(recipe, tmp_path / "run", workers=1)
    assert said_why(why(run.folder, "泵.md"))[0].startswith("web: 泵.md · zh · key ")
    assert said_why(why(run.folder, "leer.md"))[-1] == "→ could not be read: empty"
