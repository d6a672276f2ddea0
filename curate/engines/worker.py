"""A worker process: it takes one task at a time from the main process and sends back what came of it."""

import ctypes
import mmap
import os
import pickle
import signal
import sys
import traceback
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any

from curate import guard
from curate.errors import CurateError

PR_SET_PDEATHSIG = 1


def main(connection: int, page: int, parent: int) -> None:
    """Serve until the main process is done. The first message is what to begin with, then come tasks."""
    leave_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the main process's
    for one in (connection, page):
        os.set_inheritable(one, False)
    channel = Connection(connection)
    os.register_at_fork(after_in_child=channel.close)  # else a fork would keep the main process waiting for this one
    guard.attach(mmap.mmap(page, guard.PAGE))
    os.close(page)
    try:
        begun = answer(channel.recv_bytes())
        if begun != DONE:
            channel.send_bytes(begun)
        guard.started()
        while True:
            channel.send_bytes(answer(channel.recv_bytes()))
    except (EOFError, OSError):  # the main process is done, or gone
        os._exit(0)


def leave_with(parent: int) -> None:
    """Have the kernel end this process with the main one: one that is killed cannot stop its workers."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def answer(task: bytes) -> bytes:
    """A task's outcome: its result, or what it raised."""
    try:
        function, arguments = pickle.loads(task)
        reply = packed(("done", function(*arguments)))
        sys.stdout.flush()
        return reply
    except MemoryError:
        guard.out_of_memory()
        raise
    except BaseException as error:  # a plugin's sys.exit, too, is no reason to leave the main process waiting
        return packed(("raised", sendable(error)))


def sendable(error: BaseException) -> Exception:
    """The error as it can be sent, with the way to it; what cannot be is told by its name and place."""
    way = traceback.extract_tb(error.__traceback__)
    try:
        pickle.loads(packed(error))
    except Exception:
        return CurateError(f"{type(error).__name__} in {way[-1].name}, line {way[-1].lineno}")
    if not isinstance(error, Exception):
        return CurateError(f"{type(error).__name__} in {way[-1].name}, line {way[-1].lineno}")
    error.add_note("in a worker:\n" + "".join(traceback.format_list(way)))
    return error


def packed(message: Any) -> bytes:
    """A message as bytes."""
    return bytes(ForkingPickler.dumps(message))


DONE = packed(("done", None))
