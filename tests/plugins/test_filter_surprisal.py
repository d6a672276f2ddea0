import json
import random
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

import curate
from curate import Batch, CurateError, Doc, RecipeError, key_of
from curate.testing import check
from curate_plugins.filter.surprisal import char_model, load, surprisal

GENERAL = Path(__file__).parents[2] / "sample_data" / "general"


WHEN = ["启动之前", "停机之后", "运行期间", "每月一次", "检修的时候", "夜班交接时", "压力下降时", "温度升高后"]
WHO = ["操作人员", "值班工程师", "维修班组", "安全主管", "电气技师", "仓库管理员", "现场负责人", "客户代表"]
HOW = ["应当仔细", "必须立即", "可以缓慢", "需要再次", "不得随意", "应按规程", "最好提前", "务必逐一"]
DOES = ["检查", "更换", "清洗", "记录", "调整", "拆卸", "润滑", "测量", "关闭", "打开"]
WHAT = [
    "轴承的润滑情况",
    "机械密封的磨损",
    "联轴器的对中",
    "出口阀门的开度",
    "电动机的电流",
    "泵壳内的压力",
    "叶轮的间隙",
    "地脚螺栓的力矩",
]


def sentences(language):
    """What the sample data says, sentence by sentence."""
    mark = "。" if language == "zh" else ". "
    for row in (GENERAL / f"general_{language}.jsonl").read_text(encoding="utf-8").splitlines():
        yield from (one.strip() + mark for one in json.loads(row)["text"].split(mark.strip()) if len(one) > 9)


def chinese(rng):
    """A made paragraph of a manual."""
    return "".join(
        f"{'，'.join(map(rng.choice, (WHEN, WHO)))}{''.join(map(rng.choice, (HOW, DOES, WHAT)))}。" for _ in range(5)
    )


def clauses(language, many):
    """Texts that share their sentences word for word."""
    rng, all_of_them = random.Random(0), list(sentences(language))
    return ["".join(rng.sample(all_of_them, 5)) for _ in range(many)]


EVERY = list(sentences("en"))
EN = ["".join(EVERY[at : at + 4]) for at in range(0, len(EVERY) - 3, 4)]
ZH = [chinese(random.Random(at)) for at in range(300)]


def noise(text, rng):
    """Letters, or Chinese characters, by chance."""
    if "的" in text:
        return "".join(chr(rng.randrange(0x4E00, 0x9FA5)) for _ in text)
    return " ".join("".join(rng.choices("bcdfghjklmnpqrstvwxz", k=len(word))) for word in text.split())


def scrambled(text, rng):
    """The letters of each word, or all Chinese characters, in another order."""
    mixed = "" if "的" in text else " "
    return mixed.join("".join(rng.sample(word, len(word))) for word in (text.split() if mixed else [text]))


def model_of(texts, tmp_path):
    (tmp_path / "model").write_bytes(char_model([Doc(text) for text in texts]))
    return load(tmp_path / "model")


def measure(texts, model):
    values = surprisal(Batch.of([Doc(text, key=key_of(at)) for at, text in enumerate(texts)]), model)
    return {name: np.asarray(value) for name, value in values.items()}


def dirty(texts, share, how, seed=0):
    """The texts, so many of them broken, and which those are."""
    rng = random.Random(seed)
    broken = np.array([rng.random() < share for _ in texts])
    return [how(text, rng) if one else text for text, one in zip(texts, broken, strict=True)], broken


@pytest.mark.parametrize("how", [noise, scrambled])
@pytest.mark.parametrize("share", [0.05, 0.25, 0.45])
@pytest.mark.parametrize("texts", [EN, ZH, EN + ZH], ids=["en", "zh", "mixed"])
def test_what_is_broken_is_told_though_it_was_in_the_sample(texts, share, how, tmp_path):
    found, broken = dirty(texts, share, how)
    over = measure(found, model_of(found, tmp_path))["surprisal"] > 1
    assert over[broken].mean() > 0.95
    assert over[~broken].mean() < 0.03


@pytest.mark.parametrize("texts", [EN, ZH, EN + ZH], ids=["en", "zh", "mixed"])
def test_of_sound_texts_that_taught_nothing_few_are_over_the_limit(texts, tmp_path):
    found = random.Random(1).sample(texts, len(texts))
    values = measure(found[::2], model_of(found[1::2], tmp_path))
    assert ((values["surprisal"] > 1) | (values["disorder"] > 1)).mean() < 0.05


def test_a_long_text_that_is_broken_in_half_is_told(tmp_path):
    model, rng = model_of(EN + ZH, tmp_path), random.Random(0)
    for texts in (EN[:12], ZH[:12]):
        half = [noise(text, rng) if at % 4 > 1 else text for at, text in enumerate(texts)]
        sound, broken = measure(["".join(texts), "".join(half)], model)["surprisal"]
        assert sound < 0.6
        assert broken > 1


@pytest.mark.parametrize("many", [100, 900])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_corpus_of_clauses_that_say_the_same_is_not_thought_broken(language, many, tmp_path):
    texts = clauses(language, many)
    assert (measure(texts, model_of(texts, tmp_path))["surprisal"] > 1).mean() < 0.03


def test_words_in_another_order_are_disorder_and_not_surprisal(tmp_path):
    rng = random.Random(0)
    shuffled = [" ".join(rng.sample(text.split(), len(text.split()))) for text in EN]
    model = model_of(EN, tmp_path)
    sound, broken = measure(EN, model), measure(shuffled, model)
    assert (broken["disorder"] > sound["disorder"]).mean() > 0.9
    assert np.median(broken["surprisal"]) < 1


def test_what_the_sample_hardly_has_is_not_judged(tmp_path):
    model = model_of(EN + ZH, tmp_path)
    russian = "Проверяйте подшипники насоса каждый месяц и записывайте показания манометра в журнал. " * 3
    assert measure([russian, "", "\0\0", "12 34"], model)["surprisal"].max() <= 1


def test_of_few_texts_no_limit_is_told(tmp_path):
    values = measure([*EN[:5], noise(EN[0], random.Random(0))], model_of(EN[:20], tmp_path))
    assert not any(value.any() for value in values.values())


def test_the_model_is_small_and_the_same_each_time():
    docs = [Doc(text) for text in EN + ZH]
    assert char_model(docs) == char_model(docs)
    assert len(char_model(docs)) < 1_000_000


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-10],
        lambda data: data[:5_000] + bytes([data[5_000] ^ 1]) + data[5_001:],
        lambda data: b"no model",
        lambda data: npz(keys=[1]),
        lambda data: npz(keys=[1], steps=[1], totals=[1, 2, 3], bits=[], usual=[], limit=[]),
    ],
)
def test_a_file_that_is_no_model_or_a_damaged_one_is_told_so(tmp_path, damage):
    (tmp_path / "model").write_bytes(damage(char_model([Doc(text) for text in EN])))
    with pytest.raises(CurateError, match="model is no model of `char_model`, or a damaged one; a recipe names"):
        load(tmp_path / "model")


def npz(**arrays):
    """Arrays as a file of NumPy's."""
    np.savez(out := BytesIO(), **arrays)
    return out.getvalue()


def test_a_run_learns_of_its_own_documents_and_drops_what_is_broken(tmp_path):
    found, broken = dirty(EN + ZH, 0.3, noise)
    rows = [json.dumps({"id": str(at), "text": text}) for at, text in enumerate(found)]
    (tmp_path / "all.jsonl").write_text("\n".join(rows))
    recipe = {
        "sources": {"all": {"path": str(tmp_path / "all.jsonl")}},
        "steps": ["char_model", "garble", "loops", {"surprisal": {"model": "char_model"}}],
        "text": {"format": "parquet"},
    }
    ledger = curate.run(recipe, tmp_path / "run", workers=1).ledger.to_pylist()
    dropped = {int(row["id"]) for row in ledger if row["outcome"] == "dropped"}
    assert len(dropped & set(np.flatnonzero(broken))) > 0.95 * broken.sum()
    assert len(dropped - set(np.flatnonzero(broken))) < 0.03 * (~broken).sum()
    assert {row["step"] for row in ledger} >= {"garble", "surprisal"}


def test_without_a_model_a_recipe_says_what_is_missing(tmp_path):
    (tmp_path / "a.txt").write_text("pump")
    with pytest.raises(RecipeError, match="surprisal needs `model:`"):
        curate.run({"sources": {"a": {"path": str(tmp_path)}}, "steps": ["surprisal"]}, tmp_path / "run")


def test_they_hold_what_every_plugin_has_to_hold(tmp_path):
    check(char_model)
    (tmp_path / "model").write_bytes(char_model([Doc(text) for text in EN + ZH]))
    check(surprisal, *EN[:3], *ZH[:3], model=tmp_path / "model")
