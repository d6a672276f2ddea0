"""What a plugin can add. A step takes `doc` or `batch`, whichever suits it, `state` where it has a `setup`, and `gate`
where it asks another machine.
"""

from collections.abc import Iterable
from typing import Any, BinaryIO

import pluggy

from curate.data import Batch, Doc, Gather
from curate.errors import Unreadable
from curate.files import File
from curate.llm.gate import Gate

hookspec = pluggy.HookspecMarker("curate")


@hookspec
def score(doc: Doc, batch: Batch, state: Any, gate: Gate) -> Any:
    """Measure: a number or a dict of them (arrays for a batch). Documents outside the step's limits are dropped."""


@hookspec
def filter(doc: Doc, batch: Batch, state: Any, gate: Gate) -> Any:
    """Decide: true keeps; false, or `Drop` with the reason, leaves out (a boolean array for a batch)."""


@hookspec
def field(doc: Doc, batch: Batch, state: Any, gate: Gate) -> Any:
    """Tell: a value or a dict of them that become typed columns (lists or arrays for a batch)."""


@hookspec
def edit(doc: Doc, batch: Batch, state: Any, gate: Gate) -> Any:
    """Rewrite: the new text, or cuts `[(start, end, replacement), ...]` (a list of either for a batch)."""


@hookspec
def expand(doc: Doc, state: Any, gate: Gate) -> Iterable[Doc]:  # type: ignore[empty-body]
    """Make more of one: chunks, mined examples; each with its span."""


@hookspec
def gather() -> Gather:  # type: ignore[empty-body]
    """Look at the whole corpus: take options, give a `Gather`."""


@hookspec
def fit(docs: Iterable[Doc]) -> bytes:  # type: ignore[empty-body]
    """Learn from a sample of the corpus: bytes that a later step gets as a file, by an option that names this step."""


@hookspec
def reader(file: File) -> Iterable[Doc | Unreadable]:  # type: ignore[empty-body]
    """Read: the documents in one file; `Unreadable` is raised for the file or given for one row."""


@hookspec
def writer(docs: Iterable[Doc], batches: Iterable[Batch], out: BinaryIO) -> int | None:
    """Write: documents, one by one or as batches, to a file that appears when it is whole; give how many do not fit."""
