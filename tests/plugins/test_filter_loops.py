import random

import numpy as np
import pytest

from curate import Batch, Doc, key_of
from curate.plugins import load_plugins
from curate.stages import make_stage, run_stage
from curate.steps import Line
from curate.testing import check
from curate_plugins.filter.loops import loops

ZH = """离心泵在启动之前，应当检查轴承的润滑情况以及联轴器的对中。如果泵内没有充满液体，机械密封会因为干摩擦而损坏。
启动后观察压力表和电流表，出口阀门应缓慢打开，直到流量达到额定值。停机时先关闭出口阀门，再切断电源，并记录运行时间。
"""
EN = """Before the pump is started, check that the bearings are greased and that the coupling is aligned. A seal that runs
dry is damaged within a minute, so the casing has to be full of liquid. Open the discharge valve slowly until the flow
reaches its rated value, and watch the pressure and the current.
"""
NATURAL = {
    "a table": "| Step | Done | Checked |\n| --- | --- | --- |\n" + "| grease | yes | yes |\n" * 40,
    "rulers": "Title\n" + "=" * 80 + "\n\n" + "-" * 80 + "\n* * * * * * * *\n" + "........" * 10,
    "a list of numbers": "0.0 0.0 0.0 0.0 0.0 0.0 0.0 0.0\n" * 10 + "100, 100, 100, 100, 100, 100, 100\n",
    "code": "int a[] = {1, 1, 1, 1};\n" * 10 + "<td></td><td></td><td></td><td></td>\n",
    "a contents page": "1 Safety ........ 3\n2 Seals ......... 7\n3 Bearings ...... 9\n",
    "laughter": EN + "Ha ha ha! Yes, yes, yes. 哈哈哈哈。",
}


def reason(text):
    batch = Batch.of([Doc(text, key=key_of(1)), Doc("", key=key_of(2))])
    run_stage(make_stage([Line("loops", load_plugins()["step"]["loops"], {})]), batch)
    return batch.marks.reason[0]


@pytest.mark.parametrize("text", [ZH, EN, ZH + EN, *NATURAL.values()], ids=["zh", "en", "mixed", *NATURAL])
def test_prose_and_what_repeats_by_nature_stay(text):
    assert reason(text) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (EN.replace("pump", "pumppppppppppp"), "repeated_letters over 0.01"),
        (ZH.replace("对", "对对对对对对对对"), "repeated_letters over 0.01"),
        (EN.replace("greased", "greased " * 7), "repeated_phrases over 0.025"),
        (ZH.replace("轴承的", "轴承的" * 5), "repeated_phrases over 0.025"),
        (EN[:60] + EN[40:60] * 8, "repeated_phrases over 0.025"),
        (ZH[:40] + ZH[28:40] * 8, "repeated_phrases over 0.025"),
        (EN + EN[:50].replace("Before", "before") * 5, "repeated_phrases over 0.025"),
    ],
)
def test_what_got_stuck_is_dropped(text, expected):
    assert reason(text) == expected


def test_where_a_loop_stands_makes_no_difference():
    rng = random.Random(0)
    words = EN.split()
    for _ in range(50):
        at = rng.randrange(len(words))
        assert reason(" ".join(words[:at] + ["valve"] * 8 + words[at:])) == "repeated_phrases over 0.025"


def test_domain_sources_are_spared():
    assert load_plugins()["step"]["loops"].about.in_domain is False


def test_it_holds_what_every_plugin_has_to_hold():
    check(loops, ZH, EN, *NATURAL.values())
    assert np.isfinite(list(loops(Batch.of([Doc("", key=key_of(1))])).values())).all()
