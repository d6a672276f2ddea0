"""Make the derived files of the sample data: PDF, DOCX, GBK pages, archives and damaged documents.

The text lies beside this script in ``originals/``; hand-written files (Markdown, HTML, code, JSONL) are not touched.
To run it: ``pip install reportlab pillow pyarrow zstandard``, then ``python make_sample_data.py``. With the same
versions of these packages every run writes the same bytes (README.md names the versions used).
It prints one line for each file that it writes.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Iterable, Iterator, Literal
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, A5
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph, Spacer, Table, TableStyle

HERE = Path(__file__).resolve().parent
ORIGINALS = HERE / "originals"
CHINESE_FONT = "STSong-Light"
ZIP_TIMESTAMP = (2024, 1, 1, 0, 0, 0)
PDF_PASSWORD = "hexin-2024"

BlockKind = Literal["heading", "paragraph", "bullet", "number", "table", "box"]
Builder = Callable[[], bytes]


@dataclass(frozen=True)
class Block:
    """One block of a Markdown original: its kind, its text, its heading level and its table rows."""

    kind: BlockKind
    text: str = ""
    level: int = 0
    rows: list[list[str]] = field(default_factory=list)


def original(name: str) -> str:
    """Return the text of one file in originals/."""
    return (ORIGINALS / name).read_text(encoding="utf-8")


# ---------------------------------------------------------------------------------------------------------------------
# A small Markdown reader


def parse_line(line: str) -> Block:
    """Turn one line that is not part of a table into a block."""
    if match := re.match(r"(#+) (.*)", line):
        return Block("heading", match[2], level=len(match[1]))
    if match := re.match(r"- (.*)", line):
        return Block("bullet", match[1])
    if match := re.match(r"\d+\. (.*)", line):
        return Block("number", match[1])
    if match := re.match(r"\[框\] (.*)", line):
        return Block("box", match[1])
    return Block("paragraph", line)


def parse_markdown(text: str) -> list[Block]:
    """Split a Markdown original, in which every paragraph is one line, into blocks; notes are left out."""
    blocks: list[Block] = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("[^"):
            continue
        if not line.startswith("|"):
            blocks.append(parse_line(line))
            continue
        if not blocks or blocks[-1].kind != "table":
            blocks.append(Block("table"))
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not all(set(cell) <= set("-: ") for cell in cells):
            blocks[-1].rows.append(cells)
    return blocks


def footnotes(text: str) -> dict[str, str]:
    """Return the notes of a Markdown original by their label."""
    return dict(re.findall(r"^\[\^(\w+)\]: (.*)$", text, flags=re.MULTILINE))


# ---------------------------------------------------------------------------------------------------------------------
# PDF


@dataclass(frozen=True)
class PdfLayout:
    """How a PDF is set: its language, its columns, its page size and its running lines."""

    title: str
    header: str
    footer: str
    chinese: bool = False
    columns: int = 1
    page_size: tuple[float, float] = A4
    font_size: float = 10.5
    margin: float = 62.0

    @property
    def fonts(self) -> tuple[str, str]:
        """The fonts of body and headings."""
        return (CHINESE_FONT, CHINESE_FONT) if self.chinese else ("Helvetica", "Helvetica-Bold")


def paragraph_style(layout: PdfLayout, kind: BlockKind, level: int) -> ParagraphStyle:
    """Return the style of one kind of block."""
    body, bold = layout.fonts
    size = layout.font_size
    wrap = "CJK" if layout.chinese else None
    if kind == "heading":
        size += {1: 6.0, 2: 2.5}.get(level, 1.0)
        return ParagraphStyle(
            f"h{level}",
            fontName=bold,
            fontSize=size,
            leading=size * 1.35,
            spaceBefore=size * 0.7,
            spaceAfter=4,
            keepWithNext=True,
            wordWrap=wrap,
        )
    indent = 0.0 if kind == "paragraph" else 14.0
    leading = size * (1.65 if layout.chinese else 1.38)
    return ParagraphStyle(
        kind, fontName=body, fontSize=size, leading=leading, spaceAfter=5, leftIndent=indent, wordWrap=wrap
    )


def pdf_table(layout: PdfLayout, rows: list[list[str]], width: float) -> Table:
    """Return a ruled table whose cells wrap."""
    body, bold = layout.fonts
    size = layout.font_size - 1.5
    wrap = "CJK" if layout.chinese else None
    cell = ParagraphStyle("cell", fontName=body, fontSize=size, leading=size * 1.3, wordWrap=wrap)
    head = ParagraphStyle("head", parent=cell, fontName=bold)
    data = [[Paragraph(escape(text), cell if index else head) for text in row] for index, row in enumerate(rows)]
    table = Table(data, colWidths=[width / len(rows[0])] * len(rows[0]), repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.4, colors.grey),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
            ]
        )
    )
    return table


def pdf_story(layout: PdfLayout, blocks: list[Block], width: float) -> Iterator[Flowable]:
    """Yield the flowables of a document, numbering the items of each numbered list from one."""
    number = 0
    for block in blocks:
        number = number + 1 if block.kind == "number" else 0
        if block.kind == "table":
            yield pdf_table(layout, block.rows, width)
            yield Spacer(1, 8)
            continue
        mark = {"bullet": "• ", "number": f"{number}. "}.get(block.kind, "")
        yield Paragraph(mark + escape(block.text), paragraph_style(layout, block.kind, block.level))


def draw_running_lines(layout: PdfLayout, canvas: Canvas, page: int) -> None:
    """Draw the header, the footer and the page number of one page."""
    width, height = layout.page_size
    canvas.setFont(layout.fonts[0], 8)
    canvas.drawString(layout.margin, height - 34, layout.header)
    canvas.line(layout.margin, height - 39, width - layout.margin, height - 39)
    canvas.drawString(layout.margin, 30, layout.footer)
    canvas.drawRightString(width - layout.margin, 30, f"第 {page} 页" if layout.chinese else f"Page {page}")


def text_pdf(layout: PdfLayout, markdown: str, encrypt: StandardEncryption | None = None) -> bytes:
    """Set a Markdown original as a PDF with a text layer."""
    width, height = layout.page_size
    gap = 18.0
    frame_width = (width - 2 * layout.margin - gap * (layout.columns - 1)) / layout.columns
    frames = [
        Frame(layout.margin + column * (frame_width + gap), 50, frame_width, height - 96, 0, 0, 0, 0)
        for column in range(layout.columns)
    ]
    buffer = io.BytesIO()
    document = BaseDocTemplate(buffer, pagesize=layout.page_size, title=layout.title, invariant=1, encrypt=encrypt)
    document.addPageTemplates(
        PageTemplate("page", frames, onPage=lambda canvas, doc: draw_running_lines(layout, canvas, doc.page))
    )
    document.build(list(pdf_story(layout, parse_markdown(markdown), frame_width)))
    return buffer.getvalue()


def scanned_page(lines: list[str], noise: random.Random) -> Image.Image:
    """Return a grey picture of typewritten lines, slightly turned and with specks of dust."""
    page = Image.new("L", (420, 300), 255)
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default_imagefont()
    for row, line in enumerate(lines):
        draw.text((18, 18 + row * 22), line, fill=30, font=font)
    page = page.resize((840, 600), Image.Resampling.BILINEAR)
    page = page.rotate(noise.uniform(-0.8, 0.8), fillcolor=255, resample=Image.Resampling.BILINEAR)
    for _ in range(60):
        page.putpixel((noise.randrange(840), noise.randrange(600)), noise.randrange(160))
    return page


def scanned_pdf(text: str) -> bytes:
    """Return a PDF whose pages are pictures only, without a text layer."""
    noise = random.Random(1998)
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(A4[1], A4[0]), invariant=1)
    for page_text in text.split("%%\n"):
        picture = io.BytesIO()
        scanned_page(page_text.splitlines(), noise).save(picture, "JPEG", quality=30)
        picture.seek(0)
        canvas.drawImage(ImageReader(picture), 0, 0, width=A4[1], height=A4[0])
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


# ---------------------------------------------------------------------------------------------------------------------
# DOCX

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
NAMESPACES = (
    f'xmlns:w="{WORD}" xmlns:r="{OFFICE}" xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
)
XML_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
LIST_NUMBER_ID = {"bullet": 1, "number": 2}
WORD_PARTS = "application/vnd.openxmlformats-officedocument.wordprocessingml"


def word_runs(text: str) -> str:
    """Return the runs of a paragraph, turning [^1] into a footnote reference."""
    runs: list[str] = []
    for index, piece in enumerate(re.split(r"\[\^(\w+)\]", text)):
        if index % 2:
            runs.append(
                f'<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:footnoteReference w:id="{piece}"/></w:r>'
            )
        elif piece:
            runs.append(f'<w:r><w:t xml:space="preserve">{escape(piece)}</w:t></w:r>')
    return "".join(runs)


def word_paragraph(text: str, properties: str = "") -> str:
    """Return one paragraph."""
    return f"<w:p><w:pPr>{properties}</w:pPr>{word_runs(text)}</w:p>"


def word_table(rows: list[list[str]]) -> str:
    """Return a ruled table."""
    sides = "".join(
        f'<w:{side} w:val="single" w:sz="4"/>' for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    grid = '<w:gridCol w:w="2000"/>' * len(rows[0])
    body = "".join(
        "<w:tr>" + "".join(f"<w:tc><w:tcPr/>{word_paragraph(cell)}</w:tc>" for cell in row) + "</w:tr>" for row in rows
    )
    return f"<w:tbl><w:tblPr><w:tblBorders>{sides}</w:tblBorders></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{body}</w:tbl>"


def word_text_box(text: str) -> str:
    """Return a text box as Word writes it: the shape, and a VML fallback that repeats its text."""
    content = f"<w:txbxContent>{word_paragraph(text)}</w:txbxContent>"
    shape = (
        '<w:drawing><wp:inline><wp:extent cx="4800000" cy="900000"/><wp:docPr id="1" name="Text Box 1"/><a:graphic>'
        '<a:graphicData uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"><wps:wsp>'
        '<wps:cNvSpPr txBox="1"/><wps:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="4800000" cy="900000"/></a:xfrm>'
        f'<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></wps:spPr><wps:txbx>{content}</wps:txbx><wps:bodyPr/>'
        "</wps:wsp></a:graphicData></a:graphic></wp:inline></w:drawing>"
    )
    fallback = f'<w:pict><v:shape style="width:378pt;height:71pt"><v:textbox>{content}</v:textbox></v:shape></w:pict>'
    choice = f'<mc:Choice Requires="wps">{shape}</mc:Choice><mc:Fallback>{fallback}</mc:Fallback>'
    return f"<w:p><w:r><mc:AlternateContent>{choice}</mc:AlternateContent></w:r></w:p>"


def word_block(block: Block) -> str:
    """Return the XML of one block."""
    if block.kind == "table":
        return word_table(block.rows)
    if block.kind == "box":
        return word_text_box(block.text)
    if block.kind == "heading":
        return word_paragraph(block.text, f'<w:pStyle w:val="Heading{block.level}"/>')
    if block.kind in LIST_NUMBER_ID:
        number_id = LIST_NUMBER_ID[block.kind]
        return word_paragraph(block.text, f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{number_id}"/></w:numPr>')
    return word_paragraph(block.text)


def word_styles() -> str:
    """Return the style sheet with three levels of headings."""
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="Heading{level}"><w:name w:val="heading {level}"/><w:pPr>'
        f'<w:outlineLvl w:val="{level - 1}"/></w:pPr><w:rPr><w:b/><w:sz w:val="{38 - 6 * level}"/></w:rPr></w:style>'
        for level in (1, 2, 3)
    )
    normal = '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
    return f"{XML_HEAD}<w:styles {NAMESPACES}>{normal}{styles}</w:styles>"


def word_numbering() -> str:
    """Return the definitions of the bulleted list (1) and the numbered list (2)."""
    definitions = "".join(
        f'<w:abstractNum w:abstractNumId="{number_id}"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="{form}"/>'
        f'<w:lvlText w:val="{text}"/></w:lvl></w:abstractNum>'
        for number_id, form, text in ((1, "bullet", "•"), (2, "decimal", "%1."))
    )
    numbers = "".join(f'<w:num w:numId="{n}"><w:abstractNumId w:val="{n}"/></w:num>' for n in (1, 2))
    return f"{XML_HEAD}<w:numbering {NAMESPACES}>{definitions}{numbers}</w:numbering>"


def word_footnotes(notes: dict[str, str]) -> str:
    """Return the part that holds the footnotes."""
    body = "".join(f'<w:footnote w:id="{label}">{word_paragraph(text)}</w:footnote>' for label, text in notes.items())
    return f"{XML_HEAD}<w:footnotes {NAMESPACES}>{body}</w:footnotes>"


def word_package(body: str, notes: dict[str, str], title: str) -> dict[str, str]:
    """Return the parts of a Word package by name."""
    parts = ("styles", "numbering", "footnotes")
    overrides = "".join(
        f'<Override PartName="/word/{part}.xml" ContentType="{WORD_PARTS}.{part}+xml"/>' for part in parts
    )
    relations = "".join(
        f'<Relationship Id="rId{index}" Type="{OFFICE}/{part}" Target="{part}.xml"/>'
        for index, part in enumerate(parts, 1)
    )
    core = f"{PACKAGE}/metadata/core-properties"
    return {
        "[Content_Types].xml": f'{XML_HEAD}<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{WORD_PARTS}.document.main+xml"/>{overrides}'
        '<Override PartName="/docProps/core.xml" '
        'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>',
        "_rels/.rels": f'{XML_HEAD}<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="word/document.xml"/>'
        f'<Relationship Id="rId2" Type="{PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/>'
        "</Relationships>",
        "docProps/core.xml": f'{XML_HEAD}<cp:coreProperties xmlns:cp="{core}" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{escape(title)}</dc:title></cp:coreProperties>',
        "word/_rels/document.xml.rels": f'{XML_HEAD}<Relationships xmlns="{PACKAGE}/relationships">{relations}'
        "</Relationships>",
        "word/document.xml": f"{XML_HEAD}<w:document {NAMESPACES}><w:body>{body}<w:sectPr/></w:body></w:document>",
        "word/styles.xml": word_styles(),
        "word/numbering.xml": word_numbering(),
        "word/footnotes.xml": word_footnotes(notes),
    }


def docx(markdown: str) -> bytes:
    """Set a Markdown original as a Word document with fixed zip dates."""
    blocks = parse_markdown(markdown)
    package = word_package("".join(word_block(block) for block in blocks), footnotes(markdown), blocks[0].text)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, xml in package.items():
            entry = zipfile.ZipInfo(name, ZIP_TIMESTAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, xml.encode("utf-8"))
    return buffer.getvalue()


# ---------------------------------------------------------------------------------------------------------------------
# Tables, archives and damaged text


def parquet(jsonl: str) -> bytes:
    """Return claim notes as a Parquet table."""
    rows: list[dict[str, Any]] = [json.loads(line) for line in jsonl.splitlines()]
    schema = pa.schema([("note_id", pa.string()), ("text", pa.string()), ("lang", pa.string())])
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), buffer, compression="snappy")
    return buffer.getvalue()


def utf8_read_as_latin1(text: str) -> bytes:
    """Return mojibake: the UTF-8 bytes taken for Latin-1 and saved as UTF-8 again."""
    return text.encode("utf-8").decode("latin-1").encode("utf-8")


def utf8_read_as_gbk(text: str) -> bytes:
    """Return mojibake: the UTF-8 bytes taken for GBK and saved as UTF-8 again."""
    return text.encode("utf-8").decode("gbk", errors="replace").encode("utf-8")


def gbk_read_as_utf8_and_back(text: str) -> bytes:
    """Return the mojibake full of 锟斤拷: GBK taken for UTF-8, its replacement characters taken for GBK again."""
    replaced = text.encode("gbk").decode("utf-8", errors="replace")
    return "\n".join(utf8_read_as_gbk(line).decode("utf-8") for line in replaced.split("\n")).encode("utf-8")


def ocr_debris(text: str) -> bytes:
    """Return text as a bad OCR leaves it: letters spaced out, some misread, specks read as signs."""
    misreadings = {"l": "1", "o": "0", "e": "c", "m": "rn", "h": "li", "s": "5"}
    chance = random.Random(312)
    lines: list[str] = []
    for line in text.splitlines():
        letters = [misreadings.get(letter, letter) if chance.random() < 0.3 else letter for letter in line]
        specks = "".join(chance.choice(".,'`~|_^") for _ in range(chance.randrange(3, 9)))
        lines.append(" ".join(letters) + " " + " ".join(specks))
    return ("\n".join(lines) + "\n").encode("utf-8")


def repeated_lines(text: str, times: int) -> bytes:
    """Return a document that says its second and third line over and over again."""
    title, *rest = text.splitlines()
    return "\n".join([title, *(rest[:2] * times)]).encode("utf-8") + b"\n"


# ---------------------------------------------------------------------------------------------------------------------
# The list of files

OPERATION = PdfLayout(
    "Operation and Maintenance",
    "Lanqiao Pumps | LQ-V Operation and Maintenance | OM-012, edition 3",
    "Keep this manual with the pump for its whole life.",
    font_size=11,
    margin=78,
)
SEALS = PdfLayout(
    "Seals and Bearings",
    "Lanqiao Pumps Technical Review, No. 14",
    "Notes from the test bench",
    columns=2,
    page_size=A5,
    font_size=9.5,
    margin=38,
)
CAVITATION = PdfLayout(
    "汽蚀与选型手册",
    "蓝桥泵业技术手册  汽蚀与选型",
    "内部培训资料  版次 2",
    chinese=True,
    columns=2,
    page_size=A5,
    font_size=9.5,
    margin=38,
)
CRITICAL_ILLNESS = PdfLayout(
    "守护重大疾病保险条款",
    "和信健康保险  守护重大疾病保险条款",
    "请仔细阅读责任免除部分",
    chinese=True,
    font_size=12,
    margin=92,
)
HANDBOOK = PdfLayout(
    "Member Handbook",
    "Hexin Health | Member Handbook 2024",
    "Questions? Call the service line.",
    columns=2,
    page_size=A5,
    font_size=9.5,
    margin=38,
)
CATALOGUE = PdfLayout("Discontinued Models", "Lanqiao Pumps | Discontinued models", "Archive copy")
ASSESSOR = PdfLayout("Assessor Report", "Hexin Health | Confidential", "Medical assessor")


def truncated_pdf() -> bytes:
    """Return the first half of a PDF, as a broken download leaves it."""
    whole = text_pdf(CATALOGUE, original("old-catalogue.md"))
    return whole[: len(whole) // 2]


def encrypted_pdf() -> bytes:
    """Return a PDF that opens with the user password only."""
    lock = StandardEncryption(PDF_PASSWORD, ownerPassword="hexin-owner", strength=128)
    return text_pdf(ASSESSOR, original("assessor-report.md"), encrypt=lock)


def pump_files() -> dict[str, Builder]:
    """Return the derived files of the pump maker."""
    return {
        "manuals/operation-and-maintenance.pdf": lambda: text_pdf(OPERATION, original("operation-and-maintenance.md")),
        "manuals/seals-and-bearings-two-column.pdf": lambda: text_pdf(SEALS, original("seals-and-bearings.md")),
        "manuals/汽蚀与选型-双栏.pdf": lambda: text_pdf(CAVITATION, original("汽蚀与选型.md")),
        "manuals/motor-protection-guide.docx": lambda: docx(original("motor-protection-guide.md")),
        "manuals/振动与对中规范.docx": lambda: docx(original("振动与对中规范.md")),
        "manuals/spare-parts-1998-scan.pdf": lambda: scanned_pdf(original("scan-source-spare-parts.txt")),
        "manuals/old-catalogue-truncated.pdf": truncated_pdf,
        "web/product-news-gbk.html": lambda: original("product-news-gbk.html").encode("gbk"),
        "records/bulletins-archive.jsonl.gz": lambda: gzip.compress(
            original("bulletins-archive.jsonl").encode(), mtime=0
        ),
        "bulletins/SB-2020-00.md": lambda: b"",
        "bulletins/controller-dump-0417.txt": lambda: random.Random(417).randbytes(2048),
        "bulletins/garbled-utf8-as-latin1.txt": lambda: utf8_read_as_latin1(original("garbled-source-pumps.txt")),
        "bulletins/garbled-repeated-lines.txt": lambda: repeated_lines(original("garbled-source-pumps.txt"), 30),
    }


def insurance_files() -> dict[str, Builder]:
    """Return the derived files of the health insurer."""
    garbled = "garbled-source-insurance.txt"
    compress = zstandard.ZstdCompressor(level=10).compress
    return {
        "clauses/重大疾病保险条款.pdf": lambda: text_pdf(CRITICAL_ILLNESS, original("重大疾病保险条款.md")),
        "leaflets/member-handbook-two-column.pdf": lambda: text_pdf(HANDBOOK, original("member-handbook.md")),
        "leaflets/术后护理.docx": lambda: docx(original("术后护理.md")),
        "claims/assessor-report-encrypted.pdf": encrypted_pdf,
        "claims/claim-notes-2023.parquet": lambda: parquet(original("claim-notes-2023.jsonl")),
        "claims/claim-notes-2022.jsonl.zst": lambda: compress(original("claim-notes-2022.jsonl").encode()),
        "web/理赔流程-gbk-no-charset.html": lambda: original("claims-process-gbk.html").encode("gbk"),
        "claims/garbled-utf8-as-gbk.txt": lambda: utf8_read_as_gbk(original(garbled)),
        "claims/garbled-锟斤拷.txt": lambda: gbk_read_as_utf8_and_back(original(garbled)),
        "claims/ocr-fax-0312.txt": lambda: ocr_debris(original("ocr-source-insurance.txt")),
    }


def write_files(folder: Path, files: Iterable[tuple[str, Builder]]) -> None:
    """Write the files below a folder and print one line for each."""
    for name, build in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = build()
        path.write_bytes(content)
        print(f"{path.relative_to(HERE).as_posix()}: {len(content)} bytes")


def main() -> None:
    """Write every derived file."""
    pdfmetrics.registerFont(UnicodeCIDFont(CHINESE_FONT))
    write_files(HERE / "pumps", pump_files().items())
    write_files(HERE / "insurance", insurance_files().items())


if __name__ == "__main__":
    main()
