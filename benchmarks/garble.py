"""Garble: how much of eleven kinds of damage the rules and the model find, at which cost, beside the zlib ratio.

`python benchmarks/garble.py` reads ../shared (or $CURATE_SHARED): data/text and bench/corrupt.py, which damages every
second paragraph. Each run is `curate.run` on those very rows with default limits, the model learned from the dirty rows
themselves. The limits were chosen with seeds 3 and 11 and looked at with seed 12; seed 29 had no part in them.
"""

import json
import subprocess
import sys
import time
import zlib
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from shared_data import documents, shared, speed

import curate
from curate import Batch, Doc, key_of
from curate_plugins.filter.garble import garble
from curate_plugins.filter.loops import loops
from curate_plugins.filter.surprisal import char_model, load, surprisal

SEEDS = (3, 12, 29)
RULES, MODEL = ["garble", "loops"], ["char_model", {"surprisal": {"model": "char_model"}}]


def main() -> None:
    """Print recall by kind, what real documents lose, and speed."""
    with TemporaryDirectory() as folder:
        for language in ("zh", "en"):
            for seed in SEEDS:
                rows = damaged(Path(folder), language, seed)
                print_recall(f"{language} seed {seed}", rows, found(Path(folder), rows))
        for language in ("zh", "en"):
            rows = [{"text": row["text"], "kind": "clean"} for row in documents(language)]
            steps, _ = dropped(Path(folder), rows, [MODEL[0], *RULES, MODEL[1]])
            told = ", ".join(f"{step} {count}" for step, count in Counter(filter(None, steps)).items())
            print(f"{language}  {np.mean(steps != ''):.1%} of {len(rows)} real documents dropped: {told}")
        for language in ("zh", "en"):
            print_speed(language, Path(folder))


def damaged(folder: Path, language: str, seed: int) -> list[dict]:
    """The rows of corrupt.py. A run of repeated spaces, which `normalize` mends, is a kind of its own."""
    out, texts = folder / "rows.jsonl", shared(f"data/text/{language}.jsonl.gz")
    corrupt = [sys.executable, str(shared("bench/corrupt.py")), str(texts), language, str(out), "--seed", str(seed)]
    subprocess.run(corrupt, check=True)
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        if row["kind"] == "repeated_word" and "      " in row["text"]:
            row["kind"] = "repeated_space"
    return rows


def found(folder: Path, rows: list[dict]) -> dict[str, np.ndarray]:
    """Which rows each way finds; the zlib ratio at as many false positives as model and rules together."""
    ways = {"rules": RULES, "model": MODEL, "model, rules": [MODEL[0], *RULES, MODEL[1]], "rules, model": RULES + MODEL}
    hit = {name: dropped(folder, rows, steps)[0] != "" for name, steps in ways.items()}
    clean = np.array([row["kind"] == "clean" for row in rows])
    return hit | {"zlib": by_zlib(rows, clean, hit["model, rules"][clean].mean())}


def by_zlib(rows: list[dict], clean: np.ndarray, share: float) -> np.ndarray:
    """What compresses too well, or too little, or both, whichever finds most, with that share of false positives."""
    texts = [row["text"].encode() for row in rows]
    ratios = np.array([len(zlib.compress(text)) / max(len(text), 1) for text in texts])
    sides = [(share, 0), (0, share), (share / 2, share / 2)]
    bounds = [np.quantile(ratios[clean], [low, 1 - high]) for low, high in sides]
    return max(((ratios < low) | (ratios > high) for low, high in bounds), key=lambda hit: hit[~clean].mean())


def dropped(folder: Path, rows: list[dict], steps: list) -> tuple[np.ndarray, curate.Run]:
    """The step that dropped each row, "" where none did, and the run."""
    number = len(list(folder.iterdir()))
    path = folder / f"{number}.jsonl"
    lines = [json.dumps({"id": str(at), "text": row["text"]}) for at, row in enumerate(rows)]
    path.write_text("\n".join(lines), encoding="utf-8")
    recipe = {"sources": {"all": {"path": str(path)}}, "steps": steps, "text": {"format": "parquet"}}
    run = curate.run(recipe, folder / f"run-{number}", workers=1)
    by = np.full(len(rows), "", object)
    for row in run.ledger.select(["id", "outcome", "step"]).to_pylist():
        if row["outcome"] != "kept":
            by[int(row["id"])] = row["step"]
    return by, run


def print_recall(name: str, rows: list[dict], ways: dict[str, np.ndarray]) -> None:
    """The table of one set of rows."""
    kinds = np.array([row["kind"] for row in rows])
    print(f"\n{name:24}" + "".join(f"{way:>14}" for way in ways))
    shown = sorted(set(kinds) - {"clean", "repeated_space"})
    for kind in [*shown, "repeated_space"] if "repeated_space" in kinds else shown:
        recalls = "".join(f"{hit[kinds == kind].mean():14.3f}" for hit in ways.values())
        print(f"  {kind:16}{(kinds == kind).sum():6}{recalls}")
    means = [np.mean([hit[kinds == kind].mean() for kind in shown]) for hit in ways.values()]
    print(f"  {'mean of ' + str(len(shown)):22}" + "".join(f"{mean:14.3f}" for mean in means))
    print(f"  {'false positives':22}" + "".join(f"{hit[kinds == 'clean'].mean():14.3f}" for hit in ways.values()))


def print_speed(language: str, folder: Path) -> None:
    """MB/s of the steps, views included, and what the model takes."""
    docs = [Doc(row["text"], key=key_of(at)) for at, row in enumerate(documents(language))]
    start = time.process_time()
    (folder / "model").write_bytes(learned := char_model(docs[:1_000]))
    took = time.process_time() - start
    tables = [Batch.of(docs[at : at + 500]).table for at in range(0, len(docs), 500)]
    model = load(folder / "model")
    ways = {"garble": garble, "loops": loops, "surprisal": lambda batch: surprisal(batch, model)}
    told = ", ".join(f"{name} {speed(way, tables):,.0f}" for name, way in ways.items())
    many = min(len(docs), 1_000)
    print(f"{language}  MB/s: {told}; char_model {took:.1f} s for {many} documents, {len(learned):,} bytes")


if __name__ == "__main__":
    main()
