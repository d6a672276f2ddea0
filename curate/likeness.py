"""Quality by example: a small linear model that tells texts like some from texts like others, fitted in seconds.

Words and pairs of words in hashed bins, weighted by how much more frequent they are among the liked (naive Bayes),
then fitted by logistic regression (NB-LR: Wang & Manning 2012, "Baselines and Bigrams"). The same ratios are the
importance weights of DSIR (Xie et al. 2023).
"""

from collections.abc import Sequence
from hashlib import blake2b
from itertools import islice
from math import floor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from curate.data import Batch, Doc
from curate.errors import CurateError
from curate.files import is_remote, place, put
from curate.kernels.grams import BINS, GramModel, Grams, count_grams, joined, logs, model_bytes
from curate.reading import read
from curate.recipe import glob_root

LEAST, MOST = 5, 5_000  # documents a side: each of five folds needs one; of more those with the smallest hashes
MOST_CHARS = 20_000  # of a document that are looked at: ten passages and more
FOLDS = 5
STEPS = 50  # of the regression; with 100 no AUC differs by .001
RIDGE = 0.01  # the best of .0001 to .03 on the worst of 39 splits; see benchmarks/likeness.py
KEPT = 0.9  # of the liked, at the limit that is suggested
HARD = 0.9  # an AUC below it is told to be poor


class Side(NamedTuple):
    """What was read of one side."""

    path: str
    documents: int
    characters: int
    texts: dict[bytes, str]  # by hash: a text that stands there twice counts once

    @property
    def figures(self) -> dict[str, int]:
        """How much was read, and how many different texts of it the model is fitted to."""
        return {"documents": self.documents, "characters": self.characters, "fitted": len(self.texts)}


class Fit(NamedTuple):
    """Weights as regression finds them, before they are calibrated."""

    weights: np.ndarray
    ratios: np.ndarray
    bias: float


def fit(like: str, unlike: str, out: Path) -> dict[str, Any]:
    """Fit a model to the texts at two paths, put it at `out`, and tell of it; raises `CurateError`."""
    liked, other = sides(like, unlike)
    texts = [*liked.texts.values(), *other.texts.values()]
    labels = np.arange(len(texts)) < len(liked.texts)
    grams = grams_of(texts)
    margins = cross_validated(grams, labels)
    slope, offset = calibrated(margins, labels)
    if slope <= 0:
        raise CurateError(f"{like} and {unlike} cannot be told apart by their words; choose texts that differ more")
    odds = 1 / (1 + np.exp(-(slope * margins + offset)))
    limit = floor(100 * np.quantile(odds[labels], 1 - KEPT, method="lower")) / 100
    about = {
        "like": liked.figures,
        "unlike": other.figures,
        "auc": round(area(margins, labels), 4),
        "limit": limit,
        "keeps": {"like": float(np.mean(odds[labels] >= limit)), "unlike": float(np.mean(odds[~labels] >= limit))},
    }
    made = regression(grams, labels, np.ones(len(labels), bool))
    data = model_bytes(GramModel(made.weights * slope, made.ratios, made.bias * slope + offset, about))
    with put(out) as stream:
        stream.write(data)
    return {"model": str(out), "bytes": len(data)} | about


def lines(told: dict[str, Any], like: str, unlike: str) -> list[str]:
    """What `fit` tells, for people; the last line is one of a recipe."""
    width, keeps, auc = max(len(like), len(unlike)), told["keeps"], told["auc"]
    hard = "; the two are hard to tell apart by their words" if auc < HARD else ""
    read = [f"{side:6}  {path:{width}}  {said(told[side])}" for side, path in (("like", like), ("unlike", unlike))]
    return [
        *read,
        f"AUC {auc:.3f} on texts held out, {FOLDS}-fold{hard}",
        f"min {told['limit']:g} keeps {keeps['like']:.0%} of {like} and {keeps['unlike']:.0%} of {unlike}",
        f"wrote {told['model']}, {told['bytes'] / 1e3:,.0f} kB; a recipe's step:",
        f"  - likeness: {{model: {told['model']}, min: {told['limit']:g}}}",
    ]


def said(figures: dict[str, int]) -> str:
    """How much was read of one side, and how much is used: each text once, and what both have as liked."""
    documents, used = figures["documents"], figures["fitted"]
    part = "" if used == documents else f" ({used:,} of them used)"
    return f"{documents:,} documents{part}, {figures['characters']:,} characters"


def sides(like: str, unlike: str) -> tuple[Side, Side]:
    """Both sides, what is in both taken to be liked; raises `CurateError` where there is too little."""
    liked, other = (side(option, path) for option, path in (("--like", like), ("--unlike", unlike)))
    alone = {digest: text for digest, text in other.texts.items() if digest not in liked.texts}
    if not alone:
        raise CurateError(f"--unlike {unlike} holds nothing that --like {like} does not; name other texts")
    other = other._replace(texts=alone)
    for option, one in (("--like", liked), ("--unlike", other)):
        if len(one.texts) < LEAST:
            different = "document" if len(one.texts) == 1 else "different documents"
            raise CurateError(
                f"{option} {one.path} has {len(one.texts)} {different}; a model needs {LEAST} a side, and 15 do well"
            )
    return liked, other


def side(option: str, path: str) -> Side:
    """The texts at a path (file, folder or glob), read as a run reads them."""
    root = glob_root(place(path))
    if not is_remote(root) and not root.exists():
        raise CurateError(f"{option} {path}: nothing is at {root}")
    documents, characters, texts = 0, 0, dict[bytes, str]()
    for doc in read(path):
        documents, characters = documents + 1, characters + len(doc.text)
        if any(map(str.isalnum, doc.text[:MOST_CHARS])):  # a text without a word is like nothing
            texts[blake2b(doc.text.encode(), digest_size=16).digest()] = doc.text[:MOST_CHARS]
        if len(texts) == 2 * MOST:
            texts = first(texts)
    if not documents:
        raise CurateError(f"{option} {path}: no document could be read there")
    return Side(path, documents, characters, first(texts))


def first(texts: dict[bytes, str]) -> dict[bytes, str]:
    """The texts with the smallest hashes, in that order: the same ones however they were read."""
    return dict(islice(sorted(texts.items()), MOST))


def grams_of(texts: Sequence[str]) -> Grams:
    """The words and pairs of all texts, counted."""
    docs = [Doc(text, key=bytes(16)) for text in texts]
    return joined([count_grams(Batch.of(docs[at : at + 500]).words) for at in range(0, len(docs), 500)])


def cross_validated(grams: Grams, labels: np.ndarray) -> np.ndarray:
    """The margin of each document by a model that did not see it."""
    place = np.where(labels, np.cumsum(labels), np.cumsum(~labels)) % FOLDS
    margins = np.zeros(len(labels))
    for fold in range(FOLDS):
        made = regression(grams, labels, place != fold)
        margins[place == fold] = document_margins(grams, made)[place == fold]
    return margins


def document_margins(grams: Grams, made: Fit) -> np.ndarray:
    """The mean margin of each document's passages, as `GramModel` has it."""
    sums = products(grams, normal(grams), np.arange(len(grams.document)), made.weights)
    passages: np.ndarray = np.bincount(grams.document)
    return np.asarray(np.bincount(grams.document, sums) / passages + made.bias)


def regression(grams: Grams, labels: np.ndarray, seen: np.ndarray) -> Fit:
    """Logistic regression on the documents that are `seen`: both sides weigh the same, and so do a side's documents.

    Nesterov's accelerated gradient with a fixed step, since it gives the same bytes each time.
    """
    cost = costs(grams, labels, seen)
    rows, target = np.flatnonzero(cost), labels[grams.document].astype(float)
    ratios = log_ratios(grams, cost, target, rows)
    scale = ratios / np.sqrt(np.mean(ratios**2))
    values = (normal(grams) * scale[grams.bin]).astype(np.float32)
    squares = np.bincount(np.repeat(np.arange(len(target)), np.diff(grams.start)), values**2, len(target))
    step = 1 / ((squares[rows].max() + 1) / 4 + RIDGE)
    weights, bias = np.zeros(BINS), 0.0
    ahead, bias_ahead = weights, bias
    for number in range(STEPS):
        margins = products(grams, values, rows, ahead) + bias_ahead
        slopes = (1 / (1 + np.exp(-margins)) - target) * cost
        found = ahead - step * (sums_by_bin(grams, values, rows, slopes) + RIDGE * ahead)
        found_bias, momentum = bias_ahead - step * slopes.sum(), number / (number + 3)
        ahead, bias_ahead = found + momentum * (found - weights), found_bias + momentum * (found_bias - bias)
        weights, bias = found, found_bias
    return Fit(weights * scale, ratios, bias)


def costs(grams: Grams, labels: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """What each passage counts: half for each side, spread over its documents, then over their passages."""
    documents = np.where(labels, 0.5 / (labels & seen).sum(), 0.5 / (~labels & seen).sum()) * seen
    every: np.ndarray = (documents / np.bincount(grams.document))[grams.document]
    return every


def log_ratios(grams: Grams, cost: np.ndarray, target: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """For each bin the logarithm of its share on the liked side over that on the other."""
    # As much again is spread evenly over all bins: with few documents a word that one of them has proves little. A
    # hundredth of it gives resampled sets that are further from the target (benchmarks/likeness.py).
    totals = np.maximum(np.add.reduceat(np.append(grams.often, 0), grams.start[:-1]), 1)
    shares = grams.often / np.repeat(totals, np.diff(grams.start))
    shares = shares.astype(np.float32)
    liked, other = (sums_by_bin(grams, shares, rows, 2 * cost * side) for side in (target, 1 - target))
    return np.asarray(np.log((liked + 1 / BINS) / (other + 1 / BINS)))


def normal(grams: Grams) -> np.ndarray:
    """The weight of each bin in its passage: the logarithm of its count, of length 1 over all bins."""
    values = logs()[grams.often]
    sizes = np.diff(grams.start)
    rows = np.repeat(np.arange(len(sizes)), sizes)
    lengths = np.sqrt(np.bincount(rows, values.astype(float) ** 2, len(sizes)))
    return np.asarray((values / lengths[rows]).astype(np.float32))


def products(grams: Grams, values: np.ndarray, rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """For each of these passages the sum of its values, each times its bin's weight; 0 for the others."""
    from curate.kernels.grams_loops import multiply

    sums = np.zeros(len(grams.document))
    multiply(grams.start, grams.bin, values, rows, weights, sums)
    return sums


def sums_by_bin(grams: Grams, values: np.ndarray, rows: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """For each bin the sum of the values that these passages have there, each times its passage's slope."""
    from curate.kernels.grams_loops import spread

    sums = np.zeros(BINS)
    spread(grams.start, grams.bin, values, rows, slopes, sums)
    return sums


def calibrated(margins: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Slope and offset that make margins log-odds, both sides weighing the same (Platt 1999, by Newton's method)."""
    liked, other = labels.sum(), (~labels).sum()
    target = np.where(labels, (liked + 1) / (liked + 2), 1 / (other + 2))  # so that no slope is without end
    cost, columns = np.where(labels, 0.5 / liked, 0.5 / other), np.stack([margins, np.ones(len(margins))])
    found = np.zeros(2)
    for _ in range(30):
        odds = 1 / (1 + np.exp(-(found @ columns)))
        curve = (columns * cost * odds * (1 - odds)) @ columns.T + 1e-6 * np.eye(2)
        found = found - np.linalg.solve(curve, (columns * cost) @ (odds - target) + 1e-6 * found)
    return float(found[0]), float(found[1])


def area(values: np.ndarray, labels: np.ndarray) -> float:
    """The area under the ROC curve: how often one of the liked has more than one of the others, ties half."""
    _, place, many = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(many) - (many - 1) / 2)[place]
    liked = int(labels.sum())
    return float((ranks[labels].sum() - liked * (liked + 1) / 2) / (liked * (len(labels) - liked)))
