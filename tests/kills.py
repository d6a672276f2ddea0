"""Runs that are killed on purpose: at every write boundary, at any time, whole or a worker alone; what is left of them."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

# An audit hook sees every file that is begun, renamed or removed in every process of a run, in one order: a shared
# file counts them, a byte each. The process that brings the count to KILL_AT ends here and now, before it acts.
HOOK = """
import os
import signal
import sys

COUNTER, AT, WHO, ROOT = (os.environ["KILL_" + name] for name in ("COUNTER", "AT", "WHO", "ROOT"))
EVENTS = ("os.rename", "os.remove", "os.mkdir", "tempfile.mkstemp")
WORKER = "curate.engines.worker" in " ".join(sys.orig_argv)
if not WORKER:
    os.environ["KILL_MAIN"] = str(os.getpid())  # workers are in sessions of their own


def hook(event, arguments):
    if event not in EVENTS or not any(str(one).startswith(ROOT) for one in arguments):
        return
    if WHO == "worker" and not WORKER:
        return
    counter = os.open(COUNTER, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(counter, b".")
    reached = os.fstat(counter).st_size == int(AT)
    os.close(counter)
    if reached:
        if WHO == "run":
            os.kill(int(os.environ["KILL_MAIN"]), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)


sys.addaudithook(hook)
"""


def start(recipe: Path, out: Path, aside: Path, at: int = 0, who: str = "run", workers: int = 2) -> subprocess.Popen:
    """`curate run` in a process group of its own, to be killed at its nth write in `out`; `aside` counts them."""
    aside.mkdir(parents=True, exist_ok=True)
    (aside / "sitecustomize.py").write_text(HOOK)
    (aside / "counter").unlink(missing_ok=True)
    root = out if isinstance(out, Path) else aside / "curate-"  # where what goes to a store of objects is written first
    told = {"COUNTER": aside / "counter", "AT": at, "WHO": who, "ROOT": root}
    before = os.environ.get("PYTHONPATH")
    own = {"PYTHONPATH": os.pathsep.join([str(aside), *([before] if before else [])]), "TMPDIR": str(aside)}
    env = os.environ | {f"KILL_{name}": str(value) for name, value in told.items()} | own
    command = [sys.executable, "-m", "curate", "run", str(recipe), "--out", str(out), "--workers", str(workers)]
    return subprocess.Popen(command, env=env, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def writes(aside: Path) -> int:
    """How many writes were counted."""
    return (aside / "counter").stat().st_size


def made(out: Path) -> Mapping[str, str]:
    """Path → SHA-256 of everything that a run leaves for others: outputs, ledger, manifest."""
    files = [out / "manifest.json", out / "ledger.parquet"]
    files += [path for name in ("text", "pretrain", "sft") for path in (out / name).rglob("*") if path.is_file()]
    return {str(path.relative_to(out)): sha256(path.read_bytes()).hexdigest() for path in sorted(files)}


def phase(out: Path) -> str:
    """The phase that a killed run was in, as its log tells."""
    log = out / "log.jsonl"
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()] if log.exists() else []
    phases = [line["phase"] for line in lines if line["event"] == "phase_started"]
    return phases[-1] if phases else "before the first phase"


def kill(process: subprocess.Popen) -> None:
    """End a run as nothing else can; its workers see that it is gone."""
    process.kill()
    process.communicate()
