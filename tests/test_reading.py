import json
import logging
import os
from datetime import date

import pytest

import curate
from curate import reading
from curate.data import key_of
from curate.plan import units_of
from curate.reading import read_unit
from curate.recipe import read_recipe

pytestmark = pytest.mark.usefixtures("shelf")
READER = "import curate\nfrom curate import Doc, Unreadable\n@curate.reader('markdown')\ndef mine(file):\n    {body}\n"


@pytest.fixture
def documents(write, tmp_path):
    """Every document of data/ with its text, outcome and reason; `body` is a reader of .md files."""
    (tmp_path / "data").mkdir()

    def read(body="yield Doc('')", fields=None, **how):
        write("mine.py", READER.format(body=body))
        source = {"path": "data", "fields": fields or {}}
        recipe = read_recipe(
            {"plugins": ["mine.py"], "sources": {"s": source}, "text": {"format": "lines"}}, folder=tmp_path
        )
        rows = []
        for unit in units_of(recipe, **how):
            for batch in read_unit(recipe, unit):
                marks = batch.marks
                rows += zip(batch, marks.outcome, marks.reason, strict=True)
        return rows

    return read


def outcomes(rows):
    return [(doc.text, reason) for doc, _, reason in rows]


def test_a_document_has_its_source_path_and_a_key_that_follows_from_its_place(documents, write):
    write("data/说明/a.txt", "泵\npump\n")
    rows = documents()
    assert [(doc.text, doc.source, doc.uri, doc.key) for doc, _, _ in rows] == [
        ("泵\n", "s", "说明/a.txt", key_of("s", "说明/a.txt", 0)), ("pump\n", "s", "说明/a.txt", key_of("s", "说明/a.txt", 4)),
    ]  # fmt: skip


def test_without_a_place_a_documents_number_is_its_place(documents, write):
    write("data/a.md", "x")
    rows = documents("yield Doc('泵'); yield Doc('pump')")
    assert [doc.key for doc, _, _ in rows] == [key_of("s", "a.md", 0), key_of("s", "a.md", 1)]


@pytest.mark.parametrize(("body", "found"), [
    ("yield Doc('泵'); raise ValueError('张三 13800138000')", [("泵", ""), ("", "corrupt: ValueError in mine, line 5")]),
    ("raise Unreadable('encrypted', 'needs a password')", [("", "encrypted: needs a password")]),
    ("yield Doc('泵'); yield Unreadable('broken_row', 'not JSON', place=7); yield Doc('阀')", [("泵", ""), ("", "broken_row: not JSON"), ("阀", "")]),
    ("yield 'a text'", [("", "corrupt: expected a Doc, got str")]),
    ("yield Unreadable('bad luck')", [("", "corrupt: expected an Unreadable of a known kind")]),
    ("yield Doc('泵', place=3); yield Doc('阀', place=3); yield Doc('轴', place=4)", [("泵", ""), ("", "Wrong: mine gave two documents the place 3"), ("轴", "")]),
    ("yield Doc(' \\n')", [("", "empty")]),
    ("return [Doc('泵')]", [("泵", "")]),
    ("return 3", [("", "corrupt: TypeError in items_of")]),
    ("pass", [("", "corrupt: TypeError in items_of")]),
])  # fmt: skip
def test_whatever_a_reader_does_is_an_error_of_that_document_and_the_rest_is_read(documents, write, body, found):
    write("data/a.md", "x")
    got = outcomes(documents(body))
    assert [text for text, _ in got] == [text for text, _ in found]
    assert all(
        reason.startswith(why) and bool(reason) == bool(why) for (_, reason), (_, why) in zip(got, found, strict=True)
    )


def test_every_error_has_a_key_of_its_own(documents, write):
    write("data/a.md", "x")
    rows = documents(
        "yield Doc('', place=3); yield Doc('x', place=3); yield Unreadable('empty', place=3); raise ValueError"
    )
    assert len({doc.key for doc, _, _ in rows}) == len(rows) == 4


def test_stretches_of_a_file_that_fail_are_errors_with_keys_of_their_own(documents, write, monkeypatch):
    monkeypatch.setattr("curate.plan.UNIT_BYTES", 10)
    monkeypatch.setitem(globals(), "READER", READER.replace("'markdown'", "'markdown', splits=True"))
    write("data/a.md", "x" * 35)
    rows = documents("raise Unreadable('corrupt'); yield")
    assert [reason for _, _, reason in rows] == ["corrupt"] * 4
    assert len({doc.key for doc, _, _ in rows}) == 4


def test_files_that_no_reader_reads_are_errors_with_their_kind(documents, write):
    write("data/a.exe", b"MZ\0")
    write("data/b.txt", "泵")
    assert outcomes(documents()) == [("", "unsupported: no reader for files like .exe"), ("泵", "")]


def test_a_document_that_is_too_large_is_an_error_of_its_own(documents, write, monkeypatch):
    monkeypatch.setattr(reading, "MAX_DOC_BYTES", 40)
    write("data/a.txt", "泵" * 14 + "\n" + "x" * 39 + "\n")
    assert outcomes(documents()) == [("", "too_large: over 40 bytes of text"), ("x" * 39 + "\n", "")]


def test_promoted_fields_are_typed_columns_and_a_value_that_does_not_cast_is_that_documents_error(documents, write):
    fields = {"url": "string", "page": "int", "score": "float", "day": "date", "ok": "bool"}
    write("data/a.jsonl", '{"text": "泵", "url": "u", "page": "7", "score": 1, "day": "2024-02-29T08:00", "ok": true}\n{"text": "阀", "page": "张三"}\n{"text": "轴"}\n')  # fmt: skip
    first, second, third = documents(fields=fields)
    assert first[0].fields == {"url": "u", "page": 7, "score": 1.0, "day": date(2024, 2, 29), "ok": True}
    assert second[1:] == ("error", "broken_row: page is no int")
    assert third[0].fields == dict.fromkeys(fields)


@pytest.mark.parametrize(("type", "value", "found"), [
    ("int", 2**70, None), ("int", "7.5", None), ("bool", "false", False), ("bool", "maybe", None), ("bool", 3, None),
    ("date", "2024-02-30", None), ("date", "昨天", None), ("float", "1e3", 1000.0), ("string", "\ud800", "\ufffd"),
    ("string", [1], "[1]"),
])  # fmt: skip
def test_a_value_that_does_not_cast_is_an_error_and_never_something_else(documents, write, type, value, found):
    write("data/a.jsonl", json.dumps({"text": "泵", "value": value}) + "\n")
    ((doc, outcome, reason),) = documents(fields={"value": type})
    if found is None:
        assert (outcome, reason) == ("error", f"broken_row: value is no {type}")
    else:
        assert doc.value == found


def test_a_file_whose_name_is_no_utf8_is_read(documents, tmp_path):
    (tmp_path / "data" / os.fsdecode(b"\xb1\xc3.txt")).write_text("泵")
    assert [(doc.text, doc.uri) for doc, _, _ in documents()] == [("泵", "\ufffd\ufffd.txt")]


def test_batches_hold_at_most_so_many_documents_and_bytes(documents, write, tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "BATCH_DOCS", 3)
    monkeypatch.setattr(reading, "BATCH_BYTES", 10)
    write("data/a.txt", "a\nb\nc\nd\n" + "x" * 20 + "\ne\n")
    recipe = read_recipe({"sources": {"s": "data"}, "text": {"format": "lines"}}, folder=tmp_path)
    assert [len(batch) for unit in units_of(recipe) for batch in read_unit(recipe, unit)] == [3, 1, 1, 1]


def test_a_sample_lies_within_a_larger_one_and_is_about_as_large_as_was_asked(documents, write):
    write("data/a.txt", "".join(f"pump {n}\n" for n in range(2000)))
    every, ten, one = ({doc.key for doc, _, _ in documents(sample=share)} for share in (1.0, 0.1, 0.01))
    assert one < ten < every
    assert (len(every), 150 < len(ten) < 250, 5 < len(one) < 40) == (2000, True, True)


def test_a_limit_takes_the_first_documents_of_each_source(documents, write):
    for name in "abc":
        write(f"data/{name}.txt", "泵\n阀\n")
    assert [doc.uri for doc, _, _ in documents(limit=3)] == ["a.txt", "a.txt", "b.txt"]
    assert len(documents(limit=99)) == 6


def test_a_file_split_in_stretches_gives_each_document_once_with_the_same_key(documents, write, monkeypatch):
    write("data/a.txt", "".join(f"第 {n} 行\n" for n in range(50)))
    whole = [(doc.key, doc.text) for doc, _, _ in documents()]
    monkeypatch.setattr("curate.plan.UNIT_BYTES", 64)
    split = [(doc.key, doc.text) for doc, _, _ in documents()]
    assert split == whole
    assert len(whole) == 50


def test_curate_read_gives_documents_as_a_run_reads_them_and_warns_of_what_it_cannot(write, tmp_path, caplog):
    write("data/a.txt", "泵\n")
    write("data/b.exe", b"MZ\0")
    with caplog.at_level(logging.WARNING, "curate"):
        assert [(doc.text, doc.uri) for doc in curate.read(tmp_path / "data", {"text": "plain"})] == [("泵\n", "a.txt")]
    assert caplog.messages == ["b.exe could not be read: unsupported: no reader for files like .exe"]
