"""The lines of a PDF's pages, each with its place, as pdfium tells them; columns in order, running headers left out."""

import re
from collections import Counter
from ctypes import c_double
from itertools import groupby, takewhile
from statistics import median
from typing import Any, NamedTuple
from unicodedata import normalize

HYPHEN = "\ufffe"  # what pdfium writes for the hyphen of a word that goes on in the next line
LINE_END = re.compile(f"\r\n|{HYPHEN}")
PARTED = re.compile(r"[^\W\d_]-$")
NOT_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f\xad\u200b\ufeff]")
VARIANTS = re.compile("[\u2e80-\u2fdf\uf900-\ufaff\ufb00-\ufb06]+")  # radicals, ligatures; NFKC on all makes ，a comma
BLANKS = re.compile("[ \xa0\t]+")
GUTTER, HALF_LINE = 1.1, 8  # in sizes and characters: a justified line's spaces stay under 0.8
MARGIN_LINES = 3  # a running header or footer stands among the first or last three lines
SCAN_CHARS = 10  # a page with an image and fewer characters than this has no text layer


class Line(NamedTuple):
    """A line of text on its page: where it begins and ends, its baseline, and the size of its letters, in points."""

    text: str
    left: float
    right: float
    base: float
    size: float
    hyphen: bool = False  # its last word goes on in the next line


class Page(NamedTuple):
    """What a page shows: its lines in the order the file gives them, and whether there is an image on it."""

    number: int
    lines: list[Line]
    image: bool

    @property
    def has_text(self) -> bool:
        """Whether it has a text layer worth reading."""
        return sum(len(line.text) for line in self.lines) >= (SCAN_CHARS if self.image else 1)


class TextPage:
    """The characters of a page and where they stand."""

    def __init__(self, textpage: Any) -> None:
        from pypdfium2 import raw

        self.pdfium, self.raw, self.text = raw, textpage.raw, textpage.get_text_range()
        self.wide = not self.text.isascii() and max(self.text) > "\uffff"

    def index(self, at: int) -> int:
        """pdfium's number for the character text[at]: it counts in UTF-16, and what it has no character for as well."""
        at = len(self.text[:at].encode("utf-16-le", "surrogatepass")) // 2 if self.wide else at
        return int(self.pdfium.FPDFText_GetCharIndexFromTextIndex(self.raw, at))

    def extent(self, at: int) -> tuple[float, float]:
        """Where the character text[at] begins and ends on its line."""
        box = self.pdfium.FS_RECTF()
        self.pdfium.FPDFText_GetLooseCharBox(self.raw, self.index(at), box)
        return box.left, box.right

    def baseline(self, at: int) -> tuple[float, float]:
        """The height at which the character text[at] stands, and its size."""
        x, y, matrix, index = c_double(), c_double(), self.pdfium.FS_MATRIX(), self.index(at)
        self.pdfium.FPDFText_GetCharOrigin(self.raw, index, x, y)
        self.pdfium.FPDFText_GetMatrix(self.raw, index, matrix)
        return y.value, self.pdfium.FPDFText_GetFontSize(self.raw, index) * (matrix.b**2 + matrix.d**2) ** 0.5


def read_page(document: Any, number: int) -> Page:
    """One page; one that pdfium cannot load is a page without text."""
    import pypdfium2

    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        return Page(number + 1, [], False)
    try:
        textpage = page.get_textpage()
        try:
            lines = read_lines(TextPage(textpage))
        finally:
            textpage.close()
        few = sum(len(line.text) for line in lines) < SCAN_CHARS
        image = few and any(page.get_objects([pypdfium2.raw.FPDF_PAGEOBJ_IMAGE], max_depth=3))
        return Page(number + 1, lines, image)
    except pypdfium2.PdfiumError:
        return Page(number + 1, [], False)
    finally:
        page.close()


def read_lines(page: TextPage) -> list[Line]:
    """The lines of a page in the file's order, which is the reading order but for columns drawn row by row."""
    spans, at = list[tuple[int, int, bool]](), 0
    for end in LINE_END.finditer(page.text):
        spans.append((at, end.start(), end[0] == HYPHEN))
        at = end.end()
    spans.append((at, len(page.text), False))
    if not row_by_row(page, [(start, stop) for start, stop, _ in spans]):
        return [line for span in spans if (line := placed(page, *span))]
    return column_by_column([halves(page, *span) for span in spans])


def placed(page: TextPage, start: int, stop: int, hyphen: bool = False) -> Line | None:
    """The line text[start:stop] with its place; None where it is blank."""
    said = page.text[start:stop]
    start += len(said) - len(said.lstrip())
    stop -= len(said) - len(said.rstrip())
    text = clean(page.text[start:stop])
    if not text:
        return None
    base, size = page.baseline(start)
    if PARTED.search(text):  # at the end of a page or a column pdfium leaves the hyphen as it is
        text, hyphen = text[:-1], True
    return Line(text, page.extent(start)[0], page.extent(stop - 1)[1], base, size, hyphen)


def clean(text: str) -> str:
    """A line without what is no text, and with letters in place of look-alikes."""
    text = text if text.isascii() else VARIANTS.sub(lambda found: normalize("NFKC", found[0]), text)
    return BLANKS.sub(" ", NOT_TEXT.sub("", text)).strip()


def row_by_row(page: TextPage, spans: list[tuple[int, int]]) -> bool:
    """Whether the longest lines hold text of two columns. Four are asked: asking all would double the time."""
    longest = sorted(spans, key=lambda span: span[0] - span[1])[:4]
    return len(spans) > 4 and sum(gap(page, *span) is not None for span in longest) >= 3


def gap(page: TextPage, start: int, stop: int) -> int | None:
    """Where a gutter parts a line with a dozen characters on either side, and no second one as in a table's row."""
    size = page.baseline(start)[1]
    found = [
        at
        for at in (space.start() for space in re.finditer(" ", page.text[start:stop]))
        if 0 < at < stop - start - 1 and page.extent(start + at + 1)[0] - page.extent(start + at - 1)[1] > GUTTER * size
    ]
    if len(found) == 1 and HALF_LINE <= found[0] <= stop - start - HALF_LINE:
        return start + found[0]
    return None


def halves(page: TextPage, start: int, stop: int, hyphen: bool) -> list[Line]:
    """A line, in two where a gutter goes through it."""
    at = gap(page, start, stop) if stop > start else None
    parts = [(start, stop)] if at is None else [(start, at), (at, stop)]
    return [line for part in parts if (line := placed(page, *part, hyphen))]


def column_by_column(rows: list[list[Line]]) -> list[Line]:
    """Rows of a left and a right part as columns; a line across the gutter ends what is above it."""
    gutter = median(row[1].left for row in rows if len(row) == 2) - 1
    ordered: list[Line] = []
    for across, run in groupby(rows, key=lambda row: len(row) == 1 and row[0].left < gutter < row[0].right):
        parts = [line for row in run for line in row]
        ordered += parts if across else sorted(parts, key=lambda line: line.left >= gutter)
    return ordered


def without_running(pages: list[Page]) -> list[Page]:
    """The pages without lines that stand at one height on several of them and differ in their digits at most."""
    seen = Counter(place for page in pages for place in {masked(line) for edge in edges(page) for line in edge})
    often = 2 if len(pages) < 6 else 3  # two are enough of a few: a short report's header is on each of its pages
    running = {place for place, count in seen.items() if count >= often}
    return [page._replace(lines=within(page, running)) for page in pages] if running else pages


def within(page: Page, running: set[tuple[str, int]]) -> list[Line]:
    """A page's lines without the running ones; a line further in is one only if those outside of it are."""
    out = {line for edge in edges(page) for line in takewhile(lambda one: masked(one) in running, edge)}
    return [line for line in page.lines if line not in out]


def edges(page: Page) -> tuple[list[Line], list[Line]]:
    """The lines nearest to the top and to the bottom of a page, the outermost first."""
    by_height = sorted(page.lines, key=lambda line: line.base)
    return by_height[: -MARGIN_LINES - 1 : -1], by_height[:MARGIN_LINES]


def masked(line: Line) -> tuple[str, int]:
    """A line without its digits, and its height to 3 points."""
    return re.sub(r"\d+", "0", line.text), round(line.base / 3)
