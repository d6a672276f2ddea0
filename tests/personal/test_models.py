import re
import sys
from importlib.util import find_spec

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from curate import RecipeError
from curate.personal.engine import Engine
from curate.personal.finder import Finder
from curate.personal.models import AROUND, LONGEST, find, likely, read_model, windows
from curate.personal.profile import read_profile

TEXT = "昨天下午欧阳浩然与 Quentin Zyl 在上海见面。"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A spaCy pipeline on disk that knows two people and a city."""
    pipeline = spacy.blank("zh")
    known = {"欧阳浩然": "PER", "Quentin Zyl": "PERSON", "上海": "GPE"}
    ruler = pipeline.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": label, "pattern": word} for word, label in known.items()])
    path = tmp_path_factory.mktemp("models") / "zh"
    pipeline.to_disk(path)
    return path


def said(engine, text=TEXT):
    return [(text[one.start : one.end], one.type) for one in engine.find(text)]


def test_a_spacy_model_finds_people_in_chinese_and_english(folder):
    engine = Engine(Finder(read_profile()), ner={"model": f"spacy:{folder}"})
    assert said(engine) == [("欧阳浩然", "person"), ("Quentin Zyl", "person")]


def test_a_name_that_the_model_is_sure_of_goes_from_the_whole_text(folder):
    engine = Engine(Finder(read_profile()), ner={"model": f"spacy:{folder}"})
    text = "Quentin Zyl\n" + "a " * 200 + "quoted by Quentin Zyl."
    assert [name for name, _ in said(engine, text)] == ["Quentin Zyl", "Quentin Zyl"]
    assert engine.names(TEXT) == ["Quentin Zyl", "欧阳浩然"]


def test_labels_say_what_else_is_personal(folder):
    told = {"model": f"spacy:{folder}", "labels": {"GPE": "address"}}
    assert ("上海", "address") in said(Engine(Finder(read_profile()), ner=told))


def test_what_the_model_is_less_sure_of_than_asked_stays(folder):
    predict, labels, _ = read_model({"model": f"spacy:{folder}"})
    assert len(find(TEXT, predict, labels, 0.5)) == 2
    assert find(TEXT, predict, labels, 0.9) == []


def test_the_model_is_shown_likely_windows_alone():
    shown = []

    def predict(texts):
        shown.extend(texts)
        return [[] for _ in texts]

    far = "没有名字的一段话。" * 60
    find(f"{far}患者欧阳浩然来了{far}{far}Quentin Zyl{far}", predict, {}, 0.5)
    assert len(shown) == 2
    assert all(len(text) <= 2 * AROUND + 12 for text in shown)


def test_many_windows_go_in_one_call():
    calls = []

    def predict(texts):
        calls.append(len(texts))
        return [[] for _ in texts]

    find(("没有名字的一段话。" * 60 + "Quentin Zyl").join([""] * 41), predict, {}, 0.5)
    assert calls == [32, 8]


@given(st.text(st.sampled_from("张伟国 Ab.李先生\n😀"), max_size=400))
def test_windows_are_in_order_inside_and_short_enough_and_cut_no_likely_name(text):
    found = windows(text)
    assert found == sorted(found)
    assert all(0 <= start < end <= min(len(text), start + LONGEST) for start, end in found)
    for match in likely().finditer(text):
        assert any(start <= match.start() and match.end() <= end for start, end in found)


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"model": "spacy:zh_core_no_such"}, "python -m spacy download zh_core_no_such"),
        ({"model": "spacey:x"}, "did you mean 'spacy'"),
        ({"model": "zh_core_web_sm"}, "model should be LIBRARY:NAME such as spacy:zh_core_web_sm"),
        ({}, "model should be LIBRARY:NAME"),
        ({"modell": "spacy:x"}, "no key 'modell'; did you mean 'model'"),
        ({"model": "spacy:x", "labels": ["PER"]}, "labels should be a mapping"),
        ({"model": "spacy:x", "threshold": 2}, "threshold should be a number from 0 to 1, not 2"),
        ({"model": "transformers:no/such"}, "there is none at 'no/such'; nothing is fetched"),
        ({"model": "gliner:no/such"}, "gliner models are named by their folder"),
    ],
)
def test_what_is_wrong_with_ner_is_a_sentence(told, sentence):
    with pytest.raises(RecipeError, match=re.escape(sentence)):
        read_model(told)


@pytest.mark.parametrize(("kind", "line"), [("transformers", 'pip install "transformers" "torch"'), ("gliner", 'pip install "gliner"')])  # fmt: skip
def test_a_missing_library_is_told_with_the_line_that_installs_it(tmp_path, monkeypatch, kind, line):
    monkeypatch.setitem(sys.modules, kind, None)
    with pytest.raises(RecipeError, match=line):
        read_model({"model": f"{kind}:{tmp_path}"})


@pytest.mark.skipif(not (find_spec("torch") and find_spec("transformers")), reason="torch is the extra `train`")
def test_a_token_classifier_in_a_folder_is_asked(tmp_path):
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast

    words = Tokenizer(models.WordLevel({"[UNK]": 0, "[PAD]": 1, "Quentin": 2, "Zyl": 3}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=words, unk_token="[UNK]", pad_token="[PAD]").save_pretrained(tmp_path)
    tiny = BertConfig(vocab_size=4, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8,
                      id2label={0: "O", 1: "B-PER"}, label2id={"O": 0, "B-PER": 1}, pad_token_id=1)  # fmt: skip
    BertForTokenClassification(tiny).save_pretrained(tmp_path)
    predict, labels, _ = read_model({"model": f"transformers:{tmp_path}"})
    assert all(one.type == "person" for one in find(TEXT, predict, labels, 0.0))
