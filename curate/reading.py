"""From files to batches: readers are asked, documents get their keys, and what cannot be read becomes an error."""

import logging
import zlib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from curate.data import BATCH_BYTES, BATCH_DOCS, KINDS, SCHEMA, Batch, Doc, key_of, share_of, valid
from curate.errors import Unreadable, Wrong
from curate.files import File
from curate.plan import Unit, reader_for, units_of
from curate.recipe import Recipe, Source, read_recipe
from curate.steps import raised_where, tried

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


def read_unit(recipe: Recipe, unit: Unit) -> Iterator[Batch]:
    """The documents of a unit as batches; the errors among them are marked."""
    source = recipe.sources[unit.source]
    schema = pa.schema([*SCHEMA, *(pa.field(name, FIELD_CASTS[type][1]) for name, type in source.fields.items())])
    waiting: list[Read] = []
    size = 0
    for doc, why in kept_by_sample(unit, documents(recipe, source, unit)):
        if waiting and (len(waiting) == BATCH_DOCS or size + len(doc.text) > BATCH_BYTES):
            yield marked_batch(waiting, schema)
            waiting, size = [], 0
        waiting.append((doc, why))
        size += len(doc.text)
    yield marked_batch(waiting, schema)  # an empty one too: it tells what the columns are


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
    batch = Batch.of([doc for doc, _ in docs], schema)
    failed = [row for row, (_, why) in enumerate(docs) if why]
    batch.marks.fail(np.array(failed, int), "error", "read", [docs[row][1] for row in failed])
    return batch


def documents(recipe: Recipe, source: Source, unit: Unit) -> Iterator[Read]:
    """Every document of a unit's files with its key; what cannot be read is an empty one with a reason."""
    for file, why in unit.unreadable:
        yield failed(source, file, None), why
    for file in unit.files:
        found = reader_for(recipe, source, file.type)
        assert found
        places: set[int] = set()
        for number, item in enumerate(read_file(found[0].function, found[1], file)):
            place = number if item.place is None else item.place
            again = place in places
            places.add(place)
            if isinstance(item, Unreadable):
                at = f", at {place:,}" if item.place is not None and place >= 0 else ""
                yield failed(source, file, (place, number) if again else place), f"{item}{at}"
            elif again:
                why = f"Wrong: {found[0].name} gave two documents the place {place}"
                yield failed(source, file, (place, number)), why
            else:
                yield keyed(source, file, place, item)


def read_file(reader: Any, options: Mapping[str, Any], file: File) -> Iterator[Doc | Unreadable]:
    """What a reader gives for a file; whatever it raises ends the file and is the last thing given."""
    try:
        for item in reader(file=file, **options):
            if not isinstance(item, Doc | Unreadable):
                raise Wrong(f"expected a Doc, got {type(item).__name__}")
            yield item
    except Unreadable as error:
        error.place = -1 if error.place is None else error.place
        yield error
    except (EOFError, OSError, zlib.error):
        yield Unreadable("corrupt", "the file is damaged or cut short", place=-1)
    except (Exception, SystemExit) as error:
        yield Unreadable("corrupt", raised_where(error), place=-1)


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
        value, why = tried(FIELD_CASTS[type][0], doc.meta[name]) if doc.meta.get(name) is not None else (None, "")
        if why:
            return failed(source, file, place), f"broken_row: {name} is no {type}"
        doc.fields[name] = value
    return doc, ""


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
