import unicodedata
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.kernels.words import HAN, PUNCT, RUN, SYLLABLE, UNSEEN, folded, split_words

NASTY = "ab Z9，。泵図가กé\u0301é\u00adÉ０Ａ…“”\0\n\t_-👩\u200d💻❤️\U00030000\U000e0100\ue000"


def split(*texts):
    encoded = [text.encode() for text in texts]
    return split_words(np.frombuffer(b"".join(encoded), np.uint8), np.cumsum([0, *map(len, encoded)]))


def plainly(text):
    """The definition in plain Python: (folded characters, kind, first byte) of each word."""
    words, run, begin, byte = [], [], 0, 0
    for char in [*text, " "]:
        kind, base = folded(ord(char)) >> 29, folded(ord(char)) & 0x1FFFFFFF
        if kind == RUN:
            begin = begin if run else byte
            run.append(base)
        elif kind != UNSEEN:
            words += [(tuple(run), RUN, begin)] if run else []
            words += [((base,), kind, byte)] if kind else []
            run = []
        byte += len(char.encode())
    return words


@given(
    st.lists(st.one_of(st.text(st.sampled_from(NASTY)), st.text(st.characters(exclude_categories=["Cs"]))), max_size=4)
)
def test_words_are_what_the_definition_in_plain_python_says(texts):
    words, expected = split(*texts), [plainly(text) for text in texts]
    flat = [word for document in expected for word in document]
    assert words.start.tolist() == np.cumsum([0, *map(len, expected)]).tolist()
    assert words.kind.tolist() == [kind for _, kind, _ in flat]
    assert words.byte.tolist() == [byte for _, _, byte in flat]
    assert words.chars.tolist() == [len(chars) for chars, _, _ in flat]
    hashes: dict = {}
    assert all(
        hashes.setdefault((kind, chars), found) == found
        for (chars, kind, _), found in zip(flat, words.hash.tolist(), strict=True)
    )
    assert len(set(hashes.values())) == len(hashes)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("", []),
        ("\0\0", []),
        ("Pump 7b", [RUN, RUN]),
        ("水泵 P-101。", [HAN, HAN, RUN, PUNCT, RUN, PUNCT]),
        ("人々〇", [HAN, HAN, HAN]),
        ("𠮷\U00030000", [HAN, HAN]),
        ("한국어 말", [RUN, RUN]),
        ("ポンプ", [SYLLABLE] * 3),
        ("ไทย", [SYLLABLE] * 3),
        ("don't…👍", [RUN, PUNCT, RUN, PUNCT, PUNCT]),
    ],
)
def test_a_chinese_character_is_a_word_and_so_is_a_run_of_letters(text, kinds):
    assert split(text).kind.tolist() == kinds


@pytest.mark.parametrize(
    "spelling", ["ＰＵＭＰ", "púmp", unicodedata.normalize("NFD", "PÚMP"), "pu\u00admp", "pu\u200dmp"]
)
def test_case_width_accents_and_what_is_unseen_make_no_other_word(spelling):
    one, other = split("pump").hash, split(spelling).hash
    assert one.tolist() == other.tolist()


@pytest.mark.parametrize(("one", "other"), [("泵", "阀"), ("pump", "pumps"), ("가", "고"), ("12", "21"), ("𠮷", "吉")])
def test_different_words_have_different_hashes(one, other):
    assert split(one).hash.tolist() != split(other).hash.tolist()


def test_sums_are_by_document_also_of_empty_ones():
    words = split("", "a bb", "", "水泵", "")
    assert words.sums(words.chars).tolist() == [0, 3, 0, 2, 0]
    assert split("", "").sums(np.zeros(0)).tolist() == [0, 0]


def test_documents_need_not_start_at_the_first_byte():
    data = "阀 pump 泵".encode()
    words = split_words(np.frombuffer(data, np.uint8), np.array([4, 8, len(data)]))
    assert words.kind.tolist() == [RUN, HAN]
    assert words.first_byte(np.frombuffer(data, np.uint8), np.array([4, 8, len(data)]))[0] == ord("p")
    assert all(a <= b for a, b in pairwise(words.start))
