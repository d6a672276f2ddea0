"""DOCX as Markdown, read from its XML in one pass: headings, lists, tables, text boxes, footnotes."""

import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import curate
from curate import Doc, File, Unreadable

MAX_UNPACKED, MAX_RATIO, SMALL = 200_000_000, 200, 1_000_000  # of all XML parts; Word packs XML 10 to 30 times
MAIN, NOTES = re.compile(r"word/document\d*\.xml"), {"word/footnotes.xml": "", "word/endnotes.xml": "e"}
SKIPPED = {  # settings, what was deleted, the older copy of a text box, how a character is said, field codes
    "pPr", "rPr", "tblPr", "tblGrid", "trPr", "tcPr", "sectPr", "del", "moveFrom", "Fallback", "rt", "instrText",
    "fldData",
}  # fmt: skip
CHARACTERS = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": " "}
BULLET = "bullet"


@dataclass
class Style:
    """What a paragraph style says that Markdown can show."""

    heading: int = 0  # its level, 0 for none
    list: tuple[str, int] | None = None  # number format's id and level


@dataclass
class Setting:
    """What the other parts of the archive say of paragraphs, and how far each numbered list has come."""

    styles: Mapping[str, Style] = field(default_factory=dict)
    formats: Mapping[tuple[str, int], str] = field(default_factory=dict)  # (id, level) → decimal, bullet ...
    reached: Counter[tuple[str, int]] = field(default_factory=Counter)


@curate.reader("docx", libraries=["lxml"])
def docx(file: File) -> list[Doc]:
    """DOCX as Markdown: headings, lists, tables, text boxes, footnotes; title, author and date go to the meta."""
    try:
        with zipfile.ZipFile(BytesIO(file.read())) as archive:
            refuse_bomb(archive)
            blocks = list(body_blocks(archive))
            meta = told_by_file(archive)
    except (zipfile.BadZipFile, OSError, EOFError, KeyError, NotImplementedError) as error:
        raise Unreadable("corrupt", "the archive is damaged") from error
    except RuntimeError as error:  # what zipfile raises for a member with a password
        raise Unreadable("encrypted", "needs a password") from error
    text = "\n".join(blocks).strip()
    if not text:
        raise Unreadable("no_text", "no text in the document")
    return [Doc(re.sub("\n{3,}", "\n\n", text), meta=meta)]


def refuse_bomb(archive: zipfile.ZipFile) -> None:
    """Raise `Unreadable` where the archive would unpack to more than any document is."""
    total = 0
    for member in archive.infolist():  # zipfile never reads more of a member than is told here
        if member.filename.endswith(".xml"):
            total += member.file_size
            if total > MAX_UNPACKED or member.file_size > max(MAX_RATIO * member.compress_size, SMALL):
                raise Unreadable("bomb", f"unpacks to {total:,} bytes of XML or more")


def elements(archive: zipfile.ZipFile, name: str, parents: frozenset[str]) -> Iterator[Any]:
    """Each element of a part that lies directly in one of `parents`, when it is whole; freed once it was looked at."""
    from lxml import etree

    if name not in archive.namelist():
        return
    with archive.open(name) as stream:
        try:
            for _, element in etree.iterparse(stream, resolve_entities=False, no_network=True, load_dtd=False):
                parent = element.getparent()
                if parent is not None and local(parent) in parents:
                    yield element
                    element.clear()
                    while element.getprevious() is not None:
                        del parent[0]
        except etree.XMLSyntaxError as error:
            if "XML_PARSE_HUGE" in str(error):  # libxml2's own limits: 256 elements deep, 10 MB in one text
                raise Unreadable("too_complex", f"{name} is nested too deep, or has a text of over 10 MB") from error
            raise Unreadable("corrupt", f"{name} is not whole XML") from error


def local(element: Any) -> str:
    """An element's name without its namespace, of which there are two for the same thing; "" for a comment."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def value(element: Any, *path: str, of: str = "val") -> str | None:
    """An attribute of the element that lies at the end of a path of names; None where there is none."""
    for name in path:
        element = next((child for child in element if local(child) == name), None)
        if element is None:
            return None
    return next((str(said) for name, said in element.attrib.items() if name.rpartition("}")[2] == of), None)


def body_blocks(archive: zipfile.ZipFile) -> Iterator[str]:
    """The paragraphs and tables of the main part, then the notes it refers to."""
    main = next((name for name in archive.namelist() if MAIN.fullmatch(name)), None)
    if not main:
        raise Unreadable("corrupt", "no main part in it")
    setting = Setting(read_styles(archive), read_formats(archive))
    for element in elements(archive, main, frozenset({"body"})):
        yield from blocks(element, setting)
    for name, prefix in NOTES.items():
        for note in elements(archive, name, frozenset({"footnotes", "endnotes"})):
            text = " ".join(flat(note).split())
            if text and value(note, of="type") in (None, "normal"):
                yield f"\n[^{prefix}{value(note, of='id')}]: {text}\n"


def blocks(element: Any, setting: Setting) -> Iterator[str]:
    """A paragraph, a table, or what lies in an element around such, as Markdown."""
    name = local(element)
    if name == "p":
        yield from paragraph(element, setting)
    elif name == "tbl":
        yield from table(element, setting)
    elif name and name not in SKIPPED:
        for child in element:
            yield from blocks(child, setting)


def paragraph(element: Any, setting: Setting) -> Iterator[str]:
    """A paragraph with its heading or list mark, then the text boxes that hang on it."""
    boxes: list[Any] = []
    text = "".join(pieces(element, boxes)).strip()
    own = next((child for child in element if local(child) == "pPr"), None)
    style = setting.styles.get(value(own, "pStyle") or "", Style()) if own is not None else Style()
    level = value(own, "outlineLvl") if own is not None else None
    heading = int(level) + 1 if level and level.isdigit() else style.heading
    if text and 0 < heading < 10:  # Word counts plain text as the tenth level
        yield f"\n{'#' * min(heading, 6)} {' '.join(text.split())}\n"
    elif text and (item := list_item(own, style)):
        yield list_mark(item, setting) + text
    elif text:
        yield f"\n{text}\n"
    for box in boxes:
        yield from blocks(box, setting)


def pieces(element: Any, boxes: list[Any]) -> Iterator[str]:
    """The text of a paragraph piece by piece; text boxes in it are put aside."""
    for child in element:
        name = local(child)
        if name == "t":
            yield child.text or ""
        elif name in CHARACTERS:
            yield CHARACTERS[name]
        elif name in ("footnoteReference", "endnoteReference"):
            yield f"[^{'e' if name[0] == 'e' else ''}{value(child, of='id')}]"
        elif name == "txbxContent":
            boxes.append(child)
        elif name and name not in SKIPPED:
            yield from pieces(child, boxes)


def flat(element: Any) -> str:
    """All the text in a cell or a note, paragraphs parted by a space."""
    if local(element) in ("p", "txbxContent"):
        boxes: list[Any] = []
        return "".join([*pieces(element, boxes), *map(flat, boxes), " "])
    return "".join(flat(child) for child in element if local(child) not in SKIPPED | {""})


def list_item(own: Any, style: Style) -> tuple[str, int] | None:
    """The list format and level of a paragraph; None where it is no list item."""
    number = value(own, "numPr", "numId") if own is not None else None
    if number is None:
        return style.list
    level = value(own, "numPr", "ilvl") or "0"
    return (number, int(level) if level.isdigit() else 0) if number != "0" else None


def list_mark(item: tuple[str, int], setting: Setting) -> str:
    """What stands before a list item: a hyphen, or its number."""
    number, level = item
    for deeper in range(level + 1, 9):
        setting.reached[number, deeper] = 0
    setting.reached[item] += 1
    mark = "-" if setting.formats.get(item, BULLET) == BULLET else f"{setting.reached[item]}."
    return "  " * level + mark + " "


def table(element: Any, setting: Setting) -> Iterator[str]:
    """A table in Markdown; one of a single column is a frame around text."""
    rows = [list(inside(row, "tc")) for row in inside(element, "tr")]
    if max(map(len, rows), default=0) < 2:
        for row in rows:
            for cell in row:
                yield from blocks(cell, setting)
        return
    shown = [[text for cell in row for text in cell_texts(cell)] for row in rows]
    width = max(map(len, shown))
    lines = [f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in shown]
    yield "\n" + "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]]) + "\n"


def inside(element: Any, name: str) -> Iterator[Any]:
    """The rows of a table or the cells of a row, also those in a content control or an insertion."""
    for child in element:
        if local(child) == name:
            yield child
        elif local(child) in ("sdt", "sdtContent", "customXml", "ins"):
            yield from inside(child, name)


def cell_texts(cell: Any) -> list[str]:
    """A cell's text, and an empty one for each further column that it spans; the rest of a cell over rows is empty."""
    own = next((child for child in cell if local(child) == "tcPr"), None)
    span = value(own, "gridSpan") if own is not None else None
    merged = own is not None and any(local(child) == "vMerge" for child in own) and value(own, "vMerge") != "restart"
    text = "" if merged else " ".join(flat(cell).split()).replace("|", "\\|")
    return [text] + [""] * (min(int(span), 100) - 1 if span and span.isdigit() else 0)


def read_styles(archive: zipfile.ZipFile) -> dict[str, Style]:
    """Style id → what it says; a style has what the one it is based on has."""
    found, based = dict[str, Style](), dict[str, str]()
    for style in elements(archive, "word/styles.xml", frozenset({"styles"})):
        id, name = value(style, of="styleId") or "", (value(style, "name") or "").lower()
        known = re.fullmatch(r"heading (\d)", name)
        level = value(style, "pPr", "outlineLvl")
        number, depth = value(style, "pPr", "numPr", "numId"), value(style, "pPr", "numPr", "ilvl") or "0"
        heading = int(known[1]) if known else int(level) + 1 if level and level.isdigit() else int(name == "title")
        found[id] = Style(heading, (number, int(depth)) if number and number != "0" and depth.isdigit() else None)
        based[id] = value(style, "basedOn") or ""
    for id, style in found.items():
        above, seen = based[id], {id}
        while above in found and above not in seen:
            style.heading, style.list = style.heading or found[above].heading, style.list or found[above].list
            seen.add(above)
            above = based[above]
    return found


def read_formats(archive: zipfile.ZipFile) -> dict[tuple[str, int], str]:
    """(list id, level) → the format of its numbers."""
    kinds, formats = dict[str, dict[int, str]](), dict[tuple[str, int], str]()
    for element in elements(archive, "word/numbering.xml", frozenset({"numbering"})):
        if local(element) == "abstractNum":
            levels = [
                (value(level, of="ilvl") or "0", value(level, "numFmt")) for level in element if local(level) == "lvl"
            ]
            kinds[value(element, of="abstractNumId") or ""] = {int(at): kind or BULLET for at, kind in levels}
        elif local(element) == "num":
            number = value(element, of="numId") or ""
            levels_of = kinds.get(value(element, "abstractNumId") or "", {})
            formats |= {(number, at): kind for at, kind in levels_of.items()}
    return formats


def told_by_file(archive: zipfile.ZipFile) -> dict[str, str]:
    """Title, author and date, where the file tells them."""
    names = {"title": "title", "creator": "author", "created": "date"}
    told = {
        names[local(element)]: (element.text or "").strip()
        for element in elements(archive, "docProps/core.xml", frozenset({"coreProperties"}))
        if local(element) in names
    }
    told["date"] = told.get("date", "")[:10]
    return {name: said for name, said in told.items() if said}
