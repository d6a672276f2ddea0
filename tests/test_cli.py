"""The command line: what it says of itself, and how it says what is wrong."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from curate.cli import as_share, main, print_json, print_table
from curate.errors import CurateError


def said(*words):
    return CliRunner().invoke(main, words, prog_name="curate", terminal_width=100)


@pytest.mark.parametrize(
    "command",
    [
        "",
        "run",
        "plan",
        "plugins",
        "why",
        "look",
        "tune",
        "forget",
        "new",
        "try",
        "schema",
        "limits",
        "diff",
        "compare",
        "sweep",
        "pii",
        "pii audit",
        "pii report",
        "pii key",
    ],
)
def test_every_command_says_what_it_does(command, golden):
    golden(f"help_{command.replace(' ', '_') or 'curate'}", said(*command.split(), "--help").output)


def test_plugins_lists_every_plugin_with_kind_and_first_line():
    lines = said("plugins").output.splitlines()
    assert all(len(line.split(None, 2)) == 3 for line in lines[::2])
    assert {"exact_dedup", "mine", "pdf", "messages"} <= {line.split()[0] for line in lines[::2]}
    assert all(re.fullmatch(r" +\{.*\}  .+\.py:\d+", line) for line in lines[1::2])
    assert any("{max_documents: 5, min_chars: 10}" in line for line in lines[1::2])


def test_one_plugin_is_shown_with_its_options_defaults_and_file():
    first, *rest = said("plugins", "length").output.splitlines()
    assert first.startswith("length (score): Count the characters")
    assert rest[0] == "  min: 100"
    assert "filter/length.py:" in rest[-1]


def test_a_plugin_that_spares_domain_sources_says_so():
    measures = "  in `domain: true` sources it measures and drops nothing, unless `sources:` names them"
    changes = "  in `domain: true` sources it changes nothing, unless `sources:` names them"
    assert measures in said("plugins", "gopher_quality").output.splitlines()
    assert changes in said("plugins", "c4_lines").output.splitlines()
    assert "domain" not in said("plugins", "garble").output


def test_a_plugin_that_is_not_there_is_answered_with_the_nearest_name():
    told = said("plugins", "exact_dedp")
    assert (told.exit_code, told.stderr) == (2, "curate: no step 'exact_dedp'; did you mean 'exact_dedup'?\n")


@pytest.mark.parametrize(("text", "share"), [("1%", 0.01), ("0.25", 0.25), ("100%", 1.0)])
def test_a_share_is_a_percentage_or_a_number(text, share):
    assert as_share(text) == share


@pytest.mark.parametrize("text", ["0", "-1%", "many", "101%"])
def test_a_share_that_is_none_is_told(text):
    with pytest.raises(CurateError, match=f"^--sample {text}: a share is more than 0 % and at most 100 %"):
        as_share(text)


def test_a_table_has_its_first_column_to_the_left_and_numbers_to_the_right(capsys):
    print_table([["step", "seen"], ["length", "1,000"], ["去重", "7"]])
    assert capsys.readouterr().out.splitlines() == ["step     seen", "length  1,000", "去重          7"]


@pytest.fixture
def recipe(write):
    """A recipe with one document to keep and one to drop."""
    write("manuals.jsonl", '{"id": "a", "text": "每周检查水泵 pump 的油位。"}\n{"id": "b", "text": "短"}\n')
    return str(write("recipe.yaml", "sources: {manuals: manuals.jsonl}\nsteps: [length: {min: 5}]\n"))


def test_with_json_every_command_that_prints_a_table_or_a_list_gives_one_document(recipe, tmp_path):
    folder = str(tmp_path / "run")
    done, forecast, why, look, gc, plugins = (
        json.loads(said(*words, "--json").stdout)
        for words in (
            ("run", recipe, "--out", folder, "--workers", "1"),
            ("plan", recipe),
            ("why", folder, "b"),
            ("look", folder, "--dropped-by", "length"),
            ("gc", folder),
            ("plugins", "length"),
        )
    )
    assert (done["documents"], done["outputs"]["text"]["rows"], done["unreadable"]) == (2, 1, {})
    step = next(step for step in done["steps"] if step["step"] == "length")
    assert (step["seen"], step["dropped"], step["errors"]) == (2, 1, 0)
    assert forecast["sources"] == [{"source": "manuals", "units": 1, "files": 1, "bytes": 87, "unreadable": 0}]
    assert [phase["steps"] for phase in forecast["phases"]] == [["length"]]
    assert (why["found"], why["documents"][0]["outcome"], why["documents"][0]["step"]) == (1, "dropped", "length")
    assert why["documents"][0]["stages"][0]["values"] == {"length": 1.0}
    assert look["documents"][0]["key"] == why["documents"][0]["key"]
    assert (gc["unneeded"]["files"], gc["removed"]) == (0, False)
    assert plugins["plugins"][0]["options"]["min"] == 100


@pytest.mark.parametrize(
    ("words", "code", "kind", "problems"),
    [
        (("plugins", "exact_dedp"), 2, "recipe", ["no step 'exact_dedp'; did you mean 'exact_dedup'?"]),
        (("look", "nowhere", "--dropped-by", "length"), 1, "error", None),
    ],
)
def test_with_json_an_error_is_a_document_too_and_its_sentence_stays_on_stderr(words, code, kind, problems):
    told = said(*words, "--json")
    error = json.loads(told.stdout)["error"]
    assert (told.exit_code, error["exit_code"], error["kind"]) == (code, code, kind)
    assert error["problems"] == (problems or [error["message"]])
    assert told.stderr == f"curate: {error['message']}\n"
    assert said(*words).stdout == ""


def test_json_has_null_for_what_is_no_number_and_lone_surrogates_as_json_writes_them(capsysbinary):
    print_json({"rate": float("nan"), "most": [float("inf"), 2.5], "path": Path("手册\udcff")})
    out = capsysbinary.readouterr().out
    assert out == '{\n "rate": null,\n "most": [\n  null,\n  2.5\n ],\n "path": "手册\\udcff"\n}\n'.encode()
    assert json.loads(out)["path"] == "手册\udcff"
