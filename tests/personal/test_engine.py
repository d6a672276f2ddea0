import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import RecipeError
from curate.personal.engine import Engine, recognizer
from curate.personal.finder import Finder
from curate.personal.profile import read_profile

PLAIN = "一段没有个人信息的文字。 Nothing personal here."
YAML = """
recognizers:
  - name: Staff
    supported_entity: STAFF_ID
    patterns: [{name: plain, regex: "ZX[0-9]{5}", score: 0.3}]
    context: [胸牌, badge]
"""
BEHIND = 'recognizers: [{name: L, supported_entity: X, patterns: [{name: l, regex: "(?<=no )Q[0-9]{4}", score: 0.7}]}]'


@pytest.fixture(scope="module")
def engine():
    return Engine(Finder(read_profile()))


def said(engine, text, known=()):
    return [(text[one.start : one.end], one.type) for one in engine.find(text, known)]


def test_presidio_finds_what_the_finder_finds(engine):
    for text in [
        "手机13812345678，邮箱lena@corp.cn",
        "Call (305) 795-0285 or lena@corp.cn",
        PLAIN,
        "",
        "😀\0",
        "患者：张伟",
    ]:
        assert engine.find(text) == engine.finder.find(text)


@given(st.text(max_size=40), st.text(max_size=40))
def test_what_it_finds_lies_in_the_text_in_order_and_apart(before, after):
    text = f"{before} lena@corp.cn {after}"
    found = SHARED.find(text)
    bounds = [at for one in found for at in (one.start, one.end)]
    assert bounds == sorted(bounds)
    assert any("lena@corp.cn" in text[one.start : one.end] for one in found)


SHARED = Engine(Finder(read_profile()))


def test_a_text_that_the_gate_clears_never_gets_to_presidio(engine, monkeypatch):
    monkeypatch.delattr(engine.analyzer, "registry")
    assert not engine.suspects(PLAIN.encode())
    assert engine.find(PLAIN) == []


def test_a_name_known_from_elsewhere_is_found_where_nothing_else_is(engine):
    assert said(engine, "昨天张伟来过", ["张伟"]) == [("张伟", "person")]


def test_it_tells_which_names_a_text_makes_sure_of(engine):
    assert engine.names("姓名：张伟，电话13812345678。张伟已出院。") == ["张伟"]
    assert engine.names(PLAIN) == []


def test_a_pattern_of_the_users_joins_the_gate(write):
    engine = Engine(Finder(read_profile()), write("own.yaml", YAML))
    assert engine.others == []
    assert not engine.suspects(PLAIN.encode())
    assert said(engine, "胸牌ZX12345已登记") == [("ZX12345", "staff_id")]
    assert said(engine, "the badge ZX12345 and 13812345678") == [("ZX12345", "staff_id"), ("13812345678", "phone")]


def test_a_pattern_without_its_context_words_is_as_sure_as_it_says(write):
    engine = Engine(Finder(read_profile()), write("own.yaml", YAML))
    assert said(engine, "ZX12345") == []
    assert engine.find("胸牌ZX12345")[0].score == pytest.approx(0.65)


def test_what_re2_does_not_take_is_asked_of_every_text(write):
    engine = Engine(Finder(read_profile()), write("own.yaml", BEHIND))
    assert len(engine.others) == 1
    assert engine.suspects(PLAIN.encode())
    assert said(engine, "no Q1234, on Q9999") == [("Q1234", "x")]


def test_context_words_raise_what_presidio_finds_itself(write):
    engine = Engine(Finder(read_profile()), write("own.yaml", BEHIND.replace("}]}]", "}], context: [胸牌]}]")))
    (alone,), (near,) = engine.find("no Q1234"), engine.find("胸牌 no Q1234")
    assert (alone.score, near.score) == (pytest.approx(0.7), pytest.approx(1.0))


def test_our_recognizer_stands_in_any_registry_of_presidio():
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer
    from presidio_analyzer.nlp_engine import NoOpNlpEngine
    from presidio_analyzer.predefined_recognizers import UrlRecognizer

    nlp = NoOpNlpEngine([{"lang_code": "en", "model_name": ""}])
    nlp.load()
    registry = RecognizerRegistry([recognizer(Finder(read_profile()), "en"), UrlRecognizer()])
    with pytest.warns(UserWarning, match="cannot use context words"):
        theirs = AnalyzerEngine(registry, nlp, context_aware_enhancer=LemmaContextAwareEnhancer())
    text = "手机13812345678，见 https://example.com/a"
    found = theirs.analyze(text, "en")
    assert {(text[one.start : one.end], one.entity_type) for one in found} >= {
        ("13812345678", "PHONE"),
        ("https://example.com/a", "URL"),
    }
    assert [one.entity_type for one in theirs.analyze(text, "en", entities=["PHONE"])] == ["PHONE"]


def test_a_pattern_that_takes_too_long_is_an_error_of_that_text_and_does_not_let_it_pass(write):
    own = write("own.yaml", BEHIND.replace("(?<=no )Q[0-9]{4}", r"(a|aa)+(?=b)\\\\1$").replace('"', "'"))
    script = f"""
from pathlib import Path
from curate.personal.engine import Engine
from curate.personal.finder import Finder
from curate.personal.profile import read_profile
engine = Engine(Finder(read_profile()), Path({str(own)!r}))
try:
    engine.find("a" * 60)
except ValueError as error:
    print(error)
"""
    told = {"REGEX_TIMEOUT_SECONDS": "1"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=told)
    assert "a recognizer's pattern took too long" in done.stdout


def test_a_type_that_nothing_finds_is_told_with_the_nearest_that_something_does(write):
    path = write("own.yaml", YAML)
    engine = Engine(Finder(read_profile()), path)
    engine.check_types(actions=["phone", "staff_id"], max=["person"])
    with pytest.raises(RecipeError) as error:
        engine.check_types(actions=["phon"], max=["staff"])
    assert [*error.value.problems] == [
        "actions: there is no type 'phon'; did you mean 'phone'?",
        "max: there is no type 'staff'; did you mean 'staff_id'?",
    ]
