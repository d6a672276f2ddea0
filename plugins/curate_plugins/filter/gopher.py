"""Gopher's rules for quality and repetition (Rae et al. 2021, appendix A.1.1), for Chinese and other languages.

The limits are the paper's. Those for Chinese are fitted to FineWeb-2's (Penedo et al. 2025), which are for jieba's
words: of 672 documents each drops the same share here as there (benchmarks/chinese_limits.py).
"""

from functools import cache

import numpy as np
import pyarrow.compute as pc

import curate
from curate import Batch
from curate.kernels.listed import count_listed, list_words
from curate.kernels.repeats import SIZES
from curate.kernels.terms import DIGITS, LETTERS

BULLETS = ord("•"), ord("-")
# The paper's eight for English. For Chinese the 24 of FineWeb-2 (Penedo et al. 2025), those of one character, which
# are 22: here a Chinese character is a word.
ENGLISH = "the be to of and that have with"
CHINESE = "的 年 在 月 是 和 日 了 於 為 有 被 人 中 为 他 與 後 也 而 由"


@curate.score(
    words=(50, 100_000),
    mean_word_length=(3, 10),
    hash_share=(None, 0.1),
    ellipsis_share=(None, 0.1),
    bullet_lines=(None, 0.9),
    ellipsis_lines=(None, 0.3),
    alphabetic_share=(0.8, None),
    stop_words=(None, None),
    en={"stop_words": (2, None)},
    zh={"mean_word_length": (1, 4.91), "alphabetic_share": (0.737, None), "stop_words": (3, None)},
    in_domain=False,
)
def gopher_quality(batch: Batch) -> dict[str, np.ndarray]:
    """Measure what prose is made of: words, letters, bullets, common words (Gopher, Rae et al. 2021)."""
    terms, lines = batch.terms, batch.lines
    words, chars = (totals[:, DIGITS] + totals[:, LETTERS] for totals in (terms.weights, terms.lengths))
    every, count = np.maximum(terms.weights.sum(axis=1), 1), np.maximum(np.diff(lines.start), 1)
    points = (lines.first == BULLETS[0]) | (lines.first == BULLETS[1])
    return {
        "words": words,
        "mean_word_length": chars / np.maximum(words, 1),
        "hash_share": marks(batch, "#", 1) / every,
        "ellipsis_share": (marks(batch, ".", 3) + np.asarray(pc.count_substring(batch["text"], "…"))) / every,
        "bullet_lines": lines.sums(points) / count,
        "ellipsis_lines": lines.sums(lines.trails) / count,
        "alphabetic_share": terms.weights[:, LETTERS] / every,
        "stop_words": count_listed(batch.words, stop_words()),
    }


@curate.score(
    dup_lines=(None, 0.3),
    dup_paragraphs=(None, 0.3),
    dup_line_chars=(None, 0.2),
    dup_paragraph_chars=(None, 0.2),
    top_2=(None, 0.2),
    top_3=(None, 0.18),
    top_4=(None, 0.16),
    dup_5=(None, 0.15),
    dup_6=(None, 0.14),
    dup_7=(None, 0.13),
    dup_8=(None, 0.12),
    dup_9=(None, 0.11),
    dup_10=(None, 0.1),
    zh={
        "dup_lines": (None, 0.292),
        "dup_paragraphs": (None, None),
        "dup_line_chars": (None, None),
        "dup_paragraph_chars": (None, None),
        "top_2": (None, 0.256),
        "top_3": (None, 0.202),
        "top_4": (None, 0.171),
        "dup_5": (None, 0.205),
        "dup_6": (None, 0.186),
        "dup_7": (None, 0.171),
        "dup_8": (None, 0.159),
        "dup_9": (None, 0.144),
        "dup_10": (None, 0.131),
    },
    in_domain=False,
)
def gopher_repetition(batch: Batch) -> dict[str, np.ndarray]:
    """Measure what is said again: lines, paragraphs, the top and the repeated runs of 2 to 10 words (Gopher)."""
    chars, again = np.maximum(batch.chars, 1), batch.duplicates
    return {
        "dup_lines": again.lines / np.maximum(batch.lines.sums(batch.lines.chars > 0), 1),
        "dup_paragraphs": again.paragraphs / np.maximum(np.diff(batch.paragraphs.start), 1),
        "dup_line_chars": again.line_chars / chars,
        "dup_paragraph_chars": again.paragraph_chars / chars,
        **{f"top_{size}": top_share(batch, size) for size in SIZES[:3]},
        **{f"dup_{size}": batch.repeats.of("again", size) / chars for size in SIZES[3:]},
    }


def marks(batch: Batch, mark: str, row: int) -> np.ndarray:
    """For each document: how often `row` of an ASCII mark in a row stand in it, as `str.count` counts."""
    data, offsets = batch.utf8
    places = np.flatnonzero(data[offsets[0] : offsets[-1]] == ord(mark)) + offsets[0]
    document = np.searchsorted(offsets, places, side="right") - 1
    first = np.flatnonzero((np.diff(places, prepend=-2) != 1) | (np.diff(document, prepend=-1) != 0))
    in_a_row = np.diff(np.append(first, len(places)))
    return np.bincount(document[first], in_a_row // row, minlength=len(batch))


def top_share(batch: Batch, size: int) -> np.ndarray:
    """The most frequent run of so many terms, with a space between two of them, as a share of all characters."""
    repeats = batch.repeats
    covered = repeats.of("top", size) + (size - 1) * repeats.of("times", size)
    share: np.ndarray = covered / np.maximum(batch.chars, 1)
    return share


@cache
def stop_words() -> np.ndarray:
    """The stop words of both languages, as hashes."""
    return list_words(f"{ENGLISH} {CHINESE}")
