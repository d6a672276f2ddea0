"""Real documents of all kinds through one recipe: how many are kept, and how fast, a source and all together.

`python benchmarks/real_files.py [FOLDER]` reads ../shared/data (or $CURATE_SHARED/data): 3,061 Markdown documents, 728
pages, 45 PDFs, 17 office files. The runs stay in FOLDER, so that what they kept and dropped can be looked at. It has no
peer to install: none reads all of these.
"""

import json
import lzma
import sys
import time
from pathlib import Path
from tempfile import mkdtemp

from shared_data import shared

import curate

STEPS = ["normalize", "pii", "language", {"length": {"min": 100}}, "garble", "gopher_repetition", "gopher_quality"]
STEPS += ["exact_dedup", "line_dedup"]


def main() -> None:
    """Run the recipe for each source and for all of them, and print the table."""
    work = Path(sys.argv[1] if len(sys.argv) > 1 else mkdtemp())
    sources = {"text": shared("data/text"), "html": unpacked_pages(work / "pages"), "pdf": shared("data/pdf")}
    sources |= {"office": shared("data/office")}
    paths = {name: str(path / ("*.pdf" if name == "pdf" else "*")) for name, path in sources.items()}
    warm({"text": paths["text"]}, work / "warm")
    print(f"{'source':8}{'files':>8}{'documents':>11}{'unread':>8}{'kept':>8}{'MB in':>8}{'seconds':>9}{'MB/s':>7}")
    for name, path in paths.items():
        show(name, {name: path}, work / name)
    show("all", paths, work / "all")
    print(f"the runs are in {work}")


def unpacked_pages(folder: Path) -> Path:
    """The pages of the HTML sets as files."""
    folder.mkdir(parents=True, exist_ok=True)
    for packed in sorted(shared("data/html").glob("*.xz")):
        with lzma.open(packed, "rt", encoding="utf-8") as rows:
            for number, row in enumerate(map(json.loads, rows)):
                page = folder / f"{packed.name.partition('.')[0]}-{number:04}.html"
                page.write_text(row["html"], encoding="utf-8", errors="replace")
    return folder


def warm(sources: dict[str, str], out: Path) -> None:
    """Compile what a first run compiles, outside the timing."""
    curate.run({"sources": sources, "steps": STEPS}, out, limit=50)


def show(label: str, sources: dict[str, str], out: Path) -> None:
    """One run, from nothing, as a row of the table."""
    recipe = {"sources": sources, "steps": STEPS, "text": {}}
    if label == "all":
        recipe["sft"] = {"steps": ["mine", "exact_dedup"], "mix": {"text": 1, "html": 1}, "when_short": "shrink"}
    start = time.perf_counter()
    done = curate.run(recipe, out)
    seconds = time.perf_counter() - start
    about = done.manifest["sources"].values()
    files, size = sum(one["files"] for one in about), sum(one["bytes"] for one in about) / 1e6
    read = done.manifest["steps"]["read"]
    kept = done.manifest["outputs"]["text"]["documents"]
    counts = f"{files:8,}{read['seen']:11,}{read.get('errors', 0):8,}{kept:8,}"
    print(f"{label:8}{counts}{size:8.1f}{seconds:9.1f}{size / seconds:7.1f}", flush=True)


if __name__ == "__main__":
    main()
