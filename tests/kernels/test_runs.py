import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.kernels.runs import LONGEST, copies, repeated_in_place
from curate.kernels.words import KIND, PUNCT, RUN, UNSEEN, folded

NASTY = "ab[（ Z9，。泵図가กé\u0301é\u00adÉ０Ａ…“”\0\n\t_-|<👩\u200d💻"
TEXT = st.one_of(
    st.text(st.sampled_from(NASTY)),
    st.text(st.sampled_from("ab"), min_size=8),
    st.lists(
        st.tuples(st.text(st.sampled_from(NASTY), max_size=9), st.integers(1, 8)).map(lambda pair: pair[0] * pair[1])
    ).map("".join),
)


def shares(*texts):
    encoded = [text.encode() for text in texts]
    data, offsets = np.frombuffer(b"".join(encoded), np.uint8), np.cumsum([0, *map(len, encoded)])
    return repeated_in_place(data, offsets).tolist()


def plainly(text):
    """The definition in plain Python: shares of characters in runs of one letter, and of longer things."""
    chars = []
    for char in text:
        kind, base = folded(ord(char)) >> KIND, folded(ord(char)) & ((1 << KIND) - 1)
        if kind and kind != UNSEEN:
            chars.append((kind, char if kind == PUNCT else chr(base)))
    taken, found, needed = [False] * len(chars), [0, 0], copies().tolist()
    for period in range(1, min(LONGEST, max(len(chars) // 4, 1)) + 1):
        at = period
        while at < len(chars):
            end = at
            while end < len(chars) and not taken[end] and chars[end] == chars[end - period]:
                end += 1
            if end - at >= (needed[period] - 1) * period:
                new = [place for place in range(at - period, end) if not taken[place]]
                found[period > 1] += len(new) * counts_plainly(chars[at - period : at])
                for place in new:
                    taken[place] = True
            at = end + 1
    return [one / max(len(chars), 1) for one in found]


def counts_plainly(unit):
    """Whether what is repeated is neither table nor code, and half letters."""
    if len(unit) == 1 and unit[0][1] in "()[]（）【】「」《》":
        return True
    if any(char in "|│┆;{}<>=" for _, char in unit):
        return False
    letters = [
        char in "，、；：。" if kind == PUNCT else not (kind == RUN and char in "0123456789") for kind, char in unit
    ]
    return 2 * sum(letters) >= len(unit)


@given(st.lists(TEXT, max_size=4))
def test_runs_are_what_the_definition_in_plain_python_says(texts):
    assert shares(*texts) == [plainly(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "letters", "phrases"),
    [
        ("", 0, 0),
        ("aaaaa", 0, 0),
        ("aaaaaa", 1, 0),
        ("限制制制制制制", 6 / 7, 0),
        ("the the the the the", 0, 1),
        ("The the\nTHE  the the", 0, 1),
        ("泵房泵房泵房泵房泵房", 0, 1),
        ("grease it. grease it. grease it. ", 0, 0),
        ("grease it. grease it. grease it. grease it. ", 0, 1),
        ("，，，，，，", 1, 0),
        ("[[[[[[", 1, 0),
        ("[][][][][]", 0, 0),
        (",,,,,,,,,,", 0, 0),
        ("----------", 0, 0),
        ("0000000000", 0, 0),
        ("| no | no | no | no | no |", 0, 0),
        ("<td>a</td><td>a</td><td>a</td><td>a</td>", 0, 0),
        ("1. 1. 1. 1. 1. 1. 1.", 0, 0),
        (" " * 50, 0, 0),
        ("很好的，很好的，很好的，很好的，", 0, 1),
    ],
)
def test_letters_words_and_phrases_in_a_row_count_and_rulers_rows_and_code_do_not(text, letters, phrases):
    assert shares(text) == [[letters, phrases]]


def test_lines_of_10_mb_take_no_more_than_their_length():
    line = "泵 pump " * (10_000_000 // 9)
    assert shares(line, "a" * 10_000_000, "-=" * 5_000_000) == [[0, 1], [1, 0], [0, 0]]
