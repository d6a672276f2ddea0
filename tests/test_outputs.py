import json
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from curate import Batch, Doc, key_of, outputs
from curate.outputs import Made, described, even_batches, pack, packed_rows, remembered, tokenize, write_sft, write_text
from curate.parts import PartWriter
from curate.recipe import read_recipe

END = 0
DOCUMENTS = st.lists(st.lists(st.integers(1, 9), max_size=20), max_size=30)


def as_table(documents, first=0):
    """Documents, each a list of tokens, as `tokenize` leaves them."""
    keys = pa.array([key_of("s", first + n) for n in range(len(documents))], pa.binary(16))
    sizes = pa.array([len(one) + 1 for one in documents], pa.int32())
    tokens = pa.array(documents, pa.large_list(pa.int32()))
    return pa.table(
        {"key": keys, "source": pa.array(["s"] * len(documents), pa.string()), "size": sizes, "tokens": tokens}
    )


@given(DOCUMENTS, st.integers(2, 17), st.integers(1, 5))
def test_no_token_is_lost_each_document_is_ended_and_a_row_knows_whose_tokens_it_holds(documents, length, pieces):
    tables = [as_table(documents[at : at + pieces], at) for at in range(0, len(documents), pieces)]
    rows = [row for table in packed_rows(tables, length, END) for row in table.to_pylist()]
    stream = [token for row in rows for token in row["input_ids"]]
    wanted = [token for one in documents for token in [*one, END]]
    assert stream[: len(wanted)] == wanted
    assert set(stream[len(wanted) :]) <= {END}
    assert len(stream) - len(wanted) < length
    told = {}
    for row in rows:
        assert all(0 <= one["start"] < one["end"] <= length for one in row["documents"])
        for one in row["documents"]:
            told.setdefault(one["key"], []).extend(row["input_ids"][one["start"] : one["end"]])
    assert told == {key_of("s", n).hex(): [*one, END] for n, one in enumerate(documents)}


def test_the_rows_of_a_stream_do_not_depend_on_how_it_comes():
    documents = [[n % 9 + 1] * (n % 13) for n in range(100)]
    results = []
    for size in (1, 7, 100):
        tables = [as_table(documents[at : at + size], at) for at in range(0, 100, size)]
        results.append([row for table in packed_rows(tables, 16, END) for row in table.to_pylist()])
    assert results[0] == results[1] == results[2]


@pytest.fixture
def tokenizer(tmp_path):
    """A tokenizer.json of single characters beside the recipe."""
    vocabulary = {token: n for n, token in enumerate(["</s>", "[UNK]", *"泵阀轴pumvale \n0123456789"])}
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="[UNK]"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Split("", "isolated")
    made.save(str(tmp_path / "tokenizer.json"))
    return made


@pytest.fixture
def recipe(shelf, tmp_path, write):
    """A recipe of two sources; `manuals` is the domain."""
    write("data/a.txt", "x")
    sources = {"manuals": {"path": "data", "domain": True}, "web": "data"}

    def made(**blocks):
        return read_recipe({"sources": sources} | blocks, folder=tmp_path)

    return made


@pytest.fixture
def parts(tmp_path, batch):
    """Docs as parts of at most 40 in the folder run/."""

    def made(**sources):
        found = []
        for source, docs in sources.items():
            for at in range(0, len(docs), 40):
                few = [one if isinstance(one, Doc) else Doc(one) for one in docs[at : at + 40]]
                for n, doc in enumerate(few, at):
                    doc.key, doc.source = key_of(source, n), source
                writer = PartWriter(tmp_path / "run", key_of(source, at, len(docs)).hex(), source)
                writer.add(batch(*few), None, None)
                found.append(writer.finish({}))
        return found

    return made


def examples(count, parents=None):
    said = [{"role": "user", "content": "泵?"}]
    return [
        Doc(messages=[*said, {"role": "assistant", "content": str(n)}], parent=parents and parents(n))
        for n in range(count)
    ]


def test_cleaned_text_is_every_text_and_code_in_order_by_the_writer_asked_for(recipe, parts, tmp_path):
    docs = ["泵", Doc("x = 1", kind="code"), *examples(1)]
    made = write_text(recipe(text={"format": "lines"}), tmp_path / "run", parts(manuals=docs, web=["pump"]))
    assert (tmp_path / "run/text/part-00000.txt").read_text() == "泵\nx = 1\npump\n"
    assert (made.about, made.files["text/part-00000.txt"]["rows"]) == ({"documents": 3}, 3)


def test_text_is_cut_into_shards_that_hold_every_document_once(recipe, parts, tmp_path, monkeypatch):
    monkeypatch.setattr(outputs, "SHARD_BYTES", 20)
    monkeypatch.setattr(outputs, "BATCH_DOCS", 3)
    made = write_text(recipe(text={"format": "lines"}), tmp_path / "run", parts(web=[f"第{n:02}页" for n in range(20)]))
    assert len(made.files) == 7
    assert "".join((tmp_path / "run" / path).read_text() for path in made.files) == "".join(
        f"第{n:02}页\n" for n in range(20)
    )


def test_text_of_nothing_is_one_empty_file(recipe, parts, tmp_path):
    made = write_text(recipe(text={"format": "lines"}), tmp_path / "run", parts(web=examples(1)))
    assert [one["rows"] for one in made.files.values()] == [0]


def test_batches_are_of_one_size_whatever_the_parts_are(parts, tmp_path, monkeypatch):
    monkeypatch.setattr(outputs, "BATCH_DOCS", 30)
    found = parts(manuals=[f"{n}" for n in range(50)], web=[f"{n}" for n in range(50, 70)])
    batches = list(even_batches(tmp_path / "run", found, ["text"]))
    assert [len(batch) for batch in batches] == [30, 30, 10]
    assert [doc.text for batch in batches for doc in batch] == [f"{n}" for n in range(70)]


def test_an_output_is_remembered_and_made_again_when_one_of_its_files_is_changed_or_gone(tmp_path):
    calls = []

    def make():
        calls.append(1)
        (tmp_path / "a.txt").write_text("whole")
        return Made({"a.txt": described(tmp_path, "a.txt", 1)}, {"documents": 1})

    first = remembered(tmp_path, "name", make)
    assert (remembered(tmp_path, "name", make), len(calls)) == (first, 1)
    (tmp_path / "a.txt").write_text("holes")
    assert (remembered(tmp_path, "name", make), len(calls)) == (first, 2)
    (tmp_path / "a.txt").unlink()
    assert (remembered(tmp_path, "name", make), len(calls)) == (first, 3)
    assert remembered(tmp_path, "another", make).about == first.about
    assert len(calls) == 4


@pytest.fixture
def packed(recipe, parts, tmp_path, tokenizer):
    """Token rows of documents, and what is said of them."""

    def made(**sources):
        block = {"tokenizer": "tokenizer.json", "mix": {"manuals": 1, "web": 1}, "sequence_length": 16, "validation": 0.1, "when_short": "repeat"}  # fmt: skip
        checked, folder = recipe(pretrain=block), tmp_path / "run"
        result = pack(checked, folder, [tokenize(checked, folder, part) for part in parts(**sources)])
        rows = {
            split: [
                row for path in result.files if f"/{split}-" in path for row in pq.read_table(folder / path).to_pylist()
            ]
            for split in ("train", "validation")
        }
        return result, rows

    return made


def test_token_rows_are_mixed_by_tokens_and_what_is_held_out_is_in_no_row_for_training(packed):
    made, rows = packed(manuals=[f"泵{n}阀 轴" for n in range(90)], web=[f"pump {n} valve" for n in range(30)])
    mix = made.about["mix"]
    assert abs(mix["manuals"]["taken"] - mix["web"]["taken"]) <= 8
    train, validation = (
        {one["key"] for row in rows[split] for one in row["documents"]} for split in ("train", "validation")
    )
    assert (train & validation, len(train | validation)) == (set(), 120)
    assert {len(row["input_ids"]) for split in rows.values() for row in split} == {16}
    for split in ("train", "validation"):
        told = made.about[split]
        assert (told["rows"], told["tokens"] + told["padding"]) == (len(rows[split]), 16 * len(rows[split]))
        assert sum(one["end"] - one["start"] for row in rows[split] for one in row["documents"]) == told["tokens"]


def test_token_rows_are_the_same_however_often_they_are_made(packed, tmp_path, monkeypatch):
    sources = {"manuals": [f"泵{n}" for n in range(50)], "web": ["pump"] * 100}
    _, first = packed(**sources)
    for note in (tmp_path / "run/parts").glob("*.output.json"):
        note.unlink()
    assert packed(**sources)[1] == first
    monkeypatch.setattr(outputs, "SHARD_TOKENS", 160)
    for note in (tmp_path / "run/parts").glob("*.output.json"):
        note.unlink()
    made, rows = packed(**sources)
    assert rows == first
    assert len(made.files) == 4


def test_documents_are_shuffled_in_buckets_and_none_is_lost(packed, monkeypatch):
    sources = {"manuals": [f"泵{n}" for n in range(60)], "web": [f"阀{n}" for n in range(60)]}
    monkeypatch.setattr(outputs, "BUCKET_TOKENS", 50)
    _, rows = packed(**sources)
    order = [one["source"] for row in rows["train"] for one in row["documents"]]
    keys = {one["key"] for split in rows.values() for row in split for one in row["documents"]}
    assert keys >= {key_of("manuals", n).hex() for n in range(60)}
    assert sum(a != b for a, b in pairwise(order)) > 20


def test_tokens_of_a_part_are_kept_and_a_part_of_nothing_has_none(recipe, parts, tmp_path, tokenizer):
    block = {"tokenizer": "tokenizer.json", "mix": {"web": 1}}
    checked, folder = recipe(pretrain=block), tmp_path / "run"
    (part,) = parts(web=["泵阀", ""])
    first = tokenize(checked, folder, part)
    assert (first.tokens, tokenize(checked, folder, part)) == (4, first)
    empty = PartWriter(folder, "empty", "web")
    empty.add(Batch.of([]), None, None)
    assert tokenize(checked, folder, empty.finish({})).tokens == 0


def test_sft_sets_are_mixed_and_split_by_document(recipe, parts, tmp_path, shelf):
    (shelf / "writers.py").write_text(
        "import json, curate\n@curate.writer('.jsonl')\ndef said(batches, out):\n    for batch in batches:\n"
        "        for doc in batch:\n            out.write(json.dumps([doc.source, (doc.parent or doc.key).hex(), doc.text]).encode() + b'\\n')\n"
    )
    docs = {"manuals": examples(60, lambda n: key_of("document", n // 3)), "web": [*examples(60), "not an example"]}
    sft = {"mix": {"manuals": 1, "web": 2}, "formats": ["said"], "validation": 0.2, "when_short": "shrink"}
    made = write_sft(recipe(sft=sft), tmp_path / "run", parts(**docs))
    train, validation = (
        [json.loads(line) for line in (tmp_path / f"run/sft/said/{split}.jsonl").read_text().splitlines()]
        for split in ("train", "validation")
    )
    assert {root for _, root, _ in train} & {root for _, root, _ in validation} == set()
    counts = {source: sum(one == source for one, _, _ in train) for source in ("manuals", "web")}
    assert abs(counts["manuals"] * 2 - counts["web"]) <= 1
    assert made.about["train"] == {"examples": len(train)}
    assert len(validation) == made.about["validation"]["examples"] > 0


def test_rows_of_several_files_come_in_the_order_asked_for(tmp_path):
    for name, numbers in (("a", range(5)), ("b", range(5, 9))):
        pq.write_table(pa.table({"n": list(numbers)}), tmp_path / name, row_group_size=2)
    table = outputs.rows_at([tmp_path / "a", tmp_path / "b"], np.array([8, 0, 4, 4, 5]))
    assert table["n"].to_pylist() == [8, 0, 4, 4, 5]
    assert len(outputs.rows_at([tmp_path / "a"], np.array([], int))) == 0
