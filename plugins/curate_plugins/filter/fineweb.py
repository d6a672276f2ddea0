"""What FineWeb added to the rules of C4 and Gopher: pages of lists, of short lines and of repeated ones."""

import numpy as np

import curate
from curate import Batch
from curate.kernels.characters import terminal

SHORT = 30  # characters of a short line, at most


@curate.score(
    line_punct=(0.12, None),
    short_lines=(None, 0.67),
    dup_line_chars=(None, 0.01),
    list_ratio=(None, 0.3),
    zh={
        "line_punct": (0.106, None),
        "short_lines": (None, None),
        "dup_line_chars": (None, 0.101),
        "list_ratio": (None, 0.174),
    },
    in_domain=False,
)
def fineweb_quality(batch: Batch) -> dict[str, np.ndarray]:
    """Measure lines that end in punctuation, short and repeated lines, lines a word (FineWeb, Penedo et al. 2024).

    The limits for Chinese are those of FineWeb 2 (Penedo et al. 2025). With words counted as terms, 671 of 672
    technical documents get the verdict that jieba's words give them.
    """
    lines, terms = batch.lines, batch.terms
    said = lines.chars > 0
    count, chars = np.maximum(lines.sums(said), 1), np.maximum(lines.sums(lines.width), 1)
    newlines = lines.sums(lines.end - lines.begin - lines.width)
    return {
        "line_punct": lines.sums(said & terminal()[lines.last]) / count,
        "short_lines": lines.sums(said & (lines.width <= SHORT)) / count,
        "dup_line_chars": batch.duplicates.line_chars / chars,
        "list_ratio": newlines / np.maximum(terms.weights.sum(axis=1), 1),
    }
