"""What a run says at its end: how much was read, and a table of its steps."""

from curate.run import Run
from curate.steps import Tally


def summary(run: Run) -> list[list[str]]:
    """The table at the end of a run: a row a step, what it saw and did, and where the time went."""
    rows = [["step", "seen", "dropped", "errors", "changed", "made", "seconds", "MB/s"]]
    slowest = max(run.seconds, key=lambda label: run.seconds[label], default="")
    for label, counts in run.manifest["steps"].items():
        numbers = [f"{counts.get(name, 0):,}" for name in ("seen", "dropped", "errors", "changed", "made")]
        seconds = run.seconds.get(label, 0.0)
        bytes = run.bytes.get(label, 0)
        slow = " (slowest)" if label == slowest and seconds else ""
        rate = f"{bytes / 1e6 / seconds:.1f}" if seconds > 0.0005 and bytes else ""
        rows.append([label + slow, *numbers, f"{seconds:.2f}" if seconds else "there already", rate])
    return rows


def unread(run: Run) -> str:
    """The first line of a summary: how much was read, and what could not be."""
    files = sum(source["files"] for source in run.manifest["sources"].values())
    read = Tally(**run.manifest["steps"].get("read", {}))
    kinds = ", ".join(f"{count} {kind}" for kind, count in run.manifest["unreadable"].items())
    told = f"{read.errors:,} could not be read ({kinds})" if read.errors else "all could be read"
    return f"{read.seen:,} documents in {files:,} files; {told}"
