import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.kernels.phrases import find_phrases

PHRASES = ("use of", "use cookies", "的政策", "of us", "abc")
PIECES = [
    "use ",
    "USE",
    " of",
    "Of ",
    "cookies",
    "Cookie",
    "的政策",
    "的",
    "政",
    "abc",
    "ABC",
    "ab",
    "c",
    "\n",
    "\0",
    "👩",
    "K",
]
TEXTS = st.lists(st.lists(st.sampled_from(PIECES), max_size=30).map("".join), max_size=3)


def utf8(*texts):
    encoded = [text.encode() for text in texts]
    return np.frombuffer(b"".join(encoded), np.uint8), np.cumsum([0, *map(len, encoded)])


def lowered(data):
    return bytes(byte | 0x20 if ord("A") <= byte <= ord("Z") else byte for byte in data)


@given(TEXTS)
def test_phrases_are_found_where_they_stand_in_any_case_and_never_across_texts(texts):
    expected, at = [], 0
    for text in texts:
        low = lowered(text.encode())
        for place in range(len(low)):
            which = [number for number, phrase in enumerate(PHRASES) if low.startswith(phrase.encode(), place)]
            expected += [(which[0], at + place)] if which else []
        at += len(low)
    which, places = find_phrases(*utf8(*texts), PHRASES)
    assert list(zip(which.tolist(), places.tolist(), strict=True)) == expected


def test_texts_need_not_start_at_the_first_byte():
    data = b"abc use of abc"
    which, places = find_phrases(np.frombuffer(data, np.uint8), np.array([1, 11]), PHRASES)
    assert (which.tolist(), places.tolist()) == ([0], [4])


def test_a_phrase_of_two_bytes_is_refused():
    with pytest.raises(AssertionError, match="a phrase has three bytes at least"):
        find_phrases(*utf8("text"), ("ab",))
