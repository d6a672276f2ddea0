import json
from pathlib import Path

import pytest

import curate
from curate import SCHEMA, Doc, key_of, outputs, plan
from curate.outputs import Made, described, even_batches, measure, remembered, text_shards, whole_text, write_sft
from curate.parts import PartWriter
from curate.recipe import read_recipe

SAMPLE = Path(__file__).parent.parent / "sample_data"
MIXED = {
    "sources": {
        "pumps": {"path": str(SAMPLE / "pumps"), "domain": True},
        "general": str(SAMPLE / "general/*.jsonl"),
        "chat": str(SAMPLE / "chat"),
    },
    "steps": ["normalize", "length", "gopher_repetition", "exact_dedup"],
    "text": {},
    "pretrain": {
        "tokenizer": str(SAMPLE / "tokenizer.json"),
        "mix": {"pumps": 2, "general": 1},
        "sequence_length": 256,
        "when_short": "repeat",
    },
    "sft": {
        "from": ["pumps"],
        "steps": ["mine", "exact_dedup"],
        "mix": {"pumps": 1, "chat": 1},
        "when_short": "shrink",
    },
}


@pytest.fixture
def recipe(shelf, tmp_path, write):
    """A recipe of two sources; `manuals` is the domain."""
    write("data/a.txt", "x")
    sources = {"manuals": {"path": "data", "domain": True}, "web": "data"}

    def made(**blocks):
        return read_recipe({"sources": sources} | blocks, folder=tmp_path)

    return made


@pytest.fixture
def parts(tmp_path, batch):
    """Docs as parts of at most 40 in the folder run/."""

    def made(**sources):
        found = []
        for source, docs in sources.items():
            for at in range(0, len(docs), 40):
                few = [one if isinstance(one, Doc) else Doc(one) for one in docs[at : at + 40]]
                for n, doc in enumerate(few, at):
                    doc.key, doc.source = key_of(source, n), source
                writer = PartWriter(tmp_path / "run", key_of(source, at, len(docs)).hex(), source)
                writer.add(batch(*few), None, None)
                found.append(writer.finish({}))
        return found

    return made


def examples(count, parents=None):
    said = [{"role": "user", "content": "泵?"}]
    return [
        Doc(messages=[*said, {"role": "assistant", "content": str(n)}], parent=parents and parents(n))
        for n in range(count)
    ]


@pytest.fixture
def written(parts, recipe, tmp_path):
    """The cleaned text of documents, a line each."""

    def made(**docs):
        checked, folder = recipe(text={"format": "lines"}), tmp_path / "run"
        shards = text_shards([measure(checked, folder, part) for part in parts(**docs)])
        return whole_text([outputs.write_text(checked, folder, shard) for shard in shards])

    return made


def test_cleaned_text_is_every_text_and_code_in_order_by_the_writer_asked_for(written, tmp_path):
    made = written(manuals=["泵", Doc("x = 1", kind="code"), *examples(1)], web=["pump"])
    assert (tmp_path / "run/text/part-00000.txt").read_text() == "泵\nx = 1\npump\n"
    assert (made.about, made.files["text/part-00000.txt"]["rows"]) == ({"documents": 3}, 3)


@pytest.mark.parametrize("size", [1, 7, 40])
def test_text_is_cut_into_shards_that_hold_every_document_once_wherever_parts_end(written, tmp_path, monkeypatch, size):
    monkeypatch.setattr(outputs, "SHARD_BYTES", 20)
    monkeypatch.setattr(outputs, "BATCH_DOCS", 3)
    made = written(
        **{f"web{at:02}": [f"第{n:02}页" for n in range(at, min(at + size, 20))] for at in range(0, 20, size)},
        zz=examples(2),
    )
    assert [one["rows"] for one in made.files.values()] == [3] * 6 + [2]
    assert "".join((tmp_path / "run" / path).read_text() for path in made.files) == "".join(
        f"第{n:02}页\n" for n in range(20)
    )


def test_text_of_nothing_is_one_empty_file(written):
    assert [one["rows"] for one in written(web=examples(1)).files.values()] == [0]


def test_batches_are_of_one_size_whatever_the_parts_are(parts, recipe, tmp_path, monkeypatch):
    monkeypatch.setattr(outputs, "BATCH_DOCS", 30)
    found = parts(manuals=[f"{n}" for n in range(50)], web=[f"{n}" for n in range(50, 70)])
    batches = list(even_batches(tmp_path / "run", found, ["text"], SCHEMA))
    assert [len(batch) for batch in batches] == [30, 30, 10]
    assert [doc.text for batch in batches for doc in batch] == [f"{n}" for n in range(70)]
    some = even_batches(tmp_path / "run", found, ["text"], SCHEMA, skip=45, docs=10)
    assert [doc.text for batch in some for doc in batch] == [f"{n}" for n in range(45, 55)]


def test_outputs_and_ledger_are_the_same_to_the_byte_whatever_the_units_and_workers(tmp_path, monkeypatch):
    runs = [curate.run(MIXED, tmp_path / "whole", workers=2)]
    monkeypatch.setattr(plan, "UNIT_BYTES", 3_000)
    monkeypatch.setattr(plan, "UNIT_FILES", 3)
    assert len(plan.units_of(read_recipe(MIXED, folder=SAMPLE))) > 20
    runs.append(curate.run(MIXED, tmp_path / "cut", workers=1))
    one, other = ({name: made["files"] for name, made in run.manifest["outputs"].items()} for run in runs)
    assert one == other
    one, other = ((run.folder / "ledger.parquet").read_bytes() for run in runs)
    assert one == other


def test_an_output_is_remembered_and_made_again_when_one_of_its_files_is_changed_or_gone(tmp_path):
    calls = []

    def make():
        calls.append(1)
        (tmp_path / "a.txt").write_text("whole")
        return Made({"a.txt": described(tmp_path, "a.txt", 1)}, {"documents": 1})

    first = remembered(tmp_path, "name", make)
    assert (remembered(tmp_path, "name", make), len(calls)) == (first, 1)
    (tmp_path / "a.txt").write_text("holes")
    assert (remembered(tmp_path, "name", make), len(calls)) == (first, 2)
    (tmp_path / "a.txt").unlink()
    assert (remembered(tmp_path, "name", make), len(calls)) == (first, 3)
    assert remembered(tmp_path, "another", make).about == first.about
    assert len(calls) == 4


def test_sft_sets_are_mixed_and_split_by_document(recipe, parts, tmp_path, shelf):
    (shelf / "writers.py").write_text(
        "import json, curate\n@curate.writer('.jsonl')\ndef said(batches, out):\n    for batch in batches:\n"
        "        for doc in batch:\n            out.write(json.dumps([doc.source, (doc.parent or doc.key).hex(), doc.text]).encode() + b'\\n')\n"
    )
    docs = {"manuals": examples(60, lambda n: key_of("document", n // 3)), "web": [*examples(60), "not an example"]}
    sft = {"mix": {"manuals": 1, "web": 2}, "formats": ["said"], "validation": 0.2, "when_short": "shrink"}
    made = write_sft(recipe(sft=sft), tmp_path / "run", parts(**docs))
    train, validation = (
        [json.loads(line) for line in (tmp_path / f"run/sft/said/{split}.jsonl").read_text().splitlines()]
        for split in ("train", "validation")
    )
    assert {root for _, root, _ in train} & {root for _, root, _ in validation} == set()
    counts = {source: sum(one == source for one, _, _ in train) for source in ("manuals", "web")}
    assert abs(counts["manuals"] * 2 - counts["web"]) <= 1
    assert made.about["train"] == {"examples": len(train)}
    assert len(validation) == made.about["validation"]["examples"] > 0
