"""Text in columns, as a terminal shows it: a Chinese character is two columns wide."""

from collections.abc import Sequence
from unicodedata import combining, east_asian_width


def width(text: str) -> int:
    """How many columns a text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def left(text: str, columns: int) -> str:
    """The text with spaces after it up to a width; cut with an ellipsis where it is wider."""
    text = shortened(text, columns)
    return text + " " * (columns - width(text))


def right(text: str, columns: int) -> str:
    """The text with spaces before it up to a width; cut with an ellipsis where it is wider."""
    text = shortened(text, columns)
    return " " * (columns - width(text)) + text


def shortened(text: str, columns: int) -> str:
    """The text, or as much of its beginning as fits with an ellipsis."""
    if width(text) <= columns:
        return text
    while width(text) > columns - 1:
        text = text[:-1]
    return text + "…"


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines, the first column to the left, the others to the right."""
    widths = [max(width(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [right(cell, columns) for cell, columns in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join([left(row[0], widths[0]), *cells]).rstrip())
    return lines


def said_number(value: float | None, digits: int = 4) -> str:
    """A number with so many digits that matter, with commas where it is long; a dash where there is none."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.{digits}g}"


def said_pair(low: float | None, high: float | None) -> str:
    """What a value may be; nothing where it has no limit."""
    if low is not None and high is not None:
        return f"{said_number(low)} to {said_number(high)}"
    return f"≥ {said_number(low)}" if low is not None else f"≤ {said_number(high)}" if high is not None else ""


def said_limit(low: float | None, high: float | None) -> str:
    """What a value may be, also where it has no limit."""
    return said_pair(low, high) or "no limit"
