import stat
from itertools import chain, pairwise

import numpy as np
import pyarrow as pa
import pytest

from curate import Batch, parts
from curate.parts import (
    PartWriter,
    known_part,
    part_path,
    read_batches,
    read_partition,
    write_partitioned,
    write_tables,
)
from curate.steps import Tally


@pytest.fixture
def written(tmp_path, batch):
    """A part of two batches, of which one document was removed."""
    writer = PartWriter(tmp_path, "name", "web")
    writer.add(batch("泵", "pump"), None, None)
    writer.add(batch("阀"), batch("gone"), batch("gone").marks.table(0))
    return writer.finish({"length": Tally(seen=4, dropped=1, seconds=3.0)})


def test_a_part_is_what_was_written(written, tmp_path):
    assert known_part(tmp_path, "name").docs == written.docs == 3
    assert (written.source, written.bytes) == ("web", 10)
    assert [[doc.text for doc in batch] for batch in read_batches(part_path(tmp_path, "name"))] == [
        ["泵", "pump"],
        ["阀"],
    ]


def test_what_was_removed_and_the_ledger_lie_beside_a_part(written, tmp_path):
    removed = read_batches(part_path(tmp_path, "name", "removed"))
    assert [doc.text for batch in removed for doc in batch] == ["gone"]
    assert pa.parquet.read_table(part_path(tmp_path, "name", "ledger"))["outcome"].to_pylist() == ["kept"]


def test_how_long_it_took_is_no_part_of_a_part(written, tmp_path):
    assert known_part(tmp_path, "name").counts == {"length": Tally(seen=4, dropped=1)}


def test_parts_are_for_their_owners_eyes_only(written, tmp_path):
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "parts").iterdir()}
    assert (modes, len(list((tmp_path / "parts").iterdir()))) == ({0o600}, 3)


def test_a_part_that_was_not_finished_is_not_there(tmp_path, batch):
    PartWriter(tmp_path, "name", "web").add(batch("泵"), None, None)
    assert known_part(tmp_path, "name") is None


def test_an_empty_part_keeps_its_columns(tmp_path, batch):
    writer = PartWriter(tmp_path, "name", "web")
    writer.add(Batch.of([]).with_columns({"lang": pa.array([], pa.string())}), None, None)
    assert writer.finish({}).docs == 0
    (nothing,) = read_batches(part_path(tmp_path, "name"))
    assert (len(nothing), nothing.table.schema.names[-1]) == (0, "lang")


def test_tables_with_different_columns_become_one_file_null_where_one_had_none(tmp_path):
    tables = [pa.table({"a": [1]}), pa.table({"a": [2], "b": ["泵"]})]
    write_tables(tmp_path / "x.parquet", tables)
    assert pa.parquet.read_table(tmp_path / "x.parquet").to_pydict() == {"a": [1, 2], "b": [None, "泵"]}


def test_each_partitions_rows_come_back_from_all_files_and_no_others(tmp_path):
    numbers = np.arange(100)
    paths = []
    for file in range(2):
        table = pa.table({"n": numbers + 100 * file})
        paths.append(write_partitioned(tmp_path / f"{file}.parquet", table, numbers % 7 * (numbers % 7 != 3), 7))
    found = [[n for path in paths for n in read_partition(path, partition)["n"].to_pylist()] for partition in range(7)]
    assert sorted(chain(*found)) == list(range(200))
    assert found[3] == []
    assert all(n % 100 % 7 == partition for partition in (1, 2, 4, 5, 6) for n in found[partition])


def test_tallies_add_up():
    assert Tally(1, 2, 3, 4, 5, 6, 0.5) + Tally(seen=1) == Tally(2, 2, 3, 4, 5, 6, 0.5)


def test_a_part_that_is_too_large_for_memory_is_the_same_to_the_byte(tmp_path, batch, monkeypatch):
    files = []
    for most in (1_000_000, 0):
        monkeypatch.setattr(parts, "SPOOL_BYTES", most)
        writer = PartWriter(tmp_path / str(most), "name", "web")
        for n in range(5):
            one = batch(f"泵{n}", "pump" * n, "")
            wide = one.with_columns({"lang": pa.array(["zh", "en", None])}) if n % 2 else one
            writer.add(wide.keep(np.array([True, n > 1, True])), one.keep(np.arange(3) == 1), one.marks.table(0))
        writer.finish({})
        files.append({path.name: path.read_bytes() for path in (tmp_path / str(most) / "parts").iterdir()})
    assert files[0] == files[1]
    assert len(files[0]) == 3


def test_tables_are_cut_evenly_whatever_they_come_in():
    for sizes in ([1] * 10, [10], [3, 0, 4, 3], [6, 4]):
        starts = np.cumsum([0, *sizes])
        tables = [pa.table({"n": np.arange(a, b)}) for a, b in pairwise(starts)]
        found = list(parts.evenly(tables, 4))
        assert [one["n"].to_pylist() for one in found] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
        assert all(one["n"].num_chunks == 1 for one in found)
