from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import Wrong
from curate.origin import ALIGNED_LINES, Stretch, apply_cuts, cut_origin, realign, slice_stretches

LINES = st.lists(
    st.sampled_from(["离心泵", "检查轴承。", "Grease the bearings", "泵 pump 😀", "👩‍🔧 阀门", "", " ", "e\u0301té"]),
    max_size=12,
)
TEXT = st.one_of(LINES.map("\n".join), st.text(st.sampled_from("泵阀 ab\n\r😀\u2028\x0b𠀀"), max_size=60))
WORDS = st.sampled_from(["", "[编号]", "x", "😀", "\n", "泵"])


@st.composite
def cuts_of(draw, text):
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pairs = zip(places[::2], places[1::2], strict=False)
    return draw(st.permutations([(start, end, draw(WORDS)) for start, end in pairs]))


@st.composite
def rewritten(draw, text):
    """The text after lines were dropped, doubled, moved, altered or put in."""
    lines = text.splitlines(keepends=True)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, max(len(lines) - 1, 0)))
        what = draw(st.sampled_from(["drop", "double", "move", "alter", "insert"]))
        if what == "insert":
            lines.insert(at, draw(WORDS) + "\n")
        elif lines and what == "drop":
            lines.pop(at)
        elif lines and what == "move":
            lines.append(lines.pop(at))
        elif lines:
            lines.insert(at, lines[at]) if what == "double" else lines.__setitem__(at, lines[at].upper() + "!")
    return "".join(lines)


def holds(origin, text, pages):
    """Whether each stretch shows what stood there, and none overlaps the next."""
    assert all(text[one.start : one.end] == pages[one.page][one.at : one.at + one.end - one.start] for one in origin)
    assert all(0 <= one.start < one.end <= len(text) for one in origin)
    assert all(one.end <= after.start for one, after in pairwise(origin))
    return True


@given(st.data(), st.lists(TEXT, min_size=1, max_size=3))
def test_after_any_edits_every_stretch_shows_what_stood_there(data, pages):
    text, origin = "", []
    for number, page in enumerate(pages):
        origin += [Stretch(len(text), len(text) + len(page), 0, number)] if page else []
        text += page
    for _ in range(data.draw(st.integers(1, 4))):
        if data.draw(st.booleans()):
            cuts = data.draw(cuts_of(text))
            text, origin = apply_cuts(text, cuts), cut_origin(origin, len(text), cuts)
        else:
            new = data.draw(rewritten(text))
            text, origin = new, realign(origin, text, new)
        assert holds(origin, text, pages)


@given(st.data(), TEXT)
def test_cuts_lose_the_origin_of_what_they_take_and_of_nothing_else(data, text):
    cuts = data.draw(cuts_of(text))
    left = cut_origin([Stretch(0, len(text), 0, None)], len(text), cuts)
    assert sum(one.end - one.start for one in left) == len(text) - sum(end - start for start, end, _ in cuts)


@given(st.data(), TEXT)
def test_a_slice_of_an_origin_shows_the_slice(data, text):
    start, end = sorted((data.draw(st.integers(0, len(text))), data.draw(st.integers(0, len(text)))))
    assert holds(slice_stretches([Stretch(0, len(text), 0, 0)], start, end), text[start:end], [text])


@pytest.mark.parametrize(("before", "after", "known"), [
    ("泵\n阀\n轴\n", "泵\n轴\n", ["泵\n", "轴\n"]),
    ("one\ntwo\nthree", "one\n2\nthree", ["one\n", "three"]),
    ("泵", "pump", []),
    ("", "pump", []),
    ("泵\n泵\n泵\n", "泵\n", ["泵\n"]),
])  # fmt: skip
def test_lines_that_stand_in_both_texts_keep_their_place_and_others_have_none(before, after, known):
    origin = realign([Stretch(0, len(before), 0, None)], before, after)
    assert [after[one.start : one.end] for one in origin] == known


def test_a_text_of_very_many_lines_keeps_what_is_in_place_at_both_ends():
    before = "".join(f"line {n}\n" for n in range(2 * ALIGNED_LINES))
    after = before.replace("line 7\n", "seven\n").replace("line 30000\n", "")
    origin = realign([Stretch(0, len(before), 0, 0)], before, after)
    assert len(origin) == 2
    assert holds(origin, after, [before])


@pytest.mark.parametrize("cuts", [[(0, 2, ""), (1, 3, "")], [(2, 1, "")], [(-1, 1, "")], [(0, 9, "")]])
def test_cuts_that_overlap_or_lie_outside_are_wrong(cuts):
    with pytest.raises(Wrong, match=r"cuts inside the text's \d characters that do not overlap, got one at \S+:\d"):
        apply_cuts("泵阀轴", cuts)


def test_cuts_may_come_in_any_order_and_put_in_without_taking():
    assert apply_cuts("泵阀轴", [(3, 3, "!"), (0, 1, "pump"), (2, 2, " ")]) == "pump阀 轴!"
