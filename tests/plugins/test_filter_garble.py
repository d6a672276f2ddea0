import base64
import random

import pytest

from curate import Batch, Doc, key_of
from curate.plugins import load_plugins
from curate.stages import make_stage, run_stage
from curate.steps import Line
from curate.testing import check
from curate_plugins.filter.garble import garble

ZH = """离心泵在启动之前，应当检查轴承的润滑情况以及联轴器的对中。如果泵内没有充满液体，机械密封会因为干摩擦而损坏。
启动后观察压力表和电流表，出口阀门应缓慢打开，直到流量达到额定值。停机时先关闭出口阀门，再切断电源，并记录运行时间。
"""
EN = """Before the pump is started, check that the bearings are greased and that the coupling is aligned. A seal that runs
dry is damaged within a minute, so the casing has to be full of liquid. Open the discharge valve slowly until the flow
reaches its rated value, and watch the pressure and the current.
"""
KEY = base64.b64encode(random.Random(0).randbytes(150)).decode()
SOUND = {
    "links": EN
    + "".join(f"See https://example.org/{'a1b2c3d4e5f6g7h8i9j0' * 3}/{at}.html and so on.\n" for at in range(9)),
    "images": "".join(f"![](images/{'valve_and_pump_' * 4}{at}.png)\n" for at in range(9)),
    "checksums": "".join(f"{'0123456789abcdef' * 4}  pump-{at}.tar.gz\n" for at in range(9)),
    "paths": "".join(f"/usr/share/pumps/manuals/seals/housings/couplings/impellers/{at}.html\n" for at in range(9)),
    "names in code": "".join(f"self.wear_ring_{at} = readWearRingClearance(LQ_C_{at}_160)\n" for at in range(9)),
    "part numbers": EN + "Order H264-12A, M12x1, 6204ZZ and 2nd-hand IP55 motors, 3D drawings included.\n",
    "brands": EN + "iPhone, YouTube, TiDB, MySQL, GitHub and LaTeX are names.\n",
    "German": "Die Wellendichtringe und Gleitringdichtungen der Kreiselpumpenaggregate werden jaehrlich geprueft.\n"
    * 3,
}


def reason(text):
    batch = Batch.of([Doc(text, key=key_of(1)), Doc("", key=key_of(2))])
    run_stage(make_stage([Line("garble", load_plugins()["step"]["garble"], {})]), batch)
    return batch.marks.reason[0]


def scanned(text, seed=0):
    """The text as a bad OCR reads it: look-alikes in a third of the places."""
    rng, alike = random.Random(seed), dict(zip("oliseg", "011569", strict=True))
    return "".join(alike[char] if char in alike and rng.random() < 0.5 else char for char in text)


@pytest.mark.parametrize("text", [ZH, EN, ZH + EN, *SOUND.values()], ids=["zh", "en", "mixed", *SOUND])
def test_prose_addresses_names_and_checksums_stay(text):
    assert reason(text) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ZH[:40] + KEY, "long_share over 0.25"),
        (EN[:40] + KEY, "long_share over 0.25"),
        (EN.replace(" ", ""), "long_share over 0.25"),
        (scanned(EN), "debris_share over 0.2"),
        ("".join(char.upper() if at % 2 else char for at, char in enumerate(EN)), "debris_share over 0.2"),
        (" ".join(ZH), "torn_share over 0.3"),
        (" ".join(EN), "torn_share over 0.3"),
        (ZH.encode().decode("gbk", "replace"), "damaged_share over 0.01"),
    ],
)
def test_keys_glued_words_and_misread_letters_are_dropped(text, expected):
    assert reason(text) == expected


def test_half_a_manual_of_numbers_in_words_is_kept():
    assert reason(EN * 3 + scanned(EN)) == ""


def test_it_drops_in_domain_sources_too():
    assert load_plugins()["step"]["garble"].about.in_domain


def test_it_holds_what_every_plugin_has_to_hold():
    check(garble, ZH, EN, KEY, *SOUND.values())
