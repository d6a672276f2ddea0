import json
import random

import pyarrow as pa
import pyarrow.compute as pc

from curate import Batch, Doc, key_of
from curate_plugins.safety.shared_names import shared_names


def doc(at, text, uri, **told):
    return Doc(text, key=key_of("charts", uri, at), source="charts", uri=uri, **told)


def heard(*parts):
    """Each document's text → the names that its siblings confirm, as the engine asks: collected apart, settled together."""
    gather = shared_names()
    tables = [gather.collect(Batch.of(part)) for part in parts]
    rows = pa.concat_tables(
        [
            table.append_column("part", pa.repeat(pa.scalar(at, pa.int32()), len(table)))
            for at, table in enumerate(tables)
        ]
    )
    names = {}
    for partition in (0, 1):  # a group's rows lie in one partition
        mine = rows.filter(pc.equal(pc.bit_wise_and(rows["partition"], 1), partition))
        for at in range(len(parts)):
            settled = gather.settle(mine)
            decided = gather.decide(settled.filter(pc.equal(settled["part"], at)))
            for row in decided.to_pylist():
                names.setdefault(row["key"], set()).update(row["_names"].split("\n"))
    return {one.text: sorted(names.get(one.key, ())) for part in parts for one in part}


def test_names_go_to_the_documents_of_the_same_folder():
    chart, note, other = (
        doc(0, "姓名：张伟", "case1/chart.txt"),
        doc(0, "张伟诉头痛", "case1/note.txt"),
        doc(0, "张伟", "case2/note.txt"),
    )
    assert heard([chart, note], [other]) == {"姓名：张伟": [], "张伟诉头痛": ["张伟"], "张伟": []}


def test_names_go_to_the_documents_with_the_same_record_number_in_the_text_or_the_meta():
    rows = [
        doc(0, "患者李娜，住院号：00123456", "all.jsonl"),
        doc(1, "住院号 00123456，李娜已出院", "all.jsonl"),
        doc(2, "李娜来电", "all.jsonl", meta=json.dumps({"住院号": "00123456"})),
        doc(3, "李娜是谁", "all.jsonl"),
    ]
    assert list(heard(rows).values()) == [[], ["李娜"], ["李娜"], []]


def test_a_beds_number_joins_nobody():
    rows = [doc(0, "患者李娜，床号：12", "all.jsonl"), doc(1, "床号：12，李娜", "all.jsonl")]
    assert list(heard(rows).values()) == [[], []]


def test_a_folder_of_more_than_a_thousand_documents_is_no_case():
    def folder(count):
        return [doc(0, "姓名：张伟", "all/first.txt"), *[doc(0, f"第{at}份", f"all/{at}.txt") for at in range(count)]]

    assert any(heard(folder(999)).values())
    assert not any(heard(folder(1_000)).values())


def test_other_sources_are_no_siblings():
    one, other = doc(0, "姓名：张伟", "a/1.txt"), Doc("张伟", key=key_of("web"), source="web", uri="a/2.txt")
    assert heard([one, other])["张伟"] == []


def test_order_and_parts_change_nothing():
    every = [doc(0, f"姓名：{name}\n住院号：{number}", f"{folder}/{at}.txt") for at, (name, number, folder) in enumerate(
        [("张伟", "111111", "a"), ("李娜", "222222", "a"), ("王芳", "111111", "b"), ("Jane Doe", "333333", "c"), ("赵敏", "333333", "d")]
    )]  # fmt: skip
    expected = heard(every)
    assert sum(map(len, expected.values())) == 8
    for seed in range(3):
        mixed = random.Random(seed).sample(every, len(every))
        assert heard(mixed[:2], mixed[2:]) == expected


def test_nothing_is_said_of_no_documents_and_of_empty_ones():
    assert heard([doc(0, "", "a/1.txt"), doc(0, "\0😀", "a/2.txt")]) == {"": [], "\0😀": []}
