import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate import Batch, Doc, key_of
from curate.kernels.listed import count_listed, list_words

LIST = ["the", "pump", "泵", "水", "和"]


@given(
    st.lists(st.lists(st.sampled_from([*LIST, "The", "pumps", "阀", "7", ".", "\0", "👍"]), max_size=20), max_size=3)
)
def test_each_listed_word_counts_once_a_document(documents):
    words = Batch.of(Doc(" ".join(said), key=key_of(at)) for at, said in enumerate(documents)).words
    expected = [len({word.lower() for word in said} & set(LIST)) for said in documents]
    assert count_listed(words, list_words(" ".join(LIST))).tolist() == expected


def test_a_list_that_is_too_long_is_told():
    with pytest.raises(ValueError, match="at most 63 words, not 64"):
        list_words(" ".join(f"word{at}" for at in range(64)))
