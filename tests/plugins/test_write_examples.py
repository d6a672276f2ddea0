"""SFT examples for trainers: four forms, each of which reads back as it was."""

import io
import json
from itertools import pairwise

import pytest

from curate import CurateError, Doc, File, key_of
from curate_plugins.read import rows
from curate_plugins.write import examples

PUMPS, POLICY = key_of("pumps"), key_of("policy")


def example(number: int, *turns: str, parent: bytes | None = None, system: str = "", **told) -> Doc:
    messages = [{"role": "system", "content": system}] if system else []
    messages += [{"role": ("user", "assistant")[at % 2], "content": turn} for at, turn in enumerate(turns)]
    return Doc(messages=messages, key=key_of(number), parent=parent, source="manuals", **told)


EXAMPLES = [
    example(1, "什么是汽蚀？", "汽蚀是指\n气泡溃灭。", parent=PUMPS, meta={"method": "mine:definition"}),
    example(2, "Why?", 'Because of "air".', parent=PUMPS),
    example(3, "一", "甲", "二", "乙", "三", "丙", parent=PUMPS),
    example(4, "What is a premium?", "A price.", parent=POLICY),
    example(5, "Hi", "Hello 🙂", system="Be kind."),
]
WRITERS = [examples.messages, examples.sharegpt, examples.alpaca, examples.questions]


def written(writer, docs=EXAMPLES) -> str:
    out = io.BytesIO()
    writer(docs=iter(docs), out=out)
    return out.getvalue().decode()


def entries(writer, docs=EXAMPLES) -> list[dict]:
    text = written(writer, docs)
    return json.loads(text) if writer.about.suffix == ".json" else [json.loads(line) for line in text.splitlines()]


def test_messages_are_openais_form_with_the_key_as_id():
    first = entries(examples.messages)[0]
    assert first["messages"][0] == {"role": "user", "content": "什么是汽蚀？"}
    assert first["id"] == key_of(1).hex()
    assert json.loads(first["meta"]) == {"method": "mine:definition"}


def test_sharegpt_names_human_gpt_and_system():
    assert entries(examples.sharegpt)[4]["conversations"] == [
        {"from": "system", "value": "Be kind."},
        {"from": "human", "value": "Hi"},
        {"from": "gpt", "value": "Hello 🙂"},
    ]


def test_alpaca_puts_earlier_turns_into_history():
    _, _, third, _, fifth = entries(examples.alpaca)
    assert third == {
        "instruction": "三",
        "input": "",
        "output": "丙",
        "system": "",
        "history": [["一", "甲"], ["二", "乙"]],
    }
    assert fifth["system"] == "Be kind."


def test_questions_of_one_document_are_one_entry_in_order():
    first, second, *_ = entries(examples.questions)
    assert first == {
        "questions": ["什么是汽蚀？", "Why?"],
        "answers": ["汽蚀是指\n气泡溃灭。", 'Because of "air".'],
        "instruction": "",
    }
    assert second["questions"] == ["一", "二", "三"]
    assert len(entries(examples.questions)) == 4


@pytest.mark.parametrize("writer", WRITERS)
def test_chinese_stays_readable(writer):
    assert "什么是汽蚀？" in written(writer)
    assert "\\u" not in written(writer)


@pytest.mark.parametrize("writer", WRITERS)
def test_no_examples_make_a_valid_file(writer):
    assert entries(writer, []) == []
    assert written(writer, []) == ("[]\n" if writer.about.suffix == ".json" else "")


@pytest.mark.parametrize("writer", WRITERS)
def test_the_same_examples_make_the_same_bytes(writer):
    assert written(writer) == written(writer)


@pytest.mark.parametrize("writer", WRITERS)
def test_a_document_without_messages_is_an_error(writer):
    with pytest.raises(CurateError, match="has no messages"):
        written(writer, [Doc("text", key=b"1" * 16)])


@pytest.mark.parametrize("writer", [examples.alpaca, examples.questions])
@pytest.mark.parametrize("turns", [("Hi",), ("Hi", "Hello", "And?")])
def test_turns_that_are_not_pairs_are_left_out_and_counted(writer, turns):
    out = io.BytesIO()
    assert writer([example(1, *turns), example(2, "Hi", "Hello")], out) == 1
    assert len(json.loads(out.getvalue())) == 1


def read_back(writer, tmp_path, docs=EXAMPLES) -> list[list[dict]]:
    path = tmp_path / f"sft{writer.about.suffix}"
    path.write_text(written(writer, docs), "utf-8")
    reader = rows.json if writer.about.suffix == ".json" else rows.jsonl
    return [doc.messages for doc in reader(File(path, path.name))]


@pytest.mark.parametrize("writer", [examples.messages, examples.sharegpt, examples.alpaca])
def test_the_readers_give_back_what_was_written(writer, tmp_path):
    assert read_back(writer, tmp_path) == [doc.messages for doc in EXAMPLES]


def test_the_reader_gives_back_every_question_and_answer(tmp_path):
    pairs = [
        list(pair)
        for doc in EXAMPLES
        for pair in list(pairwise(said for said in doc.messages if said["role"] != "system"))[::2]
    ]
    assert read_back(examples.questions, tmp_path) == pairs


@pytest.mark.filterwarnings("ignore")  # of libraries that `datasets` imports
@pytest.mark.parametrize("writer", WRITERS)
def test_datasets_loads_the_files_as_they_are(writer, tmp_path):
    datasets = pytest.importorskip("datasets")
    path = tmp_path / f"sft{writer.about.suffix}"
    path.write_text(written(writer), "utf-8")
    loaded = datasets.load_dataset("json", data_files=str(path), split="train", cache_dir=str(tmp_path / "cache"))
    assert loaded.to_list()[0] == entries(writer)[0]
