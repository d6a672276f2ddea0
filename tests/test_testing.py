"""`curate.testing`: every bundled plugin holds what it promises of any, and plugins at fault are told where."""

import io
import re
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate import Doc, RecipeError
from curate.errors import CurateError
from curate.options import takes_of
from curate.plugins import import_file, load_plugins
from curate.testing import check, documents, explore

SAMPLES = Path(__file__).parent.parent / "sample_data"
BUNDLED = {
    (shelf, name): offered.function
    for shelf, offers in load_plugins().items()
    for name, offered in offers.items()
    if offered.function.__module__.startswith("curate_plugins")
    and "model" not in takes_of(offered)  # its own tests check it with one
}
FILES = {
    "jsonl": b'{"text": "pump"}\n{"text": "\xe6\xb3\xb5"}\n' * 3,
    "json": '[{"text": "pump"}, {"text": "泵"}]'.encode(),
    "text": "泵 pump\n".encode(),
    "code": b"print(1)\n",
    "html": "<html><body><p>The pump is primed before it is started. 离心泵启动前应先灌泵。</p></body></html>".encode(),
    "docx": next(SAMPLES.rglob("*.docx")).read_bytes(),
    "pdf": next(SAMPLES.rglob("operation-and-maintenance.pdf")).read_bytes(),
}
FAULTS = """
import curate


@curate.score()
def divides(doc):
    return 1 / len(doc.text)


@curate.score()
def remembers(doc, seen=[]):
    seen.append(doc.text)
    return len(seen)


@curate.score()
def hashes(doc):
    return float(hash(doc.text) % 1_000_003)


@curate.score()
def ranks(batch):
    return [*map(float, range(len(batch)))]


@curate.score()
def offsets(batch):
    import numpy as np

    _, starts, _ = batch["text"].buffers()
    return np.diff(np.frombuffer(starts, np.int64))[: len(batch)]


@curate.filter
def alters(doc):
    doc.text = doc.text.lower()
    return True


@curate.filter
def anything(doc, words=None):
    return True


@curate.filter
def default(doc, words: int = "many"):
    return True


@curate.filter
def says_yes(doc):
    return "yes"


@curate.edit
def overlaps(doc):
    return [(0, 1, ""), (0, 1, "")] if doc.text else []


@curate.expand
def beyond(doc):
    yield curate.Doc("child", span=(0, len(doc.text) + 1))


@curate.gather
def first_come():
    def settle(rows):
        return rows.slice(1)

    def collect(batch):
        import pyarrow as pa

        return pa.table({"partition": pa.array([0] * len(batch), pa.int64()), "key": batch["key"]})

    return curate.Gather(collect, settle, lambda settled: settled.append_column("drop", [["late"] * len(settled)]))


@curate.gather
def hashed():
    def collect(batch):
        import pyarrow as pa

        places = [hash(text) for text in batch["text"].to_pylist()]
        return pa.table({"partition": pa.array(places, pa.int64()), "key": batch["key"]})

    return curate.Gather(collect, lambda rows: rows, lambda settled: settled.select(["key"]))


@curate.gather
def gives_rows():
    return [1]


@curate.edit
def floats(doc):
    return [(0.0, 1.0, "")] if doc.text else []


@curate.fit()
def texts(docs):
    return " ".join(doc.text for doc in docs)


@curate.fit()
def of_a_set(docs):
    return " ".join({word for doc in docs for word in doc.text.split() if word.isascii() and len(word) < 9}).encode()


@curate.reader("csv")
def lines(file):
    yield from file.text.splitlines()


@curate.reader("csv")
def one_place(file):
    for line in file.text.splitlines():
        yield curate.Doc(line, place=0)


@curate.reader("csv")
def trusts(file):
    return [curate.Doc(file.read().decode())]


@curate.reader("csv", splits=True)
def whole(file):
    for at, line in enumerate(file.read().splitlines()):
        yield curate.Doc(line.decode("utf-8", "replace"), place=at)


@curate.writer(".jsonl")
def quotes(docs, out):
    for doc in docs:
        out.write(f"{{'text': {doc.text!r}}}\\n".encode())


@curate.writer(".txt")
def stops(docs, out):
    out.write(next(iter(docs), curate.Doc()).text.encode())


@curate.writer(".txt")
def batches_differ(batches, out):
    for batch in batches:
        out.write(f"{len(batch)}\\n".encode())
"""
NAMES = [line.partition("(")[0].removeprefix("def ") for line in FAULTS.splitlines() if line.startswith("def ")]


@pytest.fixture
def mine(write, monkeypatch):
    """A plugin file as a module, the module path as it was afterwards."""
    monkeypatch.setattr(sys, "path", sys.path[:])
    return lambda code: import_file(write("mine.py", code))


@pytest.mark.parametrize(("shelf", "name"), BUNDLED, ids=lambda one: one)
def test_every_bundled_plugin_holds_what_a_plugin_has_to_hold(shelf, name):
    check(BUNDLED[shelf, name], *([FILES[name]] if shelf == "reader" and name in FILES else []))


@pytest.mark.parametrize("name", ["parquet", "arrow"])
def test_readers_of_tables_hold_it_of_a_table(name):
    table, out = pa.table({"text": ["pump", "泵", "水"]}), io.BytesIO()
    if name == "parquet":
        pq.write_table(table, out, row_group_size=1)
    else:
        with pa.ipc.new_file(out, table.schema) as file:
            file.write_table(table)
    check(BUNDLED["reader", name], out.getvalue())


def test_each_fault_is_told_with_what_should_hold_the_document_and_what_came(mine, golden):
    module, told = mine(FAULTS), []
    for name in NAMES:
        with pytest.raises(AssertionError) as error:
            check(
                getattr(module, name), *([b"pump\n\xe6\xb3\xb5\n"] if name in ("one_place", "trusts", "whole") else ())
            )
        told.append(re.sub(r"got .+, and .+ there\.", "got 1, and 2 there.", str(error.value)))  # hashes go by chance
    golden("testing_faults", "\n".join(told))


def test_what_is_no_plugin_is_told():
    with pytest.raises(RecipeError, match=r"^len is no plugin: put one of curate's decorators above it"):
        check(len)


def test_a_document_of_ones_own_is_checked_too(mine):
    module = mine(
        "import curate\n\n@curate.filter\ndef picky(doc):\n"
        "    if doc.text == '水泵':\n        raise ValueError\n    return True\n"
    )
    with pytest.raises(
        AssertionError, match=r"^picky on 'your document 1' \('水泵'\): expected an answer; got ValueError"
    ):
        check(module.picky, "水泵")
    with pytest.raises(AssertionError, match=r"^picky on 'mine'"):
        check(module.picky, Doc("水泵", "mine"))


def test_options_are_checked_as_those_of_a_recipe_line(mine):
    module = mine("import curate\n\n@curate.filter\ndef few(doc, most: int = 3):\n    return len(doc.text) < most\n")
    check(module.few, most=5)
    with pytest.raises(RecipeError, match=r"few has no option 'must'; did you mean 'most'?"):
        check(module.few, must=5)


def test_explore_finds_what_the_fixed_documents_do_not(mine):
    module = mine(
        "import curate\n\n@curate.score()\ndef odd(doc):\n"
        "    if 'pump泵' in doc.text:\n        raise ValueError\n    return 1\n"
    )
    check(module.odd)
    with pytest.raises(AssertionError, match="odd on 'made up 0'"):
        explore(module.odd, 500)


def test_explore_without_hypothesis_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with pytest.raises(
        CurateError, match=r"^explore needs hypothesis, which is not installed: pip install hypothesis$"
    ):
        explore(BUNDLED["step", "length"])


def test_the_documents_are_what_breaks_plugins():
    texts = {doc.id: doc.text for doc in documents()}
    assert texts["empty"] == ""
    assert "\ufffd" in texts["lone surrogates"]
    assert len({doc.key for doc in documents()}) == len(documents())
    assert {doc.kind for doc in documents()} == {"text", "code", "example"}


AS_BOTH = """
import curate
import numpy as np


@curate.score(max=0.05, zh={"digits_by_doc": (None, 0.2)})
def digits_by_doc(doc):
    return sum(char in "0123456789" for char in doc.text) / max(len(doc.text), 1)


@curate.score(max=0.05, zh={"digits_by_batch": (None, 0.2)})
def digits_by_batch(batch):
    texts = batch["text"].to_pylist()
    digits = np.array([sum(char in "0123456789" for char in text) for text in texts])
    return digits / np.maximum([len(text) for text in texts], 1)


@curate.filter
def draft_by_doc(doc):
    return "DRAFT" not in doc.text


@curate.filter
def draft_by_batch(batch):
    import pyarrow.compute as pc

    return pc.invert(pc.match_substring(batch["text"], "DRAFT"))
"""


def test_one_rule_as_doc_and_as_batch_plugin_gives_identical_ledgers(mine, write, tmp_path):
    import json

    import curate

    mine(AS_BOTH)
    texts = [doc.text for doc in documents() if doc.kind == "text"] + ["DRAFT 12345", "水泵 12", "pump 12"]
    write("in/a.jsonl", "\n".join(json.dumps({"text": text}) for text in texts))
    ledgers = []
    for way in ("doc", "batch"):
        recipe = {
            "plugins": ["mine.py"],
            "sources": {"s": {"path": "in"}},
            "steps": [f"digits_by_{way}", f"draft_by_{way}"],
        }
        path = write(f"{way}.yaml", json.dumps(recipe))
        rows = curate.run(path, tmp_path / way, workers=1).ledger.to_pylist()
        ledgers.append(json.loads(json.dumps(rows, default=repr).replace(f"_by_{way}", "")))
    assert ledgers[0] == ledgers[1]
    assert {row["outcome"] for row in ledgers[0]} >= {"kept", "dropped"}
