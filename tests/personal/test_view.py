import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.personal import view
from curate.personal.finder import Finder
from curate.personal.profile import read_profile

TYPES = {"email", "phone", "cn_id", "bank_card"}
FINDER = Finder(replace(read_profile(), types=frozenset(TYPES)))


def found(text):
    return [(text[one.start : one.end], one.type) for one in FINDER.find(text)]


def seen(text):
    made = view.of(text, view.GATES, lambda _: view.GATES)
    return made.text if made else text


@pytest.mark.parametrize(
    ("said", "type"),
    [
        ("１３８１２３４５６７８", "phone"),
        ("１３８－１２３４－５６７８", "phone"),
        ("ｌｅｎａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "email"),
        ("13\u200b8123\u200d45678", "phone"),
        ("le\u00adna@exam\u2060ple.com", "email"),
        ("1\u03323\u03328\u033212345678", "phone"),
        ("1️⃣3️⃣8️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8", "phone"),
        ("①③⑧①②③④⑤⑥⑦⑧", "phone"),
        ("138\u00a01234\u00a05678", "phone"),
        ("138–1234–5678", "phone"),
        ("138·1234·5678", "phone"),
        ("lena&#64;example.com", "email"),
        ("lena&#x40;example&period;com", "email"),
        ("lena%40example.com", "email"),
        ("lena\\u0040example.com", "email"),
        ("一三八一二三四五六七八", "phone"),
        ("幺三八 零零幺三 八零零〇", "phone"),
        ("壹叁捌壹贰叁肆伍陆柒捌", "phone"),
        ("one three eight one two three four five six seven eight", "phone"),
        ("lena AT example DOT com", "email"),
        ("lena.li (at) mail (dot) example (dot) com", "email"),
        ("lena[at]example.com", "email"),
        ("lena（at）example（点）com", "email"),
        ("lena艾特example点com", "email"),
        ("lena @ example.com", "email"),
        ("138\n12345678", "phone"),
        ("138 1234\r\n  5678", "phone"),
        ("110105\n19491231002X", "cn_id"),
        ("4111 1111\n1111 1111", "bank_card"),
        ("lena@\nexample.com", "email"),
        ("lena@example.\ncom", "email"),
        ("lena@exam-\nple.com", "email"),
        ("lena\n@example.com", "email"),
    ],
)
def test_what_is_written_otherwise_is_found_and_cut_whole(said, type):
    assert found(f"联系 {said}。") == [(said, type)]
    assert found(f"see: {said} ok") == [(said, type)]


@pytest.mark.parametrize(
    "text",
    [
        "一、二、三、四、五、六、七，上山打老虎",
        "look at this dot matrix; meet me at google.com",
        "    pass\n@property.setter\ndef x",
        "13812\n345678\n",
        "138\n12345678\n",
        "1990–2000，p. 138–145",
        "❤️ 👩‍👩‍👧 e\u0301 ©️",
        "① 一 ② 二 ③ 三",
        "&amp; &lt;b&gt; 100%",
    ],
)
def test_what_only_looks_so_is_left(text):
    assert found(text) == []


def test_a_plain_text_has_no_view():
    for text in ("", "邮箱lena@example.com，电话：13812345678", "\0 👍 plain"):
        assert view.of(text, view.GATES, lambda _: view.GATES) is None


def test_a_place_in_the_view_is_the_whole_of_what_stands_there_in_the_text():
    text = "x&#64;y\u200b\u200b１２z"
    made = view.of(text, view.GATES, lambda _: view.GATES)
    assert made.text == "x@y12z"
    assert [text[slice(*made.original(at, at + 1))] for at in range(6)] == ["x", "&#64;", "y", "１", "２", "z"]
    assert text[slice(*made.original(1, 4))] == "&#64;y\u200b\u200b１"


@given(st.text(st.sampled_from("a1@.点零一二\u200b\u0301１ａ＠&#64;\n -–①at dot"), max_size=80))
def test_places_keep_their_order_and_stay_within_the_text(text):
    made = view.of(text, view.GATES, lambda _: view.GATES)
    if made is not None:
        spans = [made.original(at, at + 1) for at in range(len(made.text))]
        assert all(0 <= start < end <= len(text) for start, end in spans)
        assert spans == sorted(spans)
        assert seen(made.text) is not None


def test_chinese_that_json_wrote_in_ascii_is_read():
    finder = Finder(read_profile())
    text = json.dumps({"姓名": "欧阳慧敏", "电话": "13812345678"})
    assert [(one.type, text[one.start : one.end]) for one in finder.find(text)] == [
        ("person", json.dumps("欧阳慧敏")[1:-1]),
        ("phone", "13812345678"),
    ]


def test_an_invisible_character_behind_a_colon_hides_no_name():
    text = "姓名：\u2067欧阳慧敏\u2069"
    assert [text[one.start : one.end].strip("\u2067\u2069") for one in Finder(read_profile()).find(text)] == [
        "欧阳慧敏"
    ]
