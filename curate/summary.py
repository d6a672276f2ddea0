"""What a run says at its end: how much was read, what each step did, and what was written."""

from typing import Any

from curate.run import Run
from curate.steps import Tally

COUNTS = ("seen", "dropped", "errors", "changed", "made")


def facts(run: Run) -> dict[str, Any]:
    """All that a finished run has to say, for machines and for `lines` and `table`."""
    manifest = run.manifest
    read = Tally(**manifest["steps"].get("read", {}))
    return {
        "folder": str(run.folder),
        "manifest": str(run.folder / "manifest.json"),
        "fingerprint": manifest["fingerprint"],
        "documents": read.seen,
        "files": sum(source["files"] for source in manifest["sources"].values()),
        "errors": read.errors,
        "unreadable": manifest["unreadable"],
        "steps": [about_step(run, label) for label in manifest["steps"]],
        "outputs": {
            name: {
                "rows": sum(one["rows"] for one in manifest["outputs"][name]["files"].values()),
                "files": [str(path) for path in files],
            }
            for name, files in run.outputs.items()
        },
    }


def about_step(run: Run, label: str) -> dict[str, Any]:
    """What a step did, and how long it took; no seconds where all of it was there already."""
    counts, seconds, bytes = run.manifest["steps"][label], run.seconds.get(label, 0.0), run.bytes.get(label, 0)
    rate = bytes / 1e6 / seconds if seconds > 0.0005 and bytes else None
    told = {name: counts.get(name, 0) for name in COUNTS}
    return {"step": label, **told, "seconds": seconds or None, "mb_per_second": rate}


def summary(facts: dict[str, Any]) -> list[list[str]]:
    """The table at the end of a run: a row a step, what it saw and did, and where the time went."""
    rows = [["step", *COUNTS, "seconds", "MB/s"]]
    slowest = max((step["seconds"] or 0 for step in facts["steps"]), default=0)
    for step in facts["steps"]:
        seconds, rate = step["seconds"], step["mb_per_second"]
        slow = " (slowest)" if seconds and seconds == slowest else ""
        numbers = [f"{step[name]:,}" for name in COUNTS]
        timed = [f"{seconds:.2f}" if seconds else "there already", f"{rate:.1f}" if rate else ""]
        rows.append([step["step"] + slow, *numbers, *timed])
    return rows


def unread(facts: dict[str, Any]) -> str:
    """The first line of a summary: how much was read, and what could not be."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in facts["unreadable"].items())
    told = f"{facts['errors']:,} could not be read ({kinds})" if facts["errors"] else "all could be read"
    return f"{facts['documents']:,} documents in {facts['files']:,} files; {told}"
