from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.personal.canaries import CARRIERS, DECOYS, canaries, decoys
from curate.personal.entities import ENTITIES
from curate.personal.finder import Finder
from curate.personal.profile import read_profile


@pytest.fixture(scope="module")
def finder():
    return Finder(replace(read_profile("clinical_zh"), types=frozenset(ENTITIES)))


def test_every_type_has_canaries_in_chinese_and_in_english():
    assert {(one.type, one.language) for one in canaries(Random(1))} == {
        (type, language) for type in ENTITIES for language in ("zh", "en")
    }
    assert CARRIERS.keys() == ENTITIES.keys()


def test_every_kind_of_decoy_is_in_both_languages():
    assert len(list(decoys(Random(1)))) == 2 * len(DECOYS)


@given(seed=st.integers(0, 10**9))
def test_a_canary_stands_where_it_says_and_the_same_seed_gives_the_same(seed):
    for one in [*canaries(Random(seed)), *decoys(Random(seed))]:
        assert 0 <= one.start < one.end <= len(one.sentence)
        assert "{" not in one.sentence
    assert list(canaries(Random(seed))) == list(canaries(Random(seed)))


def test_no_two_canaries_of_a_deck_are_the_same_value():
    values = [one.sentence[one.start : one.end] for one in canaries(Random(3)) if one.type not in ("age", "person")]
    assert len(set(values)) == len(values)


def test_the_finder_finds_canaries_behind_a_label(finder):
    missed = [
        one
        for one in canaries(Random(2))
        if one.form == "labelled"
        and not any(
            found.type == one.type and found.start <= one.start and one.end <= found.end
            for found in finder.find(one.sentence)
        )
    ]
    assert missed == []


def test_decoys_are_left_alone(finder):
    hit = [
        one
        for one in decoys(Random(2))
        if any(found.start < one.end and one.start < found.end for found in finder.find(one.sentence))
    ]
    assert hit == []
