"""Kill a run at a hundred moments and more, go on, and compare every byte that it leaves with an undisturbed run's.

`python benchmarks/kills.py` runs recipes/quickstart.yaml on sample_data: killed at every nth write in its folder (a
file begun, renamed or removed, by any of its processes), at random times, and with one worker killed at a time.
`--every 1` takes all writes. Prints a table: how the run was killed, how often, in which phases, and how many files
differed after it went on.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from kills import kill, made, phase, start, writes  # noqa: E402  the harness of the tests

RECIPE = ROOT / "recipes" / "quickstart.yaml"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=0, help="kill at every so manieth write; 60 of them by default")
    parser.add_argument("--random", type=int, default=40, help="kill at so many random times")
    parser.add_argument("--workers", type=int, default=10, help="kill so many single workers")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole, count, seconds = undisturbed(folder / "whole")
        print(f"undisturbed: {len(whole)} files, {count} writes, {seconds:.1f} s")
        step = asked.every or max(count // 60, 1)
        by_workers = range(1, count // 4, count // 4 // asked.workers)
        told = [
            killed("the run, at a write", folder / "writes", whole, range(1, count, step)),
            killed("the run, at a random time", folder / "times", whole, times(asked.random, seconds)),
            killed("one worker, at its write", folder / "workers", whole, by_workers),
        ]
    print(f"{'killed':28}{'moments':>9}{'hit':>6}{'files compared':>16}{'differing':>11}  phases")
    for label, moments, hit, compared, differing, phases in told:
        said = ", ".join(f"{name} {times}" for name, times in phases.items())
        print(f"{label:28}{moments:>9}{hit:>6}{compared:>16}{differing:>11}  {said}")
    sys.exit(any(differing for *_, differing, _ in told))


def undisturbed(folder: Path) -> tuple[dict[str, str], int, float]:
    """What the run leaves, its writes, and its seconds."""
    begin = time.monotonic()
    process = start(RECIPE, folder / "run", folder / "aside")
    said = process.communicate()[0].decode()
    assert process.returncode == 0, said
    return dict(made(folder / "run")), writes(folder / "aside"), time.monotonic() - begin


def times(number: int, seconds: float) -> list[float]:
    """Random times within a run."""
    return [random.Random(seed).uniform(0, seconds) for seed in range(number)]


def killed(label: str, folder: Path, whole: dict[str, str], moments: range | list[float]) -> tuple:
    """Kill at each moment, go on to the end, compare."""
    phases, hit, compared, differing = Counter[str](), 0, 0, 0
    for number, moment in enumerate(moments):
        out, aside = folder / str(number) / "run", folder / str(number) / "aside"
        if isinstance(moment, float):
            process = start(RECIPE, out, aside)
            time.sleep(moment)
            kill(process)
        else:
            process = start(RECIPE, out, aside, at=moment, who="worker" if "worker" in label else "run")
            process.communicate()
        hit += process.returncode != 0 if "worker" not in label else writes(aside) >= int(moment)
        phases[phase(out)] += 1
        again = start(RECIPE, out, aside)
        again.communicate()
        left = made(out)
        compared += len(whole)
        differing += sum(left.get(name) != digest for name, digest in whole.items()) + len(left.keys() - whole.keys())
    return label, len(moments), hit, compared, differing, phases


if __name__ == "__main__":
    main()
