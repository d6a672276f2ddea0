"""The command line: what it says of itself, and how it says what is wrong."""

import re

import pytest
from click.testing import CliRunner

from curate.cli import as_share, main, print_table
from curate.errors import CurateError


def said(*words):
    return CliRunner().invoke(main, words, prog_name="curate", terminal_width=100)


@pytest.mark.parametrize("command", ["", "run", "plan", "plugins", "why", "look"])
def test_every_command_says_what_it_does(command, golden):
    golden(f"help_{command or 'curate'}", said(*command.split(), "--help").output)


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
