"""What a worker is at and what it may take for it, so that a document that hangs, dies or eats memory is found.

The worker writes its position into a page of memory that outlives it, and has the kernel end it when its time is up:
that needs no thread, and reaches a regular expression or C code that never comes back. The main process reads the page
of a worker that died and remembers the death in a file, which the next try of the same task reads:

* a document that hung, or at which two workers died, is an error of its step, which is not asked about it again;
* a batch at which a worker died is asked one by one, so that the next death names a document;
* a file is read up to the item at which that happened.
"""

import json
import mmap
import os
import resource
import signal
import struct
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from curate.data import Batch
from curate.errors import AlarmError, CurateError
from curate.files import put

T = TypeVar("T")
PAGE = 4_096
PLACE = struct.Struct("=B16sQd")  # kind, key, item, seconds
PEAK = struct.Struct("=Q?")  # bytes resident beyond which a death is one of memory; whether the worker said so itself
LABEL = struct.Struct("=H")
PEAK_AT, LABEL_AT = 64, 128
STARTING, NOWHERE, SETUP, DOCUMENT, BATCH, READER = range(6)
IDLE = 20  # a document may take so many times its CPU seconds by the clock, waiting for whatever
NEAR = 0.8  # of the memory limit: a worker that grew so far and died, died of it
MAX_BLAMED = 50  # documents of one unit: more are no accident
ROOM = 0.8  # of the machine's memory, for setups, gathers, fits and outputs
MAX_TRIES = 3  # of a task whose workers die while at no document


@dataclass(frozen=True)
class DocLimits:
    """What a worker may take for one document: CPU seconds, and memory beyond what it has when it is at none."""

    seconds: float = 60
    seconds_per_mb: float = 5  # more, for each million bytes of the document
    memory_mb: float = 4_000


@dataclass(frozen=True)
class Position:
    """Where a worker died: at a document (by its key), a batch (by that of its first), or an item of a file."""

    kind: int
    step: str = ""
    key: str = ""
    item: int = 0


@dataclass(frozen=True)
class Death:
    """How a worker process ended: its exit code, or minus its signal; the page that it left; its peak memory."""

    code: int
    page: bytes
    peak: int = 0

    @property
    def position(self) -> Position:
        """What the worker was at."""
        kind, key, item, _ = PLACE.unpack_from(self.page)
        (size,) = LABEL.unpack_from(self.page, LABEL_AT)
        start = LABEL_AT + LABEL.size
        step = self.page[start : start + size].decode(errors="replace")
        if kind == READER:
            return Position(kind, "read", key.hex(), item)
        return Position(kind, step, key.hex() if kind in (DOCUMENT, BATCH) else "")

    def how(self) -> str:
        """How it ended, in words."""
        if PEAK.unpack_from(self.page, PEAK_AT)[1]:
            return "ran out of memory"
        names = {one.value: one.name for one in signal.Signals}
        return f"died ({names.get(-self.code, -self.code)})" if self.code < 0 else f"ended with exit code {self.code}"

    def why(self, limits: DocLimits) -> str:
        """Its class and what is known, as a document's reason."""
        seconds = PLACE.unpack_from(self.page)[-1]
        most, said = PEAK.unpack_from(self.page, PEAK_AT)
        if self.code == -signal.SIGPROF:
            return f"timeout: over {round(seconds, 2):,g} s of CPU"
        if self.code == -signal.SIGALRM:
            return f"timeout: over {round(seconds * IDLE, 2):,g} s, most of it idle"
        if said or self.peak > most > 0:
            return f"memory: over {limits.memory_mb:,g} MB"
        return f"crash: the process {self.how()}"

    @property
    def proves(self) -> bool:
        """Whether it was the document's doing: any other death may be an outsider's, or a machine that paused."""
        return self.code == -signal.SIGPROF


class Suspects:
    """What is remembered of the deaths at one task; no text, only where and why."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.deaths: list[tuple[Position, str, bool]] = []
        if path.exists():
            noted = json.loads(path.read_bytes())
            self.deaths = [(Position(**one["at"]), one["why"], one["proven"]) for one in noted]

    @property
    def blamed(self) -> dict[Position, str]:
        """What is not tried again, and why: at which a death was proof, or two workers died."""
        times = Counter(at for at, _, _ in self.deaths)
        return {
            at: why for at, why, proven in self.deaths if at.kind in (DOCUMENT, READER) and (proven or times[at] > 1)
        }

    def add(self, at: Position, why: str, proven: bool) -> None:
        """Remember one more."""
        self.deaths.append((at, why, proven))
        told = [{"at": vars(at), "why": why, "proven": proven} for at, why, proven in self.deaths]
        with put(self.path, private=True) as out:
            out.write(json.dumps(told, indent=1).encode())


class Watch:
    """A worker's own guard over one task."""

    def __init__(self, page: mmap.mmap, limits: DocLimits, suspects: Suspects, base: int) -> None:
        self.page, self.limits, self.base = page, limits, base  # bytes that the worker may have besides its limit
        self.blamed, self.suspects = suspects.blamed, {at for at, _, _ in suspects.deaths}
        self.bound_memory()

    def bound_memory(self) -> None:
        """Have allocations fail beyond the limit."""
        limit = int(self.limits.memory_mb * 1e6)
        peak, resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, memory_of("VmRSS")
        PEAK.pack_into(self.page, PEAK_AT, max(peak, resident + int(NEAR * limit)), False)
        bound_data(self.base + limit)

    def at(self, kind: int, key: bytes, size: int, item: int = 0) -> None:
        """Say where the worker is, and have it ended when it stays there too long. Takes about a microsecond."""
        if _forked:
            os._exit(1)
        seconds = self.limits.seconds + self.limits.seconds_per_mb * size / 1e6
        PLACE.pack_into(self.page, 0, kind, key, item, seconds)
        signal.setitimer(signal.ITIMER_PROF, seconds)
        signal.setitimer(signal.ITIMER_REAL, seconds * IDLE)

    def rest(self) -> None:
        """Say that the worker is at nothing."""
        if _forked:
            os._exit(1)
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        self.page[0] = NOWHERE

    def named(self, step: str) -> None:
        """Say which step the positions that follow are of."""
        label = step.encode()[: PAGE - LABEL_AT - LABEL.size]
        LABEL.pack_into(self.page, LABEL_AT, len(label))
        self.page[LABEL_AT + LABEL.size : LABEL_AT + LABEL.size + len(label)] = label

    def each(self, step: str, batch: Batch, things: Iterable[T]) -> Iterator[T]:
        """The things, each under guard while it is out."""
        self.named(step)
        sizes = np.diff(batch.utf8[1]).tolist()
        for thing, key, size in zip(things, batch["key"].to_pylist(), sizes, strict=True):
            self.at(DOCUMENT, key, size)
            yield thing
        self.rest()


_page: mmap.mmap | None = None  # none where this process is no worker: nothing is guarded there
_base = 0
_watch: Watch | None = None
_forked = False  # a plugin's fork that came back would be a second worker with the same task


def attach(page: mmap.mmap) -> None:
    """Make this process a guarded worker, which writes where it is into the page."""
    global _page
    _page = page
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))  # what a crash leaves would hold documents
    os.register_at_fork(after_in_child=note_fork)
    bound_data(room())


def note_fork() -> None:
    """Know that this process is not the worker, but a copy that a plugin has made."""
    global _forked
    _forked = True


def started() -> None:
    """Say that the worker has begun and what memory it has: limits count from there."""
    global _base
    assert _page
    _base, _page[0] = memory_of("VmData"), NOWHERE


@contextmanager
def task(suspects: Path, limits: DocLimits) -> Iterator[None]:
    """Guard what is done for documents, heeding earlier deaths; in a process that is no worker this does nothing."""
    global _watch
    if _page is None:
        yield
        return
    _watch = Watch(_page, limits, Suspects(suspects), _base)
    try:
        yield
    finally:
        _watch.rest()
        _watch = None
        bound_data(room())


@contextmanager
def setup(step: str) -> Iterator[None]:
    """Let a step load what it needs, however long it takes; the memory that it keeps is no document's."""
    global _base
    if _watch is None:
        yield
        return
    _watch.named(step)
    _watch.page[0], before = SETUP, memory_of("VmData")
    bound_data(room())
    yield
    _base += max(0, memory_of("VmData") - before)
    _watch.base, _watch.page[0] = _base, NOWHERE
    _watch.bound_memory()


def each(step: str, batch: Batch, things: Iterable[T]) -> Iterator[T]:
    """Things, one for each document of a batch, for a step to work on under guard."""
    return iter(things) if _watch is None else _watch.each(step, batch, things)


@contextmanager
def whole(step: str, batch: Batch) -> Iterator[None]:
    """Guard a step's work on a whole batch."""
    if _watch is None:
        yield
        return
    _watch.named(step)
    _watch.at(BATCH, batch["key"][0].as_py(), batch.text_bytes)
    yield
    _watch.rest()


def reading(file: bytes, item: int, size: int) -> None:
    """Guard a reader while it makes an item of a file, which has a key of 16 bytes; `size` is the file's, in bytes."""
    if _watch is not None:
        _watch.at(READER, file, size, item)


def rest() -> None:
    """Take the guard off: what follows is no document's."""
    if _watch is not None:
        _watch.rest()


def blamed(step: str, batch: Batch) -> dict[int, str]:
    """Which documents, by their row in a batch, a step must not be asked about, and why."""
    if _watch is None or not _watch.blamed:
        return {}
    told = {at.key: why for at, why in _watch.blamed.items() if at.kind == DOCUMENT and at.step == step}
    keys = [key.hex() for key in batch["key"].to_pylist()] if told else []
    return {row: told[key] for row, key in enumerate(keys) if key in told}


def singly(step: str, batch: Batch) -> bool:
    """Whether a batch has to be asked one by one: a worker died at it."""
    if _watch is None or not _watch.suspects:
        return False
    return Position(BATCH, step, batch["key"][0].as_py().hex()) in _watch.suspects


def stops(file: bytes) -> tuple[int, str] | None:
    """The first item of a file that must not be asked for, and why; none where all may be."""
    known = _watch.blamed if _watch else {}
    found = ((at.item, why) for at, why in known.items() if at.kind == READER and at.key == file.hex())
    return min(found, default=None)


def out_of_memory() -> None:
    """End this process for want of memory, where it is a worker."""
    if _page is not None:
        PEAK.pack_into(_page, PEAK_AT, 0, True)
        os._exit(1)


def is_worker() -> bool:
    """Whether this process is a worker, which Ctrl-C does not reach: a KeyboardInterrupt is a plugin's own doing."""
    return _page is not None


def room() -> int:
    """What a worker may have for work that is no document's, so that it ends before the machine does."""
    return int(ROOM * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))


def bound_data(limit: int) -> None:
    """Set the bytes of data that this process may have."""
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def memory_of(name: str) -> int:
    """One of this process's sizes in bytes, by its name in /proc."""
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024


def suspects_path(folder: Path, name: str) -> Path:
    """Where deaths at the making of a part are remembered: beside it."""
    return folder / "parts" / f"{name}.suspects.json"


def remember(suspects: Path, limits: DocLimits, death: Death) -> str:
    """Remember a worker's death at a document for the next try; what is told of it, "" where it was at none.

    Raises `AlarmError` where too many documents of one unit are to blame.
    """
    known, at, why = Suspects(suspects), death.position, death.why(limits)
    if at.kind not in (DOCUMENT, BATCH, READER):
        return ""
    known.add(at, why, death.proves)
    of = {READER: "item {item} of a file", DOCUMENT: "document {key}", BATCH: "a batch"}[at.kind]
    where = f"{at.step}: {of.format(item=at.item, key=at.key)}"
    if len(known.blamed) > MAX_BLAMED or len(known.deaths) > 4 * MAX_BLAMED:
        sentence = f"workers died or hung over {MAX_BLAMED} times over documents of one unit, last at {where}"
        raise AlarmError(f"{sentence} ({why}); mend the plugin, or give it more with `limits:`")
    if at in known.blamed:
        return f"{where}: {why}; it is set aside"
    return f"{where}: {why}; {'one by one' if at.kind == BATCH else 'once more'}"


def refuse(what: str, death: Death, times: int) -> None:
    """Let a task whose worker died at no document be tried again; raises `CurateError` where that was done before."""
    if times < MAX_TRIES:
        return
    at = death.position
    when = {STARTING: "as it started", SETUP: f"in the setup of {at.step}"}.get(at.kind, f"in {what}")
    raise CurateError(
        f"a worker process {death.how()} {when}, {times} times; run again to go on from here, "
        "with fewer --workers, or a higher memory_mb in `limits:`, if it was for want of memory"
    )
