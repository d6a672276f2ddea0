"""Tasks on this machine's processors, in worker processes; one that dies is replaced, and its task tried again."""

import mmap
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.reduction import ForkingPickler
from typing import Any, TypeVar

from curate.errors import CurateError
from curate.guard import PAGE, Death

R = TypeVar("R")
GRACE = 1.0  # seconds for a worker that has closed its connection to be gone
# Arrow's allocator takes a gigabyte of address space at a time, which would count as memory that is used.
ENVIRONMENT = {"MIMALLOC_ARENA_EAGER_COMMIT": "0"}


def fatal(task: tuple[Any, ...], death: Death) -> None:
    """What follows from a worker's death where nobody knows better: the tasks end."""
    raise CurateError(f"a worker process {death.how()}")


class LocalEngine:
    """Worker processes, started as they are needed; `begin(*arguments)` runs once in each, before its first task."""

    def __init__(self, workers: int, begin: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        self.workers, self.begin, self.arguments = workers, begin, arguments
        self.pool: list[Worker] = []

    def __enter__(self) -> "LocalEngine":
        return self

    def __exit__(self, *raised: object) -> None:
        self.stop()

    def map(
        self,
        function: Callable[..., R],
        tasks: Sequence[tuple[Any, ...]],
        done: Callable[[R], None] = lambda result: None,
        died: Callable[[tuple[Any, ...], Death], None] = fatal,
    ) -> list[R]:
        """The results of the tasks, in their order; `done` is told of each as it comes.

        When a worker dies at a task, `died(task, death)` is asked. Where it returns, a fresh worker tries it again;
        what it raises ends the tasks, as what they raise does.
        """
        results: dict[int, R] = {}
        number: int | None
        waiting = deque(range(len(tasks)))
        try:
            while len(results) < len(tasks):
                while waiting and (worker := self.idle()):
                    number = waiting.popleft()
                    worker.take(number, function, tasks[number])
                for worker in busy(self.pool):
                    number, outcome = worker.task, worker.outcome()
                    assert number is not None
                    if isinstance(outcome, Death):
                        self.pool.remove(worker)
                        died(tasks[number], outcome)
                        self.started().take(number, function, tasks[number])
                        continue
                    results[number] = outcome
                    done(outcome)
        except BaseException:
            self.stop()
            raise
        return [results[number] for number in range(len(tasks))]

    def idle(self) -> "Worker | None":
        """A worker without a task, a new one if need be; none where all have one."""
        free = next((worker for worker in self.pool if worker.task is None), None)
        return free or (self.started() if len(self.pool) < self.workers else None)

    def started(self) -> "Worker":
        """One more worker."""
        self.pool.append(worker := Worker(self.begin, self.arguments))
        return worker

    def stop(self) -> None:
        """End the workers now; a part that one is writing does not appear."""
        for worker in self.pool:
            worker.kill()
        for worker in self.pool:
            worker.bury()
        self.pool.clear()


class Worker:
    """A worker process as the main one sees it, and the number of the task it has."""

    def __init__(self, begin: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        self.task: int | None = None
        page = os.memfd_create("curate-worker")
        os.truncate(page, PAGE)
        self.page = mmap.mmap(page, PAGE)
        ours, theirs = socket.socketpair()
        self.connection = Connection(ours.detach())
        serve = f"from curate.engines.worker import main; main({theirs.fileno()}, {page}, {os.getpid()})"
        path = [str(folder) for folder in sys.path]
        self.process = subprocess.Popen(
            # not through `multiprocessing`: it would run the user's script again in each worker
            [sys.executable, *interpreter_flags(), "-c", f"import sys; sys.path[:] = {path!r}; {serve}"],
            stdin=subprocess.DEVNULL,
            stdout=2,  # what a plugin prints must not get into what the command prints
            pass_fds=(theirs.fileno(), page),
            process_group=0,  # what a plugin starts ends with its worker; and Ctrl-C is for the main process alone
            env=ENVIRONMENT | os.environ,
        )
        theirs.close()
        os.close(page)
        self.send((begin, arguments))

    def take(self, number: int, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        """Give the worker a task."""
        self.task = number
        self.send((function, arguments))

    def send(self, message: Any) -> None:
        """Send it; that a worker is gone shows when its outcome is asked for."""
        packed = ForkingPickler.dumps(message)
        with suppress(OSError):
            self.connection.send_bytes(packed)

    def outcome(self) -> Any:
        """What the task gave, or the worker's death; raises what the task raised."""
        self.task = None
        try:
            kind, result = pickle.loads(self.connection.recv_bytes())
        except (EOFError, OSError):
            return self.bury()
        if kind == "raised":
            raise result
        return result

    def kill(self) -> None:
        """End the process and whatever it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def bury(self) -> Death:
        """How the process ended; one that lives on without its connection is ended."""
        self.connection.close()
        deadline = time.monotonic() + GRACE
        while not self.gone() and time.monotonic() < deadline:
            time.sleep(0.005)
        self.kill()  # while it is not yet reaped, no other process has its number
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        with self.page as page:
            return Death(self.process.returncode, page[:], usage.ru_maxrss * 1024)

    def gone(self) -> bool:
        """Whether the process has ended."""
        return os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def busy(workers: Iterable[Worker]) -> list[Worker]:
    """The workers with a task from which something came; waits for one."""
    asked = {worker.connection: worker for worker in workers if worker.task is not None}
    return [asked[connection] for connection in wait(list(asked)) if isinstance(connection, Connection)]


def interpreter_flags() -> list[str]:
    """The flags, such as ``-W error``, that this interpreter was started with."""
    flags: list[str] = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    return flags
