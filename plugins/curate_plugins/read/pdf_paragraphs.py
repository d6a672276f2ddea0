"""Lines with their places made into paragraphs and headings, Chinese and English."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from curate import Stretch
from curate_plugins.read.pdf_lines import Line, Page

EAST_ASIAN = "\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff"  # and full-width marks
EITHER_SCRIPT = "“”‘’…—·"  # marks that English and Chinese write alike
EAST_ASIAN_ONE = re.compile(f"[{EAST_ASIAN}]")
SPACED_PAIR = re.compile(f"[{EAST_ASIAN}](?: (?=[{EAST_ASIAN}]))")
TOUCHING_PAIR = re.compile(f"[{EAST_ASIAN}](?=[{EAST_ASIAN}])")
FIRST_WORD = re.compile(f"[{EAST_ASIAN}][，。、；：！？）》」』”’]?|[^\\s{EAST_ASIAN}]+")
WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
SENTENCE_END = re.compile(r"[.!?。！？：:；;…][\"'”’」』）)]*$")
LIST_MARK = re.compile(
    r"[•●▪◦■□◆➢✓·*\-–—]\s|\(?\d{1,3}[.)、．]\s?(?!\d)|[（(]?[一二三四五六七八九十]{1,3}[、)）]|第.{1,5}[章节条]"
)
HEADING = 1.15  # a line in letters this much larger than the text's is a heading
HEADING_CHARS = 120
SPREAD = 1.6  # a row of a table is so much wider than its letters; no line of prose measured is over 1.22


class Run(NamedTuple):
    """Lines right below one another: a column, or a stretch of one."""

    left: float
    right: float
    pitch: float  # from one baseline to the next
    slack: float  # how far lines end before the right edge: nothing in justified text
    lines: int


class Setting(NamedTuple):
    """How a document is set: what makes a heading, how far lines stand apart, and the words it knows."""

    headings: list[float]  # their sizes, the largest first
    pitch: float  # from one baseline to the next, in sizes
    words: frozenset[str]
    width: float  # of Chinese lines, in what their letters need: 1.5 where each glyph is set by itself


def unspaced(pages: list[Page]) -> list[Page]:
    """The pages; where Chinese was set glyph by glyph, without the spaces that gave between its characters."""
    text = "\n".join(line.text for page in pages for line in page.lines)
    spaced, touching = len(SPACED_PAIR.findall(text)), len(TOUCHING_PAIR.findall(text))
    if spaced <= 0.3 * (spaced + touching):  # where it was not, a space stands in under 1 % of the pairs
        return pages
    return [page._replace(lines=[one._replace(text=closed_up(one.text)) for one in page.lines]) for page in pages]


def closed_up(text: str) -> str:
    """A line set glyph by glyph: a space between single characters is none."""
    parts = text.split(" ")
    gaps = ["" if len(one) == len(other) == 1 else " " for one, other in pairwise(parts)]
    return "".join(part + gap for part, gap in zip(parts, [*gaps, ""], strict=True))


def setting_of(pages: Sequence[Page]) -> Setting:
    """How the pages are set."""
    lines = [line for page in pages for line in page.lines]
    chars = Counter[float]()
    for line in lines:
        chars[rounded(line.size)] += len(line.text)
    body = chars.most_common(1)[0][0]
    headings = sorted((size for size in chars if size >= HEADING * body), reverse=True)[:3]
    steps = [
        (one.base - other.base) / one.size
        for page in pages
        for one, other in pairwise(page.lines)
        if one.size and below(one, other)
    ]
    words = WORD.findall(" ".join(line.text for line in lines)) if any(line.hyphen for line in lines) else []
    chinese = [width_in_letters(line) for line in lines if len(EAST_ASIAN_ONE.findall(line.text)) > len(line.text) / 2]
    return Setting(headings, median(steps or [1.2]), frozenset(words), median(chinese or [1]))


def rounded(size: float) -> float:
    """A size to half a point: what is set as 12 may be told as 11.96."""
    return round(size * 2) / 2


def set_text(pages: Sequence[Page], setting: Setting) -> tuple[str, list[Stretch]]:
    """The lines of the pages as paragraphs, and where in that text each page stands."""
    lines = [(page.number, line, run) for page in pages for line, run in in_runs(page.lines, setting.pitch)]
    gaps = [""] + [gap_between(*before[1:], *after[1:], setting) for before, after in pairwise(lines)]
    marks = heading_marks([line for _, line, _ in lines], gaps, setting)
    pieces, origin, at = list[str](), list[Stretch](), 0
    for (number, line, _), gap, mark in zip(lines, gaps, marks, strict=True):
        at += len(gap) + len(mark)
        end = at + len(line.text)
        if origin and origin[-1].page == number:
            origin[-1] = origin[-1]._replace(end=end)
        else:
            origin.append(Stretch(at, end, 0, number))
        pieces += [gap, mark, line.text]
        at = end
    return "".join(pieces), origin


def heading_marks(lines: Sequence[Line], gaps: Sequence[str], setting: Setting) -> list[str]:
    """For each line what marks it as a heading: a paragraph in large letters that is short and no sentence."""
    marks = [""] * len(lines)
    begins = [at for at, gap in enumerate(gaps) if "\n" in gap or at == 0]
    for first, after in pairwise([*begins, len(lines)]):
        size = rounded(lines[first].size)
        chars = sum(len(line.text) for line in lines[first:after])
        if (
            size in setting.headings
            and chars <= HEADING_CHARS
            and not lines[after - 1].text.endswith((".", "。", "，", ","))
        ):
            marks[first] = "#" * (setting.headings.index(size) + 1) + " "
    return marks


def in_runs(lines: list[Line], pitch: float) -> Iterator[tuple[Line, Run]]:
    """Each line with the run that it stands in."""
    run = lines[:1]
    for line in [*lines[1:], None]:
        if line and below(run[-1], line):
            run.append(line)
            continue
        steps = [one.base - other.base for one, other in pairwise(run)]
        usual = median(steps) if len(steps) > 3 else pitch * run[0].size  # of few lines the middle tells nothing
        left, right = min(one.left for one in run), max(one.right for one in run)
        whole = Run(left, right, usual, median(right - one.right for one in run), len(run))
        yield from ((one, whole) for one in run)
        run = [line] if line else []


def below(line: Line, other: Line) -> bool:
    """Whether the other line, in letters of the same size, stands right below, at most two empty lines away."""
    beside = min(line.right, other.right) <= max(line.left, other.left)
    return not beside and same_size(line, other) and 0 < line.base - other.base < 3 * line.size


def same_size(line: Line, other: Line) -> bool:
    """Whether the letters of two lines are of one size, but for what rounding does."""
    return abs(line.size - other.size) <= 0.1 * line.size


def gap_between(before: Line, run: Run, line: Line, new_run: Run, setting: Setting) -> str:
    """What stands between two lines: a new paragraph, a new line as in a table, or what joins them."""
    ended = bool(SENTENCE_END.search(before.text))
    goes_on = same_size(before, line) and (run is new_run or line.text[0].islower())
    if before.hyphen:
        return hyphen_between(before.text, line.text, setting.words) if goes_on else "-\n\n"
    if not same_size(before, line):
        return "\n\n"
    full = run.right - before.right < room_for_first_word(line, run.slack, ended)
    if run is not new_run:  # the next column or page goes on where the last one stopped in mid-sentence
        return "\n\n" if ended or not full or run.lines < 3 else joint(before.text, line.text)
    if before.base - line.base > 1.35 * run.pitch or (ended and line.left - run.left > 0.8 * line.size):
        return "\n\n"
    if not full or LIST_MARK.match(line.text):
        return "\n\n" if ended else "\n"
    rows = [width_in_letters(one) > SPREAD * max(setting.width, 1) for one in (before, line)]
    if any(rows):
        return "\n" if all(rows) else "\n\n"
    return joint(before.text, line.text)


def width_in_letters(line: Line) -> float:
    """How wide a line is in what its letters need, a Chinese one its size and others half: much, where it is a row."""
    full = len(EAST_ASIAN_ONE.findall(line.text))
    return (line.right - line.left) / (max(line.size, 0.1) * (full + len(line.text)) / 2)


def room_for_first_word(line: Line, slack: float, ended: bool) -> float:
    """The room that a line had to have at its end for the next one's first word to be there, were the text to go on.

    Lines are not filled to the last point, the less where nothing ends: that widens it by half a letter, or three.
    """
    first = FIRST_WORD.match(line.text)
    word = (len(first[0]) if first else 1) * (line.right - line.left) / len(line.text)
    return word + 1.5 * slack + (0.5 if ended else 3) * line.size


def joint(before: str, line: str) -> str:
    """What joins two lines of a paragraph: a space, but nothing beside a Chinese character."""
    sides = before.rstrip(EITHER_SCRIPT)[-1:] + line.lstrip(EITHER_SCRIPT)[:1]
    return "" if any(char >= "\u2e80" for char in sides) else " "


def hyphen_between(before: str, line: str, words: frozenset[str]) -> str:
    """The hyphen of a word that a line's end has parted, where the word has one by itself."""
    one, other = re.findall(r"[^\W\d_]*$", before)[0], re.findall(r"^[^\W\d_]*", line)[0]
    if one + other in words:
        return ""
    return "-" if f"{one}-{other}" in words or not (one and other[:1].islower()) else ""
