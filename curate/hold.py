"""Holding a run's folder: one process at a time, on a disk by a lock of the system, elsewhere by a lease."""

import fcntl
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from curate.errors import CurateError
from curate.files import is_remote, put, put_new
from curate.removal import FILE

LEASE = 60.0  # seconds after which a lease that was not renewed is anybody's; machines' clocks differ by less


@contextmanager
def held(folder: Path) -> Iterator[Callable[[], None]]:
    """The run's folder for this process alone; raises `CurateError` where another run holds it.

    Gives a function that raises `CurateError` where the folder was lost meanwhile, to be asked before the manifest.
    """
    if (
        folder.exists()
        and not (folder / "parts").exists()
        and any(one.name[0] != "." and one.name != FILE for one in folder.iterdir())
    ):
        if (folder / "manifest.json").exists() and (folder / "ledger.parquet").exists():
            raise CurateError(f"{folder} holds a run whose parts/ are gone: remove it, or name a new folder with --out")
        raise CurateError(f"{folder} holds files that are no run's; name a new folder with --out")
    with leased(folder) if is_remote(folder) else locked(folder) as still_held:
        yield still_held


@contextmanager
def locked(folder: Path) -> Iterator[Callable[[], None]]:
    """A lock of the system, which ends with its process whatever ends that."""
    (folder / "parts").mkdir(mode=0o700, parents=True, exist_ok=True)  # they may hold what others should not see
    with open(folder / ".lock", "a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CurateError(said_held(folder, lock.read())) from None
        lock.truncate(0)
        lock.write(this_process())
        lock.flush()
        yield lambda: None


@contextmanager
def leased(folder: Path) -> Iterator[Callable[[], None]]:
    """A lease where there are no locks (S3 and the like): an object that only one process can create, renewed in time.

    Leases are numbered. The next number is taken once the newest lease was not renewed for `LEASE` seconds, or at once
    where its process was of this machine and is gone: of two processes that try, the store lets one create it.
    """
    newest = max(leases(folder), default=0)
    if newest:
        other = json.loads(lease_path(folder, newest).read_bytes())
        if time.time() - other["renewed"] < LEASE and not ended_here(other["holder"]):
            raise CurateError(said_held(folder, other["holder"]))
    own, ended = lease_path(folder, newest + 1), threading.Event()

    def told() -> bytes:
        return json.dumps({"holder": this_process(), "renewed": time.time()}).encode()

    def renew() -> None:
        while not ended.wait(LEASE / 4):
            if max(leases(folder)) == newest + 1:
                with put(own) as out:
                    out.write(told())

    try:
        put_new(own, told())
    except FileExistsError:
        raise CurateError(said_held(folder, "that began just now")) from None
    for number in range(1, newest + 1):
        lease_path(folder, number).unlink(missing_ok=True)
    thread = threading.Thread(target=renew, daemon=True)
    thread.start()

    def still_held() -> None:
        if max(leases(folder), default=0) != newest + 1:
            raise CurateError(f"{folder} was taken over by another run, since this one was away for over {LEASE:.0f} s")

    try:
        yield still_held
    finally:
        ended.set()
        thread.join()
        own.unlink(missing_ok=True)


def lease_path(folder: Path, number: int) -> Path:
    """Where the lease of this number lies."""
    return folder / f".lease-{number}.json"


def leases(folder: Path) -> list[int]:
    """The numbers of all leases of a folder."""
    names = (path.name for path in folder.glob(".lease-*.json"))
    return [int(name.removeprefix(".lease-").removesuffix(".json")) for name in names]


def this_process() -> str:
    """This process, as another run's user would look for it."""
    return f"process {os.getpid()} on {socket.gethostname()}"


def ended_here(holder: str) -> bool:
    """Whether a holder was a process of this machine that is no more."""
    process, _, host = holder.removeprefix("process ").partition(" on ")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # somebody else's
        pass
    return False


def said_held(folder: Path, holder: str) -> str:
    """The sentence for a folder that another run holds."""
    return f"{folder} is held by another run ({holder or 'unknown'}): wait for it, or use another folder"
