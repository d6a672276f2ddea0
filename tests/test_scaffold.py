"""`curate new`: the plugin it writes works, its test passes, and a name that cannot be is told."""

import subprocess
import sys
import tomllib

import pytest
from click.testing import CliRunner

from curate.cli import main


@pytest.fixture
def new(monkeypatch, tmp_path):
    """Ask for a new plugin in a folder of the test's."""
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(main, ["new", *words], prog_name="curate")


def python(*words, **told):
    return subprocess.run([sys.executable, "-W", "ignore", *words], capture_output=True, text=True, check=False, **told)


def test_a_new_plugin_and_its_test_are_written_and_the_next_commands_told(new, tmp_path, golden):
    golden("new", new("digit_share").output)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["digit_share.py", "test_digit_share.py"]


def test_the_commands_it_tells_work_as_they_are(new, tmp_path):
    new("digit_share")
    tested = python("-m", "pytest", "-q", "-p", "no:cacheprovider", "test_digit_share.py", cwd=tmp_path)
    assert "2 passed" in tested.stdout, tested.stdout
    tried = python("-m", "curate", "try", "digit_share", "--plugin", "digit_share.py", "--text", "Pump 7", cwd=tmp_path)
    assert "1 document: 1 kept" in tried.stdout, tried.stderr


def test_a_package_has_an_entry_point_to_a_plugin_that_works(new, tmp_path, golden):
    golden("new_package", new("digit_share", "--package").output)
    folder = tmp_path / "curate-digit-share"
    about = tomllib.loads((folder / "pyproject.toml").read_text())
    assert about["project"]["entry-points"]["curate"] == {"digit_share": "digit_share"}
    assert about["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["src/digit_share"]
    assert len((folder / "README.md").read_text().splitlines()) == 5
    tested = python(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib", "-o", "pythonpath=src", cwd=folder
    )
    assert "2 passed" in tested.stdout, tested.stdout


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "two words",
            "it names a Python function, so it has letters, digits and _ and begins with no digit, such as two_words",
        ),
        ("numpy", "a package of this name is there already; add a word, as in my_numpy"),
        ("3d", "it names a Python function, so it has letters, digits and _ and begins with no digit"),
        ("../up", "it names a Python function, so it has letters, digits and _ and begins with no digit, such as up"),
        ("class", "it is a word of the Python language; add another, as in my_class"),
        (
            "json",
            "a module of Python's own library has this name, and imports would mix them up; add a word, as in my_json",
        ),
        ("curate", "a package of this name is there already; add a word, as in my_curate"),
    ],
)
def test_a_name_that_cannot_be_is_told_why(new, tmp_path, name, sentence):
    told = new(name)
    assert (told.exit_code, told.stderr) == (1, f"curate: {name!r} cannot be a plugin's name: {sentence}\n")
    assert not list(tmp_path.iterdir())


def test_a_name_that_another_plugin_has_is_told_with_its_place(new):
    told = new("line_dedup")
    assert told.stderr.startswith("curate: 'line_dedup' cannot be a plugin's name: a gather has it, at ")
    assert "dedup/exact.py:" in told.stderr


def test_nothing_is_written_over(new, write, tmp_path):
    write("test_pumps.py", "precious")
    told = new("pumps")
    assert (told.exit_code, told.stderr) == (1, "curate: test_pumps.py is there already; choose another name\n")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["precious"]
