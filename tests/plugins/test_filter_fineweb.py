import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate import Batch, Doc, key_of
from curate.kernels.characters import terminal
from curate.kernels.terms import WEIGHT
from curate.plugins import load_plugins
from curate.stages import make_stage, run_stage
from curate.steps import Line
from curate_plugins.filter.fineweb import fineweb_quality

PIECES = [
    "a",
    "pump ",
    " ",
    "\n",
    "\n",
    "\n\n",
    "\r\n",
    ".",
    "。",
    "！",
    "…",
    "”",
    "泵房",
    "\0",
    "👩\u200d💻",
    "\u2028",
    "x" * 31,
]
TEXTS = st.lists(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), max_size=3)
ZH = "离心泵启动前应先灌泵，排尽泵壳内的空气，然后才可以接通电源。\n轴承每月加注一次润滑脂，温度过高时应当立即停机检查冷却水。\n"
EN = "Prime the pump before it is started, and vent the casing.\nGrease the bearings once a month, and check the water.\n"


def batch_of(*texts):
    return Batch.of(Doc(text, key=key_of(at)) for at, text in enumerate(texts))


def plain(batch, row):
    text, terms, lines = batch["text"][row].as_py(), batch.terms, batch.lines
    seen, again, ended, short, count = set(), 0, 0, 0, 0
    for at, line in enumerate(text.split("\n")[: lines.start[row + 1] - lines.start[row]], lines.start[row]):
        body = line[lines.indent[at] :][: lines.chars[at]]
        if not body:
            continue
        again += len(line) if (lines.indent[at], body) in seen else 0
        seen.add((lines.indent[at], body))
        ended, short, count = ended + terminal()[ord(body[-1])], short + (len(line) <= 30), count + 1
    words = terms.weight[terms.start[row] : terms.start[row + 1]].sum() / WEIGHT
    return {
        "line_punct": ended / max(count, 1),
        "short_lines": short / max(count, 1),
        "dup_line_chars": again / max(len(text.replace("\n", "")), 1),
        "list_ratio": text.count("\n") / max(words, 1),
    }


@given(TEXTS)
def test_values_are_what_the_definition_in_plain_python_says(texts):
    batch = batch_of(*texts)
    values = fineweb_quality(batch)
    for row in range(len(texts)):
        assert {name: column[row] for name, column in values.items()} == plain(batch, row)
    assert all(np.isfinite(column).all() for column in values.values())


def reason(text):
    line = Line("fineweb_quality", load_plugins()["step"]["fineweb_quality"], {})
    batch = batch_of(text)
    run_stage(make_stage([line]), batch)
    return batch.marks.reason[0]


@pytest.mark.parametrize("text", [ZH, EN, ZH + EN], ids=["zh", "en", "mixed"])
def test_prose_stays(text):
    assert reason(text) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "line_punct under 0.12"),
        ("\n\n", "line_punct under 0.12"),
        ("the pumps of this year and of the last\n" * 3, "line_punct under 0.12"),
        ("离心泵\n轴承\n联轴器\n", "line_punct under 0.106"),
        ("Pump.\nSeal.\nShaft.\nCasing.\n", "short_lines over 0.67"),
        (EN + "Grease the bearings once a month, and check the water.\n", "dup_line_chars over 0.01"),
        (ZH + ZH, "dup_line_chars over 0.101"),
        ("\n" * 9 + "Prime the pump before it is started.", "list_ratio over 0.3"),
    ],
)
def test_lists_and_repeated_lines_are_dropped_with_the_value_that_says_so(text, expected):
    assert reason(text) == expected
