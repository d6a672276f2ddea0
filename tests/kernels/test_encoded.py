import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from curate.kernels.encoded import count_encoded

PIECES = [
    "a",
    "Z9",
    "+/",
    "=",
    "\n",
    "泵",
    "-",
    r"\x1b",
    r"\xG",
    r"\u6cf5",
    r"\u6c",
    "0x1F, ",
    "0XaUL,\t\n",
    "0x",
    "0",
    "\\",
    ",",
]
TEXTS = st.lists(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), max_size=3)
BASE64 = rb"[A-Za-z0-9+/=]{5,}"
ESCAPES = rb"(?:\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|0[xX][0-9A-Fa-f]+[uUlL]*,\s*){3,}"


def utf8(*texts):
    encoded = [text.encode() for text in texts]
    return np.frombuffer(b"".join(encoded), np.uint8), np.cumsum([0, *map(len, encoded)])


@given(TEXTS)
def test_characters_that_encode_data_are_what_a_regular_expression_finds(texts):
    found = [sum(map(len, re.findall(pattern, text.encode()))) for text in texts for pattern in (BASE64, ESCAPES)]
    pairs = [sum(found[at : at + 2]) for at in range(0, len(found), 2)]
    assert count_encoded(*utf8(*texts), least=5, escapes=3).tolist() == pairs


def test_texts_need_not_start_at_the_first_byte():
    data = np.frombuffer(b"A" * 100, np.uint8)
    assert count_encoded(data, np.array([10, 20, 90])).tolist() == [0, 70]


def test_a_row_of_zeros_is_read_once():
    assert count_encoded(*utf8("0." + "0" * 2_000_000, "0x" + "0" * 2_000_000), least=10_000_000).tolist() == [0, 0]
