"""A newcomer's walk: the filter of the README, written and run as it says, then broken in the five likeliest ways."""

import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from curate.cli import main

REPOSITORY = Path(__file__).parent.parent
PROGRESS = re.compile(r"^.*: \d+ of \d+ in .*\n", re.MULTILINE)
BREAKS = {  # what is broken: the file, what stood there, what stands there now
    "argument": ("my_filters.py", "(doc)", "(document)"),
    "option": ("chinese.yaml", "min: 0.5", "minimum: 0.5"),
    "return": ("my_filters.py", "return sum", "share = sum"),
    "raises": ("my_filters.py", "max(len(doc.text), 1)", "sum(c.isascii() for c in doc.txt)"),
    "syntax": ("my_filters.py", "(doc):", "(doc)"),
    "no_plugins": ("chinese.yaml", "plugins: [my_filters.py]", ""),
}


@pytest.fixture
def walk(tmp_path, monkeypatch):
    """The README's filter and recipe in a folder that has only sample_data/ beside them; run them as it says."""
    (tmp_path / "sample_data").symlink_to(REPOSITORY / "sample_data")
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    for name in ("my_filters.py", "chinese.yaml"):
        (code,) = re.findall(rf"^```\w+\n(# {name}\n.*?)^```$", text, re.MULTILINE | re.DOTALL)
        (tmp_path / name).write_text(code, encoding="utf-8")
    assert "$ curate run chinese.yaml --out runs/chinese\n" in text
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    return lambda: CliRunner().invoke(main, ["run", "chinese.yaml", "--out", "runs/chinese"], prog_name="curate")


def test_the_filter_of_the_readme_runs(walk):
    done = walk()
    assert done.exit_code == 0, done.stderr
    assert re.search(r"^chinese_share .*151 +76 ", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("broken", BREAKS)
def test_a_broken_filter_is_answered_with_what_to_change(walk, broken, golden):
    name, old, new = BREAKS[broken]
    code = Path(name).read_text(encoding="utf-8")
    assert code.count(old) == 1
    Path(name).write_text(code.replace(old, new), encoding="utf-8")
    done = walk()
    assert done.exit_code in (2, 4)
    golden(f"walk_{broken}", PROGRESS.sub("", done.stderr).strip())
