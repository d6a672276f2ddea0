"""Forgetting: a document leaves everything that a run made, nothing else changes, and no run brings it back."""

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import curate
from curate import CurateError, forget
from curate.cli import main
from curate.progress import Progress

TOKENIZER = Path(__file__).parent.parent / "sample_data" / "tokenizer.json"
PLUGIN = """
import curate

@curate.expand
def asked(doc):
    said = [{"role": "user", "content": f"第{n}问: " + doc.text[:40]} for n in range(2)]
    return [doc.example([one, {"role": "assistant", "content": doc.text}], span=(n, n + 9)) for n, one in enumerate(said)]

@curate.writer(".txt")
def plain(docs, out):
    for doc in docs:
        out.write(doc.text.encode() + b"\\n")
"""
FORMATS = ["messages", "sharegpt", "alpaca", "questions"]


@pytest.fixture
def corpus(write, monkeypatch):
    """Forty documents, Chinese and English, in files of their own and in rows; two alike; and their recipe."""
    write("plugin.py", PLUGIN)
    write("tokenizer.json", TOKENIZER.read_bytes())
    for n in range(20):
        write(f"data/{n % 3}/doc{n}.txt", f"第 {n} 号水泵的说明书，压力是 {n} 兆帕。" * (n % 5 + 1))
    write("data/twin.txt", "第 4 号水泵的说明书，压力是 4 兆帕。" * 5)
    rows = [{"id": f"r{n}", "text": f"Row {n} says how pump {n} is mounted. " * (n % 4 + 1)} for n in range(20)]
    rows += [
        {
            "id": "chat",
            "messages": [{"role": "user", "content": "什么泵？"}, {"role": "assistant", "content": "水泵。"}],
        }
    ]
    write("rows/all.jsonl", "\n".join(json.dumps(row, ensure_ascii=False) for row in rows))
    monkeypatch.chdir(write("x", "").parent)

    def made(format="parquet", **more):
        mix = {"data": 1, "rows": 1}
        pretrain = {"tokenizer": "tokenizer.json", "mix": mix, "when_short": "repeat", "sequence_length": 32}
        sft = {
            "mix": mix,
            "steps": ["asked", "exact_dedup"],
            "when_short": "repeat",
            "formats": FORMATS,
            "validation": 0.2,
        }
        outputs = {"text": {"format": format}, "pretrain": pretrain | {"validation": 0.1}, "sft": sft}
        return {
            "plugins": ["plugin.py"],
            "sources": {"data": "data", "rows": "rows"},
            "steps": ["exact_dedup"],
            **outputs,
            **more,
        }

    return made


class Told(Progress):
    """What a run says."""

    def __init__(self):
        self.sentences = []

    def say(self, sentence):
        self.sentences.append(sentence)


def ran(recipe, out):
    """A run, and what it said."""
    told = Told()
    return curate.run(recipe, out, workers=1, progress=told), told.sentences


def states(folder):
    """Every file with its bytes and when it was written."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def agree(lines):
    return True


def holders(folder, text, keys):
    """The files in which a text stands, or one of the keys, besides in notes of what was removed."""
    found = set()
    for path in folder.rglob("*"):
        if path.is_file() and path.name not in ("removed.txt", "removed.json"):
            said = path.read_bytes().decode("utf-8", "replace")
            if path.suffix == ".parquet":
                said = repr(hexed(pq.read_table(path).to_pylist()))
            if text in said or any(key in said for key in keys):
                found.add(str(path.relative_to(folder)))
    return found


def hexed(value):
    """Rows with keys as they are written out."""
    if isinstance(value, dict):
        return {name: hexed(one) for name, one in value.items()}
    return (
        [hexed(one) for one in value] if isinstance(value, list) else value.hex() if isinstance(value, bytes) else value
    )


def key_of(run, **wanted):
    """The key of the one document that the ledger has under an id or a uri."""
    rows = [row for row in run.ledger.to_pylist() if all(row[name] == value for name, value in wanted.items())]
    return next(row["key"].hex() for row in rows if row["parent"] is None)


@pytest.mark.parametrize("format", ["parquet", "jsonl", "plain"])
def test_a_forgotten_document_is_nowhere_and_all_others_are_what_they_were(corpus, tmp_path, format):
    out, text = tmp_path / "run", "第 7 号水泵"
    run, _ = ran(corpus(format), out)
    key, before = key_of(run, uri="1/doc7.txt"), states(out)
    texts = {row["uri"]: row for row in rows_of(run, "text")} if format == "parquet" else {}
    keys = {key, *made_of(run, key)}
    held = holders(out, text, keys)
    assert {path.partition("/")[0] for path in held} >= {"sft", "pretrain", "parts", "ledger.parquet"}
    told = forget.forget(out, ["1/doc7.txt"], agree)
    assert told[0] == "forgotten: 1 document; removed.txt keeps what was forgotten from coming back"
    assert holders(out, text, keys - {key}) == set()
    left = holders(out, text, [key])  # that it was removed is told of its key
    assert "ledger.parquet" in left
    assert {path.removesuffix("ledger.parquet") for path in left} - {""} == {
        path.removesuffix("ledger.parquet") for path in left if path.endswith(".ledger.parquet")
    }
    after = states(out)
    changed = {path for path in before if after.get(path) != before[path]}
    outputs = {path for path in before if path.startswith(("text", "sft", "pretrain"))}
    assert changed & outputs == described_as_changed(out, before) >= held & outputs
    assert {path for path in changed if path.endswith(".parquet")} - outputs <= held
    manifest = curate.Run(out).manifest
    assert manifest["forgotten"] == 1
    if format == "parquet":
        left = {row["uri"]: row for row in rows_of(curate.Run(out), "text")}
        assert left == {uri: row for uri, row in texts.items() if uri != "1/doc7.txt"}
    assert ran(corpus(format), out)[1] == [f"nothing to do: {out} is finished"]
    assert {path: said for path, said in states(out).items() if path != ".lock"}.items() >= {
        path: said for path, said in after.items() if path.partition("/")[0] in ("text", "sft", "pretrain", "parts")
    }.items()


def described_as_changed(out, before):
    """The outputs whose hash the manifest tells otherwise than before."""
    old, new = (
        json.loads(said)["outputs"] for said in (before["manifest.json"][1], (out / "manifest.json").read_bytes())
    )
    pairs = [
        (path, about, new[name]["files"].get(path))
        for name, made in old.items()
        for path, about in made["files"].items()
    ]
    return {path for path, one, other in pairs if one != other}


def rows_of(run, output):
    """The rows of an output's Parquet files."""
    return [row for path in run.outputs[output] for row in pq.read_table(path).to_pylist()]


def test_token_rows_keep_every_other_token_in_its_place(corpus, tmp_path):
    run, _ = ran(corpus(), tmp_path / "run")
    key, before = key_of(run, id="r6"), {path: pq.read_table(path).to_pylist() for path in run.outputs["pretrain"]}
    forget.forget(tmp_path / "run", ["r6"], agree)
    after = curate.Run(tmp_path / "run")
    about = after.manifest["outputs"]["pretrain"]
    for path, rows in before.items():
        expected = []
        for row in rows:
            ids, pieces = np.array(row["input_ids"]), [one for one in row["documents"] if one["key"] != key]
            for one in row["documents"]:
                if one["key"] == key:
                    ids[one["start"] : one["end"]] = 0
            if pieces or not row["documents"]:
                expected.append({"input_ids": ids.tolist(), "documents": pieces})
        assert pq.read_table(path).to_pylist() == expected
        assert about["files"][str(path.relative_to(after.folder))]["rows"] == len(expected)
    tokens = sum(one["end"] - one["start"] for row in rows_of(after, "pretrain") for one in row["documents"])
    assert about["train"]["tokens"] + about["validation"]["tokens"] == tokens


def test_a_second_document_is_forgotten_as_the_first_was(corpus, tmp_path):
    run, _ = ran(corpus(), tmp_path / "run")
    examples = {path: json_lines(path) for path in run.outputs["sft"] if "messages" in str(path)}
    keys = {made_of(run, key_of(run, id="r6")), made_of(run, key_of(run, uri="2/doc5.txt"))}
    forget.forget(tmp_path / "run", ["r6"], agree)
    forget.forget(tmp_path / "run", ["2/doc5.txt"], agree)
    for path, lines in examples.items():
        assert json_lines(path) == [one for one in lines if not any(one["id"] in several for several in keys)]
    texts = [
        row["uri"] if row["source"] == "data" else row["id"] for row in rows_of(curate.Run(tmp_path / "run"), "text")
    ]
    assert len(texts) == len(set(texts)) == 38
    assert curate.Run(tmp_path / "run").manifest["forgotten"] == 2


def json_lines(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def made_of(run, key):
    """The keys of what was made of a document."""
    return frozenset(row["key"].hex() for row in run.ledger.to_pylist() if row["parent"] and row["parent"].hex() == key)


def test_a_changed_recipe_does_not_bring_it_back_and_says_which_lines_mean_nobody(corpus, tmp_path):
    out = tmp_path / "run"
    ran(corpus(), out)
    forget.forget(out, ["1/doc7.txt"], agree)
    changed, said = ran(corpus(steps=["normalize", "exact_dedup"]), out)
    assert "第 7 号" not in repr(rows_of(changed, "text"))
    assert changed.manifest["forgotten"] == 1
    with open(out / "removed.txt", "a") as file:
        file.write("# by hand\nr3\n0/doc9.txt\nno such document\n")
    changed, said = ran(corpus(steps=["normalize", "exact_dedup"]), out)
    assert said[0] == "removed.txt: no such document matches no document that was read so far"
    assert "第 9 号" not in repr(rows_of(changed, "text")) + repr(changed.outputs)
    assert changed.manifest["forgotten"] == 3


def test_what_removed_txt_lists_before_the_first_run_is_never_read(corpus, tmp_path):
    out = tmp_path / "run"
    clean, _ = ran(corpus(), tmp_path / "clean")
    out.mkdir()
    (out / "removed.txt").write_text(f"r3\n2/doc5.txt\n{key_of(clean, id='r4')}\n", "utf-8")
    run, _ = ran(corpus(), out)
    assert run.manifest["forgotten"] == 3
    assert {row["uri"] for row in run.ledger.to_pylist() if row["outcome"] == "removed"} == {""}
    assert not any(word in repr(rows_of(run, "text")) for word in ("Row 3 says", "Row 4 says", "第 5 号"))


def test_a_child_whose_key_is_listed_is_made_no_more_while_its_sibling_is(corpus, tmp_path):
    run, _ = ran(corpus(), tmp_path / "run")
    child, sibling = sorted(made_of(run, key_of(run, id="r6")))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "removed.txt").write_text(child)
    other, _ = ran(corpus(), tmp_path / "other")
    ids = [one["id"] for path in other.outputs["sft"] if "messages" in str(path) for one in json_lines(path)]
    assert (child in ids, sibling in ids) == (False, True)


def test_killed_at_any_write_it_comes_to_the_same_end_when_run_again(corpus, tmp_path, monkeypatch):
    import shutil

    ran(corpus(), tmp_path / "run")
    shutil.copytree(tmp_path / "run", tmp_path / "straight")
    forget.forget(tmp_path / "straight", ["r6"], agree)
    put, left = forget.put, 0

    class Killed(BaseException):
        pass

    def count_down(*arguments, **options):
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed
        return put(*arguments, **options)

    monkeypatch.setattr(forget, "put", count_down)
    monkeypatch.setattr("curate.outputs.put", count_down)
    expected = contents(tmp_path / "straight")
    for writes in range(0, 60, 3):
        left, folder = writes, tmp_path / f"killed-{writes}"
        shutil.copytree(tmp_path / "run", folder)
        try:
            forget.forget(folder, ["r6"], agree)
            break
        except Killed:
            left = 1_000
            forget.forget(folder, ["r6"], agree)
        assert contents(folder) == expected
    assert writes > 10


def contents(folder):
    """What is in every file of a run, but for who held it and notes whose order of making shows."""
    return {path: said for path, (_, said) in states(folder).items() if path != ".lock"}


def test_the_command_shows_what_it_will_do_asks_and_says_what_it_cannot_undo(corpus, tmp_path, capsys, monkeypatch):
    key = key_of(ran(corpus(), tmp_path / "run")[0], id="r3")
    for path in (tmp_path / "data", tmp_path / "rows"):
        path.rename(path.with_name(f"gone {path.name}"))
    capsys.readouterr()
    monkeypatch.setattr("click.confirm", lambda question: False)
    main(["forget", str(tmp_path / "run"), "doc5.txt"], standalone_mode=False)
    said = capsys.readouterr().out
    assert "This rewrites" in said
    assert said.endswith("nothing was changed\n")
    main(["forget", "--yes", str(tmp_path / "run"), "doc5.txt", "r3"], standalone_mode=False)
    said = capsys.readouterr().out
    assert "text/part-00000.parquet: 2 rows" in said
    assert "What this cannot undo: models trained" in said
    main(["forget", "--yes", str(tmp_path / "run"), key], standalone_mode=False)
    assert capsys.readouterr().out == f"{key}: forgotten already\n"


def test_duplicates_that_were_dropped_for_it_are_named(corpus, tmp_path):
    run, _ = ran(corpus(), tmp_path / "run")
    (twin,) = [row for row in run.ledger.to_pylist() if row["keeper"] and row["parent"] is None]
    lines = []
    forget.forget(tmp_path / "run", [twin["keeper"].hex()], lambda told: lines.extend(told) or True)
    assert "1 documents were dropped as its duplicates and are still gone:" in lines
    assert any(twin["key"].hex()[:12] in line for line in lines)


def test_a_name_that_means_several_documents_is_refused_with_their_keys(corpus, tmp_path):
    ran(corpus(), tmp_path / "run")
    with pytest.raises(CurateError, match=r"'all.jsonl' means 21 documents; name each by its key:\n  rows: all.jsonl"):
        forget.forget(tmp_path / "run", ["all.jsonl"], agree)


@pytest.fixture
def private(write, monkeypatch):
    """Files whose names only differ in a phone number, and rows whose ids do; the recipe of a run that scrubs them."""
    for n in range(3):
        write(f"data/客户 1380013800{n}.txt", f"第 {n} 号客户的水泵说明书，压力是 {n} 兆帕。")
    rows = [{"id": f"1370013700{n}", "text": f"Row {n} says how pump {n} is mounted."} for n in range(3)]
    write("rows/all.jsonl", "\n".join(map(json.dumps, rows)))
    monkeypatch.chdir(write("x", "").parent)
    sources = {"data": {"path": "data"}, "rows": {"path": "rows"}}
    return lambda *steps, **more: {"sources": sources, "steps": list(steps), **more}


@pytest.mark.parametrize("steps", [["pii", "exact_dedup"], ["exact_dedup", "pii"]], ids=["first", "late"])
def test_a_line_with_personal_data_removes_its_own_document_and_none_that_looks_like_it_then(private, tmp_path, steps):
    out = tmp_path / "run"
    ran(private(*steps), out)
    forget.forget(out, ["data/客户 13800138000.txt"], agree)
    (out / "removed.txt").write_text(
        (out / "removed.txt").read_text() + "客户 13800138001.txt\n13700137002\n13700137009\n"
    )
    run, said = ran(private(*steps, "normalize"), out)
    assert sorted(row["text"][:5] for row in rows_of(run, "text")) == ["Row 0", "Row 1", "第 2 号"]
    assert said == ["removed.txt: [PHONE] matches no document that was read so far"]


def test_who_shares_a_store_shares_what_is_gone_from_it(private, tmp_path):
    recipe = private("exact_dedup", store=str(tmp_path / "store"))
    first, _ = ran(recipe, tmp_path / "first")
    ran(recipe, tmp_path / "second")
    forget.forget(tmp_path / "first", [key_of(first, id="13700137001")], agree)
    assert "Row 1" not in repr([pq.read_table(path).to_pylist() for path in (tmp_path / "store").rglob("*.parquet")])
    second, _ = ran(recipe, tmp_path / "second")
    assert "Row 1" not in repr(rows_of(second, "text"))
    assert second.manifest["forgotten"] == 1
    assert ran(recipe, tmp_path / "second")[1] == [f"nothing to do: {tmp_path / 'second'} is finished"]
    assert "Row 1" not in repr(rows_of(ran(recipe, tmp_path / "third")[0], "text"))


def test_a_run_whose_store_is_gone_still_obeys_and_writes_its_outputs_again(private, tmp_path):
    recipe, out = private("exact_dedup", store=str(tmp_path / "store")), tmp_path / "run"
    ran(recipe, out)
    shutil.rmtree(tmp_path / "store")
    (out / "removed.txt").write_text("13700137001\n")
    assert "Row 1" not in repr(rows_of(ran(recipe, out)[0], "text"))


def test_what_a_killed_run_left_half_written_goes_with_a_document(private, tmp_path):
    out = tmp_path / "run"
    first, _ = ran(private("exact_dedup"), out)
    (out / "parts" / ".half.tmp").write_text("Row 1 says")
    (out / "text" / ".half.tmp").write_text("Row 1 says")
    forget.forget(out, [key_of(first, id="13700137001")], agree)
    assert not list(out.rglob(".*.tmp"))
