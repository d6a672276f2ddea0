"""Text for others: what is written is what the documents were, and `datasets` reads it."""

import io
import json
from datetime import date

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from curate import Batch, CurateError, Doc, key_of
from curate.data import SCHEMA
from curate_plugins.write import texts

WIDE = SCHEMA.append(pa.field("lang", pa.string())).append(pa.field("day", pa.date32()))


def docs(number=3) -> list[Doc]:
    some = [
        Doc(
            "泵的效率。",
            "甲",
            key=key_of("a", "x", 0),
            source="a",
            uri="x.md",
            meta={"页": 1},
            lang="zh",
            day=date(2024, 1, 2),
        ),
        Doc(
            "Pump.",
            "b",
            key=key_of("a", "y", 0),
            parent=key_of("a", "z", 0),
            span=(3, 8),
            source="a",
            lang="en",
            day=None,
        ),
    ]
    more = [Doc(f"Text {at}.", key=key_of("m", at), lang=None, day=None) for at in range(number - 2)]
    return some + more


def written(writer, batches) -> bytes:
    out = io.BytesIO()
    writer(batches=iter(batches), out=out)
    return out.getvalue()


def unpacked(data: bytes) -> list[dict]:
    lines = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)).read().splitlines()
    return [orjson.loads(line) for line in lines]


def test_parquet_holds_the_fixed_columns_then_the_fields():
    table = pq.read_table(io.BytesIO(written(texts.parquet, [Batch.of(docs(), WIDE)])))
    assert table.schema.names == [*texts.TEXT.names, "lang", "day"]
    first, second, _ = table.to_pylist()
    assert (first["key"], first["text"], first["lang"]) == (key_of("a", "x", 0).hex(), "泵的效率。", "zh")
    assert (first["day"], first["meta"]) == (date(2024, 1, 2), '{"页": 1}')
    assert (second["parent"], second["span"]) == (key_of("a", "z", 0).hex(), [3, 8])
    assert second["origin"] == [{"start": 0, "end": 5, "at": 0, "page": None}]


def test_parquet_has_messages_only_where_somebody_says_something():
    turns = [{"role": "user", "content": "汽蚀？"}, {"role": "assistant", "content": "气泡溃灭。"}]
    table = pq.read_table(io.BytesIO(written(texts.parquet, [Batch.of([Doc(messages=turns, key=b"1" * 16)])])))
    assert table["messages"].to_pylist() == [turns]


def test_jsonl_has_every_column_with_one_type_in_every_row():
    first, second, third = unpacked(written(texts.jsonl, [Batch.of(docs(), WIDE)]))
    assert first.keys() == second.keys() == third.keys()
    assert (first["text"], first["day"], first["parent"], first["span"]) == ("泵的效率。", "2024-01-02", "", "[]")
    assert (second["parent"], json.loads(second["span"])) == (key_of("a", "z", 0).hex(), [3, 8])
    assert json.loads(second["origin"]) == [{"start": 0, "end": 5, "at": 0, "page": None}]
    assert third["lang"] == ""


def test_jsonl_is_readable_utf8():
    packed = written(texts.jsonl, [Batch.of(docs(), WIDE)])
    assert "泵的效率。".encode() in zstandard.ZstdDecompressor().stream_reader(io.BytesIO(packed)).read()


@pytest.mark.parametrize("writer", [texts.parquet, texts.jsonl])
def test_bytes_depend_on_the_documents_not_on_their_batches(writer):
    every = docs(30)
    split = [Batch.of(every[:7], WIDE), Batch.of(every[7:], WIDE)]
    assert written(writer, [Batch.of(every, WIDE)]) == written(writer, split)


def test_row_groups_are_cut_at_the_same_rows_whatever_the_batches(monkeypatch):
    monkeypatch.setattr(texts, "GROUP_ROWS", 4)
    every = docs(10)
    data = written(texts.parquet, [Batch.of(every[:5], WIDE), Batch.of(every[5:], WIDE)])
    groups = pq.ParquetFile(io.BytesIO(data)).metadata
    assert [groups.row_group(at).num_rows for at in range(groups.num_row_groups)] == [4, 4, 2]


@pytest.mark.parametrize("batches", [[], [Batch.of([])]])
def test_no_documents_make_valid_files(batches):
    table = pq.read_table(io.BytesIO(written(texts.parquet, batches)))
    assert (table.num_rows, table.schema.names) == (0, texts.TEXT.names)
    assert unpacked(written(texts.jsonl, batches)) == []


def test_a_field_that_only_a_later_batch_has_is_an_error_that_names_it():
    with pytest.raises(CurateError, match="'lang' is not in the first batch"):
        written(texts.parquet, [Batch.of([Doc("a", key=b"1" * 16)]), Batch.of(docs(), WIDE)])


def test_a_field_that_a_later_batch_lacks_is_null():
    data = written(texts.parquet, [Batch.of(docs(), WIDE), Batch.of([Doc("a", key=b"1" * 16)])])
    assert pq.read_table(io.BytesIO(data))["lang"].to_pylist()[-1] is None


@pytest.mark.filterwarnings("ignore")  # of libraries that `datasets` imports
@pytest.mark.parametrize(("writer", "form"), [(texts.parquet, "parquet"), (texts.jsonl, "json")])
def test_datasets_loads_the_files_as_they_are(writer, form, tmp_path):
    datasets = pytest.importorskip("datasets")
    path = tmp_path / f"part{writer.about.suffix}"
    path.write_bytes(written(writer, [Batch.of(docs(40), WIDE)]))
    rows = datasets.load_dataset(form, data_files=str(path), split="train", cache_dir=str(tmp_path / "cache"))
    assert rows["text"][:2] == ["泵的效率。", "Pump."]
    assert rows["key"][0] == key_of("a", "x", 0).hex()
    assert rows["parent"][1] == key_of("a", "z", 0).hex()


@pytest.mark.filterwarnings("ignore")
def test_datasets_loads_json_lines_whose_columns_fill_late(tmp_path):
    datasets = pytest.importorskip("datasets")
    path = tmp_path / "part.jsonl.zst"
    early = [
        Doc("泵 " * 30_000, key=key_of(at), lang=None, day=date(2024, 1, 1)) for at in range(120)
    ]  # 12 MB before the first value
    path.write_bytes(written(texts.jsonl, [Batch.of([*early, *docs()], WIDE)]))
    rows = datasets.load_dataset("json", data_files=str(path), split="train", cache_dir=str(tmp_path / "cache"))
    assert (rows["lang"][-2], rows["span"][-2], len(rows)) == ("en", "[3,8]", 123)


@pytest.mark.parametrize(("writer", "reader"), [(texts.parquet, "parquet"), (texts.jsonl, "jsonl")])
def test_the_readers_give_back_what_was_written(writer, reader, tmp_path):
    from curate import File
    from curate_plugins.read import rows

    path = tmp_path / f"part{writer.about.suffix}"
    path.write_bytes(written(writer, [Batch.of(docs(), WIDE)]))
    read = list(getattr(rows, reader)(File(path, path.name)))
    assert [(doc.text, doc.id) for doc in read] == [(doc.text, doc.id) for doc in docs()]
    assert read[0].meta["key"] == key_of("a", "x", 0).hex()
