"""What several benchmarks need: the real data, outside the project, and the Pythons in which peers are installed.

The data lies in ../shared beside the repository or where CURATE_SHARED points.
"""

import gzip
import json
import os
import sys
import time
from pathlib import Path

SHARED = Path(os.environ.get("CURATE_SHARED", Path(__file__).parent.parent.parent / "shared"))
PEERS = {  # a variable that names the Python of a virtual environment, and what to install there
    "datatrove": (
        "CURATE_DATATROVE_PYTHON",
        'pip install "datatrove[processing,io,cli]" "spacy>=3.8" jieba "xxhash<4"',
    ),
    "data-juicer": ("CURATE_DATAJUICER_PYTHON", "pip install py-data-juicer==1.6.1 scipy aiohttp"),
    "detect-secrets": ("CURATE_DETECT_SECRETS_PYTHON", "pip install detect-secrets==1.5.0"),
}


def shared(path: str) -> Path:
    """A file of the shared data; ends the benchmark with a sentence where it is not there."""
    if not (SHARED / path).exists():
        print(f"skipped: {path} is not in {SHARED}; set CURATE_SHARED to the folder with data/ and bench/")
        sys.exit()
    return SHARED / path


def rows(path: str) -> list[dict]:
    """The rows of a shared JSONL file, plain or .gz."""
    opened = gzip.open if path.endswith(".gz") else open
    with opened(shared(path), "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def documents(language: str) -> list[dict]:
    """Real documents with id and text, 2,389 of them `en`, 672 `zh`."""
    return rows(f"data/text/{language}.jsonl.gz")


def peer(name: str) -> str:
    """The Python in which a peer is installed; nothing, and a sentence how to install it, where there is none."""
    variable, install = PEERS[name]
    python = os.environ.get(variable, "")
    if not python:
        print(f"{name} is left out: in a virtual environment of its own, {install}; then {variable}=VENV/bin/python")
    elif not Path(python).is_file():
        sys.exit(f"{variable}: there is no {python}")
    return python


def speed(work, tables) -> float:
    """MB in a second of processor time, the best of three rounds.

    The first compiles, or loads what was compiled; each has new batches, so that no view is there before it is asked.
    """
    from curate import Batch

    best = float("inf")
    for _ in range(3):
        fresh = [Batch(table) for table in tables]
        start = time.process_time()
        for batch in fresh:
            work(batch)
        best = min(best, time.process_time() - start)
    return sum(batch.text_bytes for batch in fresh) / best / 1e6
