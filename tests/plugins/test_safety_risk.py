import re
from pathlib import Path

import pytest

import curate
from curate_plugins.safety.risk import low_risk, risk

PUMP = "水泵的额定压力是一点六兆帕，安装之前应当检查密封圈。"
TEXTS = {
    PUMP: "none",
    "The pump runs at 1450 rpm and its seal is checked. 🙂": "none",
    "": "none",
    "a\0b": "none",
    "如有疑问，请写信到 service@example-pumps.com.cn。": "medium",
    "Questions? Write to service@example-pumps.com.": "medium",
    f"{PUMP}身份证号 110101199003072017。": "high",
    "Her SSN is 536-22-8712.": "high",
    "联系人：王建国，手机 13812345678。": "high",
    "Contact: John Miller, phone +1 (212) 555-0142.": "high",
    "客户 wang.wei@example-mail.cn，phone 13912345670, 水泵。": "high",
}


@pytest.mark.parametrize(("text", "expected"), TEXTS.items(), ids=str)
def test_the_level_of_a_text_chinese_or_english(text, expected, run, batch):
    (doc,), _ = run(risk, batch(text))
    assert doc.risk == expected
    assert (doc.risk_score == 0) == (expected == "none")


def test_the_same_thing_twice_is_no_more_than_once(run, batch):
    once, twice = "写信到 li@example-mail.cn。", "写信到 li@example-mail.cn，再写信到 li@example-mail.cn。"
    kept, _ = run(risk, batch(once, twice))
    assert kept[0].risk_score == kept[1].risk_score == 0.5


def test_documents_over_a_level_are_dropped_with_the_reason(run, batch):
    kept, ledger = run([risk, (low_risk, {"at_most": "low"})], batch(*TEXTS))
    assert {doc.risk for doc in kept} == {"none"}
    assert set(ledger["reason"].to_pylist()) == {"", "risk medium, over low", "risk high, over low"}


def test_what_was_measured_before_counts_though_nothing_is_left_of_it(run, batch):
    from curate_plugins.safety.pii import pii

    kept, ledger = run([risk, pii, low_risk], batch(*TEXTS))
    assert sorted(doc.risk for doc in kept) == sorted(one for one in TEXTS.values() if one != "high")
    assert {one for one in ledger["reason"].to_pylist() if one} == {"risk high, over medium"}


def test_without_the_field_it_is_measured_there(run, batch):
    kept, _ = run(low_risk, batch(*TEXTS))
    assert [doc.text for doc in kept] == [text for text, expected in TEXTS.items() if expected != "high"]


def test_examples_are_measured_by_all_that_their_messages_say(run, batch):
    from curate import Doc

    said = [{"role": "user", "content": "我叫王建国"}, {"role": "assistant", "content": "电话 13812345678"}]
    kept, _ = run(risk, batch(Doc(messages=said, source="s")))
    assert kept[0].risk in ("medium", "high")


def test_a_profile_says_what_is_looked_for(run, batch):
    chart = "住院号：00482913，女，93岁。"
    (plain,), _ = run(risk, batch(chart))
    (clinical,), _ = run([(risk, {"profile": "clinical_zh"})], batch(chart))
    assert clinical.risk == "high"
    assert clinical.risk_score >= plain.risk_score


def test_the_recipe_of_the_page_drops_what_was_more_than_medium(write):
    page = (Path(__file__).parents[2] / "docs" / "personal_data.md").read_text("utf-8")
    recipe = write("recipe.yaml", re.search(r"```yaml\n# risky.yaml\n(.*?)```", page, re.DOTALL)[1])
    for number, text in enumerate(TEXTS):
        write(f"letters/{number}.txt", text)
    done = curate.run(recipe, recipe.parent / "out", workers=1)
    reasons = [row["reason"] for row in done.ledger.to_pylist() if row["outcome"] == "dropped"]
    assert reasons == ["risk high, over medium"] * [*TEXTS.values()].count("high")
