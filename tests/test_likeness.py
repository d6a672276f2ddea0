import json
import random

import numpy as np
import pytest
from click.testing import CliRunner

from curate import CurateError
from curate.cli import main
from curate.kernels.grams import read_model
from curate.likeness import area, calibrated, fit

PUMPS = [
    "the",
    "pump",
    "泵",
    "seal",
    "密封",
    "轴承",
    "grease",
    "润滑",
    "casing",
    "valve",
    "阀门",
    "flow",
    "流量",
    "is",
    "of",
]
NEWS = [
    "the",
    "match",
    "比赛",
    "minister",
    "部长",
    "market",
    "市场",
    "singer",
    "歌手",
    "weather",
    "天气",
    "vote",
    "is",
    "of",
]


def texts(words, count, seed):
    draw = random.Random(seed)
    return [" ".join(draw.choices(words, k=draw.randint(20, 900))) for _ in range(count)]


@pytest.fixture
def rows(write):
    """A JSONL file of texts."""
    return lambda name, some: str(write(name, "".join(json.dumps({"text": text}) + "\n" for text in some)))


@pytest.fixture
def sides(rows):
    return rows("good.jsonl", texts(PUMPS, 15, 1)), rows("background.jsonl", texts(NEWS, 60, 2))


def margins(path, some, batch):
    return read_model(path).margins(batch(*some).words)


def test_texts_that_were_not_seen_are_told_apart_short_and_long_alike(tmp_path, sides, batch):
    told = fit(*sides, tmp_path / "a.model")
    assert told["auc"] == 1
    assert told["limit"] > 0.5
    liked, other = (margins(tmp_path / "a.model", texts(words, 20, 3), batch) for words in (PUMPS, NEWS))
    assert liked.min() > 0 > other.max()
    few, many = margins(tmp_path / "a.model", [" ".join(PUMPS * 20), " ".join(PUMPS * 2_000)], batch)
    assert abs(few - many) < 0.2 * few
    assert margins(tmp_path / "a.model", ["", "。，\n"], batch).tolist() == [-np.inf, -np.inf]


def test_the_same_texts_give_the_same_bytes_in_any_order_of_files(tmp_path, sides, rows, write):
    told = fit(*sides, tmp_path / "a.model")
    for at, text in enumerate(texts(PUMPS, 15, 1)[::-1]):
        write(f"good/{at}.txt", text)
    again = fit(str(tmp_path / "good"), rows("other.jsonl", texts(NEWS, 60, 2)[::-1]), tmp_path / "b.model")
    assert (tmp_path / "a.model").read_bytes() == (tmp_path / "b.model").read_bytes()
    assert {**told, "model": ""} == {**again, "model": ""}
    assert told["bytes"] == (tmp_path / "a.model").stat().st_size < 1_000_000


def test_a_text_that_is_in_both_is_liked_and_one_that_is_there_twice_counts_once(tmp_path, sides, rows):
    both = rows("both.jsonl", [*texts(NEWS, 60, 2), *texts(PUMPS, 15, 1), *texts(NEWS, 5, 2)])
    told = fit(sides[0], both, tmp_path / "b.model")
    assert (told["unlike"]["documents"], told["unlike"]["fitted"]) == (80, 60)
    fit(*sides, tmp_path / "a.model")
    found, wanted = read_model(tmp_path / "b.model"), read_model(tmp_path / "a.model")
    assert found.weights.tolist() == wanted.weights.tolist()


def test_a_text_without_a_word_is_read_and_not_used(tmp_path, sides, rows):
    told = fit(rows("marks.jsonl", [*texts(PUMPS, 15, 1), "...", "。，！"]), sides[1], tmp_path / "a.model")
    assert (told["like"]["documents"], told["like"]["fitted"]) == (17, 15)
    with pytest.raises(CurateError, match=r"--like .* has 0 different documents; a model needs 5"):
        fit(rows("only.jsonl", ["...", "?!"]), sides[1], tmp_path / "b.model")


def said(*words):
    return CliRunner().invoke(main, words, prog_name="curate", terminal_width=100)


def test_help_says_what_it_does(golden):
    golden("help_fit", said("fit", "--help").output)


def test_the_command_tells_what_it_read_how_good_it_is_and_the_line_for_a_recipe(tmp_path, sides, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = said("fit", "quality", "--like", "good.jsonl", "--unlike", "background.jsonl").output.splitlines()
    assert lines[0].startswith("like    good.jsonl        15 documents, ")
    assert lines[1].startswith("unlike  background.jsonl  60 documents, ")
    assert lines[2] == "AUC 1.000 on texts held out, 5-fold"
    assert " of good.jsonl and 0% of background.jsonl" in lines[3]
    assert lines[4] == "wrote quality.model, 262 kB; a recipe's step:"
    assert lines[5].startswith("  - likeness: {model: quality.model, min: 0.")
    told = json.loads(said("fit", "quality", "--like", sides[0], "--unlike", sides[1], "--json").stdout)
    assert told["like"]["documents"] == 15
    assert f"min: {told['limit']:g}}}" in lines[5]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["--like", "good.jsonl"],
            "fit needs --unlike BACKGROUND: texts that are not meant, best a sample of the corpus",
        ),
        (["--like", "no", "--unlike", "background.jsonl"], "--like no: nothing is at "),
        (["--like", "good.jsonl", "--unlike", "empty"], "--unlike empty: no document could be read there"),
        (["--like", "binary.txt", "--unlike", "good.jsonl"], "--like binary.txt: no document could be read there"),
        (["--like", "one.txt", "--unlike", "good.jsonl"], "--like one.txt has 1 document; a model needs 5 a side"),
        (["--like", "good.jsonl", "--unlike", "one.txt"], "--unlike one.txt has 1 document; a model needs 5 a side"),
        (["--like", "same.jsonl", "--unlike", "good.jsonl"], "--like same.jsonl has 1 document; a model"),
        (
            ["--like", "good.jsonl", "--unlike", "good.jsonl"],
            "--unlike good.jsonl holds nothing that --like good.jsonl",
        ),
        (["--like", "good.jsonl", "--unlike", "alike.jsonl"], "cannot be told apart by their words; choose texts"),
    ],
    ids=["unlike", "path", "empty", "binary", "one", "other one", "same", "twice", "alike"],
)
def test_what_is_too_little_is_a_sentence(tmp_path, sides, rows, write, monkeypatch, words, sentence):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    write("binary.txt", b"\0\0\0")
    write("one.txt", "the pump")
    rows("same.jsonl", ["the pump 泵"] * 9)
    rows("alike.jsonl", [text + " " for text in texts(PUMPS, 15, 1)])
    told = said("fit", "quality", *words)
    assert told.exit_code == 1
    assert told.stderr.splitlines()[-1].startswith("curate: ")
    assert sentence in told.stderr
    assert not (tmp_path / "quality.model").exists()


def test_the_area_under_the_curve_is_how_often_a_liked_one_has_more():
    values = np.array([3.0, 1, 2, 2, 0, 1])
    labels = np.array([True, True, True, False, False, False])
    pairs = [(one > other) + (one == other) / 2 for one in values[labels] for other in values[~labels]]
    assert area(values, labels) == pytest.approx(np.mean(pairs))


def test_calibrated_margins_are_log_odds_with_both_sides_weighing_the_same():
    draw = np.random.default_rng(0)
    labels = np.arange(4_000) < 1_000
    margins = np.where(labels, 1, -1) * 2.0 + draw.normal(size=4_000) * 2  # its log-odds are the margin itself
    slope, offset = calibrated(3 * margins + 1, labels)
    assert slope * 3 == pytest.approx(1, abs=0.1)
    assert slope + offset == pytest.approx(0, abs=0.15)
