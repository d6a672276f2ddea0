import random

import numpy as np
import pytest

from curate import CurateError, key_of
from curate.kernels.grams import BINS, GramModel, count_grams, model_bytes
from curate.testing import check
from curate.trial import gathered
from curate_plugins.filter.likeness import importance, likeness, load, resample

PUMPS, NEWS = (
    ["pump", "泵", "seal", "密封", "轴承", "of", "the"],
    ["match", "比赛", "vote", "选举", "市场", "of", "the"],
)


@pytest.fixture
def model(tmp_path, batch):
    """A model that likes texts about pumps and not the news, its weights those of the words themselves."""
    counted = [count_grams(batch(" ".join(words * 60)).words) for words in (PUMPS, NEWS)]
    ratios = np.zeros(BINS)
    for one, sign in zip(counted, (1, -1), strict=True):
        ratios[one.bin] += sign * 2
    path = tmp_path / "pumps.model"
    path.write_bytes(model_bytes(GramModel(ratios, ratios, -0.5, {})))
    return path


def mixed(count, seed=0):
    """Texts with more or less of pumps in them, mostly less."""
    draw = random.Random(seed)
    return [" ".join(draw.choices(PUMPS if draw.random() < share else NEWS)[0] for _ in range(80)) for share in
            (draw.random() ** 2 for _ in range(count))]  # fmt: skip


def test_likeness_is_a_probability_and_importance_a_log_ratio(model, batch, run):
    texts = ["the pump 泵", "the vote 选举", "of the", ""]
    _, ledger = run([(likeness, {"model": str(model)}), (importance, {"model": str(model)})], batch(*texts))
    like, ratio = ledger["likeness"].to_pylist(), ledger["importance"].to_pylist()
    assert like[0] > 0.9 > 0.5 > like[2] > like[1] > like[3] == 0
    assert ratio[0] > 1 > ratio[2] == ratio[3] == 0 > -1 > ratio[1]
    assert ledger["outcome"].to_pylist() == ["kept"] * 4


def test_a_recipe_says_the_limit_and_what_is_under_it_is_dropped(model, batch, run):
    _, ledger = run([(likeness, {"model": str(model), "min": 0.5})], batch("the pump 泵", "the vote 选举"))
    assert ledger["reason"].to_pylist() == ["", "likeness under 0.5"]


@pytest.mark.parametrize("plugin", [likeness, importance])
def test_the_scores_hold_what_every_plugin_has_to_hold(model, plugin):
    check(plugin, model=model)


@pytest.mark.parametrize("options", [{"share": 0.3}, {"documents": 7}])
def test_resample_holds_what_every_plugin_has_to_hold(model, options):
    check(resample, model=model, **options)


def drawn(lines, model, texts, batch, **options):
    (line,) = lines((resample, {"model": str(model), **options}))
    one = batch(*texts)
    (rows,) = gathered(line, [one])
    dropped = set(rows["key"].to_pylist())
    return [text for text, key in zip(texts, one["key"].to_pylist(), strict=True) if key not in dropped]


def divergence(texts, target, batch):
    """The Kullback-Leibler divergence of the words of `texts` from those of `target`."""
    shares = []
    for some in (target, texts):
        counted = count_grams(batch(" ".join(some)).words)
        share = np.bincount(counted.bin, counted.often, BINS) + 0.01
        shares.append(share / share.sum())
    return float(np.sum(shares[0] * np.log(shares[0] / shares[1])))


def test_what_is_drawn_is_closer_to_the_target_than_what_is_drawn_by_chance(model, batch, lines):
    texts, target = mixed(400), [" ".join(random.Random(1).choices(PUMPS, k=5_000))]
    found = drawn(lines, model, texts, batch, share=0.2)
    chance = random.Random(2).sample(texts, len(found))
    assert divergence(found, target, batch) < 0.5 * divergence(chance, target, batch)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 1.0])
def test_a_share_is_drawn_and_a_smaller_share_lies_within_it(model, batch, lines, share):
    texts = [f"{text} {at}" for at, text in enumerate(mixed(400))]
    found = drawn(lines, model, texts, batch, share=share)
    assert abs(len(found) - 400 * share) <= 2
    assert set(drawn(lines, model, texts, batch, share=share / 2)) <= set(found)


def test_a_number_of_documents_is_drawn(model, batch, lines):
    texts = [f"{text} {at}" for at, text in enumerate(mixed(400))]
    assert len(drawn(lines, model, texts, batch, documents=101)) == 101
    assert len(drawn(lines, model, texts, batch, documents=10_000)) == 400


def test_there_is_chance_in_what_is_drawn_so_that_not_only_the_best_are(model, batch, lines):
    texts = [f"of the {word} {at}" for at in range(200) for word in ("hall", "yard")]  # none is better
    found = drawn(lines, model, texts, batch, share=0.5)
    assert 60 < sum("hall" in text for text in found) < 140


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"share": 0.3}, "resample needs `model:`, a file that `curate fit` wrote"),
        ({"model": "m"}, "resample needs one of `share:`, such as 0.3, and `documents:`, a number"),
        ({"model": "m", "share": 0.3, "documents": 5}, "resample needs one of `share:`"),
        ({"model": "m", "share": 1.5}, "resample: a share is more than 0 and at most 1"),
        ({"model": "m", "documents": 0}, "resample: .* a number of documents at least 1"),
    ],
)
def test_options_that_make_no_sense_are_told(model, options, sentence):
    given = {name: model if name == "model" else value for name, value in options.items()}
    with pytest.raises(CurateError, match=f"^{sentence}"):
        resample(**given)


def test_a_file_that_is_no_model_is_told(tmp_path, write):
    other = write("other.model", "not a model")
    with pytest.raises(CurateError, match=r"^.*other\.model is no model that `curate fit` of this version wrote"):
        load(other)
    with pytest.raises(CurateError, match=r"^.*other\.model is no model"):
        resample(model=other, share=0.5)


def test_keys_not_order_say_who_is_drawn(model, batch, lines):
    texts = [f"{text} {at}" for at, text in enumerate(mixed(60))]
    (line,) = lines((resample, {"model": str(model), "share": 0.4}))
    one = batch(*texts)
    parts = [one.keep(np.arange(60) % 3 == rest) for rest in (2, 0, 1)]
    apart = {key for rows in gathered(line, parts) for key in rows["key"].to_pylist()}
    assert apart == set(gathered(line, [one])[0]["key"].to_pylist())
    assert key_of("s", "a.jsonl", 0) in set(one["key"].to_pylist())
