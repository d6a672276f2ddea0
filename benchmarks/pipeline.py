"""The same job by curate and by its peers: read JSONL, drop what quality filters drop, write JSONL; no deduplication.

`python benchmarks/pipeline.py` reads ../shared/data/text and the peers' scripts in ../shared/bench (or in
$CURATE_SHARED). datatrove runs its FineWeb filters (Gopher repetition, Gopher quality, C4, FineWeb), Data-Juicer its
nearest operators. The rules differ, so the documents that each keeps are told as well. Everyone is pinned to one core,
one after the other, curate with one worker. The measure is MB of text for a CPU second of the process and all of its
children, so that other work on the machine matters less. Start-up is the CPU time of a run of one document, the median
of three; what is left is told only where it is half as much or more.

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
from pathlib import Path
from statistics import median

from shared_data import documents, peer, shared

import curate

STEPS = ["language", {"length": {"min": 100}}, "garble", "gopher_repetition", "gopher_quality"]
NOTHING_LEFT = 4  # the exit code of curate's alarm
SCRIPTS = {"datatrove": "peer_datatrove.py", "data-juicer": "peer_datajuicer.py"}


def main() -> None:
    """Print a table a language."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--large", type=float, default=64, help="MB of text for curate: the documents, copied")
    asked.add_argument("--small", type=float, default=7, help="MB of text for everyone: every n-th document")
    options = asked.parse_args()
    ways = {"curate": ours} | {name: way for name in SCRIPTS if (way := theirs(name))}
    for language in ("en", "zh"):
        with tempfile.TemporaryDirectory() as folder:
            compare(language, ways, Path(folder), options)


def compare(language, ways, folder, options):
    """Run everyone on one document, on the small set, and curate on the large one, and print what it took."""
    docs = documents(language)
    total = sum(map(size, docs))
    sets = {"one": docs[:1], "small": docs[:: max(round(total / options.small / 1e6), 1)]}
    copies = range(max(round(options.large * 1e6 / total), 1))
    sets["large"] = [row | {"id": f"{copy}/{row['id']}"} for copy in copies for row in docs]
    paths = {name: put(folder / f"{name}.jsonl", rows) for name, rows in sets.items()}
    print(
        f"\n{language:24}{'MB':>7}{'docs':>8}{'kept':>8}{'CPU s':>9}{'start-up':>10}{'MB/CPU s':>10}{'without it':>12}"
    )
    kept, whole, bare = {}, {}, {}
    for name, way in ways.items():
        way(paths["one"], folder / f"{name}-warm", language)  # compiles what a first run compiles
        start = median(way(paths["one"], folder / f"{name}-one-{turn}", language)[0] for turn in range(3))
        for which in ("small", "large") if way is ours else ("small",):
            label = f"{name}, the large set" if which == "large" else name
            mb = sum(map(size, sets[which])) / 1e6
            took, left = way(paths[which], folder / f"{name}-{which}", language)
            bare[label] = mb / (took - start) if took > 1.5 * start else None
            told = f"{took:9.1f}{start:10.1f}{mb / took:10.2f}{f'{bare[label]:.2f}' if bare[label] else '-':>12}"
            print(f"{label:24}{mb:7.1f}{len(sets[which]):8,}{len(left):8,}{told}", flush=True)
            kept[label], whole[label] = left, mb / took
    for name in [name for name in ways if name != "curate"]:
        times = f"start-up counted, curate is {whole['curate'] / whole[name]:.1f} x {name} on the same documents"
        if bare[name] and bare["curate, the large set"]:
            times += f"; without start-up {bare['curate, the large set'] / bare[name]:.0f} x, ours on the large set"
        both, mine, its = len(kept["curate"] & kept[name]), len(kept["curate"]), len(kept[name])
        print(f"{times}\nkept by both {both:,}, by curate alone {mine - both:,}, by {name} alone {its - both:,}")


def ours(path, out, language):
    """CPU seconds and the ids that are left, by `curate run` with one worker."""
    recipe = {"sources": {"docs": {"path": str(path)}}, "steps": STEPS, "text": {"format": "jsonl"}}
    out.mkdir()
    (out / "recipe.json").write_text(json.dumps(recipe), "utf-8")  # JSON is YAML
    command = [sys.executable, "-m", "curate", "run", out / "recipe.json", "--out", out / "run", "--workers", "1"]
    took = cpu_seconds(command, out)
    text = out / "run/text"  # not there where no document is left: the one of the start-up may go
    return took, {doc.id for doc in curate.read(text)} if text.exists() else set()


def theirs(name):
    """The same by a peer's script in the peer's Python, which it may not have."""
    if not (python := peer(name)):
        return None
    script = shared(f"bench/{SCRIPTS[name]}")

    def way(path, out, language):
        # the scripts' settings lie beside them
        took = cpu_seconds([python, script, "filter", path, out, "--lang", language], script.parent)
        ids = out / "kept_ids.txt"
        return took, set(ids.read_text("utf-8").split("\n")) if ids.exists() else set()

    return way


def cpu_seconds(command, folder):
    """User and system seconds of a command and its children on one core."""
    core = {max(os.sched_getaffinity(0))}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    pin = lambda: os.sched_setaffinity(0, core)  # noqa: E731
    done = subprocess.run(command, cwd=folder, preexec_fn=pin, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, NOTHING_LEFT):
        sys.exit(f"{command[0]} failed: {done.stderr[-2000:]}")
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def put(path, rows):
    """Rows as a JSONL file."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def size(row):
    """Bytes of text."""
    return len(row["text"].encode())


if __name__ == "__main__":
    main()
