import random
import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from plain_repeats import repeats_in_plain_python

import curate
from curate import Batch, Doc, key_of
from curate.kernels.listed import list_words
from curate.kernels.terms import LETTERS, MARK, WEIGHT
from curate.plugins import load_plugins
from curate.stages import make_stage, run_stage
from curate.steps import Line
from curate_plugins.filter.gopher import CHINESE, ENGLISH

ZH = """离心泵在启动之前，应当检查轴承的润滑情况以及联轴器的对中。如果泵内没有充满液体，机械密封会因为干摩擦而损坏。
启动后观察压力表和电流表，出口阀门应缓慢打开，直到流量达到额定值。停机时先关闭出口阀门，再切断电源，并记录运行时间。
每运行两千小时更换一次润滑脂；在高温或者多尘的环境中，这个时间应当减半。振动超过标准时，要停机查明原因。
"""
EN = """Before the pump is started, check that the bearings are greased and that the coupling is aligned. A seal that runs
dry is damaged within a minute, so the casing has to be full of liquid. Open the discharge valve slowly until the flow
reaches its rated value, and watch the pressure and the current. When you stop the pump, close the valve first and then
switch off the motor. Grease the bearings every two thousand hours, and twice as often where it is hot or dusty.
"""
MIXED = ZH + EN
TABLE = "".join(
    f"| {part} | {name} | 10-{at:04}-01 | {at} |\n"
    for at, (part, name) in enumerate(
        zip(
            ["泵壳", "叶轮", "主轴", "轴套", "填料", "轴承", "密封环", "键", "螺母", "垫片", "联轴器", "底座"],
            [
                "casing",
                "impeller",
                "shaft",
                "sleeve",
                "packing",
                "bearing",
                "wear ring",
                "key",
                "nut",
                "gasket",
                "coupling",
                "base",
            ],
            strict=True,
        )
    )
)
MANUAL = f"# 备件清单 Spare parts\n\n{ZH}\n| 名称 | Name | Part number | Qty |\n| --- | --- | --- | --- |\n{TABLE}"


def reason(step, text):
    line = Line(step, load_plugins()["step"][step], {})
    batch = Batch.of([Doc(text, key=key_of(1)), Doc("", key=key_of(2))])
    run_stage(make_stage([line]), batch)
    return batch.marks.reason[0]


@pytest.mark.parametrize("step", ["gopher_quality", "gopher_repetition", "fineweb2", "garble"])
@pytest.mark.parametrize("text", [ZH, EN, MIXED], ids=["zh", "en", "mixed"])
def test_prose_stays(step, text):
    assert reason(step, text) == ""


def test_a_table_is_no_repetition_and_no_garble_but_no_prose_either():
    assert reason("gopher_repetition", MANUAL) == reason("garble", MANUAL) == ""
    assert reason("gopher_quality", MANUAL) == "alphabetic_share under 0.737"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Grease the pump.", "words under 50"),
        ("给水泵加油。", "words under 50"),
        ("x y z " * 30, "mean_word_length under 3"),
        ("antidisestablishment " * 60, "mean_word_length over 10"),
        ("#pump #seal tags here #again " * 20, "hash_share over 0.1"),
        ("水泵……阀门……" * 30, "ellipsis_share over 0.1"),
        ("- grease the bearing of the pump\n" * 20, "bullet_lines over 0.9"),
        ("• 检查水泵的轴承和联轴器\n" * 20, "bullet_lines over 0.9"),
        ("so we grease the bearing of the pump and then…\n" * 20, "ellipsis_lines over 0.3"),
        ("2024 1999 37 text " * 20, "alphabetic_share under 0.8"),
        ("水泵阀门叶轮轴承" * 20, "stop_words under 3"),
    ],
)
def test_what_is_no_prose_is_dropped_with_the_value_that_says_so(text, expected):
    assert reason("gopher_quality", text) == expected


def test_english_stop_words_are_asked_of_english_alone():
    lists = "cheap flights best hotels discount tickets booking online deals compare prices " * 6
    steps = [Line(name, load_plugins()["step"][name], {}) for name in ("language", "gopher_quality")]
    batch = Batch.of(
        [Doc(lists, key=key_of(1)), Doc("Graissez les roulements chaque mois avec soin. " * 9, key=key_of(2))]
    )
    run_stage(make_stage(steps), batch)
    assert batch.marks.reason.tolist() == ["stop_words under 2", ""]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ZH + "版权所有，未经许可不得转载本手册的内容。\n" * 30, "dup_lines over 0.292"),
        (EN + "All rights reserved by the pump company.\n" * 30, "dup_lines over 0.3"),
        ((EN.replace("\n", " ") + "\n\n") * 2 + ZH, "dup_5 over 0.205"),
        ((EN.replace("\n", " ") + "\n\n") * 2, "dup_lines over 0.3"),
        (ZH.replace("\n", "") + "我们的我们的" * 60, "top_2 over 0.256"),
        (EN.replace("\n", " ") + "very good " * 90, "top_2 over 0.2"),
        (EN.replace("\n", " ") * 2, "dup_5 over 0.15"),
        (ZH.replace("\n", "") * 2, "dup_5 over 0.205"),
    ],
)
def test_what_is_said_again_and_again_is_dropped(text, expected):
    assert reason("gopher_repetition", text) == expected


PIECES = [*"ab1 泵的。，.…#-•|_\n\0é👍", "the ", "of ", "是", "the pump "]
NASTY = st.lists(st.sampled_from(PIECES), max_size=120).map("".join)


@given(st.lists(NASTY, min_size=1, max_size=3))
@example(["", "\n\n", "\0", "水泵 pump 的 the " * 9])
def test_values_are_what_definitions_in_plain_python_say_of_the_same_units(texts):
    batch, steps = Batch.of(Doc(text, key=key_of(at)) for at, text in enumerate(texts)), load_plugins()["step"]
    found = {name: steps[name].function(batch) for name in ("gopher_quality", "gopher_repetition")}
    for document, text in enumerate(texts):
        quality, repetition = plainly(batch, document, text)
        assert {name: values[document] for name, values in found["gopher_quality"].items()} == quality
        assert {name: values[document] for name, values in found["gopher_repetition"].items()} == repetition


def plainly(batch, document, text):
    terms, lines, paragraphs = batch.terms, batch.lines, batch.paragraphs
    own = slice(terms.start[document], terms.start[document + 1])
    hashes, chars, kinds, weights = (getattr(terms, n)[own].tolist() for n in ("hash", "chars", "kind", "weight"))
    words = sum(weight for kind, weight in zip(kinds, weights, strict=True) if kind != MARK) / WEIGHT
    letters = sum(weight for kind, weight in zip(kinds, weights, strict=True) if kind == LETTERS) / WEIGHT
    spoken = sum(length for kind, length in zip(kinds, chars, strict=True) if kind != MARK)
    every = max(sum(weights) / WEIGHT, 1)
    rows = slice(lines.start[document], lines.start[document + 1])
    firsts, trails = [chr(code) for code in lines.first[rows]], lines.trails[rows].tolist()
    units = batch.words.hash[slice(*batch.words.start[document : document + 2])].tolist()
    quality = {
        "words": words,
        "mean_word_length": spoken / max(words, 1),
        "hash_share": text.count("#") / every,
        "ellipsis_share": (text.count("...") + text.count("…")) / every,
        "bullet_lines": sum(first in "•-" for first in firsts) / max(len(firsts), 1),
        "ellipsis_lines": sum(trails) / max(len(trails), 1),
        "alphabetic_share": letters / every,
        "stop_words": len(set(units) & set(list_words(f"{ENGLISH} {CHINESE}").tolist())),
    }
    again = batch.duplicates
    repetition = {
        "dup_lines": again.lines[document] / max(int((lines.chars[rows] > 0).sum()), 1),
        "dup_paragraphs": again.paragraphs[document] / max(int(np.diff(paragraphs.start)[document]), 1),
        "dup_line_chars": again.line_chars[document] / max(len(text), 1),
        "dup_paragraph_chars": again.paragraph_chars[document] / max(len(text), 1),
    }
    for size in range(2, 11):
        top, times, passed = repeats_in_plain_python(hashes, chars, weights, size)
        value = top + (size - 1) * times if size < 5 else passed
        repetition[f"{'top' if size < 5 else 'dup'}_{size}"] = value / max(len(text), 1)
    return quality, repetition


@given(st.lists(st.text(st.sampled_from("#.…a泵\n\0"), max_size=30), min_size=1, max_size=4))
def test_hashes_and_ellipses_are_counted_as_str_count_does(texts):
    batch = Batch.of(Doc(text, key=key_of(at)) for at, text in enumerate(texts))
    found = load_plugins()["step"]["gopher_quality"].function(batch)
    every = [max(weight, 1) for weight in batch.terms.weights.sum(axis=1)]
    assert found["hash_share"].tolist() == [text.count("#") / n for text, n in zip(texts, every, strict=True)]
    dots = [text.count("...") + text.count("…") for text in texts]
    assert found["ellipsis_share"].tolist() == [count / n for count, n in zip(dots, every, strict=True)]


@pytest.mark.parametrize("text", [ZH, EN, MIXED])
def test_fineweb2_measures_what_gopher_and_fineweb_do(text):
    batch = Batch.of([Doc(text * 2, key=key_of(1))])
    steps = load_plugins()["step"]
    measured = {}
    for name in ("gopher_quality", "gopher_repetition", "fineweb_quality"):  # the last one's share of repeated lines
        measured |= steps[name].function(batch)
    found = steps["fineweb2"].function(batch)
    assert {name: values.tolist() for name, values in found.items()} == {
        name: measured[name].tolist() for name in found
    }


@pytest.mark.parametrize("step", ["gopher_quality", "gopher_repetition", "fineweb_quality", "fineweb2"])
def test_documents_of_domain_sources_are_measured_and_stay_unless_the_line_names_them(step, tmp_path):
    (tmp_path / "tables.jsonl").write_text('{"text": "10 mg\\n10 mg\\n10 mg\\n20 mg"}\n' * 3)
    recipe = {"sources": {"doses": {"path": str(tmp_path / "tables.jsonl"), "domain": True}}, "steps": [step]}
    done = curate.run(recipe, out=tmp_path / "run")
    assert set(done.ledger["outcome"].to_pylist()) == {"kept"}
    recipe["steps"] = [{step: {"sources": ["doses"]}}]
    with pytest.raises(curate.AlarmError, match="no document is left"):
        curate.run(recipe, out=tmp_path / "other")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (EN.replace("e", "\ufffd"), "damaged_share over 0.01"),
        (ZH.replace("泵", "锟斤拷"), "damaged_share over 0.01"),
        ("(cid:12)(cid:7)(cid:301) " * 20, "damaged_share over 0.01"),
        (ZH.encode().decode("cp1252", "replace"), "damaged_share over 0.01"),
        (ZH.encode().decode("latin-1"), "misread_share over 0.01"),
        (EN.replace(" ", "’ ").encode().decode("cp1252"), "misread_share over 0.01"),
        (ZH.encode("gb18030").decode("latin-1"), "misread_share over 0.01"),
        (re.sub("[\ue000-\uf8ff]", "", ZH.encode().decode("gb18030", "ignore")), "rare_han_share over 0.05"),
        (" ".join(ZH), "torn_share over 0.3"),
        (" ".join(EN), "torn_share over 0.3"),
        (ZH + "温度偏高，停机检查。\n" * 200, "looped_share over 0.7"),
        (EN + "The bearing is too hot.\n" * 200, "looped_share over 0.7"),
    ],
)
def test_what_broke_on_the_way_is_dropped(text, expected):
    assert reason("garble", text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "請於啟動前檢查軸承的潤滑狀況，並確認聯軸器已對中。閥門應緩慢開啟，觀察壓力錶與電流錶的讀數是否正常。",
        "ポンプを始動する前に、軸受の潤滑状態を確認し、弁をゆっくり開いて圧力計を読み取ってください。発売中の図書。",
        "Après l’été, à Genève, l’élève a déjà préparé le café crème… « très bien », dit-il.",
        "Informação e instalação não são opções; a manutenção é uma obrigação das organizações.",
        "Проверяйте подшипники насоса каждый месяц и записывайте показания манометра.",
    ],
)
def test_other_scripts_and_accents_are_no_garble(text):
    assert reason("garble", text) == ""


def test_values_do_not_depend_on_what_else_is_in_the_batch():
    texts = [ZH, "", EN, MANUAL, "泵"]
    random.Random(0).shuffle(texts)
    for step in ("gopher_quality", "gopher_repetition", "fineweb2", "garble"):
        line = Line(step, load_plugins()["step"][step], {})
        together = Batch.of(Doc(text, key=key_of(at)) for at, text in enumerate(texts))
        alone = [Batch.of([Doc(text, key=key_of(at))]) for at, text in enumerate(texts)]
        for batch in (together, *alone):
            run_stage(make_stage([line]), batch)
        for name, values in together.marks.values.items():
            assert values.tolist() == [batch.marks.values[name][0] for batch in alone]
