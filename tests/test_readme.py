"""The examples of both READMEs, run in their order in a folder that has only sample_data/ beside it."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run_block(language, code, folder):
    named = re.match(r"# (\S+\.(?:py|yaml))\n", code)
    if named:
        (folder / named[1]).write_text(code, encoding="utf-8")
        if named[1].startswith("test_"):
            tested = [sys.executable, "-W", "ignore", "-m", "pytest", "-q", "-p", "no:cacheprovider", named[1]]
            subprocess.run(tested, cwd=folder, check=True, capture_output=True)
    elif language == "python":
        script = folder / "example.py"
        script.write_text(code, encoding="utf-8")
        subprocess.run([sys.executable, "-W", "ignore", script], cwd=folder, check=True, capture_output=True)
    elif language == "console":
        for line in code.splitlines():
            words = shlex.split(line.removeprefix("$ curate "), comments=True)
            subprocess.run([sys.executable, "-m", "curate", *words], cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize(
    "readme",
    ["README.md", "README.zh.md", "plugins/README.md", "docs/filters.md", "docs/views.md", "docs/personal_data.md"],
)
def test_every_example_of_the_readme_runs(readme, tmp_path):
    (tmp_path / "sample_data").symlink_to(REPOSITORY / "sample_data")
    blocks = BLOCK.findall((REPOSITORY / readme).read_text(encoding="utf-8"))
    assert len(blocks) >= 3
    for language, code in blocks:
        run_block(language, code, tmp_path)


def test_both_readmes_show_the_same_examples():
    english, chinese = (
        [
            re.sub(r"\s*#(?! \S+\.(?:py|yaml)\n).*", "", code)
            for _, code in BLOCK.findall((REPOSITORY / name).read_text(encoding="utf-8"))
        ]
        for name in ("README.md", "README.zh.md")
    )
    assert english == chinese
