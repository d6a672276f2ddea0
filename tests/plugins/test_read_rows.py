"""Rows: JSONL, JSON, Parquet, Arrow, as documents and as SFT examples."""

import datetime
import json
from decimal import Decimal

import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from curate import Doc, File, Unreadable
from curate_plugins.read import rows

EN, ZH = "Stop the pump before opening the cover.", "拆盖之前必须先停泵。"


def lines(tmp_path, *values):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"".join(v if isinstance(v, bytes) else json.dumps(v).encode() + b"\n" for v in values))
    return File(path, "rows.jsonl", "jsonl")


def one(tmp_path, row, **options):
    (found,) = rows.jsonl(lines(tmp_path, row), **options)
    return found


def said(doc):
    return [(message["role"], message["content"]) for message in doc.messages]


@pytest.mark.parametrize("text", [EN, ZH])
@pytest.mark.parametrize("column", ["text", "content", "body", "markdown", "正文"])
def test_finds_the_text_under_its_usual_names(tmp_path, text, column):
    doc = one(tmp_path, {"id": 7, column: text, "url": "http://a.cn", "tags": ["a"]})
    assert (doc.text, doc.id, doc.place, doc.meta) == (text, "7", 0, {"url": "http://a.cn", "tags": ["a"]})


def test_takes_the_columns_that_options_name(tmp_path):
    doc = one(tmp_path, {"text": "no", "abstract": ZH, "no": 3}, text="abstract", id="no")
    assert (doc.text, doc.id, doc.meta) == (ZH, "3", {"text": "no"})


def test_an_address_is_an_id_and_stays_in_the_meta(tmp_path):
    doc = one(tmp_path, {"text": EN, "url": "http://a.cn"})
    assert (doc.id, doc.meta["url"]) == ("http://a.cn", "http://a.cn")


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (b"{not json\n", "broken_row: not JSON"),
        (b'{"text": "\xff"}\n', "encoding: not UTF-8"),
        (b"[1]\n", "broken_row: not an object"),
        ({"title": EN}, "broken_row: no column of text"),
        ({"text": None}, "broken_row: no column of text"),
        ({"text": " \n"}, "empty"),
        (b"[" * 5000 + b"\n", "too_complex: nested too deep"),
        (b'{"text": "a", "deep": ' + b"[" * 400 + b"]" * 400 + b"}\n", "too_complex: nested over 250 deep"),
    ],
)
def test_a_bad_row_is_told_and_the_next_one_read(tmp_path, row, kind):
    file = lines(tmp_path, {"text": EN}, row, {"text": ZH})
    first, bad, last = rows.jsonl(file)
    assert (first.text, last.text) == (EN, ZH)
    assert isinstance(bad, Unreadable)
    assert (str(bad), bad.place) == (kind, len(json.dumps({"text": EN})) + 1)


def test_a_named_column_that_is_missing_is_named(tmp_path):
    assert str(one(tmp_path, {"text": EN}, text="abstract")) == "broken_row: no text in column abstract"


def test_reads_what_strict_parsers_refuse(tmp_path):
    doc = one(tmp_path, b'\xef\xbb\xbf{"text": "half \\ud83d", "score": NaN, "big": 99999999999999999999999}\n')
    assert doc.text == "half \ufffd"
    assert doc.meta == {"score": None, "big": 99999999999999999999999}


def test_blank_lines_and_a_last_line_without_end_are_no_matter(tmp_path):
    file = lines(tmp_path, b"\n  \n", {"text": EN}, b'{"text": "end"}')
    assert [doc.text for doc in rows.jsonl(file)] == [EN, "end"]


@pytest.mark.parametrize("size", [1, 7, 50, 1000])
def test_stretches_of_a_file_give_each_row_once(tmp_path, size):
    file = lines(tmp_path, *({"text": f"{ZH}{n}"} for n in range(40)))
    whole = [(doc.place, doc.text) for doc in rows.jsonl(file)]
    end = file.path.stat().st_size
    parts = [File(file.path, file.uri, "jsonl", at, min(at + size, end)) for at in range(0, end, size)]
    assert [(doc.place, doc.text) for part in parts for doc in rows.jsonl(part)] == whole


@pytest.mark.parametrize(("question", "answer"), [("Why stop the pump?", EN), ("为什么先停泵？", ZH)])
@pytest.mark.parametrize("system", ["", "Be brief."])
def test_reads_three_ways_to_write_an_exchange(tmp_path, question, answer, system):
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    openai = {"messages": [{"role": "system", "content": system}, *turns] if system else turns}
    sharegpt = {"conversations": [{"from": "human", "value": question}, {"from": "gpt", "value": answer}]}
    alpaca = {"instruction": question, "input": "", "output": answer}
    expected = [("system", system)] * bool(system) + [("user", question), ("assistant", answer)]
    for row in (openai, sharegpt | {"system": system}, alpaca | {"system": system}):
        doc = one(tmp_path, row | {"topic": "pumps"})
        assert said(doc) == expected
        assert (doc.kind, doc.meta) == ("example", {"topic": "pumps"})


def test_alpaca_history_and_input_come_in_order(tmp_path):
    row = {"instruction": "总结", "input": ZH, "output": "先停泵", "history": [["你好", "您好"]]}
    assert said(one(tmp_path, row)) == [
        ("user", "你好"), ("assistant", "您好"), ("user", f"总结\n{ZH}"), ("assistant", "先停泵"),
    ]  # fmt: skip


def test_text_parts_of_a_message_are_joined(tmp_path):
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    row = {"messages": [{"role": "user", "content": parts}, {"role": "assistant", "content": EN}]}
    assert said(one(tmp_path, row))[0] == ("user", "a\nb")


def test_each_question_is_an_example_with_a_place_of_its_own(tmp_path):
    row = {"id": "n1", "questions": ["甲？", "乙？", "丙？"], "answers": ["甲。", "", "丙。"], "instruction": "摘要"}
    file = lines(tmp_path, {"text": EN}, row)
    _, first, bad, last = rows.jsonl(file)
    assert said(last) == [("user", "丙？"), ("assistant", "丙。")]
    assert (first.meta, last.meta["turn"], first.id) == ({"instruction": "摘要", "turn": 0}, 2, "n1")
    assert str(bad) == "broken_row: no answer"
    assert len({first.place, bad.place, last.place}) == 3


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"messages": "hi"}, "broken_row: messages is not a list"),
        ({"messages": []}, "empty: nothing in messages"),
        ({"messages": [{"role": "oracle", "content": EN}]}, "broken_row: message 1 has an unknown role"),
        ({"messages": [{"role": "user"}]}, "broken_row: message 1 has no text in content"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "broken_row: message 1 has no text in content"),
        ({"messages": [{"role": "user", "content": EN}]}, "broken_row: no answer: the last message is not the assistant's"),
        ({"messages": [{"role": "assistant", "content": EN}]}, "broken_row: no question"),
        ({"conversations": [{"from": "human", "value": EN}, {"from": "gpt", "value": " "}]}, "broken_row: an empty answer"),
        ({"instruction": EN, "output": None}, "broken_row: no answer"),
        ({"instruction": "", "output": EN}, "broken_row: no question"),
        ({"instruction": EN, "output": EN, "history": ["x"]}, "broken_row: a turn of history is not [question, answer]"),
        ({"questions": ["a"], "answers": []}, "empty: nothing in answers"),
        ({"questions": ["a"], "answers": ["b", "c"]}, "broken_row: 1 questions, 2 answers"),
    ],
)  # fmt: skip
def test_an_example_that_cannot_be_used_says_why(tmp_path, row, why):
    assert str(one(tmp_path, row)) == why


def json_file(tmp_path, content, name="a.json"):
    (tmp_path / name).write_text(content, encoding="utf-8")
    return list(rows.json(File(tmp_path / name, name, "json")))


@pytest.mark.parametrize("text", [EN, ZH])
def test_json_is_rows_or_one_row_or_rows_line_by_line(tmp_path, text):
    row = json.dumps({"text": text})
    assert [doc.text for doc in json_file(tmp_path, f"[{row}, {row}]")] == [text, text]
    assert [doc.text for doc in json_file(tmp_path, row)] == [text]
    assert [doc.text for doc in json_file(tmp_path, f"{row}\n{row}\n")] == [text, text]


def test_json_without_documents_is_code(tmp_path):
    (doc,) = json_file(tmp_path, '{"strict": true}')
    assert (doc.kind, doc.text, doc.meta) == ("code", '{"strict": true}', {"language": "JSON", "path": "a.json"})


def test_json_that_is_none_is_unreadable(tmp_path):
    with pytest.raises(Unreadable, match="corrupt: not JSON"):
        json_file(tmp_path, "{")


def table():
    return pa.table(
        {
            "id": ["a", "b", "c", "d"],
            "text": [EN, None, ZH, ""],
            "day": [datetime.date(2024, 5, 1)] * 4,
            "price": [Decimal("1.50")] * 4,
            "raw": [b"\x00\xff"] * 4,
        }
    )


def test_parquet_reads_its_row_groups_with_every_type(tmp_path):
    pq.write_table(table(), tmp_path / "a.parquet", row_group_size=2)
    first, bad, last, empty = rows.parquet(File(tmp_path / "a.parquet", "a", "parquet"))
    assert (first.text, first.id, last.text, last.place) == (EN, "a", ZH, 2)
    assert first.meta == {"day": "2024-05-01", "price": "1.50", "raw": "AP8="}
    assert [(str(item), item.place) for item in (bad, empty)] == [("broken_row: no column of text", 1), ("empty", 3)]


def test_stretches_of_parquet_give_each_row_group_once(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": [f"{ZH}{n}" for n in range(50)]}), path, row_group_size=7)
    whole = [(doc.place, doc.text) for doc in rows.parquet(File(path, "a"))]
    assert [place for place, _ in whole] == list(range(50))
    end = path.stat().st_size
    parts = [File(path, "a", "parquet", at, min(at + 100, end)) for at in range(0, end, 100)]
    assert [(doc.place, doc.text) for part in parts for doc in rows.parquet(part)] == whole


@pytest.mark.parametrize("reader", [rows.parquet, rows.arrow])
def test_a_damaged_table_is_corrupt(tmp_path, reader):
    path = tmp_path / "a"
    pq.write_table(table(), path)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(Unreadable, match="corrupt"):
        list(reader(File(path, "a")))


@pytest.mark.parametrize("opener", [pa.ipc.new_stream, pa.ipc.new_file])
def test_arrow_is_read_as_stream_and_as_file(tmp_path, opener):
    path = tmp_path / "a.arrow"
    with pa.OSFile(str(path), "wb") as out, opener(out, table().schema) as writer:
        writer.write_table(table(), max_chunksize=3)
    found = list(rows.arrow(File(path, "a.arrow", "arrow")))
    assert [item.place for item in found] == [0, 1, 2, 3]
    assert [item.text for item in found if isinstance(item, Doc)] == [EN, ZH]


def test_what_datasets_lays_beside_its_tables_is_no_document(tmp_path):
    (tmp_path / "data.arrow").write_bytes(b"")
    assert json_file(tmp_path, '{"description": "x"}', "dataset_info.json") == []
    assert len(json_file(tmp_path, '{"description": "x"}', "other.json")) == 1


def test_questions_in_a_table_have_places_of_their_own(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"questions": [["a", "b"]] * 3, "answers": [["c", "d"]] * 3}), path)
    places = [doc.place for doc in rows.parquet(File(path, "a"))]
    assert len(set(places)) == 6
