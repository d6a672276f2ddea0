"""Count the words and pairs of words of a text in hashed bins, and weigh them: a linear model of texts."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from curate.kernels.words import PUNCT, Words

BITS = 16
BINS = 1 << BITS  # twice as many find no better: 2,000 documents have 100,000 pairs, and most say nothing
PASSAGE = 512  # words
MAGIC = b"curate likeness 1 "


class Grams(NamedTuple):
    """How often each word, and each word with the one before it, stands in the passages of a batch.

    Marks are no words here. A document is cut into passages of 512 words, more or less, so that a long one and a short
    one compare; one with fewer than 768 is a passage of its own, and so is one without any. No pair spans two of them.
    """

    document: np.ndarray  # int64, which document each passage is of
    start: np.ndarray  # int64, n passages + 1: bins of passage i are start[i] : start[i + 1]
    bin: np.ndarray  # int32, each once a passage
    often: np.ndarray  # int32, how many times it stands there


class GramModel(NamedTuple):
    """What `curate fit` learned: a weight for each bin, and how much more frequent it is in what was liked."""

    weights: np.ndarray  # float32, BINS
    ratios: np.ndarray  # float32, BINS: natural logarithm of the share among the liked over that among the others
    bias: float
    about: Mapping[str, Any]  # what it was fitted on, and how well

    def margins(self, words: Words) -> np.ndarray:
        """For each document the log-odds that it is one of the liked, all else equal; minus infinity without words."""
        weighed = weigh_grams(words, self.weights, self.ratios)
        return np.where(weighed[:, 2] > 0, weighed[:, 0] + self.bias, -np.inf)

    def log_ratios(self, words: Words) -> np.ndarray:
        """For each document the mean log-ratio of its words and pairs; 0 without words."""
        return weigh_grams(words, self.weights, self.ratios)[:, 1]


@cache
def logs() -> np.ndarray:
    """Count → its weight in a passage: a word that stands there ten times says more than one that stands there once."""
    # A passage has up to 767 words, and a word said over and over may share its bin with the pair it makes: 1,533.
    return np.log1p(np.arange(3 * PASSAGE)).astype(np.float32)


def count_grams(words: Words) -> Grams:
    """The counts for every document of a batch."""
    from curate.kernels.grams_loops import count

    hashes, start = plain_words(words)
    passages = np.maximum((np.diff(start) + PASSAGE // 2) // PASSAGE, 1)
    document, starts = np.repeat(np.arange(len(passages)), passages), np.zeros(passages.sum() + 1, np.int64)
    bins, counts = np.empty((2, 2 * len(hashes)), np.int32)
    count(hashes, start, passages, starts, bins, counts)
    return Grams(document, starts, bins[: starts[-1]].copy(), counts[: starts[-1]].copy())


def joined(counted: Sequence[Grams]) -> Grams:
    """The counts of several batches as those of one."""
    documents = np.cumsum([0, *(one.document[-1] + 1 for one in counted)])
    bins = np.cumsum([0, *(one.start[-1] for one in counted)])
    return Grams(
        np.concatenate([one.document + first for one, first in zip(counted, documents[:-1], strict=True)]),
        np.concatenate([*(one.start[:-1] + first for one, first in zip(counted, bins[:-1], strict=True)), bins[-1:]]),
        np.concatenate([one.bin for one in counted]),
        np.concatenate([one.often for one in counted]),
    )


def weigh_grams(words: Words, weights: np.ndarray, ratios: np.ndarray) -> np.ndarray:
    """For each document a row: mean margin of its passages, mean ratio of its words and pairs, how many these are."""
    from curate.kernels.grams_loops import weigh

    hashes, start = plain_words(words)
    weighed = np.zeros((len(start) - 1, 3))
    passages = np.maximum((np.diff(start) + PASSAGE // 2) // PASSAGE, 1)
    weigh(hashes, start, passages, logs(), weights, ratios, weighed)
    return weighed


def plain_words(words: Words) -> tuple[np.ndarray, np.ndarray]:
    """The hashes of all words that are no marks, and where each document's start."""
    # With marks the models of benchmarks/likeness.py are worse: AUC .990 for .993 on English, .992 for .991 on Chinese.
    plain = words.kind != PUNCT
    return words.hash[plain], np.append(0, np.cumsum(words.sums(plain)))


def model_bytes(model: GramModel) -> bytes:
    """A model as a file holds it: a line of JSON that a person can read, then weights and ratios as 16-bit floats."""
    payload = np.stack([model.weights, model.ratios]).astype("<f2").tobytes()
    head = {**model.about, "bias": model.bias, "digest": blake2b(payload, digest_size=16).hexdigest()}
    return MAGIC + json.dumps(head, sort_keys=True).encode() + b"\n" + payload


def read_model(path: Path) -> GramModel:
    """The model in a file; raises `ValueError` with a sentence where it holds none, or a damaged one."""
    if not path.is_file():
        raise ValueError(f"{path} is no file; `curate fit` writes a model")
    data = path.read_bytes()
    if not data.startswith(MAGIC):
        raise ValueError(f"{path} is no model that `curate fit` of this version wrote; fit it anew")
    head, _, payload = data.removeprefix(MAGIC).partition(b"\n")
    try:
        about = json.loads(head)
        bias, whole = float(about["bias"]), about["digest"] == blake2b(payload, digest_size=16).hexdigest()
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise ValueError(f"{path} is damaged or cut short; fit it anew with `curate fit`, or copy it again")
    weights, ratios = np.frombuffer(payload, "<f2").astype(np.float32).reshape(2, BINS)
    return GramModel(weights, ratios, bias, about)
