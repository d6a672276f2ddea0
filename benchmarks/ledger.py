"""Questions to the ledger of 100,000 documents: seconds of `curate tune` and the like, bytes a row, share of the run.

`python benchmarks/ledger.py` (and `make bench-filters`, at its end) cuts the documents of ../shared/data/text (or of
$CURATE_SHARED) into 100,000 texts, runs the quality filters and exact_dedup on them, and asks. The ledger's share of
the run's CPU time is what it takes to write it again: of each part, and the whole from these.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq
from pipeline import cpu_seconds
from shared_data import documents

from curate import ledger
from curate.parts import Part, noted_run, part_path, write_tables

DOCUMENTS = 100_000
STEPS = ["language", {"length": {"min": 100}}, "garble", "loops", "gopher_repetition", "gopher_quality"]
STEPS += ["c4", "fineweb_quality", "exact_dedup"]
QUESTIONS = {
    "tune, tightened": ["tune", "RUN", "gopher_repetition.dup_5=0.12"],
    "tune, loosened before a gather": ["tune", "RUN", "gopher_quality.alphabetic_share=0.6", "length=60"],
    "limits": ["limits", "RUN"],
    "look": ["look", "RUN", "--dropped-by", "gopher_quality"],
    "why": ["why", "RUN", "en-5"],
}


def main() -> None:
    """Print seconds and bytes."""
    with TemporaryDirectory() as folder:
        run = Path(folder, "run")
        recipe = {"sources": {}, "steps": STEPS, "text": {"format": "jsonl"}}
        for language in ("en", "zh"):
            put(Path(folder, f"{language}.jsonl"), language)
            recipe["sources"][language] = {"path": str(Path(folder, f"{language}.jsonl"))}
        Path(folder, "recipe.json").write_text(json.dumps(recipe), "utf-8")
        took = cpu_seconds([sys.executable, "-m", "curate", "run", f"{folder}/recipe.json", "--out", run], folder)
        about, size = pq.read_metadata(run / "ledger.parquet"), (run / "ledger.parquet").stat().st_size
        rows, values = about.num_rows, len(set(about.schema.to_arrow_schema().names) - set(ledger.FIXED))
        print(
            f"\n{rows:,} rows of {values} values: {size / rows:.1f} bytes each; 4 a value and 24 are {4 * values + 24}"
        )
        print(f"the run took {took:.1f} CPU seconds, of that to write ledgers {rewritten(run, Path(folder)):.1f}")
        for name, question in QUESTIONS.items():
            command = [str(run) if word == "RUN" else word for word in question]
            start = time.perf_counter()
            subprocess.run([sys.executable, "-m", "curate", *command], check=True, stdout=subprocess.DEVNULL)
            print(f"  {name:32}{time.perf_counter() - start:6.1f} s")


def put(path, language):
    """Half of the texts: the documents cut at blank lines into pieces of 500 characters or more, again and again."""
    pieces = [piece for row in documents(language) for piece in cut(row["text"])]
    with path.open("w", encoding="utf-8") as out:
        for number in range(DOCUMENTS // 2):
            again, at = divmod(number, len(pieces))
            text = pieces[at] if not again else f"{pieces[at]}\n\n{pieces[at - again]}"  # no two are the same
            out.write(json.dumps({"id": f"{language}-{number}", "text": text}, ensure_ascii=False) + "\n")


def cut(text):
    """A text in pieces."""
    piece = []
    for paragraph in text.split("\n\n"):
        piece.append(paragraph)
        if sum(map(len, piece)) >= 500:
            yield "\n\n".join(piece)
            piece = []


def rewritten(run, folder):
    """CPU seconds that it takes to write all ledgers of a run again."""
    store, phases = noted_run(run)
    told = [(number, [Part(name, "") for name in names]) for number, names in phases]
    tables = [
        (name, pq.read_table(path))
        for name in dict.fromkeys(name for _, names in phases for name in names)
        if (path := part_path(store, name, "ledger")).exists()
    ]
    start = time.process_time()
    for name, table in tables:
        write_tables(folder / "again" / f"{name}.parquet", [table])
    ledger.write(folder / "whole", store, told, ledger.Told.of(run).rules)
    return time.process_time() - start


if __name__ == "__main__":
    main()
