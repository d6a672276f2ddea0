"""`curate pii`: canaries planted in the user's own documents, a report without values, and the key."""

import json
import re
from itertools import pairwise
from random import Random

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import curate
from curate.audit.recall import audit, planted_copy
from curate.audit.report import around, report, shape_of
from curate.cli import main
from curate.errors import CurateError
from curate.personal.canaries import canaries, decoys
from curate.personal.entities import ENTITIES

NOTES = [
    "患者王秀英，电话13912345678，身份证号110105197803120028。\n复查未见异常。",
    "The pump was serviced in spring. Call (415) 664-2671 for parts.\nNothing else was changed.",
    "每月检查油位。超过刻度线时停机。",
]
OWN = '''
import curate


@curate.edit(scrubs=True)
def digits_go(doc):
    """Every digit."""
    return "".join("#" if one.isdigit() else one for one in doc.text)
'''


def notes(folder, steps, extra=""):
    """A run of notes through steps, from a recipe that is a file."""
    rows = [{"id": f"n{at}", "text": text} for at, text in enumerate(NOTES)]
    (folder / "notes.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    (folder / "recipe.yaml").write_text(f"{extra}sources: {{notes: notes.jsonl}}\nsteps: {steps}\n")
    curate.run(folder / "recipe.yaml", folder / "run", workers=1)
    return folder / "run"


@pytest.fixture(scope="module")
def scrubbed(tmp_path_factory):
    """A run with the step `pii`."""
    return notes(tmp_path_factory.mktemp("scrubbed"), "[pii]")


@pytest.fixture(scope="module")
def unscrubbed(tmp_path_factory):
    """A run without it."""
    return notes(tmp_path_factory.mktemp("unscrubbed"), "[normalize]")


def said(*words):
    done = CliRunner().invoke(main, [str(word) for word in words], prog_name="curate")
    return done.output, done.exit_code


def test_every_canary_is_planted_in_copies_and_most_that_are_looked_for_are_found(scrubbed):
    facts = audit(scrubbed, each=3)
    assert facts["from"] == "sources"
    assert facts["documents"] == 3
    assert sum(row["planted"] for row in facts["by_type"]) == len(list(canaries(Random(0))))
    assert {row["type"] for row in facts["by_type"]} == ENTITIES.keys()
    assert facts["all"]["recall"] > 0.95
    assert facts["all"]["leak"] < 0.05
    assert facts["all"]["decoys"] == len(list(decoys(Random(0))))
    assert facts["all"]["hit"] <= 2
    assert facts["all"]["strays"] == 0


def test_types_that_are_not_looked_for_are_told_and_left_out_of_the_totals(tmp_path):
    folder = notes(tmp_path, "[pii: {types: [email, uscc]}]")
    facts = audit(folder)
    assert set(facts["off"]) == ENTITIES.keys() - {"email", "uscc"}
    assert facts["tagged"] == ["uscc"]
    by_type = {row["type"]: row for row in facts["by_type"]}
    assert by_type["phone"]["found"] == 0
    assert by_type["email"]["recall"] == 1
    assert facts["all"]["planted"] == by_type["email"]["planted"] + by_type["uscc"]["planted"]
    output, _ = said("pii", "audit", folder)
    assert "not looked for by this recipe, and left out of the totals: person" in output
    assert "found and left as they are (tag): uscc" in output


def test_a_source_that_no_step_is_for_is_told(write, tmp_path):
    for name in ("mine", "others"):
        write(f"{name}.jsonl", json.dumps({"text": NOTES[0]}, ensure_ascii=False))
    sources = "sources: {mine: mine.jsonl, others: others.jsonl}\n"
    curate.run(write("r.yaml", f"{sources}steps: [pii: {{sources: [mine]}}]\n"), tmp_path / "run", workers=1)
    facts = audit(tmp_path / "run")
    assert facts["unseen"] == ["others"]
    assert {row["source"]: row["found"] > 0 for row in facts["by_source"]} == {"mine": True, "others": False}
    assert "no step is for these sources: others" in said("pii", "audit", tmp_path / "run")[0]


def test_an_audit_writes_nothing_and_the_same_seed_tells_the_same(scrubbed):
    before = {path: path.stat().st_mtime_ns for path in scrubbed.rglob("*")}
    assert audit(scrubbed, seed=1) == audit(scrubbed, seed=1)
    report(scrubbed)
    assert before == {path: path.stat().st_mtime_ns for path in scrubbed.rglob("*")}


def test_without_a_step_that_scrubs_the_step_pii_is_put_to_the_copies(unscrubbed):
    facts = audit(unscrubbed)
    assert (facts["in_recipe"], facts["steps"]) == (False, ["pii"])
    output, _ = said("pii", "audit", unscrubbed)
    assert "no step of the recipe removes personal data; put to them: pii, as it comes" in output


def test_without_the_sources_the_texts_of_the_run_are_copied(tmp_path):
    folder = notes(tmp_path, "[pii]")
    (tmp_path / "recipe.yaml").unlink()
    facts = audit(folder)
    assert (facts["from"], facts["documents"]) == ("run", 3)


def test_an_edit_of_the_users_own_that_gives_texts_is_judged_too(tmp_path):
    (tmp_path / "own.py").write_text(OWN)
    facts = audit(notes(tmp_path, "[digits_go]", "plugins: [own.py]\n"))
    by_type = {row["type"]: row["recall"] for row in facts["by_type"]}
    assert by_type["phone"] > 0.5
    assert by_type["person"] == 0
    assert facts["all"]["hit"] > 0
    assert facts["off"] == []


@given(text=st.text(max_size=200), seed=st.integers(0, 10**6))
def test_what_is_planted_stands_in_the_copy_and_the_rest_of_it_is_the_document(text, seed):
    random = Random(seed)
    deck = random.sample([*canaries(random), *decoys(random)], 5)
    copy = planted_copy("s", text, deck, random)
    for start, one in copy.planted:
        assert copy.text[start : start + len(one.sentence)] == one.sentence
    places = [0, *(place for place, _ in copy.shifts)]
    left = "".join(text[first:last] for first, last in pairwise(places))
    assert left + text[places[-1] :] == text
    assert len(copy.text) == len(text) + sum(length for _, length in copy.shifts)
    assert [copy.original(at) for at in range(len(copy.text))] == sorted(
        copy.original(at) for at in range(len(copy.text))
    )


def test_a_report_tells_levels_and_types_by_source_and_no_value(scrubbed):
    facts = report(scrubbed)
    assert facts["documents"] == 3
    assert {one["type"]: one["found"] for one in facts["types"]} == {"person": 1, "phone": 2, "cn_id": 1}
    assert facts["sources"][0]["high"] == 1
    assert facts["riskiest"][0]["id"] == "n0"
    shapes = {one["type"]: one["shape"] for one in facts["examples"]}
    assert shapes["cn_id"] == "#" * 18
    assert shapes["person"] == "某某某"
    for output in (said("pii", "report", scrubbed)[0], said("pii", "report", scrubbed, "--json")[0]):
        assert not re.search("13912345678|110105197803120028|王秀英|664-2671", output)


def test_a_report_on_a_run_that_scrubs_nothing_looks_at_its_texts(unscrubbed):
    facts = report(unscrubbed)
    assert facts["steps"] == []
    assert {one["type"] for one in facts["types"]} == {"person", "phone", "cn_id"}
    output, _ = said("pii", "report", unscrubbed)
    assert output.startswith("no step of the recipe removes personal data; what stands in 3 of its documents:")
    assert not re.search("13912345678|110105197803120028|王秀英|664-2671", output)


def test_an_example_shows_no_other_value_beside_it():
    text = "姓名：张伟，电话13912345678，备注：无。"
    cuts = [(3, 5, "[姓名]", "person"), (8, 19, "13912345678", "phone")]
    assert around(text, cuts, 0) == ("姓名：", "，电话###########，备注：无。")
    assert around(text, cuts, 1) == ("姓名：[姓名]，电话", "，备注：无。")


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ("张伟", "某某"),
        ("E12345678", "x########"),
        ("a.b@c.cn", "x.x@x.xx"),
        ("１２", "##"),
        ("", ""),
        ("😀\0", "😀\0"),
    ],
)
def test_a_shape_has_no_letter_or_digit_of_its_value(value, shape):
    assert shape_of(value) == shape


def test_what_is_no_run_is_said(tmp_path):
    for ask in (audit, report):
        with pytest.raises(CurateError, match="is no run's folder"):
            ask(tmp_path)


def test_json_gives_one_document(scrubbed):
    assert json.loads(said("pii", "audit", scrubbed, "--json", "--docs", "2")[0])["documents"] == 2
    assert json.loads(said("pii", "report", scrubbed, "--json")[0])["documents"] == 3


def test_a_key_is_made_once(tmp_path):
    output, code = said("pii", "key", tmp_path / "k")
    assert code == 0
    assert "keep it secret" in output
    assert said("pii", "key", tmp_path / "k")[1] == 1
