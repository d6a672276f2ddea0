from dataclasses import replace

import pytest

from curate.personal.check_digits import with_luhn
from curate.personal.finder import Finder
from curate.personal.profile import read_profile

PROFILE = replace(read_profile(), types=frozenset({"phone", "bank_card"}))
STRICT, CONTEXT, WIDE = (Finder(PROFILE, phone) for phone in ("strict", "context", "wide"))
UNIONPAY, LONG, VISA, AMEX = (
    with_luhn("6222021001123450"),
    with_luhn("6222021001123456780"),
    "4111 1111 1111 1111",
    "378282246310005",
)


def found(text, finder=CONTEXT):
    return [(text[one.start : one.end], one.type) for one in finder.find(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("请拨打13812345678与黄涛联系", ["13812345678"]),
        ("13812345678,13912345678|138 1234 5678", ["13812345678", "13912345678", "138 1234 5678"]),
        (
            "+86-138-1234-5678/(+86)139 1234 5678，0086 13812345678",
            ["+86-138-1234-5678", "(+86)139 1234 5678", "0086 13812345678"],
        ),
        ("Tel13812345678, user_13912345678_log（138-1234-5678）", ["13812345678", "13912345678", "138-1234-5678"]),
        ("手机 1381 234 5678", ["1381 234 5678"]),
        ("座机010-62345678转801，(0755) 2345 6789", ["010-62345678转801", "(0755) 2345 6789"]),
        ("+86 21 6234 5678；传真02162345678", ["+86 21 6234 5678", "02162345678"]),
        ("电话：62345678、6234-5679", ["62345678", "6234-5679"]),
        (
            "Call (305) 795-0285, 305.795.0285 x12 or 001-305-795-0285",
            ["(305) 795-0285", "305.795.0285 x12", "001-305-795-0285"],
        ),
        (
            "+44 20 7647 2059 or +1 206 844 1752; +852 9635 8252",
            ["+44 20 7647 2059", "+1 206 844 1752", "+852 9635 8252"],
        ),
        ("She can be reached at 020 7946 0958", ["020 7946 0958"]),
        ("call me on 2068441752", ["2068441752"]),
        ("https://wa.me/?phone=13812345678", ["13812345678"]),
    ],
)
def test_a_telephone_number_is_found_in_the_forms_of_china_america_and_the_world(text, expected):
    assert found(text) == [(said, "phone") for said in expected]


@pytest.mark.parametrize(
    "text",
    [
        "订单号13812345678，任务ID 13912345678，issue #13812345678",
        "注册资本13812345678元，13800000000 parameters，$13812345678",
        "https://ci.example.org/runs/14229219940",
        "圆周率3.13812345678，13812345678.2.1，sha 9f13812345678c",
        "热线400-820-8820，8008123123，1-800-555-0199",
        "时间20240115102345，2024-01-15 10:23:45，1926-2007，epoch 1625134204",
        "uuid 13812345-1381-4234-8567-138123456789",
        "表1 131 1024 2048 4096",
        "call stack depth 1234567，手机销量12345678台，联系人需在2024-01-15前，tel 172.17.0.2",
        "ISBN 978-6-619-34514-5，DOI 10.4668/2010.507414，GB/T 22239-2019，CVE-2024-30279",
        "总额55,679,568,770,819元，经纬度20.167772, -33.620751",
    ],
)
def test_other_numbers_are_no_telephone_numbers(text):
    assert found(text) == []


def test_how_much_is_taken_for_a_telephone_number_is_an_option():
    certain, told, any_number = "13812345678 +44 20 7647 2059", "phone 0161 496 0123", "前往 6234 5678 处"
    assert [len(found(certain, finder)) for finder in (STRICT, CONTEXT, WIDE)] == [2, 2, 2]
    assert [len(found(told, finder)) for finder in (STRICT, CONTEXT, WIDE)] == [0, 1, 1]
    assert [len(found(any_number, finder)) for finder in (STRICT, CONTEXT, WIDE)] == [0, 0, 1]
    assert found("2024-01-15, 1990-2005, 订单号62345678", WIDE) == []


@pytest.mark.parametrize("card", [UNIONPAY, LONG, VISA, AMEX, "3782-822463-10005", f"{LONG[:6]} {LONG[6:]}"])
def test_a_card_is_found_by_its_check_digit_with_a_word_for_it_or_without(card):
    assert found(f"卡号{card}已绑定") == [(card, "bank_card")]
    assert found(f"see {card}, thanks") == [(card, "bank_card")]


def test_numbers_without_check_digit_or_of_other_things_are_no_cards():
    assert found(f"卡号{UNIONPAY[:-1]}{(int(UNIONPAY[-1]) + 1) % 10}校验失败") == []
    assert found(f"流水号：{UNIONPAY}，batch_id={VISA}, tracking number {LONG}") == []
    assert found(f"0.{VISA.replace(' ', '')} x{UNIONPAY} {UNIONPAY}1234") == []
