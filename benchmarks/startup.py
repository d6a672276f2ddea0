"""How long one waits for anything at all: wall seconds, the median of five, beside bare Python and a peer.

`python benchmarks/startup.py` runs the commands as a shell does, in turn, after one go that is not counted. The peer,
datatrove, wants a virtual environment of its own, with `pip install "datatrove[processing,io,cli]" "spacy>=3.8" jieba
"xxhash<4"`, and CURATE_DATATROVE_PYTHON=VENV/bin/python; without it curate is measured alone. Its run of one document
is the script bench/peer_datatrove.py in ../shared (or $CURATE_SHARED), the pipeline of pipeline.py.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from shared_data import SHARED, peer

TEXT = """The pump is stopped before the cover is taken off, and it is not started again until the seal has been seen.

Close the valve on the suction side first, then the one that leads to the tank, and wait until the gauge is at zero. Oil
that has run out is wiped up at once. A bearing that was hot to the hand belongs in the log, with the date and the hour.
"""
STEPS = ["normalize", "language", {"length": {"min": 100}}, "garble", "gopher_repetition", "gopher_quality"]
FILTERS = "C4QualityFilter, FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter"
IMPORTS = f"""
from datatrove.executor.local import LocalPipelineExecutor
from datatrove.pipeline.filters import {FILTERS}
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers.jsonl import JsonlWriter
"""
ROUNDS = 5


def main() -> None:
    """Print a line a command."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "doc.jsonl").write_text(json.dumps({"id": "one", "text": TEXT}) + "\n", "utf-8")
        recipe = {"sources": {"docs": {"path": "doc.jsonl"}}, "steps": STEPS, "text": {"format": "jsonl"}}
        (folder / "recipe.json").write_text(json.dumps(recipe), "utf-8")  # JSON is YAML
        curate = [sys.executable, "-m", "curate"]
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "curate --help": [*curate, "--help"],
            "curate plugins": [*curate, "plugins"],
            "curate plan, one document": [*curate, "plan", "recipe.json"],
            "curate run, one document": [*curate, "run", "recipe.json", "--workers", "1", "--out"],
        }
        if python := peer("datatrove"):
            commands["datatrove, its imports"] = [python, "-c", IMPORTS]
            if (script := SHARED / "bench/peer_datatrove.py").exists():
                commands["datatrove, one document"] = [python, script, "filter", "doc.jsonl", "peer"]
        seconds = {label: [] for label in commands}
        for number in range(ROUNDS + 1):
            for label, command in commands.items():
                new = [f"run-{number}"] if command[-1] == "--out" else []
                seconds[label].append(wall_seconds([*command, *new], folder))
    print(f"{'':28}{'seconds':>9}{'from':>8}{'to':>8}")
    for label, (_, *took) in seconds.items():
        print(f"{label:28}{median(took):9.2f}{min(took):8.2f}{max(took):8.2f}")


def wall_seconds(command, folder):
    """How long a command takes."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    took = time.perf_counter() - start
    if "--out" in command and not (folder / command[-1] / "manifest.json").exists():
        sys.exit(f"{command} made nothing")
    return took if not done.returncode else sys.exit(f"{command} failed: {done.stderr[-2000:]}")


if __name__ == "__main__":
    main()
