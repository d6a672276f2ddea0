"""Mixing sources to weights, by tokens or by examples: which documents are taken, and how often."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor

import numpy as np

from curate.errors import CurateError
from curate.recipe import WhenShort


@dataclass(frozen=True)
class Mix:
    """How often each document is taken, and what that gives of each source."""

    copies: np.ndarray  # int, one a document
    report: Mapping[str, Mapping[str, float]]  # source → available, taken, share, times


def mix(
    block: str,
    unit: str,
    rows: Mapping[str, np.ndarray],
    weights: Mapping[str, float],
    domain: Sequence[str],
    when_short: WhenShort,
    sizes: np.ndarray,
    order: np.ndarray,
) -> Mix:
    """Choose documents so that the sources stand to one another as their weights, to within half a document each.

    `rows` says which documents each source has; `sizes` (in `unit`: tokens or examples) and `order` (any numbers; the
    smallest go first) hold one value a document. The mix is as large as all of the domain sources fill it, or all of
    the first source where there is none. Raises `CurateError` where a source is too small for its weight, unless
    `when_short` says what to do.
    """
    available = {name: int(sizes[rows[name]].sum()) for name in weights}
    empty = [name for name, size in available.items() if not size]
    if empty and (when_short != "shrink" or len(empty) == len(weights)):
        raise CurateError(f"{block}.mix: no {unit} are left of {' and '.join(empty)}; see with `curate look` what went")
    anchors = [name for name in weights if name in domain] or list(weights)[:1]
    scale = max(available[name] / weights[name] for name in anchors)
    short = [name for name in weights if available[name] < weights[name] * scale * (1 - 1e-9)]
    if short and when_short == "error":
        raise CurateError(said_short(block, unit, weights, available, scale, short))
    if (
        short or empty
    ) and when_short == "shrink":  # what has nothing cannot be shrunk to; the report says that none was taken
        scale = min(available[name] / weight for name, weight in weights.items() if available[name])
    copies = np.zeros(len(sizes), np.int64)
    for name, weight in weights.items():
        mine = rows[name][sizes[rows[name]] > 0]
        copies[mine] = copies_for(weight * scale, sizes[mine], order[mine])
    taken = {name: int((copies[rows[name]] * sizes[rows[name]]).sum()) for name in weights}
    total = sum(taken.values())
    report = {
        name: {
            "available": available[name],
            "taken": taken[name],
            "share": round(taken[name] / max(total, 1), 4),
            "times": round(taken[name] / max(available[name], 1), 4),
        }
        for name in weights
    }
    return Mix(copies, report)


def copies_for(wanted: float, sizes: np.ndarray, order: np.ndarray) -> np.ndarray:
    """How often each document is taken so that their sizes come to `wanted`, to within half a document."""
    if not len(sizes):
        return np.zeros(0, np.int64)
    whole = floor(wanted / sizes.sum() + 1e-9)
    rest = wanted - whole * sizes.sum()
    first = np.argsort(order, kind="stable")
    before = np.concatenate([[0], np.cumsum(sizes[first])[:-1]])
    copies = np.full(len(sizes), whole)
    copies[first[before + sizes[first] / 2 <= rest]] += 1
    return copies


def said_short(
    block: str,
    unit: str,
    weights: Mapping[str, float],
    available: Mapping[str, int],
    scale: float,
    short: Sequence[str],
) -> str:
    """The sentence for a source that is too small: what is needed, what is possible, what can be chosen."""
    ratio = " : ".join(f"{weight:g}" for weight in weights.values())
    most = min(available[name] / weight for name, weight in weights.items())
    lacking = " and ".join(f"{name} has {available[name]:,} {unit} of {weights[name] * scale:,.0f}" for name in short)
    possible = " : ".join(f"{min(available[name] / scale, weight):.3g}" for name, weight in weights.items())
    times = " and ".join(f"{name} {weights[name] * scale / available[name]:.3g} times" for name in short)
    return (
        f"{block}.mix: {lacking} that {' : '.join(weights)} = {ratio} needs. Possible without repeating is {possible}; "
        f"or say `when_short: repeat` ({times}) or `when_short: shrink` ({most / scale:.0%} of the full mix)"
    )
