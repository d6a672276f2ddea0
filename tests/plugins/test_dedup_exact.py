import pyarrow as pa
import pytest

from curate import Batch, Doc, key_of
from curate.origin import apply_cuts
from curate_plugins.dedup.exact import exact_dedup, line_dedup

FOOTER = "版权所有 © 水泵厂 All rights reserved\n"
ZH, EN = "离心泵的维护说明。\n", "Grease the pump bearings every month.\n"


def docs(*texts, source="web", **told):
    return [Doc(text, key=key_of(source, at), source=source, **told) for at, text in enumerate(texts)]


def decided(gather, *parts):
    """What a gather decides about parts, as the engine asks it: collected apart, settled together, part by part."""
    tables = [gather.collect(Batch.of(part)) for part in parts]
    rows = pa.concat_tables([table.append_column("part", pa.repeat(at, len(table))) for at, table in enumerate(tables)])
    settled = gather.settle(rows)
    return pa.concat_tables(
        [gather.decide(settled.filter(pa.compute.equal(settled["part"], at))) for at in range(len(parts))]
    )


def texts_after(found, *parts):
    cuts: dict = {}
    for row in found.to_pylist():
        cuts.setdefault(row["key"], []).append((row["start"], row["end"], ""))
    return [apply_cuts(doc.text, cuts.get(doc.key, [])) for part in parts for doc in part]


def test_the_smallest_key_of_a_text_is_kept_whichever_part_it_stands_in():
    one, other = docs(ZH, EN, ZH), docs(ZH, EN + " ", source="pages")
    same = sorted([one[0].key, one[2].key, other[0].key])
    for parts in ((one, other), (other, one), ([*one, *other],)):
        rows = decided(exact_dedup(), *parts).to_pylist()
        assert sorted(row["key"] for row in rows) == same[1:]
        assert all(row["keeper"] == same[0] and row["drop"] == "same text" for row in rows)


def test_the_first_source_in_prefer_is_kept():
    manuals, web = docs(ZH, EN, source="manuals"), docs(ZH, EN, source="web")
    for prefer, kept in ((["web", "manuals"], web), (["manuals"], manuals)):
        assert {row["keeper"] for row in decided(exact_dedup(prefer), manuals, web).to_pylist()} == {
            doc.key for doc in kept
        }


def test_examples_are_the_same_when_the_user_says_the_same():
    def example(at, question, answer):
        said = [
            {"role": "system", "content": str(at)},
            {"role": "user", "content": question},
            {"role": "assistant", "content": answer},
        ]
        return Doc(messages=said, key=key_of(at))

    asked = [
        example(0, "为什么振动？", "不对中。"),
        example(1, "为什么振动？", "轴承坏了。"),
        example(2, "Why so loud?", "不对中。"),
    ]
    text = Doc("为什么振动？", key=key_of(3))
    assert [
        row["key"] in (asked[0].key, asked[1].key) for row in decided(exact_dedup(), [*asked, text]).to_pylist()
    ] == [True]


def test_nothing_gives_nothing():
    assert len(decided(exact_dedup(), [], [])) == len(decided(line_dedup(), [], [])) == 0


@pytest.mark.parametrize(
    "line", [FOOTER, "  All rights reserved by the pump company.\n", "本手册的版权归水泵厂所有。\n"]
)
def test_a_line_in_many_documents_is_cut_from_each_and_the_rest_stays(line):
    texts = [f"{ZH}{line}{at}. {EN}\n{line.strip()}" for at in range(4)]
    one, other = docs(*texts[:2]), docs(*texts[2:], source="pages")
    found = decided(line_dedup(max_documents=3), one, other)
    assert texts_after(found, one, other) == [f"{ZH}{at}. {EN}\n" for at in range(4)]
    assert len(decided(line_dedup(max_documents=4), one, other)) == 0


@pytest.mark.parametrize(
    "line",
    [
        "| --- | --- | --- |",
        "-" * 40,
        "* * * * * * * *",
        "| 名称 Name | 件号 Part number |",
        "## 故障排除 Troubleshooting",
        "```bash\nsystemctl restart pump-monitor\n```",
        "~~~ yaml\nname: pump-monitor\n~~~",
        "版权所有",
        "",
    ],
)
def test_what_belongs_to_a_whole_is_never_cut(line):
    texts = [f"{at}. 说明\n{line}\n{at}" for at in range(9)]
    assert len(decided(line_dedup(max_documents=2), docs(*texts))) == 0


def test_a_line_said_often_in_one_document_and_lines_of_code_and_examples_are_not_cut():
    often = docs((FOOTER * 9) + ZH)
    code = docs(*[FOOTER + str(at) for at in range(9)], kind="code", source="code")
    chat = [Doc(messages=[{"role": "user", "content": FOOTER + str(at)}], key=key_of(at)) for at in range(9)]
    assert len(decided(line_dedup(max_documents=2), often, code, chat)) == 0
