"""`curate diff` and `curate compare`: who changed verdict between runs and why, and a table over runs."""

import json
import shutil
from dataclasses import replace

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import curate
from curate.cli import main
from curate.comparison.differences import differences, merged, said_difference
from curate.comparison.runs import about_output, compare, diff, in_blocks, said_compare, said_diff
from curate.forget import forget
from curate.rules import Rule
from curate.terminal import width

PLUGINS = '''
import curate

@curate.score(chars=(12, None), marks=(None, 0.1), zh={"chars": (8, None)}, in_domain=False)
def form(doc):
    """Characters, and the share of exclamation marks."""
    return {"chars": len(doc.text), "marks": doc.text.count("!") / max(len(doc.text), 1)}

@curate.filter
def polite(doc, word: str = "damn"):
    """Nothing rude."""
    return word not in doc.text or curate.Drop("rude")

@curate.edit
def trim(doc, what: str = " "):
    """Without some characters at both ends."""
    return doc.text.strip(what)

@curate.field(lang=str)
def tongue(doc, chinese: str = "zh"):
    """Chinese or not."""
    return {"lang": chinese if "泵" in doc.text else "en"}

@curate.score(max=1)
def odd(doc):
    """Errs on some."""
    return 1 / (doc.text != "odd pump, quite odd")
'''
WEB = [
    ("中文", "每周检查一次水泵油位"),
    ("短", "水泵的油位好"),
    ("loud", "Check the pump now, now, now!!"),
    ("rude", "This damn pump is broken again."),
    ("spaced", "   oil pump      "),
    ("odd", "odd pump, quite odd"),
    ("both", "damn!!!!!!"),
    ("plain", "A pump is checked every week."),
]
MANUALS = [("手册", "油位!!!!!"), ("only", "What stands in manuals alone."), ("guide", "A pump is checked every week.")]
STEPS = ["trim", "form", "polite", "exact_dedup"]
SEVERAL = [
    "trim",
    {"form": {"marks": [None, 0.05], "zh": {"chars": [4, None]}}},
    {"polite": {"word": "oil"}},
    "odd",
    "exact_dedup",
]


def as_lines(rows):
    return "".join(json.dumps({"id": id, "text": text}, ensure_ascii=False) + "\n" for id, text in rows)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Runs by their steps, and by what else is not as in the first of them; each is made once."""
    runs = {}

    def run(steps=STEPS, plugins=PLUGINS, web=WEB, manuals=MANUALS, domain=False, also=()):
        name = json.dumps([steps, plugins, web, manuals, domain, [*also]])
        if name not in runs:
            at = tmp_path_factory.mktemp("run")
            (at / "plugins.py").write_text(plugins)
            (at / "web.jsonl").write_text(as_lines(web), "utf-8")
            (at / "manuals.jsonl").write_text(as_lines(manuals), "utf-8")
            sources = {"web": str(at / "web.jsonl"), "manuals": {"path": str(at / "manuals.jsonl"), "domain": domain}}
            recipe = {"plugins": [str(at / "plugins.py")], "sources": sources, "steps": steps}
            runs[name] = curate.run(recipe, at / "run", overrides=list(also), workers=1).folder
        return runs[name]

    return run


def causes(one, other, most=9):
    """Cause in words, whose, whether newly kept → the ids of the documents."""
    return {
        (cause["what"], cause["said"], cause["kept_in"]): sorted(example["id"] for example in cause["examples"])
        for cause in diff(one, other, most)["changed"]
    }


def test_two_runs_of_one_recipe_differ_in_nothing(made):
    told = diff(made(), made())
    assert (told["documents"], told["changed"], told["differences"], told["texts_changed"]) == (11, [], [], [])
    assert said_diff(told)[1:] == ["no longer kept: 0; newly kept: 0"]


def test_limits_options_and_added_steps_are_causes_each_with_its_documents(made):
    assert causes(made(), made(SEVERAL)) == {
        ("limit", "form.marks: ≤ 0.1 → ≤ 0.05", 0): ["loud"],
        ("limit", "form.chars (zh): ≥ 8 → ≥ 4", 1): ["短"],
        ("option", "polite.word: damn → oil", 1): ["rude"],
        ("added", "odd: the step was added", 0): ["odd"],
    }


def test_the_other_way_round_the_same_documents_changed_for_the_same_reasons(made):
    assert causes(made(SEVERAL), made()) == {
        ("limit", "form.marks: ≤ 0.05 → ≤ 0.1", 1): ["loud"],
        ("limit", "form.chars (zh): ≥ 4 → ≥ 8", 0): ["短"],
        ("option", "polite.word: oil → damn", 0): ["rude"],
        ("removed", "odd: the step was removed", 1): ["odd"],
    }


def test_an_example_has_value_and_limits_in_both_runs(made):
    told = diff(made(), made(SEVERAL))
    (loud,) = next(one for one in told["changed"] if one["said"].startswith("form.marks"))["examples"]
    assert loud["value"] == [pytest.approx(2 / 30)] * 2
    assert (loud["limits"], loud["reason"]) == ([[None, 0.1], [None, 0.05]], "marks over 0.05")
    assert "    form.marks: 0.06667 (≤ 0.1) → 0.06667 (≤ 0.05)" in said_diff(told)


def test_sources_of_a_step_and_steps_that_are_gone_are_causes(made):
    assert causes(made(), made(["trim", {"form": {"sources": ["manuals"]}}, "exact_dedup"])) == {
        ("sources", "form: its sources: all → manuals", 1): ["both", "spaced", "短"],
        ("removed", "polite: the step was removed", 1): ["rude"],
    }


def test_a_moved_step_is_the_cause_and_who_was_dropped_by_another_step_is_counted(made):
    told = diff(made(), made(["polite", "form", "trim", "exact_dedup"]))
    (cause,) = told["changed"]
    assert (cause["what"], cause["decided_by"], [one["id"] for one in cause["examples"]]) == (
        "moved",
        "form",
        ["spaced"],
    )
    assert told["dropped_elsewhere"] == [{"steps": ["form", "polite"], "documents": 1}]


def test_a_step_that_others_follow_is_named_where_it_changed_what_they_saw(made):
    told = diff(made(), made([{"trim": {"what": "."}}, "form", "polite", "exact_dedup"]))
    ((cause),) = told["changed"]
    assert (cause["step"], cause["decided_by"]) == ("trim", "form")
    assert (cause["said"], cause["kept_in"]) == ("trim.what:   → .", 1)
    assert (cause["examples"][0]["column"], cause["examples"][0]["value"]) == ("form.chars", [8, 17])
    assert told["texts_changed"] == [{"step": "trim", "documents": 2}]


def test_a_domain_source_is_a_cause_and_documents_of_one_run_only_are_counted_by_source(made):
    web = [*WEB, ("neu", "Another pump was put here."), ("新", "又来了一台新的水泵哦")]
    told = diff(made(), made(web=web, domain=True))
    ((cause),) = told["changed"]
    assert cause["said"] == "form: domain sources, which it only measures: none → manuals"
    assert [one["id"] for one in cause["examples"]] == ["手册"]
    assert told["only_in"] == [{"read": {}, "made": {}}, {"read": {"web": 2}, "made": {}}]
    assert any(line.endswith("only: 2 (web 2)") for line in said_diff(told))


def test_changed_code_of_a_plugin_is_the_cause_where_its_limits_are_the_same(made):
    plugins = PLUGINS.replace('doc.text.count("!") /', '2 * doc.text.count("!") /')
    assert causes(made(), made(plugins=plugins))["code", "form: the plugin's code changed", 0] == ["loud"]


@pytest.fixture(scope="module")
def twins(made):
    """Of the two same texts the source and row of the one that was kept, and the id of the other."""
    dropped = next(row for row in curate.Run(made()).ledger.to_pylist() if row["keeper"])
    return ("web", WEB, "guide") if dropped["id"] == "guide" else ("manuals", MANUALS, "plain")


def test_a_duplicate_comes_back_where_the_document_that_stands_for_it_goes(made, twins):
    source, rows, other = twins
    rude = [*rows[:-1], (rows[-1][0], "damn!!!!!!!!!!!!!")]
    told = causes(made(), made(**{source: rude}))
    said = "exact_dedup: the document that stands for its duplicates went by form in the second run"
    assert told["keeper", said, 1] == [other]
    assert [what for what, _, kept_in in told if not kept_in] == ["input"]
    absent = causes(made(), made(**{source: rows[:-1]}))
    said = "exact_dedup: the document that stands for its duplicates is not in the second run"
    assert absent == {("keeper", said, 1): [other]}


def test_another_choice_among_duplicates_is_told_with_the_option_that_made_it(made, twins):
    source, rows, other = twins
    prefer = "manuals" if source == "web" else "web"
    said = f"exact_dedup.prefer: [] → [{prefer}]"
    assert causes(made(), made([*STEPS[:-1], {"exact_dedup": {"prefer": [prefer]}}])) == {
        ("option", said, 0): [rows[-1][0]],
        ("option", said, 1): [other],
    }


def test_another_language_means_other_limits(made):
    told = causes(made(), made([{"tongue": {"chinese": "xx"}}, *STEPS]))
    assert told == {("language", "form.chars: the limits for another language: zh → xx", 0): ["中文"]}


def test_a_forgotten_document_is_told_by_its_key_alone(made, tmp_path):
    key = next(row["key"].hex() for row in curate.Run(made()).ledger.to_pylist() if row["id"] == "loud")
    shutil.copytree(made(), tmp_path / "run")
    forget(tmp_path / "run", ["loud"], lambda lines: True)
    ((cause),) = diff(made(), tmp_path / "run")["changed"]
    assert (cause["what"], cause["said"]) == ("forgotten", "read: removed.txt lists it")
    assert [(one["key"], one["id"], one["uri"]) for one in cause["examples"]] == [(key, "", "")]


def test_a_ledger_of_an_older_curate_is_compared_by_steps_alone(made, tmp_path):
    for name, folder in (("one", made()), ("other", made(SEVERAL))):
        (tmp_path / name).mkdir()
        table = pq.read_table(folder / "ledger.parquet").replace_schema_metadata(None)
        pq.write_table(table, tmp_path / name / "ledger.parquet")
    told = diff(tmp_path / "one", tmp_path / "other")["changed"]
    assert {(cause["step"], cause["what"]) for cause in told} == {
        (step, "unknown") for step in ("form", "polite", "odd")
    }
    assert sum(cause["documents"] for cause in told) == 4


def test_diff_says_it_as_json_too_and_a_folder_that_is_no_run_is_told(made):
    folders = [str(made()), str(made(SEVERAL))]
    told = json.loads(CliRunner().invoke(main, ["diff", *folders, "--json", "-n", "1"]).stdout)
    assert [one["documents"] for one in told["changed"]] == [1] * 4
    assert CliRunner().invoke(main, ["diff", folders[0], "nowhere"]).exit_code == 1
    said = CliRunner().invoke(main, ["diff", *folders]).stdout.splitlines()
    assert said == said_diff(diff(made(), made(SEVERAL)))


RULES = [
    Rule("form", "score", 0, "low", {"marks": [None, 0.1], "deep": {"a": False}}, {"": {"form.marks": (None, 0.1)}}),
    Rule("trim", "edit", 0, "low", {"what": " "}, {}, code=("ab", "presidio 1.2")),
]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"limits": {"": {"form.marks": (None, 0.2)}}}, ["form.marks: ≤ 0.1 → ≤ 0.2"]),
        ({"limits": {"": {"form.marks": (None, None)}}}, ["form.marks: ≤ 0.1 → no limit"]),
        (
            {"limits": {"": {"form.marks": (None, 0.1)}, "zh": {"form.marks": (0.01, 0.1)}}},
            ["form.marks (zh): ≤ 0.1 → 0.01 to 0.1"],
        ),
        (
            {"options": {"marks": [None, 7], "deep": {"a": True, "b": "c"}}},
            ["form.deep.a: false → true", "form.deep.b: none → c"],
        ),
        ({"sources": ("web",)}, ["form: its sources: all → web"]),
        ({"code": ("12",)}, ["form: the plugin's code changed"]),
        ({"code": ("jieba 1",)}, ["form: jieba none → 1"]),
    ],
)
def test_every_difference_of_a_step_is_said(changed, said):
    assert [said_difference(one) for one in differences(RULES, [replace(RULES[0], **changed), RULES[1]])] == said


def test_steps_that_were_added_removed_or_moved_are_in_the_order_of_steps():
    a, b, c, d = (Rule(name, "edit", 0, "low", {}, {}) for name in "abcd")
    told = [(one.step, one.what) for one in differences([a, b, c], [c, a, d])]
    assert told in (
        [("c", "moved"), ("a", "moved"), ("b", "removed"), ("d", "added")],
        [("c", "moved"), ("b", "removed"), ("d", "added")],
    )
    assert merged("abc", "cad") == ["c", "a", "b", "d"]


def test_compare_is_a_table_of_what_runs_read_kept_and_dropped_and_of_the_options_that_differ(made):
    told = compare([made(), made(SEVERAL)])
    assert [one["read"] for one in told["runs"]] == [{"web": 8, "manuals": 3}] * 2
    assert [sum(one["kept"].values()) for one in told["runs"]] == [5, 5]
    assert [one["dropped"] for one in told["runs"]] == [
        {"form": 4, "polite": 1, "exact_dedup": 1},
        {"form": 4, "odd": 1, "exact_dedup": 1},
    ]
    assert [one["outputs"]["text"] for one in told["runs"]] == [{"rows": 5}] * 2
    assert {one["name"]: one["values"] for one in told["options"] if not one["name"].startswith("sources.")} == {
        "form.marks": ["≤ 0.1", "≤ 0.05"],
        "form.chars (zh)": ["≥ 8", "≥ 4"],
        "polite.word": ["damn", "oil"],
        "step odd": [None, "given"],
    }


def test_a_run_that_an_alarm_ended_stands_in_the_table_with_its_sentence(made, tmp_path):
    (tmp_path / "web.txt").write_text("Pump\n")
    recipe = {"sources": {"web": str(tmp_path / "web.txt")}, "steps": [{"length": {"min": 100}}]}
    with pytest.raises(curate.AlarmError):
        curate.run(recipe, tmp_path / "run", workers=1)
    told = compare([made(), tmp_path / "run"])
    assert (told["runs"][1]["state"], told["runs"][1]["kept"]) == ("alarm", {})
    assert said_compare(told)[-1].startswith(f"{tmp_path}/run: alarm: no document is left; length took most")


def test_outputs_are_told_in_rows_and_tokens_or_in_examples():
    files = {"a": {"rows": 3}, "b": {"rows": 4}}
    assert about_output({"files": files, "train": {"tokens": 10}, "validation": {"tokens": 2}}) == {
        "rows": 7,
        "tokens": 12,
    }
    assert about_output({"files": files, "train": {"examples": 5}, "validation": {"examples": 1}}) == {"examples": 6}
    assert about_output({"files": files, "documents": 7}) == {"rows": 7}


def test_a_table_too_wide_for_the_terminal_has_its_columns_under_each_other_and_numbers_for_long_names():
    rows = [["", *("水泵" * 5 for _ in range(4))], ["kept", *"1234"]]
    lines = in_blocks(rows, 60)
    assert max(map(width, lines)) <= 60
    assert [line.split() for line in lines] == [
        ["水泵" * 5] * 2,
        ["kept", "1", "2"],
        [],
        ["水泵" * 5] * 2,
        ["kept", "3", "4"],
    ]
    run = {"state": "finished", "error": None, "read": {"web": 1}, "kept": {}, "dropped": {}, "outputs": {}}
    runs = [run | {"run": f"runs/{'long' * 20}={number}"} for number in range(3)]
    said = said_compare({"runs": runs, "options": [{"name": "form.chars", "values": ["≥ 1", None, [1, "泵"]]}]})
    assert said[:3] == [f"{number + 1}  {'long' * 20}={number}" for number in range(3)]
    assert said[4].split() == ["1", "2", "3"]
    assert said[6].split() == ["form.chars", "≥", "1", "–", "[1,", "泵]"]


def test_compare_says_it_as_json_too(made):
    told = json.loads(CliRunner().invoke(main, ["compare", str(made()), str(made()), "--json"]).stdout)
    assert (told["options"], [one["state"] for one in told["runs"]]) == ([], ["finished"] * 2)
    assert CliRunner().invoke(main, ["compare", "nowhere"]).exit_code == 1


def test_what_was_forgotten_is_not_said_to_have_failed_to_be_read(made, tmp_path):
    shutil.copytree(made(), tmp_path / "run")
    forget(tmp_path / "run", ["rude"], lambda lines: True)
    assert diff(made(), tmp_path / "run")["dropped_elsewhere"] == [{"steps": ["polite", "forgotten"], "documents": 1}]
    (run,) = compare([tmp_path / "run"])["runs"]
    assert (run["dropped"]["forgotten"], "read" in run["dropped"]) == (1, False)


def test_the_store_of_a_sweep_is_no_run_and_is_passed_over_among_runs(made, tmp_path):
    (tmp_path / "store" / "runs").mkdir(parents=True)
    (tmp_path / "store" / "runs" / "1.json").write_text("{}")
    assert [one["run"] for one in compare([made(), tmp_path / "store"])["runs"]] == [str(made())]
    with pytest.raises(curate.CurateError, match="is a store that runs share: name a run's folder"):
        compare([tmp_path / "store"])


def test_a_run_that_is_not_finished_is_told_without_an_empty_reason(tmp_path):
    for state, said in (("stopped", "run: stopped"), ("running", "run: running, or was killed")):
        (tmp_path / "run").mkdir(exist_ok=True)
        (tmp_path / "run" / "status.json").write_text(json.dumps({"state": state, "error": None}))
        assert said_compare(compare([tmp_path / "run"]))[-1].startswith(said)
