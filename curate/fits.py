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
    """As many documents as the fit asks for, those with the smallest share, in the order of their keys."""
    most = line.offered.about.sample
    best: list[tuple[float, Doc]] = []
    for batch in batches:
        seen = batch.keep(concerned(line, batch))
        shares = np.array([share_of(key, "fit") for key in seen["key"].to_pylist()])
        worst = best[-1][0] if len(best) == most else 1.0
        near = np.flatnonzero(shares <= worst)
        near = near[np.argsort(shares[near], kind="stable")][:most]
        best += [(shares[row], seen.doc(row)) for row in near.tolist()]
        best = sorted(best, key=lambda one: one[0])[:most]
    return sorted((doc for _, doc in best), key=lambda doc: doc.key)
