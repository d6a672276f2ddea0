"""Where each stretch of a text came from, kept true through edits; unknown where that fails, never wrong."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

import pyarrow as pa

from curate.errors import Wrong

ORIGIN = pa.list_(pa.struct([("start", pa.int32()), ("end", pa.int32()), ("at", pa.int64()), ("page", pa.int32())]))
ALIGNED_LINES = 20_000  # SequenceMatcher is quadratic at worst: beyond this only what is in place at both ends counts
Cut = tuple[int, int, str] | tuple[int, int, str, str]  # start, end, replacement, and perhaps what was found


class Stretch(NamedTuple):
    """text[start:end] stood at character `at` of its page, or of the whole where there are no pages, as it was read."""

    start: int
    end: int
    at: int
    page: int | None


def apply_cuts(text: str, cuts: Sequence[Cut]) -> str:
    """The text with each (start, end, replacement) put in place; raises `Wrong` where cuts overlap or lie outside."""
    pieces, at = [], 0
    for start, end, replacement, *_ in sorted(cuts):
        if not at <= start <= end <= len(text):
            inside = f"inside the text's {len(text):,} characters"
            raise Wrong(f"expected cuts {inside} that do not overlap, got one at {start}:{end}")
        pieces += [text[at:start], replacement]
        at = end
    return "".join([*pieces, text[at:]])


def slice_stretches(origin: Iterable[Stretch], start: int, end: int, to: int = 0) -> list[Stretch]:
    """What of `origin` lies in start:end, moved so that `start` stands at `to`."""
    cut = [(max(one.start, start), min(one.end, end), one) for one in origin]
    return [
        Stretch(first - start + to, last - start + to, one.at + first - one.start, one.page)
        for first, last, one in cut
        if first < last
    ]


def cut_origin(origin: Sequence[Stretch], length: int, cuts: Sequence[Cut]) -> list[Stretch]:
    """The origin of what is left of a text of `length` characters after the cuts; replacements have none."""
    left: list[Stretch] = []
    stretches, at, to = deque(origin), 0, 0
    for start, end, replacement, *_ in [*sorted(cuts), (length, length, "")]:
        while stretches and stretches[0].start < start:  # both are in order, so each is looked at about once
            one = stretches.popleft()
            left += slice_stretches([one], at, start, to)
            if one.end > start:
                stretches.appendleft(one)
                break
        to += start - at + len(replacement)
        at = end
    return left


def realign(origin: Sequence[Stretch], before: str, after: str) -> list[Stretch]:
    """The origin after an edit that gave a whole new text: lines that stand in both, in order, keep theirs."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    old_at, new_at = _offsets(old), _offsets(new)
    found: list[Stretch] = []
    for i, j, size in _matching(old, new):
        moved = slice_stretches(origin, old_at[i], old_at[i + size], new_at[j])
        found += moved
    return found


def _offsets(lines: Sequence[str]) -> list[int]:
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line))
    return offsets


def _matching(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """(i, j, size) of equal runs of lines: the common start, the common end, and between them what difflib aligns."""
    top = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    room = min(len(old), len(new)) - top
    pairs = zip(reversed(old), reversed(new), strict=False)
    bottom = min(next((n for n, (a, b) in enumerate(pairs) if a != b), room), room)
    yield 0, 0, top
    middle_old, middle_new = old[top : len(old) - bottom], new[top : len(new) - bottom]
    if max(len(middle_old), len(middle_new)) <= ALIGNED_LINES:
        for block in SequenceMatcher(None, middle_old, middle_new, autojunk=True).get_matching_blocks():
            yield top + block.a, top + block.b, block.size
    yield len(old) - bottom, len(new) - bottom, bottom
