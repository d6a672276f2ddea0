"""Names that one document confirms, for those beside it: of the same folder, or of the same record number."""

import json
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

import curate
from curate import Batch, Gather
from curate.personal.finder import CONFIRMED, Finder
from curate.personal.profile import ProfileName, read_profile

NUMBER = "#"  # stands before a record number among the names
CASE_FOLDER = 1_000  # documents; a folder of more is no case's, and every name in it would go from all of them
COLLECTED = pa.schema(
    [
        ("partition", pa.int64()),
        ("key", pa.binary(16)),
        ("group", pa.binary(16)),
        ("file", pa.binary(16)),
        ("names", pa.list_(pa.string())),
    ]
)
SHARED = pa.schema([("part", pa.int32()), ("key", pa.binary(16)), ("_names", pa.string())])


@curate.gather
def shared_names(profile: ProfileName = "clinical_zh", extend: Path | None = None) -> Gather:
    """Note for each document, for `pii`, the names and record numbers that others of its folder or record confirm."""

    def collect(batch: Batch) -> pa.Table:
        finder = finder_of(profile, extend)
        rows = [row for at in range(len(batch)) for row in rows_of(batch, at, finder)]
        return pa.Table.from_pylist(rows, COLLECTED)

    def settle(rows: pa.Table) -> pa.Table:
        told = rows.filter(pc.greater(pc.list_value_length(rows["names"]), 0))["group"].unique()
        rows = rows.filter(pc.is_in(rows["group"], value_set=told)).sort_by(
            [("group", "ascending"), ("key", "ascending")]
        )
        groups = rows["group"].to_pylist()
        bounds = [at for at in range(len(groups) + 1) if at in (0, len(groups)) or groups[at] != groups[at - 1]]
        shared = [row for first, last in pairwise(bounds) for row in share(rows.slice(first, last - first))]
        return pa.Table.from_pylist(shared, SHARED)

    def decide(settled: pa.Table) -> pa.Table:
        names: dict[bytes, set[str]] = {}
        for row in settled.to_pylist():
            names.setdefault(row["key"], set()).update(row["_names"].split("\n"))
        rows = [{"key": key, "_names": "\n".join(sorted(said))} for key, said in sorted(names.items())]
        return pa.Table.from_pylist(rows, pa.schema([SHARED.field("key"), SHARED.field("_names")]))

    return Gather(collect, settle, decide)


@cache
def finder_of(profile: ProfileName, extend: Path | None) -> Finder:
    """What finds names, set up once in a worker."""
    return Finder(read_profile(profile, extend))


def rows_of(batch: Batch, at: int, finder: Finder) -> Iterator[dict[str, object]]:
    """What one document says: a row for its folder and one for each record number, with the names that it confirms."""
    source, uri = batch["source"][at].as_py(), batch["uri"][at].as_py() or ""
    text, meta = batch["text"][at].as_py() or "", batch["meta"][at].as_py() or ""
    names, numbers = said_in(text, finder)
    in_meta = said_in(readable(meta), finder)
    numbers |= in_meta[1]
    said = sorted({*names, *in_meta[0], *(f"{NUMBER}{number}" for number in numbers.values())})
    row = {"key": batch["key"][at].as_py(), "file": digest(source, uri), "names": said}
    for kind, place in (("folder", uri.rpartition("/")[0]), *(("record", number) for number in sorted(numbers))):
        group = digest(kind, source, place)
        yield {
            **row,
            "partition": int.from_bytes(group[:4]),
            "group": group,
            "file": row["file"] if kind == "folder" else b"\0" * 16,
        }


def said_in(text: str, finder: Finder) -> tuple[set[str], dict[str, str]]:
    """The names that a text confirms, and its record numbers: without what joins their parts → as they stand there."""
    found = finder.find(text)
    names = {text[one.start : one.end] for one in found if one.type == "person" and one.score >= CONFIRMED}
    written = [text[one.start : one.end] for one in found if one.type == "record_number"]
    numbers = {"".join(filter(str.isalnum, one)).upper(): one.replace("\n", " ") for one in sorted(written)}
    # A bed's number, or one as short, is that of many.
    return {name.replace("\n", " ") for name in names}, {one: said for one, said in numbers.items() if len(one) > 4}


def readable(meta: str) -> str:
    """A document's meta with its Chinese as characters."""
    return json.dumps(json.loads(meta), ensure_ascii=False) if "\\u" in meta else meta


def digest(*said: str) -> bytes:
    """128 bits for a place or a number, so that what was collected holds neither."""
    return blake2b("\0".join(said).encode(), digest_size=16).digest()


def share(group: pa.Table) -> Iterator[dict[str, object]]:
    """What each document of a group hears from the others of it."""
    rows, folder = group.to_pylist(), group["file"][0].as_py() != b"\0" * 16
    if folder:  # of a file with many rows each is somebody else's
        files: dict[bytes, int] = {}
        for row in rows:
            files[row["file"]] = files.get(row["file"], 0) + 1
        rows = [row for row in rows if files[row["file"]] == 1]
        if len(rows) > CASE_FOLDER:
            return
    telling: dict[str, set[bytes]] = {}
    for row in rows:
        for name in row["names"] if folder else [name for name in row["names"] if not name.startswith(NUMBER)]:
            telling.setdefault(name, set()).add(row["key"])
    for row in rows:
        heard = [name for name, keys in telling.items() if keys - {row["key"]}]
        if heard:
            yield {"part": row["part"], "key": row["key"], "_names": "\n".join(sorted(heard))}
