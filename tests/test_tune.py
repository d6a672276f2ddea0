"""Other limits tried from the ledger: beside each answer stands a real run of the recipe that `--save` writes."""

import json
import random
import sys
from contextlib import suppress
from itertools import count
from pathlib import Path

import pyarrow.compute as pc
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import curate
from curate.cli import main
from curate.engines.local import LocalEngine
from curate.errors import AlarmError, CurateError
from curate.parts import noted_run, part_path, read_batches
from curate.recipe import read_recipe
from curate.replay.recipe_text import changed_text
from curate.replay.tune import answer, save, tuned
from curate.rules import rules_of
from curate.work import all_phases

PLUGINS = """
from pathlib import Path

import curate


@curate.score(min=12, kinds=())
def size(doc):
    return len(doc.text)


@curate.score(digits=(None, 0.3), marks=(None, None), spaces=(None, 0.5), zh={"digits": (None, 0.4)}, en={"marks": (0, 6)})
def shares(doc):
    if doc.text.startswith("RAISE"):
        raise ValueError("no")
    text = doc.text
    return {
        "digits": sum(c.isdigit() for c in text) / max(len(text), 1),
        "marks": sum(c in ".,!?。，！？" for c in text),
        "spaces": text.count(" ") / max(len(text), 1),
    }


@curate.score(max=9, in_domain=False)
def loudness(doc):
    return doc.text.count("!") + doc.text.count("！")


@curate.score(min=2, cost="high")
def depth(doc):
    return len(set(doc.text)) // 5


@curate.fit(sample=40)
def usual(docs):
    return "".join(sorted({char for doc in docs for char in doc.text})).encode()


def loaded(chars: Path):
    return set(chars.read_text())


@curate.score(min=0.9, setup=loaded)
def usual_share(doc, state):
    return sum(char in state for char in doc.text) / max(len(doc.text), 1)


@curate.filter
def no_advert(doc):
    return curate.Drop("an advert") if "SALE" in doc.text else True


@curate.field(lang=str)
def tongue(doc):
    return "zh" if any("一" <= c <= "鿿" for c in doc.text) else "en" if doc.text[:1].isalpha() else None


@curate.edit
def trim(doc):
    cut = doc.text.find("Page ")
    return [(cut, len(doc.text), "")] if cut >= 0 else []


@curate.edit(scrubs=True)
def mask(doc):
    return doc.text.replace("SALE", "XXXX")


@curate.expand
def halves(doc):
    middle = len(doc.text) // 2
    return [doc.part(0, middle), doc.part(middle, len(doc.text))] if middle > 20 else [doc.part(0, len(doc.text))]
"""
ZH = "每周检查水泵的油位和轴承温度，记录数值。如有异常，请停机！"
EN = "Check the oil of the pump every week, note the value. Stop it when it is hot! "
SOURCES = {"web": "web.jsonl", "manuals": {"path": "manuals.jsonl", "domain": True}, "notes": "notes.jsonl"}


def text(rng):
    """A text of some length and some language, now and then with what steps look for; few, so that some are equal."""
    body = (ZH if rng.random() < 0.5 else EN) * 4
    start = rng.choice([0, 7, 20])
    made = body[start : start + rng.choice([3, 11, 12, 13, 30, 31, 32, 60, 61, 90])]
    made += rng.choice(["", "", "7" * rng.choice([2, 5, 9, 20, 40])])
    made += rng.choice(["", "", "", "!" * rng.randint(1, 12), " SALE", "Page 3 of 4", "\nAll rights reserved by us\n"])
    return rng.choices(["", "RAISE ", "Page 1 "], [96, 1, 3])[0] + made


class Here(LocalEngine):
    """Workers that are this very process: a run of a few documents takes a tenth of a second."""

    def __enter__(self):
        self.begin(*self.arguments)
        return self

    def map(self, function, tasks, done=lambda result: None, died=None):
        results = [function(*task) for task in tasks]
        for result in results:
            done(result)
        return results


@pytest.fixture(scope="module", autouse=True)
def here():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules["curate.run"], "LocalEngine", Here)
        yield


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """A folder with three sources, Chinese and English, and plugins."""
    folder, rng = tmp_path_factory.mktemp("corpus"), random.Random(7)
    (folder / "mine.py").write_text(PLUGINS)
    for name in ("web", "manuals", "notes"):
        rows = ({"id": f"{name}-{at}", "text": text(rng)} for at in range(200))
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return folder


names = count()


@pytest.fixture(scope="module")
def ran(corpus):
    """A run of some steps; parts are shared, so that what was made once is not made again."""
    known = {}

    def run(steps, **more):
        said = json.dumps([steps, more])
        if said not in known:
            path = corpus / f"recipe-{next(names)}.yaml"
            data = {"plugins": ["mine.py"], "sources": SOURCES, "store": "store", "steps": steps, **more}
            path.write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True))
            known[said] = curate.run(path, corpus / path.stem, workers=1)
        return known[said]

    return run


def kept(run):
    """The documents that a run kept: how many of each source, and their bytes."""
    store, phases = noted_run(run.folder)
    found = {}
    for name in phases[-1][1]:
        for batch in read_batches(part_path(store, name)):
            sizes = pc.binary_length(batch["text"]).to_pylist()
            for source, size in zip(batch["source"].to_pylist(), sizes, strict=True):
                docs, bytes = found.get(source, (0, 0))
                found[source] = (docs + 1, bytes + size)
    return found


def compared(corpus, run, moves):
    """What tune says, once it has stood the comparison with a real run."""
    replay = tuned(run.folder, moves)
    told = answer(replay)
    path = corpus / f"moved-{next(names)}.yaml"
    save(replay, path)
    again = curate.run(path, corpus / path.stem, workers=1)
    before, after = kept(run), kept(again)
    for one in told["sources"]:
        for at, measure in enumerate(("documents", "bytes")):
            said = one[measure]
            low, high = said["would_be"]
            was, would = (found.get(one["source"], (0, 0))[at] for found in (before, after))
            assert said["kept"] == was
            if measure == "documents" or not said["estimated"]:
                assert low <= would <= (would if high is None else high), (moves, one, would)
                assert low == high or not told["exact"]
    total = sum(docs for docs, _ in after.values())
    low, high = told["all"]["documents"]["would_be"]
    assert low <= total <= (total if high is None else high)
    assert bool(told["because"]) or told["exact"]
    return told


FILTERS = ["tongue", "size", "shares", "loudness", "no_advert"]


@pytest.mark.parametrize(
    "moves",
    [
        ["size=31"],
        ["size=3"],
        ["size.max=60"],
        ["size=none"],
        ["shares.digits=0.05", "size=13"],
        ["shares.digits=none", "loudness=2"],
        ["shares.zh.digits=0.1", "size.zh=32", "size.en=20"],
        ["shares.marks=[1,3]"],
        ["loudness=0", "shares.en.marks=[null,null]"],
        ["shares.spaces=null", "shares.digits=1", "size.min=null", "loudness=null"],
    ],
    ids=" ".join,
)
def test_in_a_stage_of_scores_and_in_dedup_after_it_the_answer_is_exact(corpus, ran, moves):
    told = compared(corpus, ran([*FILTERS, "exact_dedup"]), moves)
    assert told["exact"]
    assert not told["because"]


@pytest.mark.parametrize("moves", [["size=31"], ["size=3", "shares.digits=0.2"]], ids=" ".join)
def test_cut_lines_are_counted_anew_where_nothing_unseen_comes(corpus, ran, moves):
    steps = [*FILTERS, {"exact_dedup": {"prefer": ["notes"]}}, {"line_dedup": {"max_documents": 8}}]
    assert compared(corpus, ran(steps), moves)["exact"]


@pytest.mark.parametrize(
    ("steps", "moves", "exact"),
    [
        (["size", "trim", "shares"], ["size=40"], True),
        (["size", "trim", "shares"], ["size=3"], False),
        (["size", "trim", {"size": {"min": 20}}, "exact_dedup"], ["size#2=5"], True),
        (["size", "trim", {"size": {"min": 20}}, "exact_dedup"], ["size=30", "size#2=5"], True),
        (["size", "trim", "shares", "exact_dedup"], ["size=3"], False),
        (["shares", "depth", "exact_dedup"], ["shares.digits=0.1"], True),
        (["shares", "depth", "exact_dedup"], ["shares.digits=0.5"], False),
        (["shares", "depth"], ["depth=8"], True),
        (["exact_dedup", "size", "shares"], ["size=40"], True),
        (["size", "exact_dedup", "shares"], ["size=40"], True),
        (["size", "exact_dedup", "shares"], ["size=5"], False),
        (["size", "exact_dedup", "shares", "exact_dedup"], ["size=1"], False),
        (["size", {"line_dedup": {"max_documents": 8}}, "shares"], ["size=40"], False),
        (["size", "halves", "shares"], ["size=50"], True),
        (["size", "halves", "shares", "exact_dedup"], ["shares.digits=0.1"], True),
        (["size", "halves", "shares"], ["size=5"], False),
        (["shares", "tongue", "size"], ["shares.zh.digits=0.02"], False),
        (["size", "usual", {"usual_share": {"chars": "usual"}}], ["usual_share=0.99"], True),
        (["size", "usual", {"usual_share": {"chars": "usual", "min": 0.99}}], ["size=31"], False),
        (["loudness", "size", "shares", "tongue", "halves", "exact_dedup"], ["loudness=11"], False),
        (["mask", "size", "exact_dedup"], ["size=3"], True),
        (["size", "exact_dedup", "mask", "loudness"], ["size=31"], True),
        ([{"size": {"sources": ["web"]}}, "exact_dedup", "mask", "loudness"], ["size=40"], False),
        (["size", "exact_dedup", "mask", "loudness"], ["size=3"], False),
        (["size", {"line_dedup": {"max_documents": 8}}, "mask", "shares"], ["size=31"], False),
        ([{"size": {"sources": ["web"]}}, {"shares": {"kinds": ["text"]}}], ["size=61"], True),
    ],
    ids=str,
)
def test_beyond_what_was_measured_it_is_a_range_and_the_truth_lies_in_it(corpus, ran, steps, moves, exact):
    assert compared(corpus, ran(steps), moves)["exact"] == exact


STEPS = ["tongue", "size", "shares", "loudness", "no_advert", "trim", "depth", "exact_dedup", "halves"]
MOVES = st.lists(
    st.one_of(
        st.integers(0, 95).map("size={}".format),
        st.integers(0, 60).map(lambda share: f"shares.digits={share / 100}"),
        st.integers(0, 60).map(lambda share: f"shares.zh.digits={share / 100}"),
        st.integers(0, 12).map("loudness={}".format),
        st.sampled_from(["size=none", "shares.digits=none"]),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda move: move.partition("=")[0],
)


@settings(max_examples=8, derandomize=True, suppress_health_check=list(HealthCheck))
@given(order=st.permutations(STEPS), length=st.integers(3, 6), moves=MOVES)
def test_for_any_steps_and_limits_the_truth_lies_in_the_range(corpus, ran, order, length, moves):
    steps = ["size", "shares", *[step for step in order if step not in ("size", "shares")][:length], "loudness"]
    random.Random(str(order)).shuffle(steps)
    with suppress(AlarmError):  # of few documents left one in twenty may raise
        compared(corpus, ran(steps), moves)


def test_where_what_was_collected_is_gone_the_pairs_of_the_ledger_give_a_range(corpus, ran):
    run = ran(["size", "exact_dedup", {"shares": {"digits": [None, 0.35]}}])
    store, _ = noted_run(run.folder)
    told = compared(corpus, run, ["size=31"])
    before = {path: path.read_bytes() for path in (store / "parts").glob("*.collected.parquet")}
    for path in before:
        path.unlink()
    try:
        less = answer(tuned(run.folder, ["size=31"]))
    finally:
        for path, content in before.items():
            path.write_bytes(content)
    (low, high), (least, most) = (one["all"]["documents"]["would_be"] for one in (told, less))
    assert least <= low <= high <= most
    assert any("exact_dedup had collected" in sentence for sentence in less["because"])


def test_tokens_are_those_that_the_run_packed_and_elsewhere_estimated(corpus, ran):
    tokenizer = str(Path(__file__).parent.parent / "sample_data" / "tokenizer.json")
    pretrain = {"tokenizer": tokenizer, "mix": {"web": 1}, "sequence_length": 64, "validation": 0}
    run = ran([*FILTERS, "exact_dedup"], pretrain=pretrain)
    told = compared(corpus, run, ["size=31"])
    newest = max(corpus.glob("moved-*.yaml"), key=lambda path: path.stat().st_mtime_ns)
    again = curate.run(newest, corpus / newest.stem, workers=1)
    web, notes = (next(one["tokens"] for one in told["sources"] if one["source"] == name) for name in ("web", "notes"))
    assert web["kept"] == run.manifest["outputs"]["pretrain"]["mix"]["web"]["available"]
    assert [*web["would_be"]] == 2 * [again.manifest["outputs"]["pretrain"]["mix"]["web"]["available"]]
    assert (web["estimated"], notes["estimated"]) == (False, True)
    loosened = answer(tuned(run.folder, ["size=3"]))
    assert next(one["tokens"]["estimated"] for one in loosened["sources"] if one["source"] == "web")


def test_of_a_run_that_was_stopped_it_tells_what_its_ledger_has(corpus):
    path = corpus / "stopped.yaml"
    steps = ["size", "exact_dedup", {"shares": {"digits": [2, None]}}]
    path.write_text(yaml.safe_dump({"plugins": ["mine.py"], "sources": SOURCES, "store": "store", "steps": steps}))
    with pytest.raises(AlarmError, match="no document is left"):
        curate.run(path, corpus / "stopped", workers=1)
    told = answer(tuned(corpus / "stopped", ["shares.digits=[0.1,null]"]))
    assert (told["finished"], told["exact"]) == (False, True)
    assert told["all"]["documents"]["kept"] == 0 < told["all"]["documents"]["would_be"][0]


def test_examples_stand_on_both_sides_of_the_line_with_value_limits_and_text(corpus, ran):
    told = answer(tuned(ran([*FILTERS, "exact_dedup"]).folder, ["size=20", "shares.digits=0.9"]), 2)
    dropped, held = told["examples"]["dropped"], told["examples"]["kept"]
    assert [len(dropped), len(held)] == [2, 2]
    assert all(one["column"] == "size" and 12 <= one["value"] < 20 and one["limit"] == [20, None] for one in dropped)
    assert all(one["column"] == "shares.digits" and one["value"] > 0.3 and one["limit"] == [None, 0.9] for one in held)
    assert all(one["begins"] for one in [*dropped, *held])
    assert told == answer(tuned(ran([*FILTERS, "exact_dedup"]).folder, ["size=20", "shares.digits=0.9"]), 2)


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("sise=3", "no step 'sise' with limits was in this run; did you mean 'size'"),
        ("shares.digit=3", "shares has no value 'digit'; did you mean 'digits'"),
        ("shares=3", "say which value of shares; there is digits, marks, spaces"),
        ("size.middle=3", "size has no value 'middle'; there is max, min"),
        ("shares.marks=3", r"it has no limit; write \[low,high\]"),
        ("shares.digits", "write it as step.value=LIMIT, such as size=0.1"),
        ("shares.digits=many", r"a limit is a number, \[low,high\], or null for none, not 'many'"),
        ("shares.digits=[0.5,0.1]", "shares.digits would have nothing between 0.5 to 0.1"),
        ("size.max=3", "size would have nothing between 12 to 3"),
        ("no_advert=1", "no_advert says yes or no and has no limit to move"),
        ("exact_dedup=1", "exact_dedup is a step of kind gather and has no limit to move"),
    ],
)
def test_a_word_that_means_no_limit_is_told_with_the_nearest_right_one(ran, word, sentence):
    with pytest.raises(CurateError, match=f"^{word.replace('[', '.').replace(']', '.')}: .*{sentence}"):
        tuned(ran([*FILTERS, "exact_dedup"]).folder, [word])


RECIPE = """# what we keep
plugins: [mine.py]
sources:
  web: web.jsonl   # 网页
steps:
  - tongue
  - size   # long enough
  - shares:
      digits: [null, 0.2]   # few digits
      zh: {marks: [0, 5]}
  - size: {min: 20}  # again
  - {shares: {spaces: [null, 0.4], zh: {digits: [null, 0.3]}}}
  - loudness:
"""


@pytest.mark.parametrize(
    ("moves", "lines"),
    [
        (["size=30"], ["  - size: {min: 30}   # long enough"]),
        (["size#2=30.5"], ["  - size: {min: 30.5}  # again"]),
        (["size#2.zh=30"], ["  - size: {zh: {min: 30}, min: 20}  # again"]),
        (["shares.digits=0.1"], ["      digits: [null, 0.1]   # few digits"]),
        (["shares.spaces=0.1"], ["      spaces: [null, 0.1]", "      digits: [null, 0.2]   # few digits"]),
        (["shares.zh.marks=[1,2]"], ["      zh: {marks: [1, 2]}"]),
        (["shares.zh.digits=none"], ["      zh: {digits: [null, null], marks: [0, 5]}"]),
        (["shares#2.zh.digits=1"], ["  - {shares: {spaces: [null, 0.4], zh: {digits: [null, 1]}}}"]),
        (["loudness=3", "size=1"], ["  - loudness: {max: 3}", "  - size: {min: 1}   # long enough"]),
    ],
    ids=str,
)
def test_the_saved_recipe_has_the_limits_and_keeps_its_comments(corpus, moves, lines):
    path = corpus / f"commented-{next(names)}.yaml"
    path.write_text(RECIPE)
    run = curate.run(path, corpus / "commented", workers=1)
    new = corpus / f"saved-{next(names)}.yaml"
    replay = tuned(run.folder, moves)
    assert save(replay, new) == f"wrote {new}"
    said = new.read_text("utf-8").splitlines()
    assert [line for line in lines if line not in said] == []
    assert sum("#" in line for line in said) == RECIPE.count("# ")
    recipe = read_recipe(new)
    limits = [json.dumps(rule.limits) for rule in rules_of(recipe, all_phases(recipe))]
    assert limits == [json.dumps(rule.limits) for rule in replay.rules]
    with pytest.raises(CurateError, match="is there already"):
        save(replay, new)
    with pytest.raises(CurateError, match="relative to its folder: save it beside"):
        save(replay, corpus / "elsewhere" / "new.yaml")


def test_a_form_that_cannot_be_changed_in_place_is_written_anew():
    text = "steps:\n- shares: &same {digits: [null, 0.1]}\n- shares: *same  # as above\n"
    new, commented = changed_text(text, [("shares#2", "", {"digits": [None, 0.2]})])
    assert not commented
    assert yaml.safe_load(new)["steps"] == [{"shares": {"digits": [None, 0.1]}}, {"shares": {"digits": [None, 0.2]}}]


def test_the_command_shows_both_sides_and_with_json_gives_one_document(corpus, ran):
    folder = str(ran(["size", "trim", "shares"]).folder)
    told = CliRunner().invoke(main, ["tune", folder, "size=3", "-n", "1"])
    assert told.exit_code == 0, told.output
    first, head, *rows = told.output.splitlines()
    assert first == "size: ≥ 12 → ≥ 3"
    assert head.split()[:4] == ["source", "read", "kept", "would"]
    assert rows[3].startswith("all")
    assert any(row.startswith("* ") and "trim would change them first" in row for row in rows)
    assert any(row.startswith("dropped by the run, and now kept, perhaps: ") for row in rows)
    path = corpus / f"by-command-{next(names)}.yaml"
    document = json.loads(CliRunner().invoke(main, ["tune", folder, "size=3", "--save", str(path), "--json"]).stdout)
    assert document["moved"] == [{"column": "size", "language": "", "was": [12, None], "would_be": [3, None]}]
    assert (document["exact"], document["saved"]) == (False, str(path))
    assert yaml.safe_load(path.read_text("utf-8"))["steps"][0] == {"size": {"min": 3}}


def test_steps_of_sft_are_out_of_its_reach(corpus):
    path = corpus / "sft.yaml"
    sft = {"mix": {"manuals": 1}, "from": "manuals", "steps": ["halves", "size"], "validation": 0}
    data = {"plugins": ["mine.py"], "sources": SOURCES, "store": "store", "steps": ["size"], "sft": sft}
    path.write_text(yaml.safe_dump(data))
    with suppress(CurateError):  # no examples are made: the ledger is written all the same
        curate.run(path, corpus / "sft", workers=1)
    with pytest.raises(CurateError, match="size#2=3: size#2 is a step of `sft:`, which tune does not replay"):
        tuned(corpus / "sft", ["size#2=3"])
    assert answer(tuned(corpus / "sft", ["size=30"]))["exact"]


def test_a_limit_of_a_language_that_the_run_did_not_note_is_a_range(tmp_path):
    texts = [text * n for text in ("水泵", "pump ") for n in range(1, 30)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    recipe = {"sources": {"s": {"path": str(tmp_path / "a.jsonl")}}, "steps": [{"length": {"min": 10}}]}
    curate.run(recipe, out=tmp_path / "run", workers=1)
    told = answer(tuned(tmp_path / "run", ["length.zh.min=40"]))
    recipe["steps"] = [{"length": {"min": 10, "zh": {"min": 40}}}]
    kept = curate.run(recipe, out=tmp_path / "other", workers=1).ledger["outcome"].to_pylist().count("kept")
    low, high = told["all"]["documents"]["would_be"]
    assert low <= kept < high
    assert not told["exact"]
