from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.personal.entities import ENTITIES
from curate.personal.risk import HIDDEN, REGISTERED, level, role, score

TYPES = st.dictionaries(st.sampled_from(sorted(ENTITIES)), st.integers(0, 50))


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ([], "none"),
        (["uscc"], "none"),
        (["age"], "low"),
        (["organization"], "low"),
        (["secret"], "low"),
        (["email"], "medium"),
        (["person"], "medium"),
        (["person", "uscc"], "medium"),
        (["birth_date", "address"], "medium"),
        (["birth_date", "address", "organization"], "high"),
        (["age", "visit_date", "organization"], "high"),
        (["person", "phone"], "high"),
        (["person", "birth_date"], "high"),
        (["phone", "address"], "high"),
        (["cn_id"], "high"),
        (["bank_card"], "high"),
        (["record_number"], "high"),
    ],
    ids=str,
)
def test_the_level_follows_from_the_kinds_that_meet(types, expected):
    assert level(dict.fromkeys(types, 1)) == expected


def test_how_often_a_kind_stands_there_does_not_count():
    assert level({"email": 200, "phone": 0}) == level({"email": 1}) == "medium"


def test_a_type_of_a_users_own_counts_as_direct():
    assert role("badge") == "direct"
    assert level({"badge": 1}) == "medium"


@given(TYPES, st.sampled_from(sorted(ENTITIES)))
def test_more_kinds_are_never_less_identifying(counts, more):
    assert score(counts) <= score(counts | {more: 1})


@given(TYPES)
def test_the_score_is_a_share_and_zero_where_nobody_is_meant(counts):
    found = {type for type, count in counts.items() if count and ENTITIES[type].identifies != "organisation"}
    assert 0 <= score(counts) <= 1
    assert (score(counts) == 0) == (not found) == (level(counts) == "none")


def test_the_order_of_types_does_not_count():
    assert len({score(dict.fromkeys(types, 1)) for types in permutations(["age", "address", "phone", "cn_id"])}) == 1


def test_every_type_has_its_role():
    assert {role(type) for type in ENTITIES} <= HIDDEN.keys()
    assert {ENTITIES[type].identifies for type in REGISTERED} == {"direct"}
