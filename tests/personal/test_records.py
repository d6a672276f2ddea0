from functools import cache

import pytest

from curate.personal.finder import Finder
from curate.personal.profile import read_profile


@cache
def finder(profile="clinical_zh"):
    return Finder(read_profile(profile))


def said(type, text, profile="clinical_zh"):
    return [text[one.start : one.end] for one in finder(profile).find(text) if one.type == type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("住院号：123456", ["123456"]),
        ("住 院 号：ZY193136", ["ZY193136"]),
        ("病案号为 B123456，医保卡号码是A12345678", ["B123456", "A12345678"]),
        ("理赔案号（LP2023001234）", ["LP2023001234"]),
        ('"病案号": "00987654"', ["00987654"]),
        ("| 检查号 | CT98986334 | 影像号 | X3447162 |", ["CT98986334", "X3447162"]),
        ("床号：12  +5床 3床患者", ["12", "+5", "3"]),
        ("MRN#123456 Medical Record Number 99887766", ["123456", "99887766"]),
        ("Policy No. AB-123456, claim number is 4406069734", ["AB-123456", "4406069734"]),
        ('"mrn": "24530369"', ["24530369"]),
        ("姓名\t住院号\n张伟\tZY193136\n", ["ZY193136"]),
        ("保单号：见附件", []),
        ("This policy covers 2 cars; the claim of 300 users", []),
        ("该院有住院号段管理办法", []),
        ("流水号：950971165099736", []),
    ],
)
def test_numbers_of_records_are_found_behind_their_labels(text, expected):
    assert said("record_number", text) == expected


def test_a_courts_case_number_is_one_in_the_legal_profile_only():
    text = "（2023）京0105民初12345号，依据〔2020〕1号文"
    assert said("record_number", text, "legal_zh") == ["（2023）京0105民初12345号"]
    assert said("record_number", text, "default") == []


def test_default_knows_the_english_labels_and_those_of_insurance():
    text = "MRN: 607539, Policy Number: P1234567, 保单号：PAHL12345678, 床号：12"
    assert said("record_number", text, "default") == ["607539", "P1234567", "PAHL12345678"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("出生日期：1956年08月19日", ["1956年08月19日"]),
        ("出生年月：1985.03", ["1985.03"]),
        ("1980年7月12日生，", ["1980年7月12日"]),
        ("本人出生于1980年3月4日，生日3月4日", ["1980年3月4日", "3月4日"]),
        ("DOB: 03/04/80, born on March 3, 1980", ["03/04/80", "March 3, 1980"]),
        ("Date of Birth: 09/23/1980", ["09/23/1980"]),
        ("生于一九八〇年三月四日", ["一九八〇年三月四日"]),
        ("先生于2021年3月18日投保", []),
        ("发布日期：2021年3月18日，1985年6月生产", []),
    ],
)
def test_days_of_birth_are_found(text, expected):
    assert said("birth_date", text, "default") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("入院日期：2023-01-02 出院日期 2023年1月9日", ["2023-01-02", "2023年1月9日"]),
        ("于2023年1月3日在全麻下行手术", ["2023年1月3日"]),
        ("She was seen on 03/04/2023. Admission Date: August 18, 2021", ["03/04/2023", "August 18, 2021"]),
        ("发版日期：2023-01-02", []),
    ],
)
def test_days_of_visits_are_found_in_the_clinical_profile(text, expected):
    assert said("visit_date", text) == expected
    assert said("visit_date", text, "default") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("患者，女，92岁。年龄：95岁。45岁。", ["92", "95"]),
        ("Age: 97. a 91-year-old man, aged 99", ["97", "91", "99"]),
        ("年龄：89，200岁的树，1.95岁", []),
    ],
)
def test_ages_over_89_are_found(text, expected):
    assert said("age", text) == expected


def test_the_limit_of_age_is_the_profiles(tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text("age_over: 0", "utf-8")
    text = "男，45岁"
    found = Finder(read_profile("clinical_zh", own)).find(text)
    assert [text[one.start : one.end] for one in found if one.type == "age"] == ["45"]


@pytest.mark.parametrize(
    "bait", ["住院号", "住院号1", "2023年", "就诊日期", "1床", "（2023）京", "A-1_", "年龄", "生于", "住 "]
)
@pytest.mark.parametrize("profile", ["clinical_zh", "legal_zh"])
def test_long_bait_ends(bait, profile):
    assert isinstance(finder(profile).find(bait * 5_000), list)


def test_a_label_ends_before_a_letter_and_a_number_before_a_file_name():
    assert said("record_number", "claim-notes-2024-q1.md and policy-2024-final.pdf") == []
    assert said("record_number", "scans/MRN-204417/notes.md") == ["204417"]
    assert said("record_number", "<td>住院号</td><td>ZY62427316</td>") == ["ZY62427316"]
    assert said("record_number", "| 住院号 | 15912345678 | 电话 | 13812345678 |") == ["15912345678"]


def test_a_label_takes_an_english_address_to_its_town():
    assert said("address", "Address: 372 Jason Forest, Hansonmouth\nMRN: 1") == ["372 Jason Forest, Hansonmouth"]
