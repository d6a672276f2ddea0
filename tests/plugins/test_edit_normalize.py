import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate import Batch, Doc, key_of
from curate.origin import apply_cuts
from curate.plugins import load_plugins
from curate.stages import make_stage, run_stage
from curate.steps import Line
from curate_plugins.edit.normalize import normalize

ODD = "a b,。，Ａ９！é\u0301e\u0327가\u1112\u1161\u11ab\r\n\n\t \u3000\xa0\xad\u200b\u200d\ufeff\u2028\x0c\x00ﬁ⼀豈Å…①½图“"


def normalized(*texts):
    cuts = normalize(Batch.of(Doc(text, key=key_of("s", at)) for at, text in enumerate(texts)))
    return [apply_cuts(text, own) for text, own in zip(texts, cuts, strict=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("阀门，泵！（甲）：“乙”……", "阀门，泵！（甲）：“乙”……"),
        ("①½…“quoted” ™", "①½…“quoted” ™"),
        ("型号ＬＱ－８０，１２号", "型号LQ－80，12号"),
        ("⽔泵 and ofﬁce 豈", "水泵 and office 豈"),
        ("cafe\u0301 and Å", "café and Å"),
        ("水\u200b泵 soft\u00adhyphen \ufeffmark", "水泵 softhyphen mark"),
        ("a\xa0b\u3000水", "a b 水"),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("one  \n水泵\u3000\n\ttwo", "one\n水泵\n\ttwo"),
        ("a\n\n\nb\n\n\n\n\n泵", "a\n\n\nb\n\n泵"),
        ("\n \n    def f():\n\t\treturn 1\n\n", "    def f():\n\t\treturn 1"),
        ("پ\u200cن 👩\u200d💻 水\u200d泵", "پ\u200cن 👩\u200d💻 水泵"),
        ("", ""),
        (" \n\ufeff", ""),
    ],
)
def test_what_looks_the_same_is_spelt_the_same_and_chinese_punctuation_stays(text, expected):
    assert normalized(text) == [expected]


@given(st.lists(st.text(st.one_of(st.sampled_from(ODD), st.characters(exclude_categories=["Cs"]))), max_size=3))
def test_a_second_time_changes_nothing_and_the_text_is_nfc(texts):
    once = normalized(*texts)
    assert normalized(*once) == once
    for text in once:
        assert unicodedata.is_normalized("NFC", text)
        assert text == text.rstrip()
        assert "\n\n\n\n" not in text


@pytest.mark.parametrize(
    "text", ["水泵 １２ 号 \n" * 50, "a \n" * 20_000, " " * 100_000 + "a", ("\r\n" + " " * 50_000) * 2 + "b"]
)
def test_long_runs_of_white_space_are_no_matter(text):
    assert len(normalized(text)[0]) <= len(text)


def test_the_origin_is_kept_through_it():
    line = Line("normalize", load_plugins()["step"]["normalize"], {})
    batch, _ = run_stage(make_stage([line]), Batch.of([Doc("\ufeff泵\u200b房\r\nＡ", key=key_of(1))]))
    (doc,) = batch
    assert doc.text == "泵房\nA"
    assert [(one.start, one.end, one.at) for one in doc.origin] == [(0, 1, 1), (1, 2, 3), (2, 3, 5)]


def test_every_message_of_an_example_is_normalized():
    messages = [{"role": "user", "content": "阀门\u200b？ "}, {"role": "assistant", "content": "Ｏｐｅｎ"}]
    line = Line("normalize", load_plugins()["step"]["normalize"], {})
    batch, _ = run_stage(make_stage([line]), Batch.of([Doc(messages=messages, key=key_of(1))]))
    assert [said["content"] for said in next(iter(batch)).messages] == ["阀门？", "Open"]
