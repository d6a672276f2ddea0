import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from curate import CurateError
from curate.mix import copies_for, mix

SIZES = st.lists(st.integers(1, 5_000), min_size=1, max_size=60).map(np.array)


def mixed(weights, sizes, domain=(), when_short="repeat", order=None):
    """A mix of sources whose documents have these sizes."""
    ends = np.cumsum([len(own) for own in sizes.values()])
    rows = {name: np.arange(0) for name in weights}
    rows |= {name: np.arange(end - len(own), end) for (name, own), end in zip(sizes.items(), ends, strict=True)}
    flat = np.concatenate([np.asarray(own) for own in sizes.values()])
    order = np.arange(len(flat)) if order is None else order
    return mix("pretrain", "tokens", rows, weights, domain, when_short, flat, order)


@given(SIZES, st.floats(0.01, 20))
def test_copies_come_to_what_is_wanted_within_half_a_document(sizes, times):
    wanted = times * sizes.sum()
    copies = copies_for(wanted, sizes, np.arange(len(sizes)))
    assert abs((copies * sizes).sum() - wanted) <= sizes.max() / 2 + 1e-6 * wanted
    assert copies.max() - copies.min() <= 1


@given(SIZES, SIZES, st.integers(1, 9), st.integers(1, 9), st.sampled_from(["repeat", "shrink"]), st.booleans())
def test_sources_stand_to_one_another_as_their_weights_within_half_a_document(one, other, a, b, when_short, domain):
    taken = mixed(
        {"manuals": a, "web": b}, {"manuals": one, "web": other}, ["web"] if domain else [], when_short
    ).report
    anchor = taken["web" if domain else "manuals"]["available"] / (b if domain else a)
    scale = anchor if when_short == "repeat" else min(anchor, one.sum() / a, other.sum() / b)
    assert abs(taken["manuals"]["taken"] - a * scale) <= one.max() / 2 + 1e-3
    assert abs(taken["web"]["taken"] - b * scale) <= other.max() / 2 + 1e-3


@given(SIZES, SIZES, st.randoms())
def test_copies_follow_from_each_documents_order_alone(one, other, random):
    order = np.arange(len(one) + len(other))
    random.shuffle(order)
    first = mixed({"a": 1, "b": 1}, {"a": one, "b": other}, order=order).copies
    back = np.concatenate([np.arange(len(one))[::-1], np.arange(len(one), len(order))])
    moved = mixed({"a": 1, "b": 1}, {"a": one[::-1], "b": other}, order=order[back]).copies
    assert (first[back] == moved).all()


@given(SIZES)
def test_all_of_the_domain_is_taken_once_and_what_is_not_in_the_mix_not_at_all(sizes):
    assume(sizes.sum() > 1)
    chosen = mixed({"manuals": 1}, {"manuals": sizes, "web": sizes}, ["manuals"], "error")
    assert chosen.copies.tolist() == [1] * len(sizes) + [0] * len(sizes)


def test_the_largest_of_several_domain_sources_is_the_measure():
    report = mixed({"a": 1, "b": 1, "web": 2}, {"a": [10] * 10, "b": [10] * 5, "web": [10] * 90}, ["a", "b"]).report
    assert {name: (one["taken"], one["times"]) for name, one in report.items()} == {
        "a": (100, 1),
        "b": (100, 2),
        "web": (200, 0.2222),
    }
    assert sum(one["share"] for one in report.values()) == pytest.approx(1)


def test_a_source_that_is_too_small_is_told_with_what_can_be_chosen(golden):
    with pytest.raises(CurateError) as error:
        mixed({"manuals": 1, "web": 5}, {"manuals": [1000], "web": [1000] * 3}, ["manuals"], "error")
    golden("mix_short", str(error.value))


def test_sources_of_which_nothing_is_left_are_told(golden):
    with pytest.raises(CurateError) as error:
        mixed({"manuals": 1, "web": 5, "general": 1}, {"manuals": [1000]})
    golden("mix_nothing_left", str(error.value))


def test_a_mix_that_shrinks_keeps_the_weights_and_repeats_nothing():
    chosen = mixed({"manuals": 1, "web": 5}, {"manuals": [100] * 10, "web": [100] * 25}, ["manuals"], "shrink")
    assert [one["taken"] for one in chosen.report.values()] == [500, 2500]
    assert chosen.copies.max() == 1


def test_what_shrinks_leaves_out_a_source_that_has_nothing_and_says_so():
    report = mixed({"manuals": 1, "web": 2}, {"manuals": [0], "web": [10, 20, 30]}, when_short="shrink").report
    assert [report[name]["taken"] for name in ("manuals", "web")] == [0, 60]
