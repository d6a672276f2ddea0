"""Memory and time do not grow with the corpus: the same job on a small and on a large JSONL, two workers.

normalize, length, gopher_repetition and exact_dedup, then cleaned text and token rows (sample_data's tokenizer). The
documents, English and Chinese by turns, are sentences of sample_data in an order of chance, 1 to 5 KB each, one in 50 a
copy. The measure of memory is the proportional set size of all processes together, twice a second: what they share
counts once.

`make bench-memory` takes 200 MB and 1 GB; `python benchmarks/memory.py --big 5000` 5 GB, and about four times as much
disk. A run's folder is removed when it was measured.
"""

import argparse
import json
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import curate
from curate.progress import Progress

SAMPLE = Path(__file__).parent.parent / "sample_data"
STEPS = ["normalize", "length", "gopher_repetition", "exact_dedup"]
EVERY = 0.5  # seconds between two looks at memory


def main() -> None:
    """Print peaks, times and the share of each phase and step, for both sizes."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--small", type=int, default=200, help="MB of JSONL")
    asked.add_argument("--big", type=int, default=1_000, help="MB of JSONL")
    asked.add_argument("--workers", type=int, default=2)
    asked.add_argument("--folder", type=Path, help="where to work: as much disk as four times the big JSONL")
    asked.add_argument("--run", nargs=2, type=Path, help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.run:
        return run(*options.run, options.workers)
    results = {}
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        free = shutil.disk_usage(folder).free / 1e6
        if free < 4 * options.big:
            sys.exit(f"{options.big} MB of JSONL want {4 * options.big:,} MB of disk; {folder} has {free:,.0f}")
        for name, size in {"warm": 1, "small": options.small, "big": options.big}.items():  # the first compiles loops
            results[name] = measured(Path(folder, name), size, options.workers)
    small, big = results["small"], results["big"]
    for label, values in (
        ("MB of JSONL", [one["mb"] for one in (small, big)]),
        ("peak PSS, MB", [one["peak"] for one in (small, big)]),
        ("seconds", [one["seconds"] for one in (small, big)]),
        ("MB/s", [one["mb"] / one["seconds"] for one in (small, big)]),
        ("CPU seconds", [one["cpu"] for one in (small, big)]),
    ):
        print(f"{label:32}{values[0]:12,.1f}{values[1]:12,.1f}")
    for what in ("seconds", "cpu"):
        ratio = big[what] / big["mb"] / (small[what] / small["mb"])
        print(f"{'CPU ' if what == 'cpu' else ''}time a byte, big : small {ratio:.2f}")
    for one in (small, big):
        print(f"each process at its peak, MB: {', '.join(f'{size:,.0f}' for size in one['each'])}")
    for what in ("phases", "steps"):
        print(f"\n{what}: seconds, share, peak MB")
        for name in big[what]:
            told = [f"{one[what][name]:9.1f}{share(one[what], name):7.1%}" for one in (small, big)]
            peaks = [f"{one['peaks'].get(name, 0):7,.0f}" for one in (small, big)] if what == "phases" else ["", ""]
            print(f"{name[:40]:40}", *(f"{a}{b}" for a, b in zip(told, peaks, strict=True)))


def share(seconds, name):
    """A part of the whole."""
    return seconds[name] / max(sum(seconds.values()), 1e-9)


def measured(folder, megabytes, workers):
    """A run of the job on so many MB: its seconds, its memory, the seconds of phases and steps."""
    folder.mkdir()
    data = folder / "docs.jsonl"
    documents(data, megabytes * 1_000_000)
    recipe = {
        "sources": {"docs": str(data)},
        "steps": STEPS,
        "text": {},
        "pretrain": {"tokenizer": str(SAMPLE / "tokenizer.json"), "mix": {"docs": 1}, "sequence_length": 2048},
    }
    (folder / "recipe.json").write_text(json.dumps(recipe), "utf-8")  # JSON is YAML
    command = [sys.executable, __file__, "--workers", str(workers), "--run", folder / "recipe.json", folder / "run"]
    start, looks, told, before = time.time(), [], folder / "told", cpu_seconds()
    with open(told, "wb") as out, subprocess.Popen(command, stdout=out) as child:
        while child.poll() is None:
            looks.append((time.time(), sizes(child.pid)))
            time.sleep(EVERY)
    if child.returncode:
        sys.exit(f"the run failed with {child.returncode}")
    said = json.loads(told.read_bytes())
    shutil.rmtree(folder)
    total = [(at, sum(each)) for at, each in looks]
    peaks = {
        name: max((size for at, size in total if first <= at <= last), default=0)
        for name, (first, last) in said["phases"].items()
    }
    return {
        "mb": megabytes,
        "seconds": looks[-1][0] - start,
        "cpu": cpu_seconds() - before,
        "peak": max(size for _, size in total),
        "each": max((each for _, each in looks), key=sum),
        "phases": {name: last - first for name, (first, last) in said["phases"].items()},
        "steps": said["steps"],
        "peaks": peaks,
    }


def run(recipe, out, workers):
    """The job itself, in a process of its own; prints when each phase began and ended, and each step's seconds."""
    phases = {}

    class Times(Progress):
        @contextmanager
        def phase(self, label, sizes_of_tasks):
            start = time.time()
            yield lambda result: None
            phases[label] = (start, time.time())

    done = curate.run(recipe, out, workers=workers, progress=Times())
    print(json.dumps({"phases": phases, "steps": done.seconds}))


def cpu_seconds():
    """User and system seconds of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def sizes(pid):
    """Proportional set size in MB of a process and of all that descend from it."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents.setdefault(int(path.read_text().rpartition(")")[2].split()[1]), []).append(int(path.parent.name))
        except OSError:
            continue
    family, found = [pid], []
    for one in family:
        family += parents.get(one, [])
        try:
            found.append(int(re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{one}/smaps_rollup").read_text(), re.M)[1]) / 1e3)
        except (OSError, TypeError):  # it has just ended
            continue
    return found


def sentences():
    """The sentences of sample_data, English and Chinese apart, each as JSON without its quotes."""
    texts = [path.read_text("utf-8") for path in sorted(SAMPLE.rglob("*.md"))]
    for path in sorted((SAMPLE / "general").glob("*.jsonl")):
        texts += [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines()]
    found = {one.strip() for text in texts for one in re.split(r"(?<=[.!?])\s|(?<=[。!?])|\n", text)}
    found = sorted(one for one in found if len(one) > 15 and one[0] not in "|#")
    chinese = {one for one in found if re.search("[一-鿿]", one)}
    as_json = lambda some: [json.dumps(one, ensure_ascii=False)[1:-1] for one in some]  # noqa: E731
    return as_json(one for one in found if one not in chinese), as_json(sorted(chinese))


def documents(path, size):
    """A JSONL of this size; the documents of a small one are the first of a large one."""
    chance, languages, written, copy = random.Random(7), sentences(), 0, ""
    with open(path, "wb") as out:
        for number in range(sys.maxsize):
            pool = languages[number % 2]
            text = " ".join(chance.sample(pool, chance.randrange(10, 50)))
            text, copy = (copy, copy) if number % 50 == 49 else (text, text)
            line = f'{{"id": "{number}", "text": "{text}"}}\n'.encode()
            out.write(line)
            written += len(line)
            if written >= size:
                return


if __name__ == "__main__":
    main()
