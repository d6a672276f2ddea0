import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate import Batch, Doc, key_of
from curate_plugins.filter.shares import alphabetic_share, cjk_share, compression

TEXT = "Prime the pump before it is started, and vent the casing. Grease the bearings once a month. "


def batch_of(*texts):
    return Batch.of(Doc(text, key=key_of(at)) for at, text in enumerate(texts))


def seen(text):
    return [char for char in text if unicodedata.category(char)[0] in "LMNPS" or unicodedata.category(char) == "Cf"]


def is_cjk(char):
    return unicodedata.name(char, "").startswith(("CJK UNIFIED", "CJK COMPAT", "HIRAGANA", "KATAKANA", "HANGUL"))


@given(st.lists(st.text(st.sampled_from("ab Z9，。泵图ポ가é\n\0👩\u200d…３Ａกж"), max_size=30), max_size=3))
def test_shares_are_what_the_definition_in_plain_python_says(texts):
    batch = batch_of(*texts)
    for text, letters, cjk in zip(texts, alphabetic_share(batch), cjk_share(batch), strict=True):
        count = max(len(seen(text)), 1)
        assert letters == sum(unicodedata.category(char)[0] == "L" for char in text) / count
        assert cjk == sum(map(is_cjk, text)) / count


@pytest.mark.parametrize(
    ("text", "letters", "cjk"),
    [
        ("", 0, 0),
        ("\0\n ", 0, 0),
        ("pump", 1, 0),
        ("水泵", 1, 1),
        ("水泵 ab", 1, 0.5),
        ("12.5", 0, 0),
        ("ポンプ", 1, 1),
        ("펌프", 1, 1),
    ],
)
def test_a_chinese_character_is_a_letter(text, letters, cjk):
    assert (alphabetic_share(batch_of(text)).tolist(), cjk_share(batch_of(text)).tolist()) == ([letters], [cjk])


def test_what_repeats_packs_well_and_noise_does_not():
    noise = "".join(map(chr, np.random.default_rng(0).integers(0x21, 0x7F, 4_000)))
    repeated, prose, random, empty, one = compression(batch_of(TEXT * 99, TEXT, noise, "", "a"))
    assert repeated > 8 > prose > random > 1
    assert (empty, one) == (1, 1)


@given(st.lists(st.text(max_size=50), max_size=3))
def test_every_text_packs_to_a_finite_number(texts):
    values = compression(batch_of(*texts))
    assert values.shape == (len(texts),)
    assert np.isfinite(values).all()
    assert (values > 0).all()
