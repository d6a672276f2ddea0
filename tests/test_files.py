import gzip
import io
import os
import stat
import zipfile

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from curate import CurateError, File, Unreadable
from curate.files import content_hash, decode, place, put, sniff

CHINESE = "离心泵的维护说明：每月检查一次轴承温度，必要时加注润滑脂。机械密封泄漏时应立即停机。"


def archive(*names):
    with zipfile.ZipFile(out := io.BytesIO(), "w") as packed:
        for name in names:
            packed.writestr(name, "x")
    return out.getvalue()


@given(st.lists(st.sampled_from([b"", b"pump", "离心泵".encode(), b"\r", b"\x00"])).map(b"\n".join), st.data())
def test_any_split_of_a_file_gives_each_line_once_with_its_offset(tmp_path_factory, content, data):
    path = tmp_path_factory.getbasetemp() / "lines.txt"
    path.write_bytes(content)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=6)))
    stretches = zip([0, *cuts], [*cuts, data.draw(st.sampled_from([None, len(content)]))], strict=True)
    found = [line for start, end in stretches for line in File(path, "", "", start, end).lines()]
    assert found == list(File(path, "").lines())
    assert b"".join(line for _, line in found) == content
    assert all(content[at : at + len(line)] == line for at, line in found)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
def test_a_packed_file_reads_like_the_one_it_was(write, pack):
    file = File(write("甲.txt.x", pack("泵\npump".encode())), "甲.txt")
    assert (file.read(), file.text, file.name) == ("泵\npump".encode(), "泵\npump", "甲.txt.x")
    assert list(file.lines()) == [(0, "泵\n".encode()), (4, b"pump")]


def test_several_packed_pieces_in_a_row_are_one_file(write):
    for compress in (gzip.compress, zstandard.compress):
        assert File(write("x", compress(b"one ") + compress(b"two")), "").text == "one two"


@pytest.mark.parametrize(("data", "text"), [
    (CHINESE.encode(), CHINESE),
    (b"\xef\xbb\xbf" + CHINESE.encode(), CHINESE),
    ((CHINESE * 3).encode("gb18030"), CHINESE * 3),
    (("離心泵的維護說明：每月檢查一次軸承溫度，必要時加注潤滑脂。機械密封洩漏時應立即停機。" * 3).encode("big5"), "離心泵的維護說明：每月檢查一次軸承溫度，必要時加注潤滑脂。機械密封洩漏時應立即停機。" * 3),
    (CHINESE.encode("utf-16"), CHINESE),
    (b"\xfe\xff" + CHINESE.encode("utf-16-be"), CHINESE),
    (b"one\r\ntwo\rthree\n", "one\ntwo\nthree\n"),
    ("naïve café".encode(), "naïve café"),
])  # fmt: skip
def test_bytes_become_text_whatever_their_encoding(data, text):
    assert decode(data) == text


@pytest.mark.parametrize(("data", "why"), [
    (b"pump\x00\x01", "binary: holds zero bytes"),
    (b"", "empty"),
    (b" \n\t", "empty"),
    (CHINESE.encode("utf-16")[:2] + b"\x00\xd8" * 50, "encoding: over 2 % of the characters could not be decoded"),
])  # fmt: skip
def test_what_is_no_text_is_unreadable(write, data, why):
    with pytest.raises(Unreadable) as error:
        _ = File(write("x", data), "x").text
    assert str(error.value) == why


def test_a_file_that_is_too_large_to_read_whole_is_unreadable_even_when_packed(write, monkeypatch):
    monkeypatch.setattr("curate.files.MAX_FILE_BYTES", 1000)
    with pytest.raises(Unreadable, match=r"^too_large: over 1,000 bytes$"):
        File(write("x.gz", gzip.compress(b"x" * 1001)), "x").read()


@pytest.mark.parametrize(("name", "content", "type"), [
    ("a", b"%PDF-1.7", "pdf"), ("a.txt", b"%PDF-1.7", "pdf"), ("a.bin", b"PAR1", "parquet"), ("a", b"ARROW1", "arrow"),
    ("a.HTM", b"<p>", "html"), ("a", b" <!DOCTYPE html>", "html"), ("a", b"<html lang='zh'>", "html"),
    ("a.docx", archive("word/document.xml"), "docx"), ("a.zip", archive("word/document.xml"), "docx"),
    ("a.md", b"# x", "markdown"), ("a.jsonl", b"{}", "jsonl"), ("a.jsonl.gz", gzip.compress(b"{}", mtime=0), "jsonl"),
    ("a.ndjson.zst", zstandard.compress(b"{}"), "jsonl"), ("a.json", b"[]", "json"), ("a.py", b"x = 1", "code"),
    ("Makefile", b"all:", "code"), ("run", b"#!/bin/sh", "code"), ("说明.txt", CHINESE.encode(), "text"),
    ("README", b"read me", "text"), ("a.unknown", CHINESE.encode("gb18030"), "text"),
])  # fmt: skip
def test_a_files_type_is_told_by_its_first_bytes_then_by_its_name(write, name, content, type):
    assert sniff(write(name, content)) == type


@pytest.mark.parametrize(("name", "content", "why"), [
    ("a.txt", b"", "empty"),
    ("a.exe", b"MZ\x00\x00", "unsupported: no reader for files like .exe"),
    ("a", b"\x00\x01", "unsupported: no reader for files like this"),
    ("a.xlsx", archive("xl/workbook.xml"), "unsupported: no reader for archives like .xlsx"),
    ("a.docx", b"PK\x03\x04 damaged", "corrupt: the archive is damaged"),
])  # fmt: skip
def test_a_file_of_no_known_type_is_unreadable(write, name, content, why):
    with pytest.raises(Unreadable) as error:
        sniff(write(name, content))
    assert str(error.value) == why


def test_a_file_that_is_put_appears_when_it_is_whole(tmp_path):
    path = tmp_path / "new" / "a.txt"
    with put(path) as out:
        out.write(b"whole")
        assert not path.exists()
    assert path.read_bytes() == b"whole"
    assert [one.name for one in path.parent.iterdir()] == ["a.txt"]


def test_a_file_whose_writing_fails_leaves_the_old_one_and_nothing_else(write, tmp_path):
    path = write("a.txt", "old")

    def interrupted():
        with put(path) as out:
            out.write(b"new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (path.read_text(), os.listdir(tmp_path)) == ("old", ["a.txt"])


@pytest.mark.parametrize(("private", "mode"), [(True, 0o600), (False, 0o644)])
def test_a_private_file_is_for_its_owner_alone(tmp_path, private, mode, monkeypatch):
    monkeypatch.setattr("curate.files.current_umask", lambda: 0o022)
    with put(tmp_path / "a", private=private):
        pass
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == mode


def test_a_content_hash_is_of_the_bytes_and_nothing_else(write):
    one, same, other = write("a.txt", CHINESE), write("b/c.txt", CHINESE), write("d.txt", CHINESE + "。")
    assert content_hash(one) == content_hash(same) != content_hash(other)


def test_a_path_of_a_storage_that_no_run_can_use_is_told_and_a_file_url_is_a_path():
    assert place("file:///data/泵").as_posix() == "/data/泵"
    with pytest.raises(CurateError, match="foo://bar/x: no storage is known by foo://"):
        place("foo://bar/x")
    with pytest.raises(CurateError, match="seen by one process alone"):
        place("memory://x")
