"""Steps that learn from a sample: documents chosen by their keys, so that the same corpus gives the same bytes."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from curate.corpus import concerned
from curate.data import Batch, Doc, share_of
from curate.errors import Wrong
from curate.files import put
from curate.options import check_options
from curate.parts import Part, part_path, read_batches
from curate.plan import digest, line_content
from curate.steps import Line

SAMPLE_CHARS = 100_000_000  # a sample is in memory as a whole, 0.1 to 0.4 GB


def fit_name(line: Line, parts: Sequence[Part]) -> str:
    """What a fit learns from these parts, as a name: asked again it is the same."""
    return digest("fit", line_content(line), [part.name for part in parts])


def fit(line: Line, store: Path, parts: Sequence[Part], path: Path) -> Path:
    """Put what a fit learns of these parts at `path`."""
    learned = learn(line, (batch for part in parts for batch in read_batches(part_path(store, part.name))))
    with put(path, private=True) as out:
        out.write(learned)
    return path


def learn(line: Line, batches: Iterable[Batch]) -> bytes:
    """What a fit learns from its sample of the batches; raises `Wrong` where that is not bytes."""
    options, _ = check_options(line.label, line.offered, line.options)
    learned = line.offered.function(docs=sampled(line, batches), **options)
    if not isinstance(learned, bytes):
        raise Wrong(f"expected bytes, which a later step gets as a file, got {type(learned).__name__}")
    return learned


def sampled(line: Line, batches: Iterable[Batch]) -> list[Doc]:
    """As many documents as the fit asks for, those with the smallest share, in the order of their keys.

    Of long documents there are fewer, as many as have `SAMPLE_CHARS` together.
    """
    best: list[tuple[float, Doc]] = []
    bound = 1.0  # what is not nearer than a document that was let go is let go as well, in whatever order they come
    for batch in batches:
        seen = batch.keep(concerned(line, batch))
        shares = np.array([share_of(key, "fit") for key in seen["key"].to_pylist()])
        near = np.flatnonzero(shares < bound)
        near = near[np.argsort(shares[near], kind="stable")][: line.offered.about.sample]
        best = sorted(best + [(shares[row], seen.doc(row)) for row in near.tolist()], key=lambda one: one[0])
        ends = np.cumsum([len(doc.text) for _, doc in best])
        size = min(max(int(np.searchsorted(ends, SAMPLE_CHARS, side="right")), 1), line.offered.about.sample)
        bound = best[size][0] if size < len(best) else bound
        best = best[:size]
    return sorted((doc for _, doc in best), key=lambda doc: doc.key)
