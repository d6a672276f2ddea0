import re
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.personal.finder import Finder
from curate.personal.names import rules_of, spread
from curate.personal.profile import read_profile


@cache
def finder(profile="default"):
    return Finder(read_profile(profile))


def names(text, profile="default"):
    return [text[one.start : one.end] for one in finder(profile).find(text) if one.type == "person"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("姓名：张伟  性别：男", ["张伟"]),
        ("姓 名：张 伟", ["张 伟"]),
        ("姓名\n张伟\n性别\n男", ["张伟"]),
        ("| 姓名 | 张伟 | 性别 | 男 |", ["张伟"]),
        ("姓名\t欧阳娜娜\t性别\t女", ["欧阳娜娜"]),
        ('{"姓名": "张伟", "contact": "Maria Garcia"}', ["张伟", "Maria Garcia"]),
        ("name=杨嘉怡\ngender=女", ["杨嘉怡"]),
        ("<td>姓名</td><td>李雷</td>", ["李雷"]),
        ("联系人：张伟、李娜、王芳", ["张伟", "李娜", "王芳"]),
        ("姓名【龙龙】性别【女】", ["龙龙"]),
        ("收件人：买买提·艾力", ["买买提·艾力"]),
        ("姓名：向小红", ["向小红"]),
        ("家属签名：王芳（妻子）", ["王芳"]),
        ("姓名：高峰", ["高峰"]),
        ("患者姓名：John Smith", ["John Smith"]),
        ("Name: SMITH, JOHN A\nDOB:", ["SMITH, JOHN A"]),
        ("Patient Name: Maria de la Cruz   MRN: 1", ["Maria de la Cruz"]),
        ("**Name:** Olivia Benson", ["Olivia Benson"]),
        ("Claimant's name: Tanya Volkova", ["Tanya Volkova"]),
        ("Emergency Contact: Lupita Nyong'o (sister)", ["Lupita Nyong'o"]),
        ("Signed by: Zhang Wei", ["Zhang Wei"]),
        ("Attn: Li Na", ["Li Na"]),
    ],
)
def test_a_name_behind_a_label_is_found(text, expected):
    assert names(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("患者张伟，男，45岁；由李娜医生接诊；家属王芳陪同。", ["张伟", "李娜", "王芳"]),
        ("患者张伟因发热入院，张伟同意手术。", ["张伟", "张伟"]),
        ("投保人王建国于2020年投保，被保险人为其妻李秀英。", ["王建国", "李秀英"]),
        ("张先生您好，请联系刘主任。", ["张", "刘"]),
        ("欧阳雪梅教授和司马光辉律师到场", ["欧阳雪梅", "司马光辉"]),
        ("我叫张三丰，今年十八岁。", ["张三丰"]),
        ("原告李明诉称被告赵敏未还款。", ["李明", "赵敏"]),
        ("患者John Smith，男，Dr. 王芳接诊", ["John Smith", "王芳"]),
        ("Patient John A. Smith was admitted; Dr. Emily Chen came.", ["John A. Smith", "Emily Chen"]),
        ("Mr Smith met Sister O'Malley and Ms. García-Ruiz.", ["Smith", "O'Malley", "García-Ruiz"]),
        ("her husband, Robert Smith, and her son Tom", ["Robert Smith", "Tom"]),
        ("Sincerely,\n\nJane Doe", ["Jane Doe"]),
        ("Nurse Practitioner Jane Poe, NP", ["Jane Poe"]),
        ("John Miller, Plaintiff, v. the city", ["John Miller"]),
        ("Ngozi Okafor is a 52-year-old woman.", ["Ngozi Okafor"]),
        ("Ms. Miller called. Anthony Miller was told.", ["Miller", "Anthony Miller"]),
    ],
)
def test_a_name_beside_a_role_or_a_title_is_found(text, expected):
    assert names(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "\0", "😀", "患者出院。", "姓名：未填写", "姓名：", "高压泵", "医生建议复查", "王者荣耀", "经理室", "项目经理和产品经理", "主管医生、实习医生、对方律师",
        "患者平时体健，家属安排车辆，医生高度怀疑，被告方承认", "张某某和李某", "客户：深圳市腾讯计算机系统有限公司", "负责人：销售部", "大成律师事务所",
        "Contact: us at the desk.", "Dear Customer,", "Dear Sir or Madam,", "Name: N/A", "Attn: Accounts Payable Department", "Hello World", "MS SQL and DR Sync",
        "Patient Education Materials", "Contact Support Team", "Best regards,\nThe Support Team", "Thank you,\nSent from my iPhone", "file name: Report Final",
        "Silver Spring, MD 20910", "name: init\nDB_NAME: Main Store", "Your manager Approved Leave", "the 2019 Supreme Court",
    ],
)  # fmt: skip
def test_what_is_no_name_is_left(text):
    assert names(text) == []


def test_a_column_below_a_header_for_names_is_found_in_tables_of_bars_tabs_and_commas():
    bars = "| 床号 | 姓名 | 诊断 |\n|---|---|---|\n| 1 | 丁健 | 高血压 |\n| 2 | 郝林 | 白血病 |\n"
    assert names(bars) == ["丁健", "郝林"]
    assert names("床号\t姓名\t诊断\n1\t丁健\t高血压\n2\t郝林\t白血病\n") == ["丁健", "郝林"]
    assert names("序号,姓名,备注\n1,程振华,已到\n2,余明,未到\n") == ["程振华", "余明"]
    assert names("Patient\tTest\nJohn Smith\tIron\n") == ["John Smith"]


def test_a_column_below_another_header_is_left():
    assert names("| 名称 | 数量 |\n|---|---|\n| 白云 | 3 |\n") == []


def test_a_family_name_with_given_names_is_a_name_only_where_the_profile_has_hints():
    text = "今日探视登记，张伟，已沟通。"
    assert names(text) == []
    assert names(text, "clinical_zh") == ["张伟"]


def test_in_code_authors_and_holders_of_copyright_are_names():
    text = "# Copyright (c) 2019 John Smith\n# Author: Jane Doe <jane@x.com>\n# Copyright 2020 Acme Widgets LLC\n"
    assert names(text, "code") == ["John Smith", "Jane Doe"]


def test_words_that_a_profile_calls_no_names_are_left(tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text("labels: {never_name: [张伟]}", "utf-8")
    text = "姓名：张伟"
    assert not Finder(read_profile("default", own)).find(text)


def test_a_confirmed_name_is_found_wherever_the_text_has_it():
    text = "姓名：张伟\n随后张伟离开。Name: John A. Smith\nJOHN SMITH and Smith, John; Smith left with John."
    assert names(text) == ["张伟", "张伟", "John A. Smith", "JOHN SMITH", "Smith, John", "Smith", "John"]


def test_no_mention_is_inside_a_longer_word():
    text = "Johnson, Smithers, BlackSmith, Smith_1 and Smith."
    assert [text[one.start : one.end] for one in spread(text, ["John Smith"])] == ["Smith"]


def test_parts_that_are_words_as_well_and_names_that_are_words_are_not_spread():
    assert spread("May I? Will Brown bears hunt?", ["May Brown"]) == []
    assert spread("早高峰堵车", ["高峰"]) == []


def test_no_names_or_empty_ones_are_found_nowhere():
    assert spread("张伟", []) == spread("张伟", ["", " ", "张"]) == spread("", ["张伟"]) == []


NAMES = st.text("张伟李娜王芳JohnSmith ·.-😀\0", max_size=12)


@given(st.text("张伟李娜王芳JohnSmith ,，.\n😀\0\u0301", max_size=200), st.lists(NAMES, max_size=5))
def test_mentions_are_in_order_apart_and_say_a_name(text, wanted):
    found = spread(text, wanted)
    assert all(one.start < one.end <= other.start for one, other in pairwise(found))
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    letters = {letter.lower() for name in wanted for letter in name} | set(" ,.")
    assert all(set(text[one.start : one.end].lower()) <= letters for one in found)


@given(st.text("甲乙丙，。\n 😀\u0301", max_size=50), st.text("甲乙丙，。\n 😀\u0301", max_size=50))
def test_a_chinese_name_is_found_between_anything(before, after):
    text = f"{before}欧阳明慧{after}"
    assert [(one.start, one.end) for one in spread(text, ["欧阳明慧"])] == [(len(before), len(before) + 4)]


@given(st.text("患者张伟，姓名：Name DrJohnSmith.\n|\t,😀\0\u0301 ", max_size=120))
def test_offsets_lie_in_the_text_whatever_it_is(text):
    found = finder("clinical_zh").find(text)
    assert all(0 <= one.start < one.end <= len(text) for one in found)


@pytest.mark.parametrize(
    "bait",
    [
        "张",
        "患者张",
        "姓名：",
        "姓名 ",
        "Name: Aa Bb, ",
        "Mr. Aa ",
        "买买提·",
        "姓名（",
        "| 张伟 ",
        "Aa Bb, MD ",
        "Sincerely,\n",
    ],
)
def test_long_bait_ends(bait):
    assert isinstance(finder("clinical_zh").find(bait * 5_000), list)


def test_what_holds_a_name_passes_the_gate_of_its_rule():
    import re2

    texts = [
        "患者张伟，男",
        "Name: John Smith",
        "李娜医生",
        "Sincerely,\nJane Doe",
        "姓名\t张伟",
        "联系人：张伟、李娜",
        "Dear Mr. Smith,",
    ]
    for rule in rules_of(read_profile("default")):
        gate = re2.compile(rule.gate)
        for text in texts:
            if any(rule.holds(candidate(text, match, rule)) > 0 for match in rule.pattern.finditer(text)):
                assert gate.search(text), (rule.gate, text)


def candidate(text, match, rule):
    from curate.personal.found import Candidate

    assert isinstance(match, re.Match)
    return Candidate(text, match, rule.group)


def test_a_name_is_taken_where_a_sentence_says_what_only_people_do_or_how_to_reach_them():
    assert names("经查，张金凤驾驶小型轿车向西行驶。") == ["张金凤"]
    assert names("公司决定任命陈龙为总监。") == ["陈龙"]
    assert names("赵艳与冯超系夫妻关系。") == ["赵艳", "冯超"]
    assert names("Write to Lena Hartwig, at lena@example.com.") == ["Lena Hartwig"]
    assert names("our representative Fang Yuhan, telephone 13812345678") == ["Fang Yuhan"]
    assert names("Engineer,Phone\nChiamaka Okonkwo,555-0142\n") == ["Chiamaka Okonkwo"]


def test_code_and_headings_hold_no_names():
    for text in ("def f(host, user=None, signed=True):", "Judge Rules Against Merger", "Dr. GRPO is a method."):
        assert names(text) == []


def test_a_first_name_goes_with_the_family_name_that_a_title_confirms():
    assert names("Marta Kowalski called again; Ms Kowalski waits.") == ["Marta Kowalski", "Kowalski"]
