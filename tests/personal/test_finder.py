import dataclasses
import re
from itertools import pairwise

import pytest
import re2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.personal import identities, numbers
from curate.personal.check_digits import with_cn_id, with_luhn
from curate.personal.finder import Finder, compiled
from curate.personal.found import Candidate, Rule
from curate.personal.profile import read_profile

PROFILE = read_profile()
FINDER = Finder(PROFILE)
VALUES = {
    "13812345678": "phone",
    "lena@example.com": "email",
    with_cn_id("110105194912310020"): "cn_id",
    with_luhn("6222021001123450"): "bank_card",
    "123.52.122.197": "ip",
    "368-47-7065": "us_ssn",
}
BAIT = [
    "1", "12 ", "+1 ", "+1234567890 ", "a.", "a@", "a@a.", "@", ":", "a:", "（", "(1)", "1.1.", "1:", "0x0", "http://a:", "?token=",
    "电话1", "电话", "call 1", "微信 a", "护照E1", "京A1234", "GB12 1234 ", "6222 ", "1234-", "零一", "one ", "a at b dot ", "a艾特",
    "a[at]", "a@\n", "12a\n12", "&#64;", "１", "1\u200b", "1\u0301", "12–", "bc1q", "1L", "姓名：", "先生", "住址", "号",
]  # fmt: skip


def types(text, **told):
    return [(text[one.start : one.end], one.type) for one in FINDER.find(text, **told)]


@given(st.sampled_from(sorted(VALUES)), st.text(max_size=30), st.text(max_size=30))
def test_a_planted_value_is_found_where_it_stands(value, before, after):
    before, after = before + "\n联系 ", "。\n" + after
    text = before + value + after
    at = len(before)
    assert any(
        one.start == at and one.end == at + len(value) and one.type == VALUES[value] for one in FINDER.find(text)
    )


@given(
    st.text() | st.text(st.sampled_from("1386@.ab-+() ：:/电话姓名省路号张先生\u200b\ud800\0👍\u0301\n"), max_size=80)
)
def test_no_text_is_an_error_and_what_is_found_is_in_order_and_apart(text):
    spans = [(one.start, one.end) for one in FINDER.find(text)]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(left[1] <= right[0] for left, right in pairwise(spans))


@pytest.mark.parametrize("bait", BAIT)
def test_bait_for_backtracking_takes_no_longer_than_other_text(bait):
    assert isinstance(FINDER.find(bait * (40_000 // len(bait))), list)


def test_offsets_are_those_of_the_text_among_emoji_combining_marks_and_lone_surrogates():
    text = "👨‍👩‍👧e\u0301\ud800\0𝔘" * 50 + "电话13812345678👍🏽" + "泵" * 50
    assert types(text) == [("13812345678", "phone")]


def test_a_value_at_the_end_of_a_line_of_ten_megabytes_is_found():
    assert types("x" * 10_000_000 + " 13812345678") == [("13812345678", "phone")]


def test_what_a_windows_end_cuts_off_is_read_whole():
    longer = with_luhn("4111111111111110") + "7" * 300
    assert types(f"{'字' * 3000} {longer} {'字' * 3000}") == []


def test_a_text_without_any_of_it_is_cleared_by_the_gate_alone():
    assert not FINDER.suspects("本章介绍如何配置集群参数以提升写入性能。".encode())
    assert not FINDER.suspects(b"The committee agreed on the budget.")
    assert FINDER.suspects("电话13812345678".encode())


def test_a_silent_automaton_lets_every_rule_look():
    finder = Finder(PROFILE)
    silent = re2.Set.SearchSet()  # says nothing, as one without memory does
    silent.Add("never said")
    silent.Compile()
    finder.__dict__["automata"] = [(finder.gates, silent)]
    assert [one.type for one in finder.find("电话１３８１２３４５６７８, lena@example.com")] == ["phone", "email"]


def test_only_the_types_of_the_profile_are_looked_for():
    finder = Finder(dataclasses.replace(PROFILE, types=frozenset({"email"})))
    assert [one.type for one in finder.find("13812345678 lena@example.com")] == ["email"]


def test_what_is_less_sure_than_the_profile_asks_is_left():
    text = "A123456(3)"
    assert [one.type for one in FINDER.find(text)] == ["hk_id"]
    assert Finder(dataclasses.replace(PROFILE, threshold=0.9)).find(text) == []


def test_a_users_rule_is_one_of_the_rules():
    badge = Rule("record_number", "工号", re.compile("工号([0-9]{4})"), lambda _: 0.9, 1)
    finder = Finder(PROFILE, extra=[badge])
    text = "工号1024，电话13812345678"
    assert [text[one.start : one.end] for one in finder.find(text)] == ["1024", "13812345678"]


def test_names_that_are_sure_or_known_are_found_wherever_they_stand():
    assert types("姓名：王建国。后来王建国出院了。").count(("王建国", "person")) == 2
    assert types("后来王建国出院了。", known=["王建国"]) == [("王建国", "person")]


def test_of_two_readings_the_longer_one_stands():
    assert types("13812345678@qq.com") == [("13812345678@qq.com", "email")]


@pytest.mark.parametrize("rule", [*numbers.RULES, *identities.RULES], ids=lambda rule: f"{rule.type}-{rule.gate[:20]}")
@given(st.data())
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
def test_what_a_rule_finds_passes_its_gate(rule, data):
    text = data.draw(st.from_regex(rule.pattern))
    for match in rule.pattern.finditer(text):
        candidate = Candidate(text, match, rule.group)
        if candidate.said and rule.holds(candidate) >= 0.7 and not candidate.before.lower().endswith("hotline"):
            assert compiled(rule.gate).search(text.encode("utf-8", "replace"))
