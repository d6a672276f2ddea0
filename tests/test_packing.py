from itertools import pairwise

import numpy as np
import pyarrow.parquet as pq
import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import Batch, CurateError, Doc, key_of, packing
from curate.packing import pack, packed, plan, tokenize, tokens_path
from curate.parts import PartWriter
from curate.recipe import read_recipe

END = 0
SIGNS = "泵阀轴pumvale \n0123456789"


@pytest.fixture
def job(shelf, tmp_path, write):
    """Documents of sources as parts of so many each, and all that becomes of them: what is said, and the rows."""
    vocabulary = {token: n for n, token in enumerate(["</s>", "[UNK]", *SIGNS])}
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="[UNK]"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Split("", "isolated")
    made.save(str(tmp_path / "tokenizer.json"))
    write("data/a.txt", "x")
    folders = iter(range(1_000))

    def run(size=40, block=None, **sources):
        folder = tmp_path / f"run-{next(folders)}"
        asked = {"tokenizer": "tokenizer.json", "mix": dict.fromkeys(sources, 1), "sequence_length": 16}
        checked = read_recipe(
            {
                "sources": {name: {"path": "data", "domain": name == "manuals"} for name in sources},
                "pretrain": asked | {"validation": 0.1, "when_short": "repeat"} | (block or {}),
            },
            folder=tmp_path,
        )
        tokenized = [tokenize(checked, folder, part) for part in parts(folder, size, sources)]
        planned = plan(checked, folder, tokenized)
        result = packed(planned, [pack(checked, folder, planned, n) for n in range(len(planned.shards))])
        rows = {
            split: [
                row for path in result.files if f"/{split}-" in path for row in pq.read_table(folder / path).to_pylist()
            ]
            for split in ("train", "validation")
        }
        return result, rows

    return run


def parts(folder, size, sources):
    """Texts of sources as parts of so many documents; the same text has the same key, whatever the size."""
    found = []
    for source, texts in sources.items():
        for at in range(0, len(texts), size):
            docs = [Doc(text, key=key_of(source, n)) for n, text in enumerate(texts[at : at + size], at)]
            for doc in docs:
                doc.source = source
            writer = PartWriter(folder, key_of(source, at, size, *texts).hex(), source)
            writer.add(Batch.of(docs), None, None)
            found.append(writer.finish({}))
    return found


def tokens_of(text):
    return [2 + SIGNS.index(sign) for sign in text]


def told(rows):
    """Key → the tokens that rows say are its own, in their order; a document that stands twice has them twice."""
    found = {}
    for row in rows:
        for one in row["documents"]:
            found.setdefault(one["key"], []).extend(row["input_ids"][one["start"] : one["end"]])
    return found


@settings(max_examples=40)
@given(
    st.lists(st.text(SIGNS, max_size=30), min_size=1, max_size=30),
    st.integers(2, 17),
    st.integers(1, 5),
    st.integers(20, 200),
)
def test_no_token_is_lost_each_document_is_ended_and_a_row_knows_whose_tokens_it_holds(
    job, monkeypatch, texts, length, size, shard
):
    monkeypatch.setattr(packing, "SHARD_TOKENS", shard)
    monkeypatch.setattr(packing, "GROUP_TOKENS", 30)
    monkeypatch.setattr(packing, "MEMORY_TOKENS", 60)
    made, rows = job(size, {"sequence_length": length, "validation": 0.0}, web=texts)
    assert all(0 <= one["start"] < one["end"] <= length for row in rows["train"] for one in row["documents"])
    assert told(rows["train"]) == {key_of("web", n).hex(): [*tokens_of(text), END] for n, text in enumerate(texts)}
    stream = [token for row in rows["train"] for token in row["input_ids"]]
    wanted = sum(len(text) + 1 for text in texts)
    assert set(stream[wanted:]) <= {END}
    assert len(stream) - wanted == made.about["train"]["padding"] < length
    assert len(made.files) == -(-len(rows["train"]) // max(shard // length, 1))


def test_files_are_the_same_to_the_byte_whatever_the_parts_and_however_much_is_in_memory(job, monkeypatch):
    sources = {"manuals": [f"泵{n}" for n in range(50)], "web": ["pump"] * 150, "general": ["阀"] * 9}
    files = job(**sources)[0].files
    assert job(7, **sources)[0].files == files
    monkeypatch.setattr(packing, "MEMORY_TOKENS", 40)
    monkeypatch.setattr(packing, "GAP", 0)
    assert job(1000, **sources)[0].files == files


def test_token_rows_are_mixed_by_tokens_and_what_is_held_out_is_in_no_row_for_training(job):
    made, rows = job(manuals=[f"泵{n}阀 轴" for n in range(90)], web=[f"pump {n} valve" for n in range(30)])
    mix = made.about["mix"]
    assert abs(mix["manuals"]["taken"] - mix["web"]["taken"]) <= 8
    train, validation = (told(rows[split]).keys() for split in ("train", "validation"))
    assert (train & validation, len(train | validation)) == (set(), 120)
    assert {len(row["input_ids"]) for split in rows.values() for row in split} == {16}
    for split in ("train", "validation"):
        about = made.about[split]
        assert (about["rows"], about["tokens"] + about["padding"]) == (len(rows[split]), 16 * len(rows[split]))
        assert sum(one["end"] - one["start"] for row in rows[split] for one in row["documents"]) == about["tokens"]


def test_a_document_taken_often_stands_whole_each_time_and_its_copies_lie_apart(job, monkeypatch):
    monkeypatch.setattr(packing, "CELL_TOKENS", 100)
    made, rows = job(manuals=[f"泵{n}" for n in range(400)], web=[f"阀{n}" for n in range(40)])
    assert made.about["mix"]["web"]["times"] > 9
    for n in range(40):
        own, one = told(rows["train"]).get(key_of("web", n).hex(), []), [*tokens_of(f"阀{n}"), END]
        assert own == one * (len(own) // len(one))
    places = {}
    for at, row in enumerate(rows["train"]):
        for one in row["documents"]:
            places.setdefault(one["key"], []).append(at)
    apart = [b - a for n in range(40) for a, b in pairwise(places.get(key_of("web", n).hex(), [])) if b - a > 1]
    assert np.median(apart) > len(rows["train"]) / 30


def test_sources_are_shuffled_into_each_other(job):
    _, rows = job(manuals=[f"泵{n}" for n in range(60)], web=[f"阀{n}" for n in range(60)])
    order = [one["source"] for row in rows["train"] for one in row["documents"]]
    assert sum(a != b for a, b in pairwise(order)) > 20


def test_a_shard_that_is_there_is_not_made_again_and_one_that_was_changed_is(job, tmp_path, monkeypatch):
    monkeypatch.setattr(packing, "SHARD_TOKENS", 160)
    web = [f"阀{n}" for n in range(90)]
    made, _ = job(web=web)
    assert len(made.files) > 2
    before = {path: (tmp_path / "run-0" / path).stat().st_mtime_ns for path in made.files}
    changed = next(iter(made.files))
    (tmp_path / "run-0" / changed).write_bytes(b"broken")
    (tmp_path / "run-1").symlink_to(tmp_path / "run-0")
    assert job(web=web)[0] == made
    after = {path: (tmp_path / "run-0" / path).stat().st_mtime_ns for path in made.files}
    assert {path for path in made.files if before[path] != after[path]} == {changed}


def test_tokens_that_are_cut_short_are_told(job, tmp_path, monkeypatch):
    job(web=["阀 valve"] * 9)
    (path,) = (tmp_path / "run-0/parts").glob("*.tokens")
    path.write_bytes(path.read_bytes()[:-8])
    for note in (tmp_path / "run-0/parts").glob("*.output.json"):
        note.unlink()
    (tmp_path / "run-1").symlink_to(tmp_path / "run-0")
    with pytest.raises(CurateError, match="cut short; remove it and run again"):
        job(web=["阀 valve"] * 9)


def test_tokens_of_a_part_are_kept_and_a_part_of_nothing_has_none(job, tmp_path):
    job(web=["泵阀", ""])
    block = {"tokenizer": "tokenizer.json", "mix": {"web": 1}}
    checked = read_recipe({"sources": {"web": "data"}, "pretrain": block}, folder=tmp_path)
    (part,) = parts(tmp_path / "run-0", 40, {"web": ["泵阀", ""]})
    first = tokenize(checked, tmp_path / "run-0", part)
    written = tokens_path(tmp_path / "run-0", first.name).stat().st_mtime_ns
    assert (first.tokens, tokenize(checked, tmp_path / "run-0", part)) == (4, first)
    assert tokens_path(tmp_path / "run-0", first.name).stat().st_mtime_ns == written
    empty = PartWriter(tmp_path / "run-0", "empty", "web")
    empty.add(Batch.of([]), None, None)
    assert tokenize(checked, tmp_path / "run-0", empty.finish({})).tokens == 0
