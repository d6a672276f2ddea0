from collections import Counter
from itertools import pairwise
from math import isclose, log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.kernels.grams import BINS, PASSAGE, GramModel, count_grams, joined, model_bytes, read_model, weigh_grams
from curate.kernels.words import PUNCT, split_words

MASK = 2**64 - 1
TEXTS = st.lists(
    st.one_of(
        st.lists(st.sampled_from(["泵", "离心泵。", "pump ", "Ｐump ", "a", "\0", "👩‍🔧", "\n", " "]), max_size=30).map(
            "".join
        ),
        st.text(st.characters(exclude_categories=["Cs"])),
        st.tuples(st.sampled_from(["泵 pump ", "x", "一二三，"]), st.integers(0, 3_000)).map(
            lambda one: one[0] * one[1]
        ),
    ),
    max_size=4,
)
WEIGHTS, RATIOS = np.random.default_rng(0).normal(size=(2, BINS)).astype(np.float32)


def split(texts):
    encoded = [text.encode() for text in texts]
    return split_words(np.frombuffer(b"".join(encoded), np.uint8), np.cumsum([0, *map(len, encoded)]))


def place(before, word):
    mixed = (before * 0xBF58476D1CE4E5B9 & MASK) ^ word
    return ((mixed ^ mixed >> 29) * 0x9E3779B97F4A7C15 & MASK) >> 48


def plainly(texts):
    """The definition in plain Python: a list of passages a document, each bin → how often."""
    words = split(texts)
    for first, last in pairwise(words.start.tolist()):
        plain = words.hash[first:last][words.kind[first:last] != PUNCT].tolist()
        passages = max(1, (len(plain) + PASSAGE // 2) // PASSAGE)
        cuts = [len(plain) * at // passages for at in range(passages + 1)]
        runs = [plain[begin:end] for begin, end in pairwise(cuts)]
        yield [Counter([place(0, word) for word in run] + [place(*pair) for pair in pairwise(run)]) for run in runs]


@given(TEXTS)
def test_counts_are_what_the_definition_in_plain_python_says(texts):
    counted, expected = count_grams(split(texts)), list(plainly(texts))
    assert counted.document.tolist() == [at for at, passages in enumerate(expected) for _ in passages]
    found = [
        dict(zip(counted.bin[first:last].tolist(), counted.often[first:last].tolist(), strict=True))
        for first, last in pairwise(counted.start.tolist())
    ]
    assert found == [passage for passages in expected for passage in passages]


@given(TEXTS)
def test_weights_are_what_the_definition_in_plain_python_says(texts):
    weighed = weigh_grams(split(texts), WEIGHTS, RATIOS).tolist()
    for (margin, ratio, every), passages in zip(weighed, plainly(texts), strict=True):
        lengths = [sqrt(sum(log(1 + often) ** 2 for often in one.values())) or 1 for one in passages]
        sums = [sum(log(1 + often) * WEIGHTS[bin] for bin, often in one.items()) for one in passages]
        wanted = sum(sums[at] / lengths[at] for at in range(len(passages))) / len(passages)
        assert isclose(margin, wanted, rel_tol=1e-4, abs_tol=1e-4)
        assert every == sum(one.total() for one in passages)
        sums = [often * float(RATIOS[bin]) for one in passages for bin, often in one.items()]
        assert isclose(ratio, sum(sums) / max(every, 1), rel_tol=1e-6, abs_tol=1e-6)


def test_the_bins_of_known_words_stay_since_models_were_fitted_to_them():
    assert sorted(count_grams(split(["Pump 泵。pump"])).bin.tolist()) == [15345, 25326, 28566, 63377]


def test_counts_of_batches_are_those_of_all_texts_at_once():
    texts = ["泵 pump", "", "seal " * 900, "油"]
    parts = joined([count_grams(split(texts[:2])), count_grams(split(texts[2:]))])
    for one, other in zip(parts, count_grams(split(texts)), strict=True):
        assert one.tolist() == other.tolist()


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.model"
    path.write_bytes(model_bytes(GramModel(WEIGHTS, RATIOS, 0.25, {"auc": 0.9})))
    return path


def test_a_model_is_read_as_it_was_written_to_16_bits(path):
    model = read_model(path)
    assert np.abs(model.weights - WEIGHTS).max() < 0.003
    assert (model.bias, model.about["auc"]) == (0.25, 0.9)
    assert model_bytes(model._replace(about={"auc": 0.9})) == path.read_bytes()
    assert path.stat().st_size < 1_000_000


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda data: data[:-1], "is damaged or cut short; fit it anew with `curate fit`, or copy it again"),
        (lambda data: data[:40], "is damaged or cut short"),
        (lambda data: data[:300] + bytes([data[300] ^ 1]) + data[301:], "is damaged or cut short"),
        (
            lambda data: data.replace(b"likeness 1", b"likeness 0"),
            "is no model that `curate fit` of this version wrote",
        ),
        (lambda data: b"PK\3\4", "is no model that `curate fit` of this version wrote; fit it anew"),
        (lambda data: b"", "is no model that `curate fit`"),
    ],
    ids=["short", "head", "bit", "version", "other", "empty"],
)
def test_a_wrong_or_damaged_file_is_a_sentence(path, damage, sentence):
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=f"a.model {sentence}"):
        read_model(path)
    with pytest.raises(ValueError, match=r"is no file; `curate fit` writes a model"):
        read_model(path.parent)


def test_a_word_that_shares_its_bin_with_the_pair_it_makes_is_weighed_like_any_other():
    words = split(["w32308 " * (PASSAGE + PASSAGE // 2 - 1)])
    (bins,) = {place(0, int(words.hash[0])), place(int(words.hash[0]), int(words.hash[0]))}
    assert count_grams(words).often.tolist() == [2 * len(words.hash) - 1]
    weights = np.zeros(BINS, np.float32)
    weights[bins] = 2
    assert weigh_grams(words, weights, weights)[0] == pytest.approx([2, 2, 2 * len(words.hash) - 1])
