"""The same job by curate and by its peers: read JSONL, drop what quality filters drop, write JSONL; no deduplication.

`python benchmarks/pipeline.py` reads ../shared/data/text and the peers' scripts in ../shared/bench (or in
$CURATE_SHARED). datatrove runs its FineWeb filters (Gopher repetition, Gopher quality, C4, FineWeb), Data-Juicer its
nearest operators. The rules differ, so the documents that each keeps are told as well. Everyone is pinned to one core,
one after the other, curate with one worker. The measure is MB of text for a CPU second of the process and all of its
children, so that other work on the machine matters less. Start-up is the CPU time of a run of one document.

Each peer wants a virtual environment of its own, named by a variable; where it is not set, the others run alone:

    pip install "datatrove[processing,io,cli]" "spacy>=3.8" jieba "xxhash<4"   CURATE_DATATROVE_PYTHON=VENV/bin/python
    pip install py-data-juicer==1.6.1 scipy aiohttp                            CURATE_DATAJUICER_PYTHON=VENV/bin/python
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from shared_data import documents, peer, shared

STEPS = ["language", {"length": {"min": 100}}, "garble", "repetition", "quality"]
SCRIPTS = {"datatrove": "peer_datatrove.py", "data-juicer": "peer_datajuicer.py"}


def main() -> None:
    """Print a table a language."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--large", type=float, default=32, help="MB of text for curate: the documents, copied")
    asked.add_argument("--small", type=float, default=2.5, help="MB of text for everyone: every n-th document")
    options = asked.parse_args()
    ways = {"curate": ours} | {name: way for name in SCRIPTS if (way := theirs(name))}
    for language in ("en", "zh"):
        with tempfile.TemporaryDirectory() as folder:
            compare(language, ways, Path(folder), options)


def compare(language, ways, folder, options):
    """Run everyone on one document, on the small set, and curate on the large one, and print what it took."""
    docs = documents(language)
    whole = sum(map(size, docs))
    sets = {"one": docs[:1], "small": docs[:: round(whole / options.small / 1e6)]}
    copies = range(round(options.large * 1e6 / whole))
    sets["large"] = [row | {"id": f"{copy}/{row['id']}"} for copy in copies for row in docs]
    paths = {name: put(folder / f"{name}.jsonl", rows) for name, rows in sets.items()}
    print(
        f"\n{language:24}{'MB':>7}{'docs':>8}{'kept':>8}{'CPU s':>9}{'start-up':>10}{'MB/CPU s':>10}{'without it':>12}"
    )
    kept, bare = {}, {}
    for name, way in ways.items():
        way(paths["one"], folder / "warm", language)  # compiles what a first run compiles
        start, _ = way(paths["one"], folder / "one", language)
        for which in ("small", "large") if way is ours else ("small",):
            label = f"{name}, the large set" if which == "large" else name
            mb = sum(map(size, sets[which])) / 1e6
            took, left = way(paths[which], folder / f"{name}-{which}", language)
            told = f"{took:9.1f}{start:10.1f}{mb / took:10.2f}{mb / (took - start):12.2f}"
            print(f"{label:24}{mb:7.1f}{len(sets[which]):8,}{len(left):8,}{told}", flush=True)
            kept[label], bare[label] = left, (mb / took, mb / (took - start))
    for name in kept.keys() - {"curate", "curate, the large set"}:
        best = bare["curate, the large set"][1] / bare[name][1]
        print(
            f"curate is {bare['curate'][0] / bare[name][0]:.1f} x {name} on the small set, start-up counted; "
            f"{best:.1f} x without start-up, ours on the large set"
        )
        both = len(kept["curate"] & kept[name])
        alone = len(kept["curate"]) - both, len(kept[name]) - both
        print(f"kept by both {both:,}, by curate alone {alone[0]:,}, by {name} alone {alone[1]:,}")


def ours(path, out, language):
    """CPU seconds and the ids that are left, by `curate run` with one worker."""
    recipe = {"sources": {"docs": {"path": str(path)}}, "steps": STEPS, "text": {"format": "jsonl"}}
    out.mkdir()
    (out / "recipe.json").write_text(json.dumps(recipe), "utf-8")  # JSON is YAML
    command = [sys.executable, "-m", "curate.cli", "run", out / "recipe.json", "--out", out / "run", "--workers", "1"]
    took, _ = cpu_seconds(command, out)
    made = sorted((out / "run/text").glob("*.jsonl"))
    return took, {json.loads(line)["id"] for file in made for line in file.read_text("utf-8").splitlines()}


def theirs(name):
    """The same by a peer's script in the peer's Python, which it may not have."""
    if not (python := peer(name)):
        return None
    script = shared(f"bench/{SCRIPTS[name]}")

    def way(path, out, language):
        # the scripts' settings lie beside them
        took, _ = cpu_seconds([python, script, "filter", path, out, "--lang", language], script.parent)
        ids = out / "kept_ids.txt"
        return took, set(ids.read_text("utf-8").splitlines()) if ids.exists() else set()

    return way


def cpu_seconds(command, folder):
    """User and system seconds of a command and its children on one core, and its wall seconds."""
    core = {max(os.sched_getaffinity(0))}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    pin = lambda: os.sched_setaffinity(0, core)  # noqa: E731
    done = subprocess.run(command, cwd=folder, preexec_fn=pin, capture_output=True, text=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{command[0]} failed: {done.stderr[-2000:]}")
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, wall


def put(path, rows):
    """Rows as a JSONL file."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def size(row):
    """Bytes of text."""
    return len(row["text"].encode())


if __name__ == "__main__":
    main()
