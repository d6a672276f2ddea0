"""How the values of a run lie about their limits: a histogram by value, source and language."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from math import ceil, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curate.errors import CurateError, meant
from curate.ledger import Told
from curate.rules import Rule
from curate.terminal import left, right, said_limit, said_number

BARS = 30  # of a histogram
BLOCKS = "▁▂▃▄▅▆▇█"
TOLD_LANGUAGES = 0.05  # a language of so large a share has rows of its own, and one that has limits of its own
LONG_TAIL = 20.0  # times the median that the largest values have to be for bars on a log scale
SOURCE_COLUMNS = 14
NUMBER_COLUMNS = 7
OTHERS, ALL = "other", "all"  # the languages that are not told apart, beside some that are or alone


def limits(folder: Path, step: str | None = None) -> dict[str, Any]:
    """Each value's histogram by source and language, with the limits for it; of all steps that have limits, or of one.

    `step` may name one value of a step, too: ``gopher_quality.words``.

    Raises `CurateError` where the run's ledger has no values of the step.
    """
    told = Told.of(folder)
    label, _, value = (step or "").partition(".")
    rules = rules_with_values(told, folder, label or None)
    chosen = {column: rule for rule, columns in rules for column in columns if not value or column == step}
    if value and not chosen:
        own = [column for _, columns in rules for column in columns]
        raise CurateError(f"{step} has no values in the ledger of {folder}{meant(str(step), own)}")
    table = told.columns("source", "language", *chosen)
    codes = {name: table[name].combine_chunks().dictionary_encode() for name in ("source", "language")}
    common = commonest_languages(codes["language"])
    values = [
        one for column, rule in chosen.items() for one in about_column(table[column], column, rule, codes, common)
    ]
    if step and not values:
        raise CurateError(f"{step} has measured no document of {folder}; `curate why` tells what became of one")
    return {"folder": str(folder), "values": values}


def rules_with_values(told: Told, folder: Path, step: str | None) -> list[tuple[Rule, list[str]]]:
    """The steps to tell of, each with its columns in the ledger; one of an older curate tells of no limits."""
    found: dict[str, list[str]] = {}
    for column in told.values:
        found.setdefault(column.partition(".")[0], []).append(column)
    rules = {rule.label: rule for rule in told.rules}
    labels = [label for label in found if not rules or label == step or (label in rules and rules[label].limits)]
    if step is not None and step not in labels:
        raise CurateError(f"{step} has no values in the ledger of {folder}{meant(step, found)}")
    bare = (Rule(label, "", 0, "", {}, {}) for label in labels if label not in rules)
    rules |= {rule.label: rule for rule in bare}
    return [(rules[label], ordered(rules[label], found[label])) for label in labels if step in (None, label)]


def ordered(rule: Rule, columns: Sequence[str]) -> list[str]:
    """The columns of a step in the order of its limits."""
    order = list(rule.limits.get("", {}))
    return sorted(columns, key=lambda name: order.index(name) if name in order else len(order))


def commonest_languages(language: pa.DictionaryArray) -> list[str]:
    """The languages that many rows are of."""
    names = language.dictionary.to_pylist()
    counts = dict(zip(names, np.bincount(language.indices.to_numpy(), minlength=len(names)), strict=True))
    told = sum(count for name, count in counts.items() if name)
    return [name for name in names if name and counts[name] >= TOLD_LANGUAGES * told]


def about_column(
    column: pa.ChunkedArray, name: str, rule: Rule, codes: Mapping[str, pa.DictionaryArray], common: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """The histograms of one value, a source and language each, all over the same stretch."""
    there = pc.is_valid(column).to_numpy()
    values = column.to_numpy()[there]
    if not len(values):
        return
    groups = dict(grouped(rule, codes, common, there))
    lows_and_highs = [limit for language in rule.limits for limit in rule.limits[language].get(name, ())]
    edges, scale = stretch(values, [limit for limit in lows_and_highs if limit is not None])
    for (source, language), rows in groups.items():
        low, high = rule.limits.get(language if language in rule.limits else "", {}).get(name, (None, None))
        dropping = bool(rule.concerns(np.array([source]))[0])
        about: dict[str, Any] = {"step": rule.label, "value": name.partition(".")[2] or name}
        about |= {"source": source, "language": language, "low": low, "high": high}
        about |= {"only_measured": not dropping, "scale": scale}
        yield about | histogram(np.sort(values[rows]), edges, low, high)


def grouped(
    rule: Rule, codes: Mapping[str, pa.DictionaryArray], common: Sequence[str], there: np.ndarray
) -> Iterator[tuple[tuple[str, str], np.ndarray]]:
    """(source, language) → which of the measured values are of it; "" is every language that is not told apart."""
    names = codes["language"].dictionary.to_pylist()
    limited = [rule.limited_as(one) or (one if one in common and not rule.before_language else "") for one in names]
    languages = sorted(set(limited), key=lambda one: (one == "", one))
    place = np.array([languages.index(one) for one in limited])
    source, language = (codes[name].indices.to_numpy()[there] for name in ("source", "language"))
    group = source * len(languages) + place[language]
    order = np.argsort(group, kind="stable")
    found, starts = np.unique(group[order], return_index=True)
    sources = codes["source"].dictionary.to_pylist()
    for one, rows in zip(found, np.split(order, starts[1:]), strict=True):
        yield (sources[one // len(languages)], languages[one % len(languages)]), rows


def stretch(values: np.ndarray, limits: Sequence[float]) -> tuple[np.ndarray, str]:
    """The edges of the bars for one value, and whether they are on a `linear` or a `log` scale.

    They reach from the 0.5th to the 99.5th percentile, and to a limit that has values beyond it; the outermost two
    bars take what lies outside.
    """
    least, low, median, high, most = (float(one) for one in np.percentile(values, (0, 0.5, 50, 99.5, 100)))
    inside = [limit for limit in limits if least <= limit <= most]
    low, high = min([low, *inside]), max([high, *inside])
    margin = (high - low) / (BARS - 2)
    low, high = max(low - margin * (low in inside), least), min(high + margin * (high in inside), most)
    if low >= 0 and median >= 1 and high > LONG_TAIL * median:
        start = max(low, 1.0)
        longer = np.geomspace(start, high, BARS if least < start else BARS + 1)  # 0 has no place on a log scale
        return np.concatenate([[least], longer])[-BARS - 1 :], "log"
    if low == high:
        low, high = least, most if most > least else least + 1
    return np.linspace(low, high, BARS + 1), "linear"


def histogram(values: np.ndarray, edges: np.ndarray, low: float | None, high: float | None) -> dict[str, Any]:
    """What is to be said of sorted values: counts between edges, one of which is each limit that lies among them."""
    edges, marks = edges.copy(), dict[str, int]()
    for side, limit in (("low", low), ("high", high)):
        if limit is not None and edges[0] < limit < edges[-1]:
            after = range(marks.get("low", 0) + 1, len(edges) - 1)
            marks[side] = min(after, key=lambda at: abs(edges[at] - limit), default=0)
            edges[marks[side]] = limit if marks[side] else edges[0]
    edges[0], edges[-1] = min(edges[0], values[0]), max(edges[-1], values[-1])
    ends = np.searchsorted(values, edges.astype(np.float32))
    if marks.get("high"):
        ends[marks["high"]] = np.searchsorted(values, np.float32(edges[marks["high"]]), side="right")
    ends[-1] = len(values)
    under = 0 if low is None else int(np.searchsorted(values, np.float32(low)))
    over = 0 if high is None else len(values) - int(np.searchsorted(values, np.float32(high), side="right"))
    middle = float(values[(len(values) - 1) // 2])
    return {
        "documents": len(values),
        "min": float(values[0]),
        "median": middle,
        "max": float(values[-1]),
        "outside": (under + over) / len(values),
        "edges": edges.tolist(),
        "counts": np.diff(ends).tolist(),
        "limit_edges": [at for at in marks.values() if at],
    }


def said_limits(answer: Mapping[str, Any]) -> list[str]:
    """What `limits` gives, for people: a line a value, source and language, under a head for each value."""
    lines = []
    for (step, value), rows in groupby(answer["values"], lambda one: (one["step"], one["value"])):
        lines += ["", *said_value(step, value, list(rows))]
    if not lines:
        return ["no step of this run has values with limits"]
    lines += ["", "│ is a limit. A bar's height is the square root of its count."]
    if any(one["only_measured"] for one in answer["values"]):
        lines.append("In brackets: only measured, the step drops nothing of this source.")
    return lines[1:]


def said_value(step: str, value: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """One value: its limits, and a histogram for each source and language."""
    pairs = {row["language"]: (row["low"], row["high"]) for row in rows}
    general = pairs.get("", next(iter(pairs.values())))
    own = {language: pair for language, pair in pairs.items() if pair != general}
    said = [said_limit(*general)]
    said += [f"{language} {said_limit(*pair)}" for language, pair in own.items()]
    scale = "   (log scale)" if rows[0]["scale"] == "log" else ""
    name = step if value == step else f"{step}.{value}"
    rest = OTHERS if any(row["language"] for row in rows) else ALL
    return [f"{name}   {'; '.join(said)}{scale}", columns_head(), *(said_row(row, rest) for row in rows)]


def columns_head() -> str:
    """What stands above the rows of a value."""
    cells = (left("", SOURCE_COLUMNS), left("", 5), right("docs", 9), left("", BARS + 2))
    numbers = (right(one, NUMBER_COLUMNS) for one in ("min", "median", "max", "outside"))
    return "  " + " ".join((*cells, *numbers))


def said_row(row: Mapping[str, Any], rest: str = OTHERS) -> str:
    """A row of a value: whose documents, how many, bars with a stroke at each limit, and how many are outside.

    `rest` is what the languages are called that are not told apart.
    """
    outside = said_share(row["outside"]) if row["low"] is not None or row["high"] is not None else ""
    who = (left(row["source"], SOURCE_COLUMNS), left(row["language"] or rest, 5), right(f"{row['documents']:,}", 9))
    numbers = (right(short_number(row[name]), NUMBER_COLUMNS) for name in ("min", "median", "max"))
    told = f"({outside})" if outside and row["only_measured"] else outside
    return "  " + " ".join((*who, left(bars(row), BARS + 2), *numbers, right(told, 8))).rstrip()


def short_number(value: float) -> str:
    """A number with as many of three digits as its column has room for: cut off, 7.25e-05 would be read as 7.25."""
    said = (said_number(value, digits) for digits in (3, 2, 1))
    return next((one for one in said if len(one) <= NUMBER_COLUMNS), f"{value:.0e}")


def said_share(share: float) -> str:
    """A share in per cent; one that is not zero never as 0 %."""
    return "<0.1%" if 0 < share < 0.001 else f"{share:.1%}"


def bars(row: Mapping[str, Any]) -> str:
    """Counts as bars, a stroke at each limit. Heights are square roots: a hundredth of the fullest is to show as more
    than the least."""
    most, drawn = max(row["counts"]), []
    for at, count in enumerate(row["counts"]):
        drawn.append("│" * row["limit_edges"].count(at))
        height = ceil(len(BLOCKS) * sqrt(count / most))
        drawn.append(BLOCKS[height - 1] if count else " ")
    return "".join(drawn)
