"""PDF: text in paragraphs, page by page."""

import re
import zlib
from collections.abc import Iterator
from typing import Any

import curate
from curate import Doc, File, Unreadable
from curate_plugins.read.pdf_lines import Page, read_page, without_running
from curate_plugins.read.pdf_paragraphs import set_text, setting_of, unspaced

MAX_PAGES = 20_000
MAX_STREAM = 200_000_000  # bytes that one stream unpacks to: PDFium holds several times as many
STREAM = re.compile(rb"stream\r?\n(?=[\x08-\x78])")


@curate.reader("pdf", libraries=["pypdfium2"])
def pdf(file: File, per_page: bool = False) -> Iterator[Doc | Unreadable]:
    """PDF as paragraphs, headings by the size of their letters; `per_page` gives a document a page.

    Running headers and footers are left out, hyphenated words made whole. Pages without a text layer are listed.
    """
    data = file.read()
    refuse_bomb(data)
    pages, meta = read_pages(data)
    without_text = [page.number for page in pages if not page.has_text]
    if len(without_text) == len(pages):
        scanned = any(page.image for page in pages)
        raise Unreadable("no_text", "a scan: its pages are images and need OCR" if scanned else "no text on its pages")
    meta |= {"pages": len(pages), "pages_without_text": without_text}
    pages = unspaced([page for page in pages if page.has_text])
    setting = setting_of(pages)
    if not per_page:
        text, origin = set_text(pages, setting)
        yield Doc(text, meta=meta, origin=origin)
        return
    for number in without_text:
        yield Unreadable("no_text", "this page has no text layer", place=number)
    for page in pages:
        text, origin = set_text([page], setting)
        yield Doc(text, meta=meta | {"page": page.number}, origin=origin, place=page.number)


def refuse_bomb(data: bytes) -> None:
    """Raise `Unreadable` where a stream that begins as if it were a bomb is one; of others nothing is unpacked."""
    for found in STREAM.finditer(data):
        unpacker, at = zlib.decompressobj(), found.end()
        try:
            unpacked = len(unpacker.decompress(data[at : at + 1_000], 1_000_000))
            if unpacked < 100_000:
                continue
            while not unpacker.eof and unpacked <= MAX_STREAM and at < len(data):
                at += 1_000
                unpacked += len(unpacker.decompress(unpacker.unconsumed_tail + data[at : at + 1_000]))
        except zlib.error:  # packed in another way, or damaged: PDFium sees to that
            continue
        if unpacked > MAX_STREAM:
            raise Unreadable("bomb", f"a stream unpacks to over {MAX_STREAM:,} bytes")


def read_pages(data: bytes) -> tuple[list[Page], dict[str, Any]]:
    """The pages of a PDF without their running headers, and what the file says of itself; raises `Unreadable`."""
    import pypdfium2

    from curate_plugins.read.pdf_fonts import install_boxes

    install_boxes()
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if error.err_code in (pypdfium2.raw.FPDF_ERR_PASSWORD, pypdfium2.raw.FPDF_ERR_SECURITY):
            raise Unreadable("encrypted", "needs a password") from error
        raise Unreadable("corrupt", "not a whole PDF") from error
    try:
        if len(document) > MAX_PAGES:
            raise Unreadable("too_complex", f"over {MAX_PAGES:,} pages")
        pages = [read_page(document, number) for number in range(len(document))]
        meta = told_by_file(document)
    finally:
        document.close()
    if not pages:
        raise Unreadable("corrupt", "no pages")
    return without_running(pages), meta


def told_by_file(document: Any) -> dict[str, Any]:
    """Title, author and date, where the file tells them; what programs write when nobody told them is left out."""
    told = document.get_metadata_dict()
    title, author, date = (told.get(name, "").strip() for name in ("Title", "Author", "CreationDate"))
    digits = "".join(re.findall(r"\d", date))
    meta = {
        "title": "" if re.match(r"untitled|microsoft (word|powerpoint)|无标题", title, re.IGNORECASE) else title,
        "author": "" if author.strip("()").lower() in ("anonymous", "unknown", "admin", "administrator") else author,
        "date": f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}" if len(digits) >= 8 else "",
    }
    return {name: value for name, value in meta.items() if value}
