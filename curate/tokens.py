"""Tokenizers: a `tokenizer.json`, or a vocabulary that tiktoken knows by name and finds on this machine."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, cast

from curate.errors import CurateError
from curate.files import content_hash

FEW = 50  # texts given to the library at a time: beside each token it holds a hundred bytes
END_NAMES = ("<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "<|im_end|>", "<｜end▁of▁sentence｜>", "[EOS]")


@dataclass(frozen=True)
class Tokenizer:
    """How text becomes tokens. `encode` takes texts as they are: what looks like a special token in them is text."""

    encode: Callable[[Sequence[str]], list[list[int]]]
    size: int  # one more than the highest token
    end: int  # the token that ends a document
    hash: str


def load_tokenizer(named: str, path: Path, end_of_document: str = "") -> Tokenizer:
    """The tokenizer of a file, of a folder with a `tokenizer.json`, or of tiktoken; raises `CurateError`."""
    if path.is_dir():
        path = path / "tokenizer.json"
    if path.is_file():
        return from_file(path, end_of_document)
    return from_tiktoken(named)


def from_file(path: Path, end_of_document: str) -> Tokenizer:
    """A Hugging Face `tokenizer.json`."""
    import tokenizers

    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # there is a worker a processor already
    try:
        loaded = tokenizers.Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises a bare Exception
        raise CurateError(f"{path} is no tokenizer.json: {error}") from None
    loaded.encode_special_tokens = True
    loaded.no_truncation()
    loaded.no_padding()
    names = (end_of_document,) if end_of_document else END_NAMES
    ends = [token for name in names if (token := loaded.token_to_id(name)) is not None]
    if not ends:
        raise CurateError(
            f"{path} has no token {' or '.join(names)} to end a document with; name its own with `end_of_document:`"
        )

    def encode(texts: Sequence[str]) -> list[list[int]]:
        found = list[list[int]]()
        for at in range(0, len(texts), FEW):
            few = loaded.encode_batch_fast(list(texts[at : at + FEW]), add_special_tokens=False)
            found += [one.ids for one in few]
        return found

    size = 1 + max(loaded.get_vocab().values())  # a vocabulary may have holes
    return Tokenizer(encode, size, ends[0], content_hash(path))


def from_tiktoken(named: str) -> Tokenizer:
    """A vocabulary of tiktoken, if it is on this machine: nothing is downloaded."""
    import tiktoken
    import tiktoken.load

    def refuse(address: str) -> NoReturn:
        raise CurateError(
            f"the vocabulary {named} is not on this machine and curate downloads nothing: put {address} "
            "into the folder that TIKTOKEN_CACHE_DIR names (tiktoken's own cache), or name a tokenizer.json"
        )

    if named not in (known := tiktoken.list_encoding_names()):
        raise CurateError(f"no tokenizer at {named}; it is a path to a tokenizer.json, or one of {', '.join(known)}")
    fetch: Any = tiktoken.load.read_file
    tiktoken.load.read_file = cast(Any, refuse)
    try:
        loaded = tiktoken.get_encoding(named)
    finally:
        tiktoken.load.read_file = fetch
    return Tokenizer(lambda texts: loaded.encode_ordinary_batch(list(texts)), loaded.n_vocab, loaded.eot_token, named)
