"""FineWeb-2's rules for languages other than English: Gopher's and FineWeb's values, with limits a language."""

import numpy as np

import curate
from curate import Batch
from curate_plugins.filter.fineweb import fineweb_quality
from curate_plugins.filter.gopher import gopher_quality, gopher_repetition

FROM_QUALITY = (
    *("words", "mean_word_length", "hash_share", "ellipsis_share", "bullet_lines", "ellipsis_lines"),
    *("alphabetic_share", "stop_words"),
)
FROM_REPETITION = ("dup_lines", "top_2", "top_3", "top_4", "dup_5", "dup_6", "dup_7", "dup_8", "dup_9", "dup_10")
FROM_LINES = ("line_punct", "list_ratio", "dup_line_chars")


@curate.score(
    words=(50, 100_000),
    mean_word_length=(3, 10),
    hash_share=(None, 0.1),
    ellipsis_share=(None, 0.1),
    bullet_lines=(None, 0.9),
    ellipsis_lines=(None, 0.3),
    alphabetic_share=(0.8, None),
    stop_words=(None, None),
    dup_lines=(None, 0.3),
    top_2=(None, 0.2),
    top_3=(None, 0.18),
    top_4=(None, 0.16),
    dup_5=(None, 0.15),
    dup_6=(None, 0.14),
    dup_7=(None, 0.13),
    dup_8=(None, 0.12),
    dup_9=(None, 0.11),
    dup_10=(None, 0.1),
    line_punct=(0.12, None),
    list_ratio=(None, 0.3),
    dup_line_chars=(None, 0.1),
    zh={
        "mean_word_length": (1, 4.91),
        "alphabetic_share": (0.737, None),
        "stop_words": (3, None),
        "dup_lines": (None, 0.292),
        "top_2": (None, 0.256),
        "top_3": (None, 0.202),
        "top_4": (None, 0.171),
        "dup_5": (None, 0.205),
        "dup_6": (None, 0.186),
        "dup_7": (None, 0.171),
        "dup_8": (None, 0.159),
        "dup_9": (None, 0.144),
        "dup_10": (None, 0.131),
        "line_punct": (0.106, None),
        "list_ratio": (None, 0.174),
        "dup_line_chars": (None, 0.101),
    },
    in_domain=False,
)
def fineweb2(batch: Batch) -> dict[str, np.ndarray]:
    """Measure what FineWeb-2 does (Penedo et al. 2025): Gopher's and FineWeb's values in one step."""
    quality, repetition, lines = gopher_quality(batch), gopher_repetition(batch), fineweb_quality(batch)
    found = {name: quality[name] for name in FROM_QUALITY}
    found |= {name: repetition[name] for name in FROM_REPETITION}
    return found | {name: lines[name] for name in FROM_LINES}
