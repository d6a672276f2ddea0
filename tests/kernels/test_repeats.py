import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from plain_repeats import repeats_in_plain_python

from curate import Batch, Doc, key_of
from curate.kernels.repeats import SIZES, find_repeats
from curate.kernels.terms import HAN_WEIGHT, WEIGHT, Terms

LONG = ("Prime the pump. " * 7 + "水泵启动前先灌水。" * 5 + "and so on 12 ") * 30_000


def check(terms):
    found = find_repeats(terms)
    for document in range(len(terms.start) - 1):
        own = slice(terms.start[document], terms.start[document + 1])
        columns = [getattr(terms, name)[own].tolist() for name in ("hash", "chars", "weight")]
        for size in SIZES:
            mine = tuple(int(found.of(name, size)[document]) for name in ("top", "times", "again"))
            assert mine == repeats_in_plain_python(*columns, size)


@given(st.lists(st.lists(st.integers(0, 5), max_size=60), max_size=3))
def test_repeats_of_any_terms_are_what_the_definition_in_plain_python_says(documents):
    flat = np.array([term for document in documents for term in document], np.int64)
    start = np.cumsum([0, *map(len, documents)])
    weight = np.where(flat % 2, HAN_WEIGHT, WEIGHT).astype(np.uint8)  # what is the same weighs the same
    columns = (flat.astype(np.uint64) * 7919, flat.astype(np.int32) + 1, flat.astype(np.uint8), weight)
    check(Terms(*columns, start, np.empty(0), np.empty(0)))


@given(st.text(st.sampled_from("ab 泵水。.-\n1"), max_size=200))
@example(LONG)
@example("\0👍" * 50)
def test_repeats_of_any_text_are_what_the_definition_in_plain_python_says(text):
    check(Batch.of([Doc(text, key=key_of(1)), Doc("", key=key_of(2))]).terms)


@pytest.mark.parametrize("phrase", ["the pump has to be primed first ", "启动前应当检查润滑情况"])
def test_a_text_of_one_phrase_is_nearly_all_said_again(phrase):
    batch = Batch.of([Doc(phrase * 30, key=key_of(1))])
    said = batch.terms.chars.sum()
    assert all(batch.repeats.of("again", size)[0] > 0.9 * said for size in range(2, 7))


def test_a_text_where_nothing_stands_twice_has_no_repeats_and_its_first_run_is_on_top():
    repeats = Batch.of([Doc("one two three four", key=key_of(1))]).repeats
    assert repeats.again.sum() == 0
    assert repeats.times[0].tolist() == [1, 1, 1, *[0] * 6]
    assert repeats.top[0].tolist() == [6, 11, 15, *[0] * 6]
