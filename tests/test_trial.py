"""`curate try`: a plugin on a text, a file, or a sample of a run's documents."""

import json

import pytest
from click.testing import CliRunner

import curate
from curate.cli import main
from curate.plugins import load_plugins
from curate.trial import changed_lines, shortened, try_on

STEPS = '''
import curate


@curate.score(min=3)
def chars(doc):
    """Characters."""
    return len(doc.text)


@curate.edit
def mask(doc):
    """Mask what is secret."""
    return doc.text.replace("secret", "[...]").replace("秘密", "[...]")


@curate.expand
def sentences(doc):
    """A document a sentence."""
    at = 0
    for text in doc.text.split("。"):
        yield doc.part(at, at + len(text))
        at += len(text) + 1


@curate.field(shout=bool)
def shouts(doc):
    return doc.text.isupper()


@curate.filter
def needs_meta(doc):
    return doc.meta["page"] > 1


@curate.filter
def no_drafts(doc):
    return "DRAFT" not in doc.text or curate.Drop("a draft")


@curate.fit(sample=10)
def vocabulary(docs):
    return " ".join(sorted({word for doc in docs for word in doc.text.split()})).encode()


@curate.reader("tsv")
def one_place(file):
    yield from (curate.Doc(line, place=0) for line in file.text.splitlines())


@curate.reader("csv")
def rows(file):
    for line in file.text.splitlines():
        yield curate.Doc(line) if line != "bad" else curate.Unreadable("broken_row")
'''


@pytest.fixture
def tried(write, monkeypatch, tmp_path):
    """What `curate try` says, in a folder with a plugin file."""
    write("mine.py", STEPS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.path", __import__("sys").path[:])

    def said(*words, code=0):
        done = CliRunner().invoke(main, ["try", *words, "--plugin", "mine.py"], prog_name="curate")
        assert done.exit_code == code, done.output
        return done.output

    return said


@pytest.fixture
def a_run(write, tmp_path):
    """A finished run of thirty short documents, ten of which were dropped."""
    texts = [f"文件 {n} says {'secret ' * (n % 3)}" for n in range(20)] + [f"{n}" for n in range(10)]
    write("in/a.jsonl", "\n".join(json.dumps({"text": text}) for text in texts))
    recipe = write("r.yaml", "plugins: [mine.py]\nsources: {s: in}\nsteps: [chars]\n")
    write("mine.py", STEPS)
    return curate.run(recipe, tmp_path / "run", workers=1).folder


def without_time(text):
    return "\n".join(line for line in text.splitlines() if " to time " not in line and " MB/s " not in line)


def test_kept_and_dropped_are_shown_with_values_and_reasons(tried, golden):
    golden("try_score", without_time(tried("chars", "--text", "泵", "--text", "pump")))


def test_a_filter_says_why_it_drops(tried):
    assert "\n  text 1\n    a draft\n" in tried("no_drafts", "--text", "DRAFT 草稿")


def test_all_values_of_a_score_are_shown_and_not_its_name_before_each(tried):
    said = tried("gopher_quality", "--text", "离心泵 pump")
    assert "    words " in said
    assert " · stop_words 0\n" in said.replace("\n    │", "\n").replace(" ·\n   ", " ·")
    assert "gopher_quality." not in said


def test_a_change_of_line_ends_alone_is_told(tried):
    assert "only line ends differ" in tried("normalize", "--text", "泵\r\npump\n")


def test_an_edit_is_shown_before_and_after_side_by_side(tried, golden):
    text = "first line\nthe secret code\n这是秘密文件\nlast line" + "\n\n" + "x" * 200 + " secret " + "y" * 200
    golden("try_edit", without_time(tried("mask", "--text", text, "--text", "nothing")))


def test_children_are_shown_with_their_spans(tried, golden):
    golden("try_expand", without_time(tried("sentences", "--text", "先灌泵。再启动。Then vent")))


def test_a_field_is_shown_with_its_value(tried):
    assert "shout True" in tried("shouts", "--text", "PUMP")


def test_what_a_plugin_raises_is_told_in_its_own_words_with_its_line(tried):
    assert "KeyError: 'page' (mine.py, line 33: return doc.meta[\"page\"] > 1)" in tried("needs_meta", "--text", "泵")


def test_a_gather_is_tried_in_memory(tried):
    said = tried("exact_dedup", "--text", "泵", "--text", "泵", "--text", "pump")
    assert "3 documents: 2 kept, 1 dropped" in said
    assert "same text (kept: key" in said


def test_a_fit_shows_what_it_learned(tried):
    assert "learned 8 bytes\n  │ pump 泵" in tried("vocabulary", "--text", "泵 pump", "--text", "pump")


def test_a_reader_shows_what_it_reads_of_a_file(tried, write):
    write("a.csv", "泵\nbad\npump\n")
    said = tried("rows", "--file", "a.csv")
    assert "3 documents: 2 read, 1 unreadable" in said
    assert "broken_row" in said


def test_what_a_run_would_refuse_of_a_reader_is_told(tried, write):
    write("a.tsv", "泵\npump\n")
    assert "Wrong: one_place gave two documents the place 0" in tried("one_place", "--file", "a.tsv")


def test_a_step_is_tried_on_the_documents_of_a_file_whichever_reader_they_need(tried, write):
    write("a.csv", "泵泵泵\nbad\npump\n")
    assert "3 documents: 2 kept, 1 unreadable" in tried("chars", "--file", "a.csv")


def test_an_option_is_set_as_in_a_recipe(tried):
    assert "1 kept" in tried("chars", "--text", "泵", "--set", "zh.min=1")
    assert "1 dropped" in tried("chars", "--text", "pump", "--set", "min=5")


def test_the_sample_of_a_run_has_kept_and_removed_documents_and_is_the_same_each_time(a_run, write):
    registry = load_plugins([write("mine.py", STEPS)])
    some = try_on(registry, "mask", folder=a_run, sample=12)
    again = try_on(registry, "mask", folder=a_run, sample=12)
    every = try_on(registry, "chars", folder=a_run)
    keys = [one.doc.key for one in some.outcomes]
    assert keys == [one.doc.key for one in again.outcomes]
    assert keys == [one.doc.key for one in every.outcomes[:12]]
    assert (every.count("kept"), every.count("dropped")) == (20, 10)


def test_json_gives_a_summary_and_a_line_for_each_document(tried):
    about, first, second = map(json.loads, tried("mask", "--text", "a secret", "--text", "泵", "--json").splitlines())
    assert (about["plugin"], about["kind"], about["documents"], about["changed"]) == ("mask", "edit", 2, 1)
    assert (first["verdict"], first["text"], first["after"]) == ("changed", "a secret", "a [...]")
    assert (second["verdict"], second["text"]) == ("unchanged", "泵")


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["chars"], 1, "curate: what should chars be tried on? Say one of --text TEXT, --file FILE and --run RUN\n"),
        (["chas", "--text", "a"], 2, "curate: no step 'chas'; did you mean 'chars'?\n"),
        (
            ["chars", "--text", "a", "--set", "mn=3"],
            2,
            "curate: --set: chars has no option 'mn'; did you mean 'min'?\n",
        ),
        (["rows", "--text", "a"], 1, "curate: rows is a reader, which reads a file: try it with --file FILE\n"),
        (["jsonl", "--file", "none.jsonl"], 1, "curate: nothing is at none.jsonl\n"),
        (
            ["alpaca", "--text", "a"],
            2,
            "curate: alpaca is a writer; what it writes is seen by a run with `text: {format: alpaca}`\n",
        ),
        (["chars", "--run", "nowhere"], 1, "curate: nowhere is no run's folder: there is no ledger.parquet\n"),
    ],
)
def test_what_cannot_be_tried_is_told(tried, words, code, sentence):
    assert tried(*words, code=code) == sentence


def test_lines_that_differ_stand_beside_each_other():
    assert list(changed_lines("a\nb\nc", "a\nB\nc\nd")) == [("b", "B"), (None, "d")]


@pytest.mark.parametrize(
    ("text", "width", "line"), [("泵" * 10, 6, "泵泵…"), ("a\nb", 9, "a ⏎ b"), ("pump", 4, "pump")]
)
def test_a_text_is_cut_to_columns_of_which_a_chinese_character_takes_two(text, width, line):
    assert shortened(text, width) == line
