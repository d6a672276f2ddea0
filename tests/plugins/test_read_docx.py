"""DOCX: headings, lists, tables, text boxes, notes, and archives that are traps."""

import os
import zipfile
from pathlib import Path

import pytest

from curate import File, Unreadable
from curate_plugins.read.docx import docx

SHARED = Path(os.environ.get("CURATE_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "office"
SPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)
STYLES = (
    '<w:style w:styleId="2"><w:name w:val="heading 2"/></w:style>'
    '<w:style w:styleId="mine"><w:basedOn w:val="2"/><w:name w:val="Mine"/></w:style>'
)
NUMBERS = (
    '<w:abstractNum w:abstractNumId="7"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/></w:lvl><w:lvl w:ilvl="1">'
    '<w:numFmt w:val="bullet"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>'
)
EN, ZH = "Stop the pump first.", "先停泵。"


def made(path, body, **parts):
    wanted = {
        "word/document.xml": f"<w:document {SPACES}><w:body>{body}</w:body></w:document>",
        "word/styles.xml": f"<w:styles {SPACES}>{STYLES}</w:styles>",
        "word/numbering.xml": f"<w:numbering {SPACES}>{NUMBERS}</w:numbering>",
        **{f"word/{name}.xml": f"<w:{name} {SPACES}>{content}</w:{name}>" for name, content in parts.items()},
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in wanted.items():
            archive.writestr(name, content)
    return File(path, path.name, "docx")


def p(text, settings=""):
    return f"<w:p><w:pPr>{settings}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def read(tmp_path, body, **parts):
    (doc,) = docx(made(tmp_path / "a.docx", body, **parts))
    return doc.text


@pytest.mark.parametrize("text", [EN, ZH])
@pytest.mark.parametrize("style", ["2", "mine"])
def test_headings_are_known_by_their_style_and_what_it_is_based_on(tmp_path, text, style):
    body = p("泵 Pumps", f'<w:pStyle w:val="{style}"/>') + p(text)
    assert read(tmp_path, body) == f"## 泵 Pumps\n\n{text}"


def test_lists_are_numbered_and_nested(tmp_path):
    def item(text, level):
        return p(text, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="1"/></w:numPr>')

    body = item("one", 0) + item("inner", 1) + item("两", 0) + p(ZH)
    assert read(tmp_path, body) == f"1. one\n  - inner\n2. 两\n\n{ZH}"


@pytest.mark.parametrize("text", [EN, ZH])
def test_tables_become_rows_with_their_spans(tmp_path, text):
    wide = f'<w:tr><w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr>{p(text)}</w:tc></w:tr>'
    plain = f"<w:tr><w:tc>{p('a|b')}</w:tc><w:tc>{p('1')}{p('2')}</w:tc></w:tr>"
    assert read(tmp_path, f"<w:tbl>{wide}{plain}</w:tbl>") == f"| {text} |  |\n| --- | --- |\n| a\\|b | 1 2 |"


def test_a_table_of_one_column_is_a_frame(tmp_path):
    assert read(tmp_path, f"<w:tbl><w:tr><w:tc>{p(EN)}{p(ZH)}</w:tc></w:tr></w:tbl>") == f"{EN}\n\n{ZH}"


def test_a_text_box_is_read_once(tmp_path):
    box = f"<w:txbxContent>{p(ZH)}</w:txbxContent>"
    both = f"<mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent>"
    assert read(tmp_path, f"<w:p><w:r><w:t>{EN}</w:t></w:r><w:r>{both}</w:r></w:p>") == f"{EN}\n\n{ZH}"


def test_notes_stand_at_the_end(tmp_path):
    note = f'<w:footnote w:id="3">{p(ZH)}</w:footnote><w:footnote w:type="separator" w:id="0">{p("--")}</w:footnote>'
    body = f'<w:p><w:r><w:t>{EN}</w:t><w:footnoteReference w:id="3"/></w:r></w:p>'
    assert read(tmp_path, body, footnotes=note) == f"{EN}[^3]\n\n[^3]: {ZH}"


def test_what_was_deleted_is_not_text_and_what_was_inserted_is(tmp_path):
    body = "<w:p><w:del><w:r><w:delText>old</w:delText></w:r></w:del><w:ins><w:r><w:t>新</w:t><w:tab/><w:t>new</w:t></w:r></w:ins></w:p>"
    assert read(tmp_path, body) == "新 new"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("", "no_text"),
        ("<w:p>", "corrupt: word/document.xml is not whole XML"),
        (p("a" * 3_000_000), "bomb: unpacks to"),
        ("<w:tbl><w:tr><w:tc>" * 200, "too_complex: word/document.xml is nested too deep"),
        ("<w:tbl><w:tr><w:tc>" * 20, "corrupt: word/document.xml is not whole XML"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path, body, why):
    with pytest.raises(Unreadable, match=why):
        read(tmp_path, body)


def test_entities_are_not_expanded(tmp_path):
    body = f"<w:body>{p(EN + '&more;')}</w:body>"
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        xml = f'<!DOCTYPE a [<!ENTITY more "haha">]><w:document {SPACES}>{body}</w:document>'
        archive.writestr("word/document.xml", xml)
    assert docx(File(tmp_path / "a.docx", "a.docx"))[0].text == EN


@pytest.mark.parametrize("declared", [
    '<!ENTITY more SYSTEM "{secret}">', '<!ENTITY % all SYSTEM "{secret}"> %all;',
    '<!ENTITY more SYSTEM "http://127.0.0.1:9/x">', '<!ENTITY a "haha"><!ENTITY more "&a;&a;&a;&a;">',
])  # fmt: skip
def test_nothing_that_a_document_names_is_fetched(tmp_path, monkeypatch, declared):
    monkeypatch.setattr("socket.socket.connect", lambda *where: pytest.fail("somebody asked for a connection"))
    (tmp_path / "secret.txt").write_text("a secret 秘密")
    inner = declared.format(secret=(tmp_path / "secret.txt").as_uri())
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        body = f"<w:body>{p(ZH + '&more;')}</w:body>"
        document = f'<!DOCTYPE w:document SYSTEM "http://127.0.0.1:9/a.dtd" [{inner}]>'
        archive.writestr("word/document.xml", f"{document}<w:document {SPACES}>{body}</w:document>")
    assert docx(File(tmp_path / "a.docx", "a.docx"))[0].text == ZH


def test_a_zip_directory_that_lies_about_sizes_unpacks_to_what_it_says_and_is_corrupt(tmp_path):
    path = made(tmp_path / "a.docx", p(os.urandom(300_000).hex())).path
    data = bytearray(path.read_bytes())
    at = data.find(b"PK\1\2")
    data[at + 24 : at + 28] = (1_000).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(Unreadable, match="corrupt"):
        docx(File(path, "a.docx"))


def test_many_parts_that_are_each_within_the_limit_are_a_bomb_together(tmp_path, monkeypatch):
    monkeypatch.setattr("curate_plugins.read.docx.MAX_UNPACKED", 5_000)
    with pytest.raises(Unreadable, match="bomb: unpacks to"):
        read(tmp_path, p(EN), **{f"part{n}": ZH * 10 for n in range(20)})


def test_a_damaged_archive_is_corrupt(tmp_path):
    path = made(tmp_path / "a.docx", p(EN)).path
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(Unreadable, match="corrupt"):
        docx(File(path, "a.docx"))


def test_word_s_own_files_are_read():
    if not SHARED.is_dir():
        pytest.skip(f"no DOCX files at {SHARED}; set CURATE_SHARED")
    texts = {path.name: docx(File(path, path.name))[0].text for path in SHARED.glob("*.docx")}
    assert "### Section 1.2.3" in texts["unit_test_headers.docx"]
    assert "| Cell 1.0 | Merged Cell 1.1 1.2 |  |" in texts["word_tables.docx"]
    assert texts["textbox.docx"].count("Student falls ill") == 1
