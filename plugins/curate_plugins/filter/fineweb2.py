"""FineWeb-2's rules for languages other than English: Gopher's and FineWeb's values, with limits a language."""

from collections.abc import Mapping
from typing import Any

import numpy as np

import curate
from curate import Batch
from curate_plugins.filter.fineweb import fineweb_quality
from curate_plugins.filter.gopher import gopher_quality, gopher_repetition

STEPS = (gopher_quality, gopher_repetition, fineweb_quality)  # the last one's share of repeated lines counts
LEFT_OUT = ("dup_paragraphs", "dup_paragraph_chars", "short_lines")


def joined(limits: Mapping[str, Any]) -> dict[str, Any]:
    """Limits of the three, without those that FineWeb-2 turns off."""
    return {name: pair for name, pair in limits.items() if name not in LEFT_OUT}


@curate.score(
    **joined({name: pair for step in STEPS for name, pair in vars(step)["about"].limits.items()})
    | {"dup_line_chars": (None, 0.1)},
    en=joined(vars(gopher_quality)["about"].languages["en"]),
    zh=joined({name: pair for step in STEPS for name, pair in vars(step)["about"].languages["zh"].items()}),
    in_domain=False,
)
def fineweb2(batch: Batch) -> dict[str, np.ndarray]:
    """Measure what FineWeb-2 does (Penedo et al. 2025): Gopher's and FineWeb's values in one step."""
    return joined({name: values for step in STEPS for name, values in step(batch).items()})
