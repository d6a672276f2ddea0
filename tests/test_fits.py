import pytest

import curate
from curate import Doc, RecipeError
from curate.errors import CurateError, Wrong
from curate.fits import learn, sampled

RECIPE = """
plugins: [mine.py]
sources: {{web: data}}
steps: [{steps}]
"""
PLUGIN = """
from pathlib import Path

import curate

@curate.fit(sample=4)
def words_of(docs):
    return " ".join(sorted({word for doc in docs for word in doc.text.split()})).encode()

@curate.fit()
def counted(docs):
    return len(docs)

@curate.fit()
def broken(docs):
    raise ValueError(docs[0].text)

def load(words: Path):
    return words.read_bytes().split()

@curate.score(setup=load, min=1)
def known(doc, state):
    return sum(word.encode() in state for word in doc.text.split())
"""


@pytest.fixture
def ran(write, tmp_path):
    """A recipe of these steps over five files, run."""
    write("mine.py", PLUGIN)
    for number in range(5):
        write(f"data/{number}.txt", f"泵{number} pump{number} zz{number}")

    def run(steps):
        return curate.run(write("recipe.yaml", RECIPE.format(steps=steps)), tmp_path / "run", workers=1)

    return run


def test_a_later_step_gets_what_a_fit_learned_of_its_sample_as_a_file(ran):
    done = ran("words_of, {known: {words: words_of}}")
    values = [value for value in done.ledger["known"].to_pylist() if value is not None]
    assert sorted(values) == [0, 3, 3, 3, 3]  # four documents were the sample
    assert done.manifest["recipe"]["steps"][1]["known"]["words"] == "words_of"
    (learned,) = (done.folder / "parts").glob("words_of.fitted")
    assert learned.stat().st_mode & 0o777 == 0o600


def test_a_fit_may_be_used_twice_and_each_has_its_own_name(ran):
    done = ran("words_of, {known: {words: words_of}}, words_of, {known: {words: 'words_of#2'}}")
    assert done.ledger["known#2"].null_count < len(done.ledger)
    assert sorted(path.name for path in (done.folder / "parts").glob("words_of*")) == [
        "words_of#2.fitted",
        "words_of.fitted",
    ]


@pytest.mark.parametrize(("steps", "sentence"), [
    ("counted", "counted failed: expected bytes, which a later step gets as a file, got int"),
    ("broken", "broken failed: ValueError in broken, line 16"),
])  # fmt: skip
def test_a_fit_that_fails_stops_the_run_with_a_sentence_that_quotes_no_document(ran, steps, sentence):
    with pytest.raises(CurateError) as raised:
        ran(steps)
    assert str(raised.value) == sentence


@pytest.mark.parametrize(("steps", "sentence"), [
    ("known", "known needs `words:`, a path"),
    ("{known: {words: nowhere}}", "known: nothing is at "),
    ("{known: {words: words_of}}, words_of", "known: nothing is at "),
])  # fmt: skip
def test_a_step_that_needs_a_file_says_so_and_a_fit_has_to_stand_before_it(ran, steps, sentence):
    with pytest.raises(RecipeError, match=sentence):
        ran(steps)


def test_the_sample_is_the_same_whatever_the_batches_and_stands_in_the_order_of_keys(lines, batch):
    @curate.fit(sample=7)
    def learned(docs):
        return repr([doc.text for doc in docs]).encode()

    (line,) = lines(learned)
    docs = list(batch(*(Doc(f"泵 pump {number}", str(number)) for number in range(50))))
    whole = sampled(line, [batch(*docs)])
    assert [doc.key for doc in whole] == sorted(doc.key for doc in whole)
    assert (len(whole), {doc.source for doc in whole}) == (7, {"s"})
    assert learn(line, [batch(*docs[at : at + 3]) for at in range(0, 50, 3)]) == learn(line, [batch(*docs[::-1])])


def test_a_fit_sees_only_the_sources_and_kinds_of_its_line(lines, batch):
    @curate.fit()
    def learned(docs):
        return str(len(docs)).encode()

    some = [batch("泵", "pump"), batch("x = 1", kind="code"), batch("web", source="web")]
    (line,), (narrow,) = lines(learned), lines((learned, {"sources": ["web"]}))
    assert (learn(line, some), learn(narrow, some), learn(narrow, [])) == (b"3", b"1", b"0")


def test_a_fit_gives_bytes(lines, batch):
    @curate.fit()
    def learned(docs):
        return "text"

    with pytest.raises(Wrong, match="expected bytes, which a later step gets as a file, got str"):
        learn(*lines(learned), [batch("泵")])


def test_a_sample_of_long_documents_is_smaller_and_the_same_in_any_order(lines, batch, monkeypatch):
    monkeypatch.setattr("curate.fits.SAMPLE_CHARS", 1_000)

    @curate.fit(sample=50)
    def learned(docs):
        return b""

    docs = [Doc("泵" * (1 + 37 * at % 400), key=curate.key_of(at)) for at in range(60)]
    line = lines(learned)[0]
    there = sampled(line, [batch(*docs[:10]), batch(*docs[10:])])
    back = sampled(line, [batch(*docs[at : at + 7][::-1]) for at in range(56, -1, -7)])
    assert [doc.key for doc in there] == [doc.key for doc in back]
    assert 1 < len(there) < 50
    assert sum(len(doc.text) for doc in there) <= 1_000
