"""Columns of tables in text, and what stands in them: a header says name, the cells below it are names."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from curate.personal.words import one_of

RULER = re.compile(r"[\s|:+=-]+")
MAX_COLUMNS = 60


EDGE = '[ \u3000"*]{0,6}'


class Cell(NamedTuple):
    """One cell below a header: what the header says, and where the cell's text stands."""

    header: str
    start: int
    end: int


@lru_cache(maxsize=4)  # every rule that asks of a text asks in turn, and all of one text before the next
def cells(text: str) -> Mapping[int, Cell]:
    """Start → cell, of all cells below the first row of the tables of a text: of bars, of tabs, of commas."""
    found: dict[int, Cell] = {}
    header: list[tuple[str, int, int]] = []
    mark, at = "", 0
    for line in text.splitlines(keepends=True):
        if "|" in line or "\t" in line or "," in line or "，" in line:
            if not (RULER.fullmatch(line) and header):
                now = next(one for one in "|\t,，" if one in line)
                row = split(line, now, at)
                if header and now == mark and len(row) == len(header):
                    found.update(
                        (start, Cell(name, start, end))
                        for (name, _, _), (_, start, end) in zip(header, row, strict=True)
                        if end > start
                    )
                else:
                    header, mark = (row, now) if 1 < len(row) <= MAX_COLUMNS else ([], "")
        else:
            header = []
        at += len(line)
    return found


def split(line: str, mark: str, at: int) -> list[tuple[str, int, int]]:
    """The cells of a line with where they stand, without the white space and the quotes around them."""
    body = line.rstrip("\r\n")
    first = 1 if mark == "|" and body.lstrip().startswith("|") else 0
    row, start = [], 0
    for said in body.split(mark):
        left = len(said) - len(said.lstrip(' \u3000"*'))
        core = said.strip(' \u3000"*')
        row.append((core, at + start + left, at + start + left + len(core)))
        start += len(said) + 1
    return row[first : -1 if mark == "|" and first and body.rstrip().endswith("|") else None]


def gates_and_patterns(heads: Iterable[str]) -> Iterator[tuple[str, "re.Pattern[str]"]]:
    """For tables that have one of these words for a header: RE2's gate, and the pattern of a cell (its first group)."""
    head, edge = one_of(heads), EDGE.replace("{0,6}", "*")
    bars = f"(?:^|[|\t\n]){edge}{head}{edge}[|\t]|[|\t]{edge}{head}{edge}(?:[\r\n]|$)"
    yield bars, re.compile(f'[|\t\n]{EDGE}([^|\t\n"*]{{1,90}}?)(?={EDGE}(?:[|\t\r\n]|$))')
    commas = f'(?:^|[,，\n])"?{head}"?[,，]|[,，]"?{head}"?(?:[\r\n]|$)'
    yield commas, re.compile(f'[,，\n]{EDGE}([^,，\n"*]{{1,90}}?)(?={EDGE}(?:[,，\r\n]|$))')
