from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from presidio_anonymizer.entities import InvalidParamError, OperatorConfig, RecognizerResult

from curate.errors import CurateError
from curate.personal.actions import Replacer, anonymizer, without_key
from curate.personal.canaries import canaries
from curate.personal.dates import shifted, year
from curate.personal.entities import ENTITIES
from curate.personal.finder import Finder
from curate.personal.found import Found
from curate.personal.key import read_key, write_key
from curate.personal.profile import read_profile

KEY = b"k" * 32


@pytest.fixture(scope="module")
def finder():
    return Finder(read_profile("default"))


def after(action, text, value, type, person="", key=KEY):
    start = text.index(value)
    found = Found(start, start + len(value), type)
    return text[:start] + Replacer({type: action}, key).instead(text, found, person) + text[found.end :]


@pytest.mark.parametrize(
    ("action", "text", "value", "type", "expected"),
    [
        ("tag", "电话13812345678。", "13812345678", "phone", "电话13812345678。"),
        ("redact", "call 13812345678.", "13812345678", "phone", "call ."),
        ("mask", "call 138-1234-5678.", "138-1234-5678", "phone", "call *************."),
        ("mask", "卡4111 1111 1111 1111", "4111 1111 1111 1111", "bank_card", "卡***************1111"),
        ("mask", "患者张伟", "张伟", "person", "患者**"),
        ("replace", "电话13812345678。", "13812345678", "phone", "电话[电话]。"),
        ("replace", "call 13812345678.", "13812345678", "phone", "call [PHONE]."),
        ("replace", "13812345678", "13812345678", "phone", "[PHONE]"),
        ("replace", "张伟", "张伟", "person", "[姓名]"),
        ("replace", f"说{' ' * 30}13812345678{' ' * 30}说", "13812345678", "phone", f"说{' ' * 30}[PHONE]{' ' * 30}说"),
        ("replace", "工号 E77", "E77", "employee_id", "工号 [EMPLOYEE_ID]"),
        ("pseudonym", "密钥AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE", "secret", "密钥[密钥]"),
        ("shift", "电话13812345678。", "13812345678", "phone", "电话[电话]。"),
        ("shift", "生日：不详", "不详", "birth_date", "生日：[出生日期]"),
        ("year", "生于1956年3月5日", "1956年3月5日", "birth_date", "生于1956年"),
        ("year", "DOB: 03/05/1956", "03/05/1956", "birth_date", "DOB: 1956"),
        ("year", "生于3月5日", "3月5日", "birth_date", "生于[出生日期]"),
        ("year", "电话13812345678。", "13812345678", "phone", "电话[电话]。"),
        ("replace", "年龄：94", "94", "age", "年龄：90岁以上"),
        ("replace", "患者94岁", "94岁", "age", "患者90岁以上"),
        ("replace", "患者94岁", "94", "age", "患者≥90岁"),
        ("pseudonym", "a man aged 94", "94", "age", "a man aged 90 or older"),
        ("replace", "aged 94 years", "94", "age", "aged ≥90 years"),
        ("replace", "患者90岁以上", "90岁", "age", "患者90岁以上"),
    ],
)
def test_each_action_puts_its_own_in_the_place_of_a_value(action, text, value, type, expected):
    assert after(action, text, value, type) == expected


def test_a_hash_is_the_same_for_one_value_in_letters_alone_and_another_with_another_key():
    said = after("hash", "邮箱 Zhang@qq.com", "Zhang@qq.com", "email")
    assert said == after("hash", "邮箱 zhang@qq.com", "zhang@qq.com", "email")
    assert said.startswith("邮箱 [邮箱:")
    assert said[-13:-1].isalpha()
    code = said[-13:-1]
    assert after("hash", "mail zhang@qq.com", "zhang@qq.com", "email") == f"mail [EMAIL:{code}]"
    assert code not in after("hash", "mail zhang@qq.com", "zhang@qq.com", "email", key=b"o" * 32)


@given(value=st.from_regex("[0-9]{6,18}", fullmatch=True), type=st.sampled_from(sorted(ENTITIES)))
def test_no_rule_finds_what_a_hash_or_a_label_puts_in(finder, value, type):
    for action in ("hash", "replace"):
        assert finder.find(after(action, f"号码 {value} 。", value, type)) == finder.find("号码 。")


def test_a_pseudonym_is_left_by_a_second_pass():
    once = after("pseudonym", "电话13812345678。", "13812345678", "phone")
    assert once != "电话13812345678。"
    assert after("pseudonym", once, once[2:13], "phone") == once
    assert after("hash", once, once[2:13], "phone") == once


@pytest.mark.parametrize(
    ("type", "value"),
    [("phone", "😀"), ("record_number", "12"), ("record_number", "A-7"), ("address", "7号"), ("plate", "")],
)
def test_a_value_that_no_marked_fake_is_made_of_is_hashed(type, value):
    said = after("pseudonym", f"床 {value}。", value, type)
    assert said == after("hash", f"床 {value}。", value, type)


@pytest.mark.parametrize("seed", range(4))
def test_a_second_pass_over_a_text_with_pseudonyms_changes_nothing(finder, seed):
    replacer = Replacer({"": "pseudonym", "birth_date": "year"}, KEY)

    def scrubbed(text):
        for one in reversed(finder.find(text)):
            text = text[: one.start] + replacer.instead(text, one) + text[one.end :]
        return text

    text = "\n".join(one.sentence for one in canaries(Random(seed)))
    once = scrubbed(text)
    assert once != text
    assert scrubbed(once) == once


@given(
    text=st.text(min_size=1, max_size=20),
    type=st.sampled_from(sorted(set(ENTITIES) - {"age", "birth_date", "visit_date"})),
)
def test_what_pseudonym_puts_in_is_left_by_a_second_pass_or_is_found_by_no_rule(text, type):
    once = Replacer({"": "pseudonym"}, KEY).instead(text, Found(0, len(text), type))
    again = Replacer({"": "pseudonym"}, KEY).instead(once, Found(0, len(once), type))
    assert again == once or once.startswith("[")


@pytest.mark.parametrize("action", ["hash", "pseudonym", "shift"])
def test_an_action_that_hangs_on_a_key_says_how_to_get_one(action):
    with pytest.raises(
        CurateError, match=rf"actions: phone: {action} needs `key: FILE`.*`curate pii key FILE` makes one"
    ):
        Replacer({"phone": action}, None)
    with pytest.raises(CurateError, match=f"^action: {action} needs"):
        Replacer({"": action}, None)


def test_an_unknown_action_names_the_nearest():
    with pytest.raises(CurateError, match="actions: phone: there is no 'replase'; did you mean 'replace'"):
        Replacer({"phone": "replase"}, KEY)


def test_an_action_without_a_type_is_for_all_that_have_none():
    replacer = Replacer({"": "redact", "email": "tag"}, None)
    text = "a@b.cn 13812345678"
    assert replacer.instead(text, Found(0, 6, "email")) == "a@b.cn"
    assert replacer.instead(text, Found(7, 18, "phone")) == ""


def test_without_a_key_dates_are_cut_to_their_year():
    assert without_key({"visit_date": "shift", "uscc": "tag"}) == {"visit_date": "year", "uscc": "tag"}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("2024年3月5日", "2024年4月14日"),
        ("2024年12月25日", "2025年2月3日"),
        ("2024-03-05", "2024-04-14"),
        ("2024-12-25", "2025-02-03"),
        ("2024/3/5", "2024/4/14"),
        ("2024.03.05 08:30", "2024.04.14 08:30"),
        ("20240305", "20240414"),
        ("3/5/2024", "4/14/2024"),
        ("03/05/2024", "04/14/2024"),
        ("25/12/2024", "03/02/2025"),
        ("March 5, 2024", "April 14, 2024"),
        ("5 March 2024", "14 April 2024"),
        ("Mar. 5, 2024", "Apr. 14, 2024"),
        ("SEPT 5, 2024", "OCT 15, 2024"),
        ("2024年3月", "2024年4月"),
        ("3月5日", "4月14日"),
        ("２０２４年３月５日", "２０２４年４月１４日"),
        ("二〇二四年三月五日", "二〇二四年四月十四日"),
        ("二零二四年十二月三十日", "二零二五年二月八日"),
        ("", None),
        ("next week", None),
        ("😀", None),
        ("1956年", "1956年"),
        ("1956", "1956"),
        ("9999-12-31", None),
        ("2024-02-30", None),
    ],
)
def test_a_date_moves_in_the_form_that_it_has(said, expected):
    assert shifted(said, 40) == expected


DAYS = st.dates(date(1002, 1, 1), date(9997, 1, 1))


@given(first=DAYS, second=DAYS, person=st.text(max_size=8))
def test_the_days_between_two_dates_of_one_person_stay(first, second, person):
    def moved(day):
        return after("shift", f"{day:%Y-%m-%d}", f"{day:%Y-%m-%d}", "visit_date", person)

    new = [date.fromisoformat(moved(day)) for day in (first, second)]
    assert new[1] - new[0] == second - first
    assert 0 < abs((new[0] - first).days) <= 365


def test_other_persons_have_other_days():
    said = {after("shift", "2024-03-05", "2024-03-05", "visit_date", f"病案{n}") for n in range(20)}
    assert len(said) > 15


@given(text=st.text(max_size=30), days=st.integers(-800, 800))
def test_no_text_makes_a_date_fail(text, days):
    shifted(text, days)
    year(text)


def test_presidio_knows_our_operators():
    found = [RecognizerResult("phone", 5, 16, 1.0), RecognizerResult("email", 17, 23, 1.0)]
    text = "call 13812345678 a@b.cn"
    operators = {"phone": OperatorConfig("pseudonym", {"key": KEY}), "email": OperatorConfig("hash", {"key": KEY})}
    said = anonymizer().anonymize(text, found, operators).text
    assert said.startswith(after("pseudonym", "call 13812345678 ", "13812345678", "phone"))
    assert "[EMAIL:" in said
    with pytest.raises(InvalidParamError, match="curate pii key"):
        anonymizer().anonymize(text, found, {"phone": OperatorConfig("pseudonym", {})})


def test_a_key_file_is_for_its_owner_and_is_never_overwritten(tmp_path):
    path = tmp_path / "key"
    write_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(bytes.fromhex(path.read_text().strip())) == 32
    assert len(read_key(path)) == 32
    assert read_key(path) == read_key(path)
    with pytest.raises(CurateError, match="is there already"):
        write_key(path)


def test_a_key_file_that_is_missing_or_short_says_how_to_make_one(tmp_path):
    with pytest.raises(CurateError, match=r"cannot be read.*`curate pii key none` makes one"):
        read_key(tmp_path / "none")
    (tmp_path / "short").write_text("0123456789")
    with pytest.raises(CurateError, match="holds 10 bytes, and a key has at least 16"):
        read_key(tmp_path / "short")
    assert read_key(None) is None
