import stat

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import curate
from curate import Doc, Gather, data, key_of
from curate.corpus import PARTITIONS, collect, decide, settle
from curate.errors import Wrong
from curate.origin import Stretch
from curate.parts import PartWriter, part_path, read_batches

ZH, EN = "离心泵的维护说明。" * 20, "Grease the pump bearings every month. " * 20
FOOTER = "版权所有 © 水泵厂 All rights reserved\n"


def hashed(texts):
    return np.array([hash_of(text) for text in texts], np.int64)


def hash_of(text):
    return int.from_bytes(key_of(text)[:7])


@curate.gather
def once(prefer: list = ()):
    """Keep one of each text, of the first source in `prefer`."""

    def collected(batch):
        rank = [prefer.index(source) if source in prefer else len(prefer) for source in batch["source"].to_pylist()]
        content = hashed(batch["text"].to_pylist())
        return pa.table({"partition": content, "key": batch["key"], "rank": pa.array(rank, pa.int64())})

    def settled(rows):
        rows = rows.sort_by([("partition", "ascending"), ("rank", "ascending"), ("key", "ascending")]).to_pylist()
        first = {row["partition"]: row["key"] for row in reversed(rows)}
        again = [row | {"keeper": first[row["partition"]]} for row in rows if row["key"] != first[row["partition"]]]
        schema = pa.schema([("part", pa.int32()), ("key", data.KEY), ("keeper", data.KEY)])
        return pa.Table.from_pylist([{name: row[name] for name in schema.names} for row in again], schema)

    return Gather(collected, settled, lambda rows: rows.append_column("drop", pa.repeat("same text", len(rows))))


@curate.gather
def common_lines(most: int = 3):
    """Cut lines that stand in more than `most` documents."""

    def collected(batch):
        rows = []
        for doc in batch:
            at = 0
            for line in doc.text.splitlines(keepends=True):
                rows.append({"partition": hash_of(line), "key": doc.key, "start": at, "end": at + len(line)})
                at += len(line)
        schema = pa.schema([("partition", pa.int64()), ("key", data.KEY), ("start", pa.int64()), ("end", pa.int64())])
        return pa.Table.from_pylist(rows, schema)

    def settled(rows):
        counts = rows.group_by("partition").aggregate([("key", "count_distinct")])
        often = counts.filter(pc.greater(counts["key_count_distinct"], most))["partition"]
        return rows.filter(pc.is_in(rows["partition"], value_set=often)).select(["part", "key", "start", "end"])

    return Gather(collected, settled)


@curate.gather
def twins():
    """Tell of each document how many have its text."""

    def collected(batch):
        return pa.table({"partition": hashed(batch["text"].to_pylist()), "key": batch["key"]})

    def settled(rows):
        counts = rows.group_by("partition").aggregate([("key", "count")])
        return (
            rows.join(counts, "partition").select(["part", "key", "key_count"]).rename_columns(["part", "key", "twins"])
        )

    return Gather(collected, settled)


@pytest.fixture
def corpus(tmp_path, batch):
    """Docs as parts of a size, in a folder of their own."""

    def made(name, docs, size):
        folder = tmp_path / name
        parts = []
        for at in range(0, len(docs), size):
            few = docs[at : at + size]
            writer = PartWriter(folder, key_of(*(doc.key for doc in few)).hex(), few[0].source)
            writer.add(batch(*few), None, None)
            parts.append(writer.finish({}))
        return folder, parts

    return made


@pytest.fixture
def gathered(lines):
    """The parts after a gather."""

    def through(gather, folder, parts, **options):
        (line,) = lines((gather, options))
        collected = [collect(line, folder, part) for part in parts]
        paths = [folder / f"{place}.settled.parquet" for place in range(PARTITIONS)]
        settled = [settle(line, folder, place, collected, path) for place, path in enumerate(paths)]
        return [decide(line, 1, number, len(parts), folder, part, settled) for number, part in enumerate(parts)]

    return through


def pages(*texts, path="a.jsonl", source="web", **about):
    return [
        Doc(text, "1", key=key_of(source, path, at), source=source, meta={"页": at}, **about)
        for at, text in enumerate(texts)
    ]


def read(folder, parts):
    return [doc for part in parts for batch in read_batches(part_path(folder, part.name)) for doc in batch]


DOCS = [
    *pages(*(f"{FOOTER}{ZH}{at % 9}\n" for at in range(20))),
    *pages(*(f"{EN}{at}\n{FOOTER}" for at in range(5)), path="b.jsonl"),
    *pages(f"{FOOTER}{ZH}4\n", source="manuals"),
]


def test_two_unit_sizes_give_the_same_documents_and_repeated_ids_do_no_harm(corpus, gathered):
    results = []
    for size in (3, 7):
        folder, parts = corpus(str(size), DOCS, size)
        left = read(folder, gathered(common_lines, folder, gathered(once, folder, parts, prefer=["manuals"])))
        results.append([doc.row() for doc in left])
    assert results[0] == results[1]
    assert len(results[0]) == 14
    assert not any(FOOTER in row["text"] for row in results[0])
    assert [row["source"] for row in results[0] if f"{ZH}4" in row["text"]] == ["manuals"]


def test_a_part_keeps_its_name_until_something_new_is_decided_about_it(corpus, gathered):
    def names(name, docs):
        folder, parts = corpus(name, docs, 7)
        first = gathered(once, folder, parts, prefer=["manuals"])
        return [[part.name for part in after] for after in (first, gathered(common_lines, folder, first))]

    three = DOCS[:21]  # the last of them is English
    before = names("before", three)
    silent = names("silent", [*three, *pages("新的一页，与别的都不同。\n", path="c.jsonl")])
    telling = names("telling", [*three, *pages(f"{EN}0\n{FOOTER}", source="manuals")])
    for known, quiet, told in zip(before, silent, telling, strict=True):
        assert quiet[:3] == known
        assert told[:2] == known[:2]
        assert told[2] != known[2]


def test_a_parts_name_does_not_depend_on_the_order_of_decisions(corpus, gathered):
    @curate.gather
    def every(back: bool = False):
        def decided(rows):
            rows = rows.sort_by([("key", "descending" if back else "ascending")])
            return rows.append_column("drop", pa.repeat("no use", len(rows)))

        return Gather(
            lambda batch: pa.table({"partition": hashed(["x"] * len(batch)), "key": batch["key"]}),
            lambda rows: rows,
            decided,
        )

    names = [gathered(every, *corpus(str(back), pages(ZH, EN, "泵"), 3), back=back)[0].name for back in (False, True)]
    assert names[0] == names[1]


def test_a_part_that_nothing_is_decided_about_is_the_same_part_and_one_that_is_there_is_not_written_again(
    corpus, gathered
):
    folder, parts = corpus("a", [*pages(ZH, ZH), *pages(EN, path="b")], 2)
    first = gathered(once, folder, parts)
    assert (first[0].name != parts[0].name, first[1].name == parts[1].name) == (True, True)
    times = [part_path(folder, part.name).stat().st_mtime_ns for part in first]
    again = gathered(once, folder, parts)
    assert [part_path(folder, part.name).stat().st_mtime_ns for part in again] == times
    assert [(part.name, part.docs) for part in again] == [(part.name, part.docs) for part in first]


def test_who_is_dropped_is_in_the_ledger_with_reason_and_keeper_and_is_put_aside(corpus, gathered):
    folder, parts = corpus("a", [*pages(ZH, EN), *pages(ZH, source="manuals")], 3)
    (part,) = gathered(once, folder, parts, prefer=["manuals"])
    ledger = pq.read_table(part_path(folder, part.name, "ledger")).to_pylist()
    assert [(row["key"], row["outcome"], row["step"], row["reason"], row["keeper"], row["stage"]) for row in ledger] == [
        (key_of("web", "a.jsonl", 0), "dropped", "once", "same text", key_of("manuals", "a.jsonl", 0), 1),
    ]  # fmt: skip
    removed = read_batches(part_path(folder, part.name, "removed"))
    assert [doc.text for batch in removed for doc in batch] == [ZH]
    assert (part.docs, part.counts["once"].seen, part.counts["once"].dropped) == (2, 3, 1)


def test_cuts_keep_the_origin_true_and_are_in_the_ledger(corpus, gathered):
    folder, parts = corpus("a", pages(*(f"{FOOTER}{at} {ZH}" for at in range(4)), f"{EN}"), 5)
    (part,) = gathered(common_lines, folder, parts)
    docs = read(folder, [part])
    assert docs[0].text == f"0 {ZH}"
    assert docs[0].origin == [Stretch(0, len(docs[0].text), len(FOOTER), None)]
    ledger = pq.read_table(part_path(folder, part.name, "ledger")).to_pylist()
    assert [(row["outcome"], row["common_lines.characters_cut"]) for row in ledger] == [("cut", len(FOOTER))] * 4
    assert part.counts["common_lines"].changed == 4


def test_a_gather_may_decide_a_field(corpus, gathered):
    folder, parts = corpus("a", pages(ZH, EN, ZH), 2)
    docs = read(folder, gathered(twins, folder, parts))
    assert [doc.twins for doc in docs] == [2, 1, 2]


def test_a_field_is_a_column_of_every_part(corpus, gathered):
    folder, parts = corpus("a", [*pages(ZH), *pages("code", path="c", kind="code")], 1)
    after = gathered(twins, folder, parts, kinds="text")
    assert [doc.twins for doc in read(folder, after)] == [1, None]


@pytest.mark.parametrize(("options", "left"), [
    ({}, 1), ({"sources": ["web"]}, 2), ({"sources": ["manuals"]}, 3), ({"kinds": ["code"]}, 3),
])  # fmt: skip
def test_a_gather_looks_only_at_the_sources_and_kinds_of_its_line(corpus, gathered, options, left):
    folder, parts = corpus("a", [*pages(ZH, ZH), *pages(ZH, source="manuals")], 2)
    assert len(read(folder, gathered(once, folder, parts, **options))) == left


def test_a_part_of_nothing_goes_through_a_gather(corpus, gathered):
    folder, parts = corpus("a", pages(ZH, ZH), 2)
    empty = PartWriter(folder, "empty", "web")
    empty.add(next(read_batches(part_path(folder, parts[0].name))).keep(np.array([False, False])), None, None)
    after = gathered(once, folder, [empty.finish({}), *parts])
    assert [part.docs for part in after] == [0, 1]


def test_settled_rows_without_part_and_key_are_wrong(corpus, gathered):
    @curate.gather
    def forgetful():
        return Gather(lambda batch: pa.table({"partition": [0], "key": [b"k" * 16]}), lambda rows: rows.select(["key"]))

    with pytest.raises(Wrong, match=r"^expected settled rows with the columns part and key, got key$"):
        gathered(forgetful, *corpus("a", pages(ZH), 1))


def test_the_bundled_exact_dedup_keeps_one_of_each_text_of_the_preferred_source(corpus, gathered):
    from curate_plugins.dedup.exact import exact_dedup

    folder, parts = corpus("a", DOCS, 7)
    left = read(folder, gathered(exact_dedup, folder, parts, prefer=["manuals"]))
    assert [doc.source for doc in left if f"{ZH}4" in doc.text] == ["manuals"]
    assert len(left) == 14


def test_what_a_part_has_to_say_is_collected_once_and_is_readable_by_its_owner_alone(corpus, lines):
    folder, parts = corpus("a", [*pages(ZH, EN), *pages(ZH, path="b")], 2)
    (line,) = lines(once)
    names = [collect(line, folder, part) for part in parts]
    paths = [part_path(folder, name, "collected") for name in names]
    times = [path.stat().st_mtime_ns for path in paths]
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    assert [collect(line, folder, part) for part in parts] == names
    assert [path.stat().st_mtime_ns for path in paths] == times
    (other,) = lines((once, {"prefer": ["web"]}))
    assert collect(other, folder, parts[0]) != names[0]
