"""What it costs that a document which hangs, dies or eats memory is found and set aside: microseconds a document.

`python benchmarks/isolation.py` takes 20,000 small documents, English and Chinese, through a stage of one trivial step,
once for each document and once for each batch: in this process without a guard, and in a supervised worker. Beside
it stand two other ways to isolate single documents: pebble (`pip install pebble`; left out where it is not there), with
a time-out for each document, and a forked process for each. One worker each; the best of three rounds.
"""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import isolation  # this very file, by a name that workers can import

from curate import Batch, Doc, guard, key_of
from curate.engines.local import LocalEngine
from curate.recipe import read_recipe
from curate.stages import make_stage, run_stage

DOCUMENTS, FORKED, ROUNDS = 20_000, 2_000, 3
TEXT = "The pump is stopped before the cover is taken off. 启动前先关闭吸入阀,再检查密封。 " * 3
PLUGIN = """
import numpy as np

import curate


@curate.score(min=0)
def by_doc(doc):
    return len(doc.text)


@curate.score(min=0)
def by_batch(batch):
    return np.diff(batch.utf8[1])
"""


def main() -> None:
    """Print a line a way."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "trivial.py").write_text(PLUGIN)
        (folder / "docs.md").write_text(TEXT)
        bare = {step: least(lambda step=step: stage_seconds(folder, step)) for step in ("by_doc", "by_batch")}
        with LocalEngine(1, isolation.nothing, ()) as engine:
            start = time.perf_counter()
            engine.map(isolation.nothing, [()])
            started = time.perf_counter() - start
            guarded = {
                step: least(lambda step=step: engine.map(isolation.stage_seconds, [(folder, step)])[0]) for step in bare
            }
            trips = least(lambda: timed(lambda: engine.map(isolation.nothing, [()] * 1_000))) / 1_000
            texts = [TEXT] * DOCUMENTS
    print(f"{'':44}{'µs a document':>14}{'more than bare':>16}")
    for step, seconds in bare.items():
        plain, watched = seconds / DOCUMENTS * 1e6, guarded[step] / DOCUMENTS * 1e6
        told(f"{step}: in this process, no guard", plain)
        told(f"{step}: in a supervised worker", watched, watched - plain)
    plain = least(lambda: timed(lambda: [len(text) for text in texts])) / DOCUMENTS * 1e6
    told("len(text) in this process", plain)
    for label, seconds in others(texts).items():
        told(f"len(text): {label}", seconds * 1e6, seconds * 1e6 - plain)
    print(f"\na unit's way to a worker and back: {trips * 1e6:,.0f} µs; a new worker: {started:.2f} s")


def told(label: str, cost: float, more: float | None = None) -> None:
    """Print a line of the table."""
    print(f"{label:44}{cost:14,.2f}{'' if more is None else f'{more:,.2f}':>16}")


def stage_seconds(folder: Path, step: str) -> float:
    """Seconds for one step over the documents, guarded where this process is a worker."""
    recipe = read_recipe({"plugins": ["trivial.py"], "sources": {"docs": "docs.md"}, "steps": [step]}, folder=folder)
    stage = make_stage(recipe.steps)
    docs = [Doc(TEXT, key=key_of(number), source="docs") for number in range(DOCUMENTS)]
    batches = [Batch.of(docs[start : start + 1_000]) for start in range(0, DOCUMENTS, 1_000)]
    run_stage(stage, Batch(batches[0].table))
    with guard.task(guard.suspects_path(folder, step), recipe.limits):
        return timed(lambda: [run_stage(stage, batch) for batch in batches])


def others(texts: list[str]) -> dict[str, float]:
    """Seconds a document of other ways to isolate it."""
    found = {}
    try:
        from pebble import ProcessPool
    except ModuleNotFoundError:
        print("pebble is not installed: left out")
    else:
        with ProcessPool(max_workers=1) as pool:
            pool.schedule(len, args=[TEXT]).result()

            def through() -> None:
                for future in [pool.schedule(len, args=[text], timeout=60) for text in texts]:
                    future.result()

            found["pebble, a task each"] = timed(through) / len(texts)
    found["a forked process each"] = least(lambda: timed(lambda: [forked(text) for text in texts[:FORKED]])) / FORKED
    return found


def forked(text: str) -> int:
    """The length of a text, found by a child."""
    read, write = os.pipe()
    if (child := os.fork()) == 0:
        os.write(write, str(len(text)).encode())
        os._exit(0)
    os.close(write)
    length = int(os.read(read, 100))
    os.close(read)
    os.waitpid(child, 0)
    return length


def nothing() -> None:
    """A task that does nothing."""


def least(measure: Callable[[], float]) -> float:
    """The best of some rounds."""
    return min(measure() for _ in range(ROUNDS))


def timed(work: Callable[[], object]) -> float:
    """Seconds that something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
