"""Mined examples: what the questions are, and that every answer is a span of the document."""

from itertools import pairwise
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate import Doc
from curate_plugins.synth.mine import RULES, mine
from curate_plugins.synth.outline import Page
from curate_plugins.synth.sentences import language_of, sentences

MANUAL = """# Lanqiao LQ-80 Pump Manual

## 1. Bearing lubrication

Grease the bearings every 4 000 hours. The lubricant is lithium grease.

## 2. Replacing the seal

1. Close both valves.
2. Drain the pump.

## Can I run the pump dry?

No. The seal faces need a film of liquid.

## Faults

A seal flush is a small side stream of clean liquid. If the pump runs dry, stop the motor at once.
A centrifugal pump cannot lift air, because air is lighter than water. To prevent cavitation, keep the strainer clean.

| Symptom | Possible cause | Remedy |
|---|---|---|
| No flow | Air in the casing | Prime the pump again |
"""
手册 = """# 离心泵维护手册

## 一、轴承润滑

每运行四千小时补充一次润滑脂。润滑脂采用锂基脂。

## 二、更换机械密封

1. 关闭进出口阀门。
2. 排空泵体。

## 可以无水运行吗？

不可以。密封端面需要一层液膜。

## 三、故障

汽蚀是指液体在低压处汽化产生气泡并溃灭的现象。如果水泵发生干运转，应立即停机。
由于空气比水轻得多，因此离心泵不能抽吸空气。为防止汽蚀，应始终保持进口滤网清洁。

| 故障现象 | 可能原因 | 处理方法 |
|---|---|---|
| 不出水 | 泵壳内有空气 | 重新灌泵排气 |
"""


def mined(text: str, **options) -> list[Doc]:
    return list(mine(Doc(text, key=b"k" * 16), **options))


def asked(text: str, **options) -> dict[str, str]:
    return {one.messages[0]["content"]: one.messages[1]["content"] for one in mined(text, **options)}


def question(sentence: str) -> str | None:
    found = mine(Doc(sentence, meta={"title": "Pump care 泵的保养"}))
    return next((one.messages[0]["content"] for one in found), None)


@pytest.mark.parametrize(
    ("text", "question", "answer"),
    [
        (
            MANUAL,
            "Lanqiao LQ-80 Pump: what should I know about bearing lubrication?",
            "Grease the bearings every 4 000",
        ),
        (MANUAL, "Lanqiao LQ-80 Pump: how do I replace the seal?", "1. Close both valves.\n2. Drain the pump."),
        (MANUAL, "Can I run the pump dry?", "No. The seal faces need a film of liquid."),
        (MANUAL, "What is a seal flush?", "A seal flush is a small side stream of clean liquid."),
        (MANUAL, "What should be done if the pump runs dry?", "If the pump runs dry, stop the motor at once."),
        (MANUAL, "Why can a centrifugal pump not lift air?", "A centrifugal pump cannot lift air, because"),
        (MANUAL, "What should be done to prevent cavitation?", "To prevent cavitation, keep the strainer clean."),
        (MANUAL, 'Lanqiao LQ-80 Pump: what can cause the symptom "No flow"?', "Air in the casing"),
        (MANUAL, 'Lanqiao LQ-80 Pump: what should be done about "No flow"?', "Prime the pump again"),
        (手册, "关于《离心泵维护手册》，请介绍轴承润滑。", "每运行四千小时补充一次润滑脂。"),
        (手册, "关于《离心泵维护手册》，如何更换机械密封？", "1. 关闭进出口阀门。\n2. 排空泵体。"),
        (手册, "可以无水运行吗？", "不可以。密封端面需要一层液膜。"),
        (手册, "什么是汽蚀？", "汽蚀是指液体在低压处汽化产生气泡并溃灭的现象。"),
        (手册, "如果水泵发生干运转，应当怎么办？", "如果水泵发生干运转，应立即停机。"),
        (手册, "为什么离心泵不能抽吸空气？", "由于空气比水轻得多，因此离心泵不能抽吸空气。"),
        (手册, "为了防止汽蚀，应当怎么做？", "为防止汽蚀，应始终保持进口滤网清洁。"),
        (手册, "关于《离心泵维护手册》，出现“不出水”时，可能的原因是什么？", "泵壳内有空气"),
        (手册, "关于《离心泵维护手册》，出现“不出水”时，应如何处理？", "重新灌泵排气"),
    ],
)
def test_each_rule_asks_what_its_stretch_answers(text, question, answer):
    assert asked(text, min_chars=10)[question].startswith(answer)


@pytest.mark.parametrize(
    "sentence",
    [
        "It is a pump that moves clean water.",
        "This is defined as the loss of head in the pipe.",
        "The pump is a centrifugal machine for water.",
        "If it leaks, replace the seal at once.",
        "A flush is a stream of liquid as shown in figure 3.",
        "A hotline is a number such as [PHONE] that you can call.",
        "A wiki is a site like https://example.com/wiki for all.",
        "Because of this, replace them.",
        "这是指泵内压力降低的现象，十分有害。",
        "它是一种离心泵，用于输送清水和类似液体。",
        "如果上述条件不满足，应立即停机检查。",
        "由于该泵已经损坏，因此应立即更换新的密封。",
        "如下图所示，汽蚀是指产生气泡的现象。",
        "汽蚀是指压力降低",
        "热线是指 [PHONE] 这样可以随时拨打的号码。",
    ],
)
def test_sentences_that_do_not_stand_alone_are_passed_over(sentence):
    assert asked(f"Some words before.\n\n{sentence}\n") == {}


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("The rotor hums because one of two phases is missing.", None),
        (
            "Do not lead the bypass into the pipe, since warm water would return.",
            "Why should you not lead the bypass into the pipe?",
        ),
        ("Once the film of oil breaks, the bearing heats up quickly.", "What happens once the film of oil breaks?"),
        ("If you lose your card, call the hotline within a day.", "What should I do if I lose my card?"),
        ("Seal failure is usually caused by dry running of the faces.", "What causes seal failure?"),
        ("等待期，是指合同生效后保险人不承担给付责任的一段时间。", "什么是等待期？"),
        ("如被保险人未及时通知的，保险人不承担无法确定部分的责任。", "如果被保险人未及时通知，会怎么样？"),
        ("汽蚀的主要原因是进口压力过低以及水温过高。", "汽蚀的原因是什么？"),
        ("润滑脂过多会导致轴承温度升高。", "什么原因会导致轴承温度升高？"),
    ],
)
def test_questions_are_formed_only_where_the_grammar_is_certain(sentence, expected):
    assert question(sentence) == expected


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("## Overview\n\nThe pump moves water from here to there.", ""),
        ("## 注意事项\n\n请先阅读安全说明，再启动水泵机组。", ""),
    ],
)
def test_a_generic_heading_without_a_title_asks_nothing(text, begins):
    assert mined(text) == []


@pytest.mark.parametrize("text", [MANUAL, 手册])
def test_every_example_says_where_it_came_from(text):
    for one in mined(text, min_chars=4):
        start, end = one.meta["question_from"]
        assert one.meta["method"].removeprefix("mine:") in RULES
        assert one.meta["language"] == ("zh" if text is 手册 else "en")
        assert 0 <= start < end <= len(text)
        assert one.kind == "example"
        assert [said["role"] for said in one.messages] == ["user", "assistant"]


@pytest.mark.parametrize("text", [MANUAL, 手册])
def test_rules_can_be_chosen(text):
    assert {one.meta["method"] for one in mined(text, rules=["definition"])} == {"mine:definition"}


@pytest.mark.parametrize(
    ("pattern", "last"),
    [
        ("A valve{0} is a device that stops flow number {0}.\n\n", "valve99"),
        ("阀门{0}是指用来切断第{0}条管路的装置。\n\n", "阀门99"),
    ],
)
def test_few_examples_are_spread_over_the_whole_document(pattern, last):
    text = "".join(pattern.format(number) for number in range(100))
    spans = [one.span[0] / len(text) for one in mined(text, per_document=10)]
    assert len(spans) == 10
    assert max(after - before for before, after in zip([0, *spans], [*spans, 1], strict=True)) < 0.15


@pytest.mark.parametrize("text", [MANUAL, 手册])
def test_each_rule_has_its_turn(text):
    assert len({one.meta["method"] for one in mined(text, per_document=6, min_chars=4)}) == 6


def test_no_question_is_asked_twice():
    text = "A valve is a device that stops the flow.\n\nA valve is a fitting that stops the flow."
    assert len(mined(text)) == 1


@pytest.mark.parametrize("limits", [{"min_chars": 60}, {"max_chars": 30}])
def test_answers_keep_to_the_limits(limits):
    lengths = [len(one.messages[1]["content"]) for one in mined(MANUAL, rules=RULES[:5], **limits)]
    assert all(limits.get("min_chars", 0) <= length <= limits.get("max_chars", 1_200) for length in lengths)


PIECES = [
    MANUAL,
    手册,
    "## ",
    "\n",
    "\n\n",
    "| a | b |\n|---|---|\n",
    "```\n",
    "- ",
    "第十二条 等待期 ",
    "If the pump leaks, stop it. ",
    "由于",
    "，因此",
    "。",
    "**",
    "🚰",
    "\r\n",
    "|",
    "Symptom",
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=20), max_size=12).map("".join), st.integers(0, 5))
def test_every_answer_is_a_span_inside_the_document(text, most):
    doc = Doc(text, key=b"k" * 16)
    found = list(mine(doc, per_document=most, min_chars=1))
    assert len(found) <= most
    for one in found:
        start, end = one.span
        assert 0 <= start < end <= len(doc.text)
        assert one.messages[1]["content"] == doc.text[start:end]
    assert [one.row() for one in mine(doc, per_document=most, min_chars=1)] == [one.row() for one in found]


@given(st.text(alphabet="Ab. 。！?“”) \n3", max_size=60))
def test_sentences_cover_a_text_in_order(text):
    spans = list(sentences(text, 0, len(text)))
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert "".join("".join(text[slice(*span)] for span in spans).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Use approx. 3.5 bar, e.g. on a hot day. Then stop.", 2),
        ("压力为 3.5 兆帕。停机！好？", 3),
        ("See Fig. 3 for it. Go.", 2),
    ],
)
def test_abbreviations_and_decimals_end_no_sentence(text, count):
    assert len(list(sentences(text, 0, len(text)))) == count


@pytest.mark.parametrize(
    ("text", "language"),
    [("轴承 85 ℃ 报警", "zh"), ("Stop the pump if it is hot.", "en"), ("Der Motor läuft heiß.", "")],
)
def test_the_language_shows_in_characters_and_small_words(text, language):
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# Pump manual\n\nText.", "Pump manual"),
        ("---\ntitle: 全局索引\n---\n\n正文。", "全局索引"),
        ("汽蚀与选型\n\n正文从这里开始。", "汽蚀与选型"),
        ("Pump manual\n===========\n\nText.", "Pump manual"),
        ("Text that is a sentence.\n\nMore.", ""),
    ],
)
def test_the_title_is_the_first_heading_or_what_stands_for_it(text, title):
    assert Page(text).title == title


@pytest.mark.parametrize(
    "text",
    [
        "." * 400_000,
        "**" * 200_000,
        "If the pump is defined as " * 15_000,
        "由于" * 120_000,
        "| [a](https://b.c) " * 20_000,
        "## Lid\n" * 50_000,
    ],
)
def test_time_grows_with_the_text_only(text):
    start = perf_counter()
    mined(text)
    assert perf_counter() - start < 5


@pytest.mark.parametrize(
    "note",
    [
        "The chart shows progress, hence the stay is paid until the end of the month.",
        "由于发票金额不一致，因此以电子发票为准。",
    ],
)
def test_a_note_that_does_not_say_what_it_is_about_gives_no_reasons(note):
    assert [one for one in mine(Doc(note)) if one.meta["method"] == "mine:cause"] == []
