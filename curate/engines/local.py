"""Tasks on this machine's processors, in worker processes that are started afresh (spawned)."""

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from types import ModuleType
from typing import Any, TypeVar

from curate.errors import CurateError

R = TypeVar("R")


class LocalEngine:
    """A pool of worker processes; `begin(*arguments)` runs once in each, before its first task."""

    def __init__(self, workers: int, begin: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        self.workers = workers
        self.pool = ProcessPoolExecutor(
            workers,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=begin_worker,
            initargs=(begin, arguments),
        )

    def __enter__(self) -> "LocalEngine":
        return self

    def __exit__(self, kind: Any, *rest: Any) -> None:
        if kind:
            self.stop()
        self.pool.shutdown(wait=True, cancel_futures=True)

    def map(
        self,
        function: Callable[..., R],
        tasks: Sequence[tuple[Any, ...]],
        done: Callable[[R], None] = lambda result: None,
    ) -> list[R]:
        """The results of the tasks, in their order; `done` is told of each as it comes."""
        with hidden_main():
            futures = [self.pool.submit(function, *task) for task in tasks]
        try:
            for future in as_completed(futures):
                done(future.result())
            return [future.result() for future in futures]
        except BrokenProcessPool:
            raise CurateError(
                "a worker process died, most likely for want of memory; run again to go on from here, "
                "with fewer --workers if it dies again"
            ) from None

    def stop(self) -> None:
        """End the workers now; a part they are writing does not appear."""
        for process in list((self.pool._processes or {}).values()):
            process.terminate()


def begin_worker(begin: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    """Leave Ctrl-C to the main process, then load what the tasks need."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, args=(os.getppid(),), daemon=True).start()
    begin(*arguments)


def end_with_parent(parent: int) -> None:
    """Leave when the main process is gone: one that is killed cannot stop its workers."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


@contextmanager
def hidden_main() -> Iterator[None]:
    """Start workers without the user's script: spawn would run it again in each, and tasks never need it."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
