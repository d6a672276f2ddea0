"""Files of rows: JSONL, JSON, Parquet, Arrow. A row is a document, or an SFT example that its columns tell of."""

import json as standard_json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import accumulate
from typing import Any

import orjson
import pyarrow as pa

import curate
from curate import Doc, File, Unreadable
from curate_plugins.read.examples import format_of

TEXT_COLUMNS = ("text", "content", "body", "markdown", "正文")
ID_COLUMNS = ("id", "doc_id", "note_id", "url")
NOT_DOCUMENTS = ("dataset_info.json", "state.json", "dataset_dict.json")  # what `datasets` lays beside its .arrow files
TURN = 1 << 48  # the place of example n of a row is row + n * TURN: no file has 2**48 bytes
MAX_NESTED = 250
ROWS, BYTES = 1_000, 8_000_000  # of a Parquet batch
Item = Doc | Unreadable


@curate.reader("jsonl", splits=True, libraries=["orjson"])
def jsonl(file: File, text: str = "", id: str = "") -> Iterator[Item]:
    """A JSON object a line. `text` and `id` name columns; by default the first of the usual names is taken."""
    for place, line in file.lines():
        if line.isspace():
            continue
        try:
            yield from read_row(loads(line), place, text, id)
        except Unreadable as error:
            error.place = place
            yield error


@curate.reader("json", libraries=["orjson"])
def json(file: File, text: str = "", id: str = "") -> Iterator[Item]:
    """A JSON array of rows, or one row, or rows line by line; JSON without documents is read as code."""
    if file.name in NOT_DOCUMENTS and any(file.path.parent.glob("**/*.arrow")):
        return
    data = file.read()
    try:
        whole = loads(data)
    except Unreadable:
        if not holds_rows(file):
            raise Unreadable("corrupt", "not JSON") from None
        yield from jsonl(file, text, id)
        return
    rows = whole if isinstance(whole, list) else [whole]
    if text or any(is_row(row) for row in rows):
        yield from read_rows(rows, 0, text, id)
    else:
        yield Doc(file.text, kind="code", meta={"language": "JSON", "path": file.uri})


@curate.reader("parquet", splits=True, libraries=["pyarrow"])
def parquet(file: File, text: str = "", id: str = "") -> Iterator[Item]:
    """Parquet: the row groups that begin in the file's stretch, batch by batch; a row's place is its number."""
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(file.path) as opened:
            groups = [opened.metadata.row_group(number) for number in range(opened.metadata.num_row_groups)]
            for number, first in enumerate(accumulate((group.num_rows for group in groups), initial=0)):
                if number == len(groups) or not file.start <= first_byte(groups[number]) < (file.end or 1 << 62):
                    continue
                size = max(1, min(ROWS, BYTES * groups[number].num_rows // max(groups[number].total_byte_size, 1)))
                try:
                    for batch in opened.iter_batches(size, row_groups=[number], use_threads=False):
                        yield from read_rows(listed(batch), first, text, id)
                        first += len(batch)
                except (pa.ArrowException, OSError):  # the next group may be whole
                    yield Unreadable("corrupt", "the rest of this row group is damaged", place=first)
    except (pa.ArrowException, OSError) as error:
        raise Unreadable("corrupt", "not whole Parquet") from error


@curate.reader("arrow", libraries=["pyarrow"])
def arrow(file: File, text: str = "", id: str = "") -> Iterator[Item]:
    """Arrow, as a stream or a file: what `datasets` saves to disk."""
    try:
        with pa.OSFile(str(file.path)) as source:
            first = 0
            for batch in arrow_batches(source):
                for at in range(0, len(batch), ROWS):
                    yield from read_rows(listed(batch.slice(at, ROWS)), first + at, text, id)
                first += len(batch)
    except (pa.ArrowException, OSError) as error:
        raise Unreadable("corrupt", "not whole Arrow") from error


def arrow_batches(source: pa.NativeFile) -> Iterator[pa.RecordBatch]:
    """The record batches of an Arrow file, or of a stream."""
    is_file = source.read(6) == b"ARROW1"
    source.seek(0)
    if is_file:
        with pa.ipc.open_file(source) as opened:
            yield from (opened.get_batch(number) for number in range(opened.num_record_batches))
    else:
        with pa.ipc.open_stream(source) as stream:
            yield from stream


def listed(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """The rows of a batch; a column that Python has no values for, such as a year 20000, is told as text."""
    try:
        return list(batch.to_pylist())
    except (ValueError, OverflowError, pa.ArrowException):
        columns = [listed_column(column) for column in batch.columns]
        return [dict(zip(batch.schema.names, row, strict=True)) for row in zip(*columns, strict=True)]


def listed_column(column: pa.Array) -> list[Any]:
    """The values of a column; what Python has none for is text, or null where that fails too."""
    try:
        return list(column.to_pylist())
    except (ValueError, OverflowError, pa.ArrowException):
        pass
    try:
        return list(column.cast(pa.string()).to_pylist())
    except (ValueError, pa.ArrowException):
        return [one_value(value) for value in column]


def one_value(value: pa.Scalar) -> Any:
    """A value, or null where Python has none for it."""
    try:
        return value.as_py()
    except (ValueError, OverflowError, pa.ArrowException):
        return None


def first_byte(group: Any) -> int:
    """Where a Parquet row group begins in its file."""
    column = group.column(0)
    return int(min(column.data_page_offset, column.dictionary_page_offset or column.data_page_offset))


def loads(data: bytes) -> Any:
    """JSON as an object; raises `Unreadable`. What orjson refuses and others write, NaN or half surrogates, is read."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        pass
    try:
        encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
        return standard_json.loads(data.decode(encoding), parse_constant=lambda _: None)
    except UnicodeDecodeError as error:
        raise Unreadable("encoding", "not UTF-8") from error
    except RecursionError as error:
        raise Unreadable("too_complex", "nested too deep") from error
    except ValueError as error:
        raise Unreadable("broken_row", "not JSON") from error


def dumps(row: Mapping[str, Any]) -> str:
    """A row as JSON, whatever types Parquet has put into it; raises `Unreadable` where it is nested without end."""
    try:
        return orjson.dumps(row, default=plain).decode()
    except TypeError:  # half a surrogate, a number beyond 64 bits, or nested over 254 deep
        refuse_nested(row)
        return standard_json.dumps(row, ensure_ascii=False, default=plain)


def refuse_nested(value: Any, depth: int = 0) -> None:
    """Raise `Unreadable` for what is nested so deep that parsing it again could fail."""
    if depth > MAX_NESTED:
        raise Unreadable("too_complex", f"nested over {MAX_NESTED} deep")
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            refuse_nested(inner, depth + 1)


def plain(value: Any) -> Any:
    """A value that JSON does not know as one that it does."""
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return str(value)


def holds_rows(file: File) -> bool:
    """Whether the first line that is not blank is a JSON object by itself."""
    try:
        return isinstance(loads(next((line for _, line in file.lines() if not line.isspace()), b"")), dict)
    except Unreadable:
        return False


def is_row(row: Any) -> bool:
    """Whether a row holds a text or examples."""
    return isinstance(row, dict) and bool(
        format_of(row) or any(isinstance(row.get(name), str) for name in TEXT_COLUMNS)
    )


def read_rows(rows: list[Any], first: int, text: str, id: str) -> Iterator[Item]:
    """What stands in the rows, numbered from `first` on; a row that cannot be read is an `Unreadable`."""
    for place, row in enumerate(rows, first):
        try:
            yield from read_row(row, place, text, id)
        except Unreadable as error:
            error.place = place
            yield error


def read_row(row: Any, place: int, text: str, id: str) -> Iterator[Item]:
    """The document or the examples in one row; raises `Unreadable`."""
    if not isinstance(row, dict):
        raise Unreadable("broken_row", "not an object")
    if not text and format_of(row):
        yield from read_examples(row, place, id)
    else:
        yield read_document(row, place, text, id)


def read_document(row: dict[str, Any], place: int, text: str, id: str) -> Doc:
    """The document in one row; raises `Unreadable`."""
    column = text or next((name for name in TEXT_COLUMNS if isinstance(row.get(name), str)), "")
    said = row.pop(column, None)
    if not isinstance(said, str):
        raise Unreadable("broken_row", f"no text in column {column}" if column else "no column of text")
    if not said or said.isspace():
        raise Unreadable("empty")
    return Doc(said, take_id(row, id), meta=dumps(row) if row else "{}", place=place)


def read_examples(row: dict[str, Any], place: int, id: str) -> Iterator[Item]:
    """The examples in one row: one, or one for each question, told apart by ``turn`` in their meta."""
    found = format_of(row)
    assert found
    read, columns = found
    named = take_id(row, id)
    rest = {name: value for name, value in row.items() if name not in columns}
    several = "questions" in columns
    for turn, messages in enumerate(read(row)):
        if isinstance(messages, Unreadable):
            messages.place = place + turn * TURN
            yield messages
            continue
        meta = dumps(rest | {"turn": turn} if several else rest)
        yield Doc(id=named, messages=messages, meta=meta, place=place + turn * TURN)


def take_id(row: dict[str, Any], id: str) -> str:
    """The row's own name; it leaves the row, unless it is an address, which is worth having in the meta too."""
    for name in (id,) if id else ID_COLUMNS:
        if isinstance(value := row.get(name), str | int):
            return str(row[name] if name == "url" else row.pop(name, value))
    return ""
