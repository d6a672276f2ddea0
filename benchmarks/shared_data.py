"""Where the real data for benchmarks lies: outside the project, in ../shared or where CURATE_SHARED points."""

import os
import sys
from pathlib import Path

SHARED = Path(os.environ.get("CURATE_SHARED", Path(__file__).parent.parent.parent / "shared"))


def shared(path: str) -> Path:
    """A file of the shared data; ends the benchmark with a sentence where it is not there."""
    if not (SHARED / path).exists():
        sys.exit(f"skipped: {path} is not in {SHARED}; set CURATE_SHARED to the folder with data/ and bench/")
    return SHARED / path
