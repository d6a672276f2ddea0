"""Hostile and damaged input through whole runs: what is kept, what is an error of which kind, and no run ends by it."""

import ast
import gzip
import json
import os
import random
import socket
import subprocess
import sys
import tracemalloc
import typing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from click.testing import CliRunner

import curate
from curate import errors, files, plan, reading, work
from curate.cli import main
from curate.errors import UnreadableKind
from curate.recipe import read_recipe

ROOT = Path(__file__).parent.parent
EN, ZH = "Stop the pump before opening the cover.", "拆盖之前必须先停泵，并确认电源已经切断。"


class InOrder:
    """The engine without processes: tasks run here, so that a test can have a hand in them."""

    def __init__(self, workers, begin, arguments):
        begin(*arguments)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def map(self, function, tasks, done=lambda result: None, died=None):
        results = [function(*task) for task in tasks]
        for result in results:
            done(result)
        return results


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a recipe on data/ in this very process: the texts that are left, in order, and the manifest's unreadable."""
    monkeypatch.setattr(sys.modules["curate.run"], "LocalEngine", InOrder)
    (tmp_path / "data").mkdir()

    def through(steps=(), sources=None, **blocks):
        sources = sources or {"web": str(tmp_path / "data")}
        done = curate.run({"sources": sources, "steps": [*steps], **blocks}, tmp_path / "run")
        texts = [row["text"] for path in done.outputs["text"] for row in pq.read_table(path).to_pylist()]
        return texts, done.manifest["unreadable"]

    return through


def row(text, **more):
    return json.dumps({"text": text} | more, ensure_ascii=False).encode() + b"\n"


def reasons(tmp_path):
    table = pq.read_table(tmp_path / "run" / "ledger.parquet")
    return [one["reason"] for one in table.to_pylist() if one["outcome"] == "error"]


# --- rows ---


BAD_ROWS = {
    "deep list": (b'{"text": "x", "a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n", "too_complex"),
    "deep object": (b'{"a": ' * 5_000 + b"1" + b"}" * 5_000 + b"\n", "too_complex"),
    "a little too deep": (b'{"text": "x", "a": ' + b"[" * 900 + b"]" * 900 + b"}\n", "too_complex"),
    "NUL bytes": (b"\0" * 10_000 + b"\n", "broken_row"),
    "NUL in a string": (b'{"text": "a\0b"}\n', "broken_row"),
    "text is a number": (b'{"text": 7}\n', "broken_row"),
    "text is a list": ('{"text": ["泵"]}\n'.encode(), "broken_row"),
    "text is null": (b'{"text": null}\n', "broken_row"),
    "text is an object": (b'{"text": {"a": 1}}\n', "broken_row"),
    "messages is a text": (b'{"messages": "hello"}\n', "broken_row"),
    "a number": (b"3.14\n", "broken_row"),
    "null": (b"null\n", "broken_row"),
    "cut": ('{"text": "离心'.encode() + b"\n", "broken_row"),
    "not UTF-8": (b'{"text": "\xb1\xc3"}\n', "encoding"),
    "no text": (b'{"text": " "}\n', "empty"),
    "another schema": (b'{"name": "x", "value": 1}\n', "broken_row"),
    "a number without end": (b'{"text": "x", "n": ' + b"9" * 5_000 + b"}\n", "broken_row"),
}  # fmt: skip


def test_every_bad_row_is_an_error_of_its_kind_and_the_rows_around_it_stay(run, write):
    for number, (bad, _) in enumerate(BAD_ROWS.values()):
        write(f"data/{number:02}.jsonl", row(f"{EN} {number}") + bad + row(f"{ZH}{number}"))
    texts, unreadable = run()
    assert texts == [text for number in range(len(BAD_ROWS)) for text in (f"{EN} {number}", f"{ZH}{number}")]
    kinds = [kind for _, kind in BAD_ROWS.values()]
    assert unreadable == {kind: kinds.count(kind) for kind in sorted(set(kinds))}


def test_a_row_that_is_too_long_is_an_error_at_its_place_and_never_held_in_memory(run, write, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_LINE_BYTES", 100_000)
    with open(write("data/a.jsonl", row(EN)), "ab") as out:
        out.write(b'{"text": "')
        out.writelines(b"x" * 1_000_000 for _ in range(40))
        out.write(b'"}\n' + row(ZH))
    tracemalloc.start()
    texts, unreadable = run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (texts, unreadable) == ([EN, ZH], {"too_large": 1})
    assert reasons(tmp_path) == [f"too_large: a row of over 100,000 bytes, at {len(row(EN))}"]
    assert peak < 20_000_000


@pytest.mark.parametrize("unit_bytes", [1_000, 7_000, 100_000])
def test_a_row_that_is_too_long_is_told_once_wherever_the_file_is_split(run, write, monkeypatch, unit_bytes):
    monkeypatch.setattr(files, "MAX_LINE_BYTES", 5_000)
    monkeypatch.setattr(plan, "UNIT_BYTES", unit_bytes)
    write("data/a.jsonl", row(EN) + row("泵" * 10_000) + row(ZH) + row("x" * 5_000) + row("end"))
    assert run() == ([EN, ZH, "end"], {"too_large": 2})


def test_a_million_empty_lines_are_nothing(run, write):
    write("data/a.jsonl", row(EN) + b"\n" * 1_000_000 + row(ZH))
    write("data/b.txt", b"\n" * 1_000_000)
    assert run() == ([EN, ZH], {"empty": 1})


def test_half_a_surrogate_pair_becomes_a_replacement_character_wherever_it_stands(run, write, tmp_path):
    write("data/a.jsonl", rb'{"id": "n\ud800", "text": "\ud800\u6cf5", "k\udfff": "\ud800", "day": "\udc00"}' + b"\n")
    texts, unreadable = run(sources={"web": {"path": str(tmp_path / "data"), "fields": {"day": "string"}}})
    assert (texts, unreadable) == (["\ufffd泵"], {})


def test_mixed_schemas_across_rows_and_files_are_one_text_output(run, write):
    write("data/a.jsonl", row(EN, tags=["a"], page=1) + row(ZH, tags={"b": None}, page="二") + row("third", tags=7))
    write(
        "data/b.jsonl", json.dumps({"正文": "乙"}).encode() + b"\n" + json.dumps({"content": "c", "x": [[]]}).encode()
    )
    pq.write_table(pa.table({"body": ["丙"], "tags": [datetime_like()], "page": [2.5]}), write("data/c.parquet", b""))
    assert run() == ([EN, ZH, "third", "乙", "c", "丙"], {})


def datetime_like():
    return {"when": [1, 2], "who": "李娜"}


@pytest.mark.parametrize("newline", [b"\r\n", b"\n"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_byte_order_marks_utf_16_and_crlf_are_no_matter(run, write, encoding, newline):
    said = (row(EN).strip() + newline + row(ZH).strip() + newline).decode()
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    for name in ("a.jsonl", "b.json"):
        write(f"data/{name}", mark + said.encode(encoding))
    write("data/c.txt", mark + f"丙{newline.decode()}c".encode(encoding))
    write("data/d.json", mark + json.dumps([{"text": "丁"}]).encode(encoding))
    assert run() == ([EN, ZH, EN, ZH, "丙\nc", "丁"], {})


def test_utf_16_that_is_larger_than_a_unit_is_read_whole(run, write, monkeypatch):
    monkeypatch.setattr(plan, "UNIT_BYTES", 1_000)
    write("data/a.jsonl", "".join(row(f"{ZH}{n}").decode() for n in range(100)).encode("utf-16"))
    assert run()[0] == [f"{ZH}{n}" for n in range(100)]


# --- tables ---


def test_half_a_parquet_file_is_one_error(run, write, tmp_path):
    pq.write_table(pa.table({"text": [f"{ZH}{n}" for n in range(1_000)]}), tmp_path / "whole.parquet")
    data = (tmp_path / "whole.parquet").read_bytes()
    write("data/a.parquet", data[: len(data) // 2])
    write("data/b.txt", EN)
    assert run() == ([EN], {"corrupt": 1})


def test_of_parquet_with_a_damaged_row_group_the_others_are_read(run, write, tmp_path):
    texts = [random.Random(n).randbytes(50).hex() for n in range(300)]
    pq.write_table(pa.table({"text": texts}), tmp_path / "whole.parquet", row_group_size=100, compression="zstd")
    group = pq.ParquetFile(tmp_path / "whole.parquet").metadata.row_group(1).column(0)
    data = bytearray((tmp_path / "whole.parquet").read_bytes())
    start = group.dictionary_page_offset or group.data_page_offset
    data[start : start + group.total_compressed_size] = b"\xff" * group.total_compressed_size
    write("data/a.parquet", bytes(data))
    assert run() == (texts[:100] + texts[200:], {"corrupt": 1})


def test_parquet_of_nested_and_odd_types_is_read(run, write):
    odd = {
        "nested": pa.array([{"a": [{"b": [1, None]}]}, None], pa.struct([("a", pa.list_(pa.struct([("b", pa.list_(pa.int8()))])))])),
        "map": pa.array([[("k", 1)], []], pa.map_(pa.string(), pa.int32())),
        "far": pa.array([2**60, None], pa.timestamp("ms")),
        "exact": pa.array([1_700_000_000_123_456_789, 1], pa.timestamp("ns")),
        "far day": pa.array([2**30, 0], pa.date32()),
        "long": pa.array([2**62, 0], pa.duration("s")),
        "raw": pa.array([b"\xff\x00", b""], pa.binary()),
        "word": pa.array(["泵", "泵"]).dictionary_encode(),
        "nothing": pa.nulls(2),
        "small": pa.array([1.5, float("nan")], pa.float16()),
    }  # fmt: skip
    pq.write_table(pa.table({"text": pa.array([EN, ZH], pa.large_string()), **odd}), write("data/a.parquet", b""))
    assert run() == ([EN, ZH], {})


def test_a_table_whose_text_is_no_text_is_an_error_a_row(run, write):
    pq.write_table(pa.table({"text": [[1], [2]]}), write("data/a.parquet", b""))
    pq.write_table(pa.table({"text": [1.5]}), write("data/b.parquet", b""))
    pq.write_table(pa.table({"text": pa.array([], pa.string())}), write("data/c.parquet", b""))
    write("data/d.txt", ZH)
    assert run() == ([ZH], {"broken_row": 3})


# --- packed files ---

PACKERS = {"gz": lambda data: gzip.compress(data, mtime=0), "zst": zstandard.compress}
ROWS = b"".join(row(f"{ZH}{random.Random(n).random()}") for n in range(3_000))
TEXTS = [json.loads(line)["text"] for line in ROWS.splitlines()]


@pytest.mark.parametrize("pack", PACKERS)
def test_what_was_packed_before_garbage_is_read_and_the_garbage_told(run, write, tmp_path, pack):
    write(f"data/a.jsonl.{pack}", PACKERS[pack](ROWS) + b"garbage " * 1_000)
    write(f"data/b.txt.{pack}", PACKERS[pack](EN.encode()) + b"garbage")
    assert run() == ([*TEXTS, EN], {"corrupt": 2})
    assert all("is not packed and was not read" in why for why in reasons(tmp_path))


@pytest.mark.parametrize("pack", PACKERS)
def test_of_rows_that_were_packed_and_cut_those_before_the_cut_are_read(run, write, pack):
    packed = PACKERS[pack](ROWS)
    write(f"data/a.jsonl.{pack}", packed[: len(packed) // 2])
    write(f"data/b.txt.{pack}", PACKERS[pack](ROWS)[:-10])
    texts, unreadable = run()
    assert len(texts) > 1_000 or pack == "zst"  # which gives nothing of a block that is not whole
    assert texts == TEXTS[: len(texts)]
    assert unreadable == {"corrupt": 2}


@pytest.mark.parametrize("pack", PACKERS)
def test_members_in_a_row_and_zero_bytes_after_them_are_one_whole_file(run, write, pack):
    lines = ROWS.splitlines(keepends=True)
    members = b"".join(PACKERS[pack](b"".join(lines[at : at + 7])) for at in range(0, len(lines), 7))
    write(f"data/a.jsonl.{pack}", members + PACKERS[pack](b"") + b"\0" * 10_000)
    assert run() == (TEXTS, {})


@pytest.mark.parametrize("pack", PACKERS)
def test_damage_in_the_middle_keeps_the_rows_before_it(run, write, pack):
    data = bytearray(PACKERS[pack](ROWS) + PACKERS[pack](ROWS))
    data[len(data) * 3 // 4 :] = b"\xff" * len(data[len(data) * 3 // 4 :])
    write(f"data/a.jsonl.{pack}", bytes(data))
    texts, unreadable = run()
    assert len(texts) >= len(TEXTS)
    assert texts == (TEXTS * 2)[: len(texts)]
    assert unreadable == {"corrupt": 1}


@pytest.mark.parametrize("pack", PACKERS)
def test_a_packed_text_of_almost_nothing_is_a_bomb_and_rows_like_it_are_not(run, write, pack):
    write(f"data/a.txt.{pack}", PACKERS[pack](b"x" * 20_000_000))
    write(f"data/b.jsonl.{pack}", PACKERS[pack](row(ZH) * 20_000))
    texts, unreadable = run(steps=["exact_dedup"])
    assert (texts, unreadable) == ([ZH], {"bomb": 1})


def test_an_archive_of_very_many_files_is_refused_before_its_list_is_read(run, write, monkeypatch):
    monkeypatch.setattr(files, "MAX_DIRECTORY", 1_000)
    import zipfile

    with zipfile.ZipFile(write("data/a.docx", b""), "w") as archive:
        for number in range(50):
            archive.writestr(f"word/{number}.xml", "")
    write("data/b.txt", ZH)
    assert run() == ([ZH], {"bomb": 1})


# --- folders and names ---


def test_links_that_lead_in_circles_or_nowhere_end_nothing(run, write, tmp_path):
    write("data/a/甲.txt", ZH)
    (tmp_path / "data/a/up").symlink_to(tmp_path / "data")
    (tmp_path / "data/self").symlink_to(tmp_path / "data/self")
    (tmp_path / "data/gone.txt").symlink_to("nowhere")
    assert run() == ([ZH], {"corrupt": 2})


def test_a_pattern_tells_of_links_that_lead_nowhere_as_a_folder_does(run, write, tmp_path):
    write("data/甲.txt", ZH)
    (tmp_path / "data/gone.txt").symlink_to("nowhere")
    assert run(sources={"web": str(tmp_path / "data" / "*.txt")}) == ([ZH], {"corrupt": 1})


def test_of_a_folder_with_two_names_the_first_is_taken(tmp_path, write):
    write("data/z/甲.txt", ZH)
    for name in "yxb":
        (tmp_path / "data" / name).symlink_to(tmp_path / "data/z")
    assert [uri for _, uri in plan.listed_files(tmp_path / "data")] == ["b/甲.txt"]


def test_a_folder_that_cannot_be_listed_is_an_error_and_the_others_are_read(run, write, tmp_path, monkeypatch):
    write("data/open/a.txt", EN)
    write("data/closed 禁/b.txt", ZH)
    scandir = os.scandir

    def refusing(path):
        if str(path).endswith("closed 禁"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    assert run() == ([EN], {"denied": 1})
    assert reasons(tmp_path) == ["denied: the folder cannot be listed"]


def test_a_file_that_may_not_be_read_is_an_error_of_its_own_kind(run, write, monkeypatch):
    write("data/a.txt", EN)
    write("data/b.txt", ZH)
    sniff = plan.sniff

    def refusing(path):
        if path.name == "b.txt":
            raise PermissionError(13, "Permission denied", str(path))
        return sniff(path)

    monkeypatch.setattr(plan, "sniff", refusing)
    assert run() == ([EN], {"denied": 1})


def test_pipes_sockets_and_devices_in_a_folder_hold_nothing_up(run, write, tmp_path, monkeypatch):
    write("data/a.txt", EN)
    os.mkfifo(tmp_path / "data/b.txt")
    (tmp_path / "data/c.jsonl").symlink_to("/dev/zero")
    monkeypatch.chdir(tmp_path / "data")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("d.html")
        assert run() == ([EN], {"unsupported": 3})


def test_a_pipe_for_which_a_plugin_has_a_reader_holds_nothing_up(write, tmp_path):
    write("mine.py", "import curate\n@curate.reader('泵')\ndef mine(file):\n    return [curate.Doc(file.text)]\n")
    os.mkfifo(write("data/a.txt", EN).with_name("b.泵"))
    found = read_recipe({"plugins": ["mine.py"], "sources": {"s": "data"}}, folder=tmp_path)
    (unit,) = plan.units_of(found)
    assert [why for _, why in unit.unreadable] == ["unsupported: no file: a pipe, a socket or a device"]


NAMES = [
    b"\xb1\xc3.txt", b"\xff\xfe.txt", "行\n列.txt".encode(), b"a\rb\tc.txt", " 空格 .txt".encode(), b"-rf.txt", b"'\".txt",
    "泵".encode() * 83 + b".txt", "🚰.txt".encode(), "e\u0301.txt".encode(), "é.txt".encode(), b"%2e%2e.txt",
]  # fmt: skip


def test_files_of_any_name_are_read(run, tmp_path):
    for number, name in enumerate(NAMES):
        (tmp_path / "data" / os.fsdecode(name)).write_text(f"{ZH}{number}")
    texts, unreadable = run()
    assert (sorted(texts), unreadable) == (sorted(f"{ZH}{number}" for number in range(len(NAMES))), {})


def test_a_path_of_over_300_characters_is_read(run, write):
    write("data/" + "/".join("泵" * 80 for _ in range(4)) + "/a.txt", ZH)
    assert run() == ([ZH], {})


def test_empty_files_of_every_type_are_empty(run, write):
    names = ["a.txt", "b.jsonl", "c.json", "d.parquet", "e.pdf", "f.docx", "g.html", "h.arrow", "i.py", "j.jsonl.gz"]
    for name in names:
        write(f"data/{name}", b"")
    write("data/z.txt", ZH)
    assert run() == ([ZH], {"empty": len(names)})


def test_json_that_is_a_number_is_code_and_not_a_document_of_a_text_source(run, write):
    write("data/a.json", "7")
    write("data/b.txt", ZH)
    assert run() == (["7", ZH], {})


def test_a_source_without_documents_stands_beside_a_good_one(run, write, tmp_path):
    write("data/a.txt", ZH)
    (tmp_path / "empty").mkdir()
    sources = {"web": str(tmp_path / "data"), "空": str(tmp_path / "empty")}
    assert run(steps=["exact_dedup"], sources=sources) == ([ZH], {})


def test_two_sources_with_the_same_file_are_two_documents_of_which_one_is_a_duplicate(run, write, tmp_path):
    write("data/a.txt", ZH)
    sources = {name: str(tmp_path / "data") for name in ("甲", "乙")}
    assert run(sources=sources) == ([ZH, ZH], {})
    assert run(steps=["exact_dedup"], sources=sources) == ([ZH], {})


def test_twenty_thousand_identical_texts_become_one(run, write):
    write("data/a.jsonl", row(ZH) * 20_000)
    assert run(steps=["exact_dedup"]) == ([ZH], {})


def test_what_a_plugins_reader_gives_and_cannot_be_stored_is_an_error_of_that_document(write, tmp_path):
    bodies = ["{'when': object()}", "'not JSON'", "{1, 2}", "5", "{'泵': '好'}"]
    given = "; ".join(f"yield curate.Doc('泵', meta={body})" for body in bodies)
    write("mine.py", f"import curate\n@curate.reader('markdown')\ndef mine(file):\n    {given}\n")
    write("data/a.md", "x")
    recipe = {
        "plugins": ["mine.py"],
        "sources": {"s": {"path": "data", "fields": {"泵": "string"}}},
        "readers": {"markdown": "mine"},
    }
    found = read_recipe(recipe, folder=tmp_path)
    marks = [
        batch.marks for unit in plan.units_of(found) for batch in reading.read_unit(found, unit)
    ]  # fmt: skip
    assert [outcome for one in marks for outcome in one.outcome] == ["error"] * 4 + ["kept"]


# --- files that change ---


def during(monkeypatch, act):
    """Do something while the first unit is read, after its files were."""
    real, done = work.read_unit, []

    def acting(*asked):
        yield from real(*asked)
        if not done:
            done.append(act())

    monkeypatch.setattr(work, "read_unit", acting)


def append(path, data):
    with path.open("ab") as out:
        out.write(data)


CHANGES = {
    "rewritten": lambda path: path.write_text("另一篇" * 10),
    "rewritten, as long": lambda path: path.write_text(EN[::-1]),
    "appended": lambda path: append(path, b"more"),
    "truncated": lambda path: path.write_bytes(b""),
    "removed": lambda path: path.unlink(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_read_of_a_file_that_changes_meanwhile_is_never_stored_and_the_next_run_reads_it(
    run, write, tmp_path, monkeypatch, change
):
    path, _ = write("data/a.txt", EN), write("data/b.txt", ZH)
    with monkeypatch.context() as patched:
        during(patched, lambda: CHANGES[change](path))
        assert run() == ([ZH], {"changed": 1})
    left = [path.read_text()] if path.exists() and path.read_text() else []
    assert run() == ([*left, ZH], {"empty": 1} if change == "truncated" else {})
    path.write_text(EN)
    assert run() == ([EN, ZH], {})


def test_a_file_that_is_only_touched_meanwhile_is_kept(run, write, monkeypatch):
    path = write("data/a.txt", EN)
    during(monkeypatch, lambda: os.utime(path, (1, 1)))
    assert run() == ([EN], {})


def test_a_big_file_that_changes_is_an_error_of_each_stretch_that_was_not_read_before(run, write, monkeypatch):
    monkeypatch.setattr(plan, "UNIT_BYTES", 1_000)
    path = write("data/a.jsonl", b"".join(row(f"{ZH}{n:03}") for n in range(100)))
    write("data/b.txt", EN)
    during(monkeypatch, lambda: append(path, row("更多")))
    texts, unreadable = run()
    assert (texts, [*unreadable]) == ([EN], ["changed"])
    assert len(run()[0]) == 102


# --- what a run says ---


def test_every_kind_of_unreadable_is_in_the_list_and_explained():
    known = set(typing.get_args(UnreadableKind))
    used = set()
    for path in [*(ROOT / "curate").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Unreadable" and node.args:
                used |= {one.value for one in ast.walk(node.args[0]) if isinstance(one, ast.Constant)} - {": ", 1}
    assert used <= known
    explained = {line.split()[0] for line in errors.__doc__.splitlines() if line.partition("  ")[2]}
    assert known <= explained
    assert known - used <= {"changed", "timeout", "crash", "memory"}  # which the run itself says


def said(*words):
    return CliRunner().invoke(main, [str(word) for word in words], prog_name="curate")


def recipe(write, steps="[]", **more):
    lines = ["sources: {web: data}", f"steps: {steps}", *(f"{name}: {value}" for name, value in more.items())]
    return write("recipe.yaml", "\n".join(lines))


@pytest.fixture
def in_process(monkeypatch):
    monkeypatch.setattr(sys.modules["curate.run"], "LocalEngine", InOrder)


@pytest.mark.usefixtures("in_process")
def test_a_run_with_errors_in_it_is_done_with_exit_code_0(write, tmp_path):
    write("data/a.jsonl", row(ZH) + b"{\n")
    told = said("run", recipe(write), "--out", tmp_path / "run")
    assert (told.exit_code, "1 broken_row" in told.output) == (0, True)


@pytest.mark.usefixtures("in_process")
def test_a_run_that_cannot_go_on_fails_with_exit_code_1(write, tmp_path):
    write("data/a.txt", ZH)
    write("run/mine.txt", "not a run's")
    told = said("run", recipe(write), "--out", tmp_path / "run")
    assert (told.exit_code, "no run's" in told.stderr) == (1, True)


@pytest.mark.parametrize(("steps", "more"), [
    ("[{length: {min: 1e3x}}]", {}), ("[{length: {min: yes}}]", {}), ("[{length: {min: 2024-01-01}}]", {}), ("{length: 1}", {}),
    ("[length: [1, 2]]", {}), ("[[length]]", {}), ("[7]", {}), ("[null]", {}), ("[~]", {}), ("length", {}), ("[{}]", {}),
    ("[{length: {min: !!python/object:os.system {}}}]", {}), ("[{长度: {}}]", {}), ("[{length: {min: '7'}}]", {}),
    ("[]", {"text": "7"}), ("[]", {"text": "[lines]"}), ("[]", {"pretrain": "no"}), ("[]", {"sft": "{from: 7}"}),
    ("[]", {"readers": "[pdf]"}), ("[]", {"plugins": "{a: b}"}), ("[]", {"7": "x"}), ("[]", {"2024-01-01": "x"}),
])  # fmt: skip
def test_a_recipe_of_wrong_values_is_told_with_exit_code_2(write, tmp_path, steps, more):
    write("data/a.txt", ZH)
    told = said("run", recipe(write, steps, **more), "--out", tmp_path / "run")
    assert told.exit_code == 2, told.exception
    assert "recipe.yaml:" in told.stderr


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize(("content", "steps", "sentence"), [
    (b"{\n" * 5, "[]", "nothing could be read"),
    (row("short"), "[length]", "no document is left; length took most"),
    (b"", "[]", "nothing could be read"),
])  # fmt: skip
def test_a_run_of_which_nothing_is_left_is_an_alarm_with_exit_code_4(write, tmp_path, content, steps, sentence):
    write("data/a.jsonl", content)
    told = said("run", recipe(write, steps), "--out", tmp_path / "run")
    assert (told.exit_code, sentence in told.stderr) == (4, True), told.stderr


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize(("wrong", "code"), [(5, 0), (6, 4)])
def test_a_step_that_errs_on_more_than_a_twentieth_of_100_documents_is_an_alarm(write, tmp_path, wrong, code):
    write("mine.py", "import curate\n@curate.filter\ndef odd(doc):\n    return 1 / (int(doc.text) % 100 >= LIMIT) > 0\n".replace("LIMIT", str(wrong)))  # fmt: skip
    write("data/a.jsonl", b"".join(row(str(n)) for n in range(100)))
    told = said("run", recipe(write, "[odd]", plugins="[mine.py]"), "--out", tmp_path / "run")
    assert told.exit_code == code, told.output
    assert ("odd errs on 6 of 100 documents, more than 5%" in told.stderr) == bool(code)


def test_hostile_files_through_worker_processes_end_nothing(write, tmp_path):
    write("data/a.jsonl", row(EN) + b"[" * 100_000 + b"\n" + b"\0" * 1_000)
    write("data/b.jsonl.gz", PACKERS["gz"](ROWS)[:-5])
    write("data/c.html", "<html><body " + "a=1 " * 200_000 + ">")
    write("data/d.txt.zst", PACKERS["zst"](b"x" * 50_000_000))
    os.mkfifo(tmp_path / "data/e.txt")
    command = [sys.executable, "-m", "curate", "run", recipe(write), "--out", tmp_path / "run", "--workers", "2"]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "run/manifest.json").read_bytes())
    assert manifest["unreadable"] == {"bomb": 1, "broken_row": 1, "corrupt": 1, "too_complex": 2, "unsupported": 1}
