"""PDF: paragraphs, columns, running headers, hyphens, Chinese fonts, and what cannot be read."""

import json
import os
import zlib
from pathlib import Path

import pytest

from curate import File, Unreadable
from curate_plugins.read.pdf import pdf
from curate_plugins.read.pdf_fonts import box_font

SHARED = Path(os.environ.get("CURATE_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "pdf"
SONG = (
    "<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[<</Type/Font/Subtype/CIDFontType0"
    "/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 0>>/DW 1000/FontDescriptor"
    "<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/ItalicAngle 0/Ascent 752/Descent -271"
    "/CapHeight 737/StemV 58>>>>]>>"
)
EN = ["The pump must be stopped before the", "cover is taken off, and whatever oil", "has leaked is kept in a tray."]
ZH = ["水泵停机后方可拆下盖板，密封处漏", "出的油应收集在油盘内并由当班人员", "每周称量一次，记入台账。"]


def made(path, *pages, image=False):
    """A PDF whose pages are lists of (x, y, size, text), Chinese in a font that it does not hold."""
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        SONG,
    ]
    objects.append(
        "<</Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8/Length 1>>\nstream\n0\nendstream"
    )
    kids = []
    for page in pages:
        shown = [
            f"/{'F1' if text.isascii() else 'F2'} {size} Tf 1 0 0 1 {x} {y} Tm "
            f"<{text.encode('ascii' if text.isascii() else 'utf-16-be').hex()}> Tj"
            for x, y, size, text in page
        ]
        drawn = "\n".join(["BT", *shown, "ET", *(["q 500 0 0 700 50 50 cm /I Do Q"] * image)])
        objects.append(f"<</Length {len(drawn)}>>\nstream\n{drawn}\nendstream")
        resources = "<</Font<</F1 3 0 R/F2 4 0 R>>/XObject<</I 5 0 R>>>>"
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {len(objects)} 0 R/Resources{resources}>>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<</Type/Pages/Count {len(pages)}/Kids[{' '.join(kids)}]>>"
    data, offsets = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(data))
        data += f"{number} 0 obj\n{content}\nendobj\n"
    rows = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    data += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{rows}"
    data += f"trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{data.index('xref')}\n%%EOF\n"
    path.write_bytes(data.encode())
    return File(path, path.name, "pdf")


def column(lines, x=50, y=780, size=11):
    return [(x, y - 14 * number, size, text) for number, text in enumerate(lines)]


def read(tmp_path, *pages, **options):
    (doc,) = pdf(made(tmp_path / "a.pdf", *pages), **options)
    return doc


@pytest.mark.parametrize(("lines", "joined"), [(EN, " ".join(EN)), (ZH, "".join(ZH))])
def test_lines_become_paragraphs(tmp_path, lines, joined):
    assert read(tmp_path, column(lines * 2)).text == f"{joined}\n\n{joined}"


@pytest.mark.parametrize(("title", "lines", "joined"), [("Pumps", EN, " ".join(EN)), ("水泵", ZH, "".join(ZH))])
def test_large_letters_are_a_heading_and_a_large_paragraph_is_none(tmp_path, title, lines, joined):
    assert read(tmp_path, column([title], y=810, size=18) + column(lines)).text == f"# {title}\n\n{joined}"
    assert read(tmp_path, column(lines, y=820, size=13) + column(lines * 3, y=700)).text.startswith(joined)


@pytest.mark.parametrize(("left", "right", "gap"), [(EN, EN[::-1], " "), (ZH, ZH[::-1], "")])
def test_columns_drawn_row_by_row_are_read_one_after_the_other(tmp_path, left, right, gap):
    left, right = left[:2] * 3, right[1:] * 3
    rows = [line for pair in zip(column(left), column(right, x=320), strict=True) for line in pair]
    text = read(tmp_path, rows).text.replace("\n\n", gap)
    assert text.index(gap.join(left)) < text.index(gap.join(right))


def test_a_table_stays_in_rows(tmp_path):
    rows = [(x, 780 - 14 * n, 11, f"{x}{n}") for n in range(9) for x in (50, 200, 400)]
    assert read(tmp_path, rows).text.splitlines()[:2] == ["500 2000 4000", "501 2001 4001"]


@pytest.mark.parametrize("lines", [EN, ZH])
@pytest.mark.parametrize("pages", [2, 3, 7])
def test_running_headers_and_page_numbers_are_left_out(tmp_path, lines, pages):
    body = [[f"{chr(65 + n) * 3} {lines[0]}", *lines[1:], f"{lines[0]} {chr(75 + n) * 3}"] for n in range(pages)]
    page = [[(50, 815, 9, "Manual of Pumps"), *column(body[n]), (290, 30, 9, f"Page {n}")] for n in range(pages)]
    text = read(tmp_path, *page).text
    assert "Manual" not in text
    assert "Page" not in text
    assert text.count(lines[2]) == pages


def test_a_word_that_a_line_parts_is_made_whole_and_a_real_hyphen_stays(tmp_path):
    lines = [
        "The operator must always check the lubri-",
        "cation of every well-known bearing and a well-",
        "known coupling",
    ]
    text = read(tmp_path, column(lines)).text
    assert "lubrication of" in text
    assert "a well-known coupling" in text


@pytest.mark.parametrize(("lines", "gap"), [(EN, " "), (ZH, "")])
def test_a_paragraph_goes_on_over_the_page_and_each_page_is_known(tmp_path, lines, gap):
    above = (lines[:2] * 2)[:3]
    doc = read(tmp_path, column([*above, lines[0]]), column([lines[1], lines[2]]))
    assert lines[0] + gap + lines[1] in doc.text
    first, second = doc.origin
    assert (first.page, second.page) == (1, 2)
    assert doc.text[second.start : second.end] == lines[1] + gap + lines[2]


def test_a_document_a_page_has_the_page_as_its_place(tmp_path):
    docs = list(pdf(made(tmp_path / "a.pdf", column(EN), column(ZH)), per_page=True))
    assert [(doc.place, doc.meta["page"], doc.text) for doc in docs] == [(1, 1, " ".join(EN)), (2, 2, "".join(ZH))]


def test_chinese_set_glyph_by_glyph_loses_no_character_and_gains_no_space(tmp_path):
    glyphs = [(50 + 14 * at, 780 - 16 * row, 11, char) for row, line in enumerate(ZH) for at, char in enumerate(line)]
    assert read(tmp_path, glyphs).text == "".join(ZH)


def test_the_box_font_is_a_whole_truetype_font():
    font = box_font()
    tables = {font[at : at + 4]: font[at + 8 : at + 16] for at in range(12, 12 + 16 * 7, 16)}
    places = [(int.from_bytes(entry[:4]), int.from_bytes(entry[4:])) for entry in tables.values()]
    assert sorted(tables) == [b"cmap", b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp"]
    assert max(start + length for start, length in places) <= len(font)


def test_pages_without_text_are_listed(tmp_path):
    doc = read(tmp_path, column(EN), [], column(ZH))
    assert (doc.meta["pages"], doc.meta["pages_without_text"]) == (3, [2])
    first, second, third = pdf(made(tmp_path / "b.pdf", column(EN), [], column(ZH)), per_page=True)
    assert (str(first), first.place, second.place, third.place) == ("no_text: this page has no text layer", 2, 1, 3)


@pytest.mark.parametrize(
    ("image", "why"), [(True, "a scan: its pages are images and need OCR"), (False, "no text on its pages")]
)
def test_a_pdf_without_text_says_so(tmp_path, image, why):
    with pytest.raises(Unreadable, match=f"no_text: {why}"):
        list(pdf(made(tmp_path / "a.pdf", [], image=image)))


def test_what_is_no_whole_pdf_is_corrupt(tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4\nnothing more")
    with pytest.raises(Unreadable, match="corrupt"):
        list(pdf(File(tmp_path / "a.pdf", "a.pdf")))


def test_made_pdfs_read_as_their_gold_says():
    if not SHARED.is_dir():
        pytest.skip(f"no PDFs with gold at {SHARED}; set CURATE_SHARED")
    for row in map(json.loads, (SHARED / "gold.jsonl").read_text("utf-8").splitlines()):
        file = File(SHARED / f"{row['id']}.pdf", row["id"], "pdf")
        if row["kind"] in ("enc_user_pw", "scan", "truncated"):
            with pytest.raises(Unreadable):
                list(pdf(file))
        elif row["kind"] == "1col":
            (doc,) = pdf(file)
            assert "".join(doc.text.lstrip("# ").split())[:200] == "".join(row["gold"].split())[:200]


def flate(size):
    """A PDF of one page whose content unpacks to so many spaces."""
    packed = zlib.compress(b" " * size)
    stream = b"<</Length %d/Filter/FlateDecode>>stream\n%b\nendstream" % (len(packed), packed)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R>>"
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page, stream]
    body = b"".join(b"%d 0 obj\n%b\nendobj\n" % pair for pair in enumerate(objects, 1))
    return b"%PDF-1.4\n" + body + b"trailer<</Size 5/Root 1 0 R>>\n%%EOF"


@pytest.mark.parametrize(
    ("size", "why"), [(3_000_000, "bomb: a stream unpacks to over 2,000,000 bytes"), (1_000_000, "no_text")]
)
def test_a_stream_that_unpacks_without_end_is_a_bomb_before_any_parser_sees_it(tmp_path, monkeypatch, size, why):
    monkeypatch.setattr("curate_plugins.read.pdf.MAX_STREAM", 2_000_000)
    (tmp_path / "a.pdf").write_bytes(flate(size))
    with pytest.raises(Unreadable, match=why):
        list(pdf(File(tmp_path / "a.pdf", "a.pdf", "pdf")))


def test_a_pdf_of_very_many_pages_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("curate_plugins.read.pdf.MAX_PAGES", 0)
    (tmp_path / "a.pdf").write_bytes(flate(10))
    with pytest.raises(Unreadable, match="too_complex: over 0 pages"):
        list(pdf(File(tmp_path / "a.pdf", "a.pdf", "pdf")))
