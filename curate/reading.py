"""From files to batches: readers are asked, documents get their keys, and what cannot be read becomes an error."""

import logging
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from curate import guard
from curate.data import BATCH_BYTES, BATCH_DOCS, KINDS, SCHEMA, Batch, Doc, key_of, share_of, valid
from curate.errors import Unreadable, Wrong
from curate.files import File
from curate.plan import Unit, reader_for, units_of
from curate.plugins import Offered
from curate.recipe import Recipe, Source, read_recipe
from curate.removal import NOTHING, REMOVED, Removed
from curate.steps import of_a_document, raised_where, tried

MAX_DOC_BYTES = 64_000_000
TURN = 2**48  # a reader gives the nth example of the row at `place` the place n * TURN + place
FIELD_CASTS: Mapping[str, tuple[Any, pa.DataType]] = {
    "string": (lambda value: valid(str(value)), pa.string()),
    "int": (lambda value: int(np.int64(int(value))), pa.int64()),
    "float": (float, pa.float64()),
    "bool": (lambda value: {"true": True, "false": False}[str(value).lower()], pa.bool_()),
    "date": (lambda value: date.fromisoformat(str(value)[:10]), pa.date32()),
}
Read = tuple[Doc, str]  # a document and why it is an error, "" where it is none


def read_unit(recipe: Recipe, unit: Unit, removed: Removed = NOTHING) -> Iterator[Batch]:
    """The documents of a unit as batches; the errors among them are marked, and those that `removed` lists."""
    source = recipe.sources[unit.source]
    schema = pa.schema([*SCHEMA, *(pa.field(name, FIELD_CASTS[type][1]) for name, type in source.fields.items())])
    waiting: list[Read] = []
    size = 0
    for doc, why in kept_by_sample(unit, without_removed(removed, documents(recipe, source, unit))):
        if waiting and (len(waiting) == BATCH_DOCS or size + len(doc.text) > BATCH_BYTES):
            guard.rest()
            yield marked_batch(waiting, schema)
            waiting, size = [], 0
        waiting.append((doc, why))
        size += len(doc.text)
    guard.rest()
    yield marked_batch(waiting, schema)  # an empty one too: it tells what the columns are


def without_removed(removed: Removed, docs: Iterator[Read]) -> Iterator[Read]:
    """The documents, those that are not to come back as an empty one that has the key and the source alone."""
    for doc, why in docs:
        yield (Doc(key=doc.key, source=doc.source), REMOVED) if removed.lists(doc) else (doc, why)


def kept_by_sample(unit: Unit, docs: Iterator[Read]) -> Iterator[Read]:
    """The documents that a run with a limit or a sample takes."""
    taken = 0
    for doc, why in docs:
        if unit.limit is not None and taken >= unit.limit:
            return
        if unit.sample >= 1 or share_of(doc.key, "sample") < unit.sample:
            taken += 1
            yield doc, why


def marked_batch(docs: list[Read], schema: pa.Schema) -> Batch:
    """Documents as a batch in which the unreadable ones are marked."""
    try:
        batch = Batch.of([doc for doc, _ in docs], schema)
    except (ValueError, TypeError, pa.ArrowException):
        docs = [storable(one) for one in docs]
        batch = Batch.of([doc for doc, _ in docs], schema)
    whys = [why for _, why in docs]
    removed = [row for row, why in enumerate(whys) if why == REMOVED]
    failed = [row for row, why in enumerate(whys) if why and why != REMOVED]
    batch.marks.fail(np.array(removed, int), REMOVED, "read", [""] * len(removed))
    batch.marks.fail(np.array(failed, int), "error", "read", [whys[row] for row in failed])
    return batch


def documents(recipe: Recipe, source: Source, unit: Unit) -> Iterator[Read]:
    """Every document of a unit's files with its key; what cannot be read is an empty one with a reason."""
    every = [*unit.unreadable, *((file, "") for file in unit.files)]
    for file, why in sorted(every, key=lambda one: (one[0].uri, one[0].start)):  # the same order in units of any size
        if why:
            yield failed(source, file, file.start or None), why
        else:
            yield from documents_of(recipe, source, file)


def documents_of(recipe: Recipe, source: Source, file: File) -> Iterator[Read]:
    """Every document of one file."""
    found = reader_for(recipe, source, file.type)
    assert found
    yield from read_by(*found, source, file)


def read_by(reader: Offered, options: Mapping[str, Any], source: Source, file: File) -> Iterator[Read]:
    """Every document that a reader finds in a file."""
    places: set[int] = set()
    for number, item in enumerate(read_file(reader.function, options, file)):
        place = number if item.place is None else item.place
        again = place in places
        places.add(place)
        if isinstance(item, Unreadable):
            at = f"at {place:,}" if item.place is not None and place >= 0 else ""
            why = f"{item}{', ' if ': ' in str(item) else ': '}{at}" if at else str(item)  # the kind, then a colon
            of_stretch = place < 0 and file.start  # each stretch of a big file may fail as a whole
            yield failed(source, file, (place, number if again else file.start) if again or of_stretch else place), why
        elif again:
            why = f"Wrong: {reader.name} gave two documents the place {place}"
            yield failed(source, file, (place, number)), why
        else:
            yield keyed(source, file, place, item)


def read_file(reader: Any, options: Mapping[str, Any], file: File) -> Iterator[Doc | Unreadable]:
    """What a reader gives for a file and what it passed over; whatever it raises ends the file."""
    file, told = replace(file, passed=[]), 0
    try:
        for item in items_of(reader, options, file):
            yield from file.passed[told:]
            told = len(file.passed)
            if not isinstance(item, Doc | Unreadable):
                raise Wrong(f"expected a Doc, got {type(item).__name__}")
            yield item
    except Unreadable as error:
        error.place = -1 if error.place is None else error.place
        yield error
    except (EOFError, OSError, zlib.error):
        yield Unreadable("corrupt", "the file is damaged or cut short", place=-1)
    except BaseException as error:
        if not of_a_document(error):
            raise
        yield Unreadable("memory" if isinstance(error, MemoryError) else "corrupt", raised_where(error), place=-1)
    yield from file.passed[told:]


def items_of(reader: Any, options: Mapping[str, Any], file: File) -> Iterator[Any]:
    """What a reader gives, each item made under guard; one at which workers died is not asked for again."""
    key, size = key_of(file.uri, file.start), (file.end or file.state[1]) - file.start
    last, why = guard.stops(key) or (-1, "")
    items: Iterator[Any] = iter(())
    for number in count():
        if number == last:
            raise Unreadable(*why.split(": ", 1))  # type: ignore[arg-type]
        guard.reading(key, number, size)
        if number == 0:
            items = iter(reader(file=file, **options))
        try:
            item = next(items)
        except StopIteration:
            return
        yield item


def failed(source: Source, file: File, place: Any) -> Doc:
    """What stands in the ledger for something that could not be read."""
    return Doc(key=key_of(source.name, file.uri, place, "unreadable"), source=source.name, uri=file.uri)


def keyed(source: Source, file: File, place: int, doc: Doc) -> Read:
    """The document with its key, source and promoted fields, and what is wrong with it."""
    doc.key, doc.source, doc.uri = key_of(source.name, file.uri, place), source.name, valid(doc.uri or file.uri)
    if place >= TURN:  # the later examples of one row belong to its first
        doc.parent = key_of(source.name, file.uri, place % TURN)
    if doc.kind not in KINDS:
        return failed(source, file, place), f"Wrong: a document's kind is {', '.join(KINDS)}"
    if not doc.text.strip():
        return failed(source, file, place), "empty"
    if len(doc.text) > MAX_DOC_BYTES // 4 and len(doc.text.encode()) > MAX_DOC_BYTES:
        return failed(source, file, place), f"too_large: over {MAX_DOC_BYTES:,} bytes of text"
    for name, type in source.fields.items():
        value, why = tried(partial(told, name, FIELD_CASTS[type][0]), doc)
        if why:
            return failed(source, file, place), f"broken_row: {name} is no {type}"
        doc.fields[name] = value
    return doc, ""


def told(name: str, cast: Callable[[Any], Any], doc: Doc) -> Any:
    """What the meta of a document says of this name, cast; none where it says nothing."""
    said = doc.meta.get(name)
    return None if said is None else cast(said)


def storable(one: Read) -> Read:
    """The document, or an empty one with a reason where a reader has put into it what no row can hold."""
    doc = one[0]
    _, wrong = tried(lambda doc: Batch.of([doc]), doc)
    return (Doc(key=doc.key, source=doc.source, uri=doc.uri), f"Wrong: no row can hold it, {wrong}") if wrong else one


def read(path: str | Path, readers: Mapping[str, Any] | None = None) -> Iterator[Doc]:
    """The documents at a path (file, folder or glob), read as a run reads them; ``for doc in curate.read("manuals/")``.

    What cannot be read is logged as a warning with its reason. `readers` chooses and sets readers as a recipe does.
    """
    recipe = read_recipe({"sources": {"read": {"path": str(path)}}, "readers": readers or {}})
    for unit in units_of(recipe):
        for doc, why in documents(recipe, recipe.sources["read"], unit):
            if why:
                logging.getLogger("curate").warning("%s could not be read: %s", doc.uri, why)
            else:
                yield doc
