import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.kernels.debris import LONG, debris
from curate.kernels.words import RUN, split_words

NASTY = "ab Z9，。泵図가กé\u0301é\u00adÉ０Ａ…“”\0\n\t_-/:](👩\u200d💻"
WORD = st.one_of(
    st.text(st.sampled_from("abcXYZ019é\u00adжд"), min_size=20, max_size=40),
    st.text(st.sampled_from("abAB01é\u0301\u00ad"), max_size=8),
    st.sampled_from([" ", "\n", "https://", "](", "/", "泵", "://", "a//", ":", "，"]),
    st.text(st.sampled_from(NASTY), max_size=5),
)


def measured(*texts):
    encoded = [text.encode() for text in texts]
    data, offsets = np.frombuffer(b"".join(encoded), np.uint8), np.cumsum([0, *map(len, encoded)])
    return [one.tolist() for one in debris(data, offsets, split_words(data, offsets))]


def plainly(text):
    """The definition in plain Python: characters in overlong words, and how many words are debris."""
    data = text.encode()
    words = split_words(np.frombuffer(data, np.uint8), np.array([0, len(data)]))
    overlong, broken = 0, 0
    for kind, chars, byte in zip(words.kind.tolist(), words.chars.tolist(), words.byte.tolist(), strict=True):
        if kind == RUN:
            word = data[byte : byte + chars].decode("latin-1")
            token = re.split(r"[\0-\x20]", data[:byte].decode("latin-1"))[-1]
            if chars >= LONG and not re.fullmatch("[0-9A-Fa-f]+", word) and not re.search(r"://|\]\(", token):
                overlong += chars
            broken += chars > 2 and broken_plainly(word)
    return overlong, broken


def broken_plainly(word):
    """Whether an ASCII word has digits inside or before two letters, or changes case at every second letter."""
    if not re.fullmatch("[0-9A-Za-z]+", word):
        return False
    if re.search("[A-Za-z][0-9]+[A-Za-z]", word) or re.match("[0-9]+[A-Za-z]{2}", word):
        return True
    changes = len(re.findall("(?=[a-z][A-Z]|[A-Z][a-z])", word))
    return changes >= 3 and 2 * changes >= sum(map(str.isalpha, word))


@given(st.lists(st.lists(WORD).map("".join), max_size=4))
def test_debris_is_what_the_definition_in_plain_python_says(texts):
    expected = [plainly(text) for text in texts]
    assert measured(*texts) == [[one[0] for one in expected], [one[1] for one in expected]]


@pytest.mark.parametrize(
    ("text", "overlong", "broken"),
    [
        ("internationalization", 0, 0),
        ("beforethepumpisstartedcheckthatit", 33, 0),
        ("d41d8cd98f00b204e9800998ecf8427e", 0, 1),
        ("https://example.org/beforethepumpisstartedcheck", 0, 0),
        ("![](beforethepumpisstartedcheckthatit.png)", 0, 0),
        ("rea1ity 0ther w0rd", 0, 3),
        ("wOrDs tHeRe", 0, 2),
        ("DataCollator YouTube iPhone TiDB v2 3D H264 B12 2nd", 0, 1),
        ("泵", 0, 0),
        ("Donaudampfschifffahrtsgesellschaft", 34, 0),
        ("", 0, 0),
    ],
)
def test_glued_words_and_digits_inside_words_are_told_from_addresses_and_names(text, overlong, broken):
    assert measured(text) == [[overlong], [broken]]


def test_a_line_of_10_mb_is_one_word_or_a_million():
    assert measured("x" * 10_000_000, "w0rd " * 2_000_000) == [[10_000_000, 0], [0, 2_000_000]]


def test_a_text_without_blanks_is_read_once_however_many_long_words_it_has():
    words = ("x" * LONG + ",") * 200_000
    assert measured(words, f"http://{words}") == [[200_000 * LONG, 0], [0, 0]]
