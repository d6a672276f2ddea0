"""Text, Markdown and code."""

import gzip

import pytest

from curate import File, Unreadable
from curate_plugins.read.code import code
from curate_plugins.read.text import text

EN, ZH = "Stop the pump first.\n", "先停泵，再拆盖。\n"


def read(tmp_path, content, name="a.md", reader=text, type="markdown"):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (doc,) = reader(File(tmp_path / name, f"folder/{name}", type))
    return doc


@pytest.mark.parametrize("said", [EN, ZH])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_is_read_as_it_is(tmp_path, said, encoding):
    doc = read(tmp_path, f"# {said}".encode(encoding), "a.txt", type="text")
    assert (doc.text, doc.meta, doc.kind) == (f"# {said}", {}, "text")


def test_packed_text_is_unpacked(tmp_path):
    assert read(tmp_path, gzip.compress(ZH.encode()), "a.txt.gz", type="text").text == ZH


@pytest.mark.parametrize("said", [EN, ZH])
def test_the_first_heading_is_the_title(tmp_path, said):
    doc = read(tmp_path, f"```\n# not this\n```\n\n## {said}\n{said}")
    assert doc.meta == {"title": said.strip()}
    assert doc.text.startswith("```")


@pytest.mark.parametrize("said", [EN, ZH])
def test_front_matter_goes_to_the_meta(tmp_path, said):
    doc = read(tmp_path, f"---\ntitle: 泵\ndate: 2024-05-01\ntags: [a, b]\n---\n\n# {said}")
    assert (doc.meta, doc.text) == ({"title": "泵", "date": "2024-05-01", "tags": ["a", "b"]}, f"# {said}")


@pytest.mark.parametrize("front", ["title: [", "just a line", "a: &x [1]\nb: *x", "? [1, 2]\n: x"])
def test_front_matter_that_is_none_stays_text(tmp_path, front):
    body = f"---\n{front}\n---\n{ZH}"
    assert (read(tmp_path, body).text, read(tmp_path, body).meta) == (body, {})


def test_an_empty_file_is_told(tmp_path):
    with pytest.raises(Unreadable, match="empty"):
        read(tmp_path, " \n")


@pytest.mark.parametrize(
    ("name", "content", "language"),
    [
        ("a.py", "x = 1\n", "Python"),
        ("Makefile", "all:\n", "Makefile"),
        ("run", "#!/usr/bin/env python3\nx = 1\n", "Python"),
        ("start", "#!/bin/bash -e\nls\n", "Shell"),
        ("b.cpp.gz", "int x;\n", "C++"),
    ],
)
def test_the_language_of_code_is_told_by_name_or_first_line(tmp_path, name, content, language):
    doc = read(tmp_path, content, name, code, "code")
    assert (doc.text, doc.kind, doc.meta) == (content, "code", {"language": language, "path": f"folder/{name}"})


@pytest.mark.parametrize(
    ("name", "licence", "kept"),
    [
        ("a.c", "/*\n * Copyright 2020 A. B.\n */", "int x; /* ours */\n"),
        ("a.py", "# SPDX-License-Identifier: MIT\n# 版权所有", '"""A module."""\n'),
        ("a.go", "// Copyright 2020\n// All rights reserved.", "package a\n"),
        ("a.html.xml", "<!-- Licensed under MIT -->", "<a/>\n"),
    ],
)
def test_a_licence_at_the_top_goes_to_the_meta(tmp_path, name, licence, kept):
    doc = read(tmp_path, f"{licence}\n\n{kept}", name, code, "code")
    assert (doc.text, doc.meta["licence"]) == (kept, licence)


def test_the_line_that_starts_a_program_stays_before_its_licence(tmp_path):
    doc = read(tmp_path, "#!/bin/sh\n# Copyright 2020\nls\n", "a.sh", code, "code")
    assert (doc.text, doc.meta["licence"]) == ("#!/bin/sh\nls\n", "# Copyright 2020")


@pytest.mark.parametrize("content", ["# Adds numbers.\nx = 1\n", "# Copyright 2020\n", "x = 1  # copyright\n"])
def test_other_comments_and_bare_licences_stay(tmp_path, content):
    assert read(tmp_path, content, "a.py", code, "code").text == content


@pytest.mark.parametrize(("line", "title"), [
    ("# 泵 ##  ", "泵"), ("## C# and F#x #", "C# and F#x"), ("# x" + " #" * 100_000 + "y", "x" + " #" * 100_000 + "y"),
])  # fmt: skip
def test_a_title_is_found_in_a_line_of_any_length(write, line, title):
    (doc,) = text(File(write("a.md", line + "\n"), "a.md", "markdown"))
    assert doc.meta["title"] == title


def test_front_matter_that_would_take_yaml_minutes_stays_in_the_text(write):
    body = "---\n" + "key: [1, 2]\n" * 10_000 + "---\n# 泵\n"
    (doc,) = text(File(write("a.md", body), "a.md", "markdown"))
    assert (doc.text, doc.meta) == (body, {"title": "泵"})
