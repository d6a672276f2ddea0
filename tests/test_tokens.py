import json

import pytest
import tokenizers
from tokenizers import models, pre_tokenizers

from curate import CurateError
from curate.tokens import load_tokenizer


@pytest.fixture
def tokenizer(tmp_path):
    """A tokenizer.json of single characters, and how it is loaded."""

    def made(*special, end="", pad=False):
        vocabulary = {token: number for number, token in enumerate([*special, *"泵阀pum<|endoftext>", "[UNK]"])}
        built = tokenizers.Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
        built.pre_tokenizer = pre_tokenizers.Split("", "isolated")
        built.add_special_tokens(list(special))
        if pad:
            built.enable_padding(length=16)
            built.enable_truncation(2)
        built.save(str(tmp_path / "tokenizer.json"))
        return load_tokenizer("tokenizer.json", tmp_path / "tokenizer.json", end)

    return made


def test_texts_become_tokens_and_the_end_token_is_found_by_its_usual_name(tokenizer):
    found = tokenizer("<pad>", "<|endoftext|>")
    assert (found.end, found.encode(["泵阀", "", "pump"])) == (1, [[2, 3], [], [4, 5, 6, 4]])
    assert found.size == 20  # two numbers are nobody's, but a model's table has to have their rows


def test_the_end_token_can_be_named(tokenizer):
    assert tokenizer("<|endoftext|>", "<结束>", end="<结束>").end == 1


def test_text_that_looks_like_a_special_token_is_text(tokenizer):
    found = tokenizer("<|endoftext|>")
    (tokens,) = found.encode(["泵<|endoftext|>阀"])
    assert (len(tokens), found.end in tokens) == (15, False)


def test_nothing_is_padded_or_cut_whatever_the_file_says(tokenizer):
    assert [len(tokens) for tokens in tokenizer("</s>", pad=True).encode(["泵", "pump"])] == [1, 4]


def test_a_folder_is_read_for_its_tokenizer_and_its_hash_is_of_the_content(tokenizer, tmp_path):
    first = tokenizer("</s>")
    assert load_tokenizer(".", tmp_path).hash == first.hash != tokenizer("</s>", "<pad>").hash


@pytest.mark.parametrize(("special", "end"), [(("<pad>",), ""), (("</s>",), "<end>")])
def test_a_tokenizer_without_an_end_token_is_told_how_to_name_one(tokenizer, golden, special, end):
    with pytest.raises(CurateError) as error:
        tokenizer(*special, end=end)
    golden(f"tokenizer_no_end_{'named' if end else 'usual'}", str(error.value))


def test_a_file_that_is_no_tokenizer_is_told(write):
    path = write("tokenizer.json", json.dumps({"a": 1}))
    with pytest.raises(CurateError, match=f"^{path} is no tokenizer.json: "):
        load_tokenizer("tokenizer.json", path)


def test_a_name_that_is_neither_a_file_nor_known_is_told(tmp_path, golden):
    with pytest.raises(CurateError) as error:
        load_tokenizer("cl200k", tmp_path / "cl200k")
    golden("tokenizer_unknown", str(error.value))


def test_a_vocabulary_that_is_not_on_this_machine_is_not_downloaded(tmp_path, golden, monkeypatch):
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr("tiktoken.registry.ENCODINGS", {})
    with pytest.raises(CurateError) as error:
        load_tokenizer("cl100k_base", tmp_path / "cl100k_base")
    golden("tokenizer_offline", str(error.value))
