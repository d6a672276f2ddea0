"""Fit the limits of Chinese text: those that drop the same share of a sample as FineWeb-2's do on jieba's words.

`python benchmarks/chinese_limits.py` reads ../shared/data/text/zh.jsonl.gz (or another --sample, JSONL with `id` and
`text`) and runs datatrove, whose Python CURATE_DATATROVE_PYTHON names, for the values on jieba's words. FineWeb-2's
limits are those of its configuration for cmn_Hani. For each value it prints the share that FineWeb-2's limit drops, the
share it would drop of curate's values, and the fitted limit: those in the plugins' `zh=` are of this script.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from shared_data import documents, peer

from curate import Batch, Doc, key_of
from curate.plugins import load_plugins

FINEWEB2 = {  # value → (which side, limit)
    "gopher_quality.words": ("low", 50),
    "gopher_quality.mean_word_length": ("high", 5),
    "gopher_quality.alphabetic_share": ("low", 0.735),
    "gopher_quality.stop_words": ("low", 2),
    "gopher_repetition.dup_lines": ("high", 0.287),
    "gopher_repetition.top_2": ("high", 0.256),
    "gopher_repetition.top_3": ("high", 0.201),
    "gopher_repetition.top_4": ("high", 0.171),
    "gopher_repetition.dup_5": ("high", 0.198),
    "gopher_repetition.dup_6": ("high", 0.182),
    "gopher_repetition.dup_7": ("high", 0.167),
    "gopher_repetition.dup_8": ("high", 0.154),
    "gopher_repetition.dup_9": ("high", 0.14),
    "gopher_repetition.dup_10": ("high", 0.127),
    "fineweb_quality.line_punct": ("low", 0.106),
    "fineweb_quality.dup_line_chars": ("high", 0.1),
    "fineweb_quality.list_ratio": ("high", 0.178),
}


def main() -> None:
    """Print the table."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--sample", type=Path, help="JSONL with id and text, Chinese")
    options = asked.parse_args()
    if not (python := peer("datatrove")):
        return
    rows = [json.loads(line) for line in options.sample.open(encoding="utf-8")] if options.sample else documents("zh")
    theirs, ours = jieba_values(python, rows), curate_values(rows)
    print(f"{len(rows):,} documents\n{'':36}{'FineWeb-2':>10}{'drops':>8}{'of ours':>9}{'fitted':>9}{'drops':>8}")
    for name, (side, limit) in FINEWEB2.items():
        wanted = share(theirs[name], side, limit)
        fitted = fit(ours[name], side, wanted)
        shares = [share(ours[name], side, one) for one in (limit, fitted)]
        print(f"{name:36}{limit:10g}{wanted:8.1%}{shares[0]:9.1%}{fitted:9.3g}{shares[1]:8.1%}")


def share(values, side, limit):
    """The share of documents that a limit drops."""
    return float(np.mean(values < limit if side == "low" else values > limit))


def fit(values, side, wanted):
    """The limit, of three digits, that drops the share that is wanted, or next to it."""
    ranked = np.sort(values)
    at = round(wanted * len(values))
    at = at if side == "low" else len(values) - at
    between = (ranked[max(at - 1, 0)] + ranked[min(at, len(ranked) - 1)]) / 2
    return float(f"{between:.3g}")


def jieba_values(python, rows):
    """Name → an array of datatrove's values on jieba's words."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder, "in.jsonl"), Path(folder, "out.jsonl")
        source.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
        script = Path(__file__).with_name("datatrove_values.py")
        subprocess.run([python, script, source, out, "zh"], check=True, stdout=sys.stderr, stderr=subprocess.DEVNULL)
        found = [json.loads(line)["values"] for line in out.open(encoding="utf-8")]
    return {name: np.array([one.get(name, 0.0) for one in found]) for name in FINEWEB2}


def curate_values(rows):
    """Name → an array of curate's values."""
    registry, found = load_plugins()["step"], {}
    docs = [Doc(row["text"], key=key_of(at)) for at, row in enumerate(rows)]
    for at in range(0, len(docs), 500):
        batch = Batch.of(docs[at : at + 500])
        for step in dict.fromkeys(name.partition(".")[0] for name in FINEWEB2):
            for value, column in registry[step].function(batch).items():
                found.setdefault(f"{step}.{value}", []).append(np.asarray(column))
    return {name: np.concatenate(columns) for name, columns in found.items()}


if __name__ == "__main__":
    main()
