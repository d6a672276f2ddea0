"""What a run tells machines while it goes: `status.json`, rewritten every few seconds, and the events of its log.

docs/machines.md says what each field means.
"""

import json
import logging
import os
import platform
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

from curate.errors import AlarmError, CurateError
from curate.files import put
from curate.log import Level, event, logged_to, utc
from curate.parts import Part
from curate.plan import digest
from curate.progress import Progress
from curate.recipe import Recipe
from curate.steps import Tally, raised_where

EVERY = 3.0  # seconds between two writings of status.json
COUNTS = ("seen", "dropped", "errors", "changed", "made")


class UnderWay:
    """A phase: how many of its tasks are done, and how long it takes."""

    def __init__(self, label: str, sizes: Sequence[int]) -> None:
        self.label, self.tasks, self.done, self.found = label, len(sizes), 0, 0
        self.bytes = sum(sizes) if sum(sizes) > len(sizes) else None  # sizes of 1 only count tasks
        self.start = time.monotonic()
        self.seconds: float | None = None  # once it is over

    def told(self) -> dict[str, Any]:
        """Its fields in the status."""
        seconds = time.monotonic() - self.start if self.seconds is None else self.seconds
        fresh = self.done - self.found  # what was found took no time, and says nothing of what is to come
        left = self.tasks - self.done
        done_bytes = self.bytes * self.done // max(self.tasks, 1) if self.bytes else None
        return {
            "name": self.label,
            "tasks": self.tasks,
            "tasks_done": self.done,
            "tasks_found": self.found,
            "bytes": self.bytes,
            "bytes_done": done_bytes,
            "bytes_per_second": round(done_bytes / seconds) if done_bytes and seconds > 0 else None,
            "seconds": round(seconds, 3),
            "seconds_to_go": round(seconds / fresh * left, 1) if fresh else None if left else 0.0,
        }


class Watch(Progress):
    """Shows progress as another does, counts along, and tells `status.json` and the log."""

    def __init__(self, folder: Path, recipe: Recipe, workers: int, shown: Progress) -> None:
        self.folder, self.recipe, self.workers, self.shown = folder, recipe, workers, shown
        self.state, self.error = "running", ""
        self.started, self.start = time.time(), time.monotonic()
        self.phases: list[UnderWay] = []
        self.steps: dict[str, Tally] = {}
        self.ended, self.failed = threading.Event(), False

    def say(self, sentence: str) -> None:
        """Hand it on."""
        self.shown.say(sentence)

    def found(self, label: str, parts: Sequence[Part]) -> None:
        """Count parts that an earlier run left, and tell the log."""
        for part in parts:
            self.count(label, part, False)

    @contextmanager
    def phase(self, label: str, sizes: Sequence[int]) -> Iterator[Callable[[Any], None]]:
        """Count what is done of a phase, and tell the log of its beginning, its parts and its end."""
        under_way = UnderWay(label, sizes)
        self.phases.append(under_way)
        event("phase_started", phase=label, tasks=under_way.tasks, bytes=under_way.bytes)
        with self.shown.phase(label, sizes) as done:

            def done_too(result: Any) -> None:
                under_way.done += 1
                if isinstance(result, Part):
                    made = any(tally.seconds for tally in (result.counts or {}).values())
                    under_way.found += not made
                    self.count(label, result, made)
                else:
                    event("task_done", logging.DEBUG, phase=label)
                done(result)

            try:
                yield done_too
            finally:
                under_way.seconds = time.monotonic() - under_way.start
        event("phase_finished", phase=label, tasks=under_way.tasks, found=under_way.found, seconds=rounded(under_way))

    def count(self, label: str, part: Part, made: bool) -> None:
        """Add what the making of a part did to what each step did so far."""
        counts = part.counts or {}
        steps = dict(self.steps)  # the thread that writes the status never sees a dictionary change
        for step, tally in counts.items():
            steps[step] = steps.get(step, Tally()) + tally
        self.steps = steps
        told = {name: sum(vars(tally)[name] for tally in counts.values()) for name in ("dropped", "errors")}
        about: dict[str, Any] = {
            "phase": label,
            "unit": part.name,
            "source": part.source,
            "documents": part.docs,
            "bytes": part.bytes,
        }
        if made:
            seconds = round(sum(tally.seconds for tally in counts.values()), 3)
            event("part_made", **about, **told, seconds=seconds)
        else:
            event("part_found", logging.DEBUG, **about, **told)

    def told(self) -> dict[str, Any]:
        """The status, as it stands."""
        return {
            "state": self.state,
            "error": self.error or None,
            "recipe": Path(self.recipe.name).name,
            "phase": self.phases[-1].told() if self.phases else None,
            "phases_done": sum(phase.seconds is not None for phase in self.phases),
            "steps": {step: {name: vars(tally)[name] for name in COUNTS} for step, tally in self.steps.items()},
            "seconds": round(time.monotonic() - self.start, 3),
            "started": utc(self.started),
            "updated": utc(time.time()),
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "workers": self.workers,
            "curate": metadata.version("curate"),
        }

    def put(self) -> None:
        """Write `status.json`; where that fails the log says so once, and the run goes on."""
        try:
            with put(self.folder / "status.json") as out:
                out.write(json.dumps(self.told(), indent=1, ensure_ascii=False).encode("utf-8", "backslashreplace"))
        except OSError as error:
            if not self.failed:
                self.failed = True
                event("status_not_written", logging.WARNING, error=error.strerror or type(error).__name__)

    def keep_putting(self) -> None:
        """Write `status.json` every few seconds, until the run's end."""
        while not self.ended.wait(EVERY):
            self.put()

    def end(self, state: str, error: str = "") -> None:
        """Note how the run ended."""
        self.state, self.error = state, error
        level, name = {
            "finished": (logging.INFO, "run_finished"),
            "stopped": (logging.WARNING, "run_stopped"),
            "alarm": (logging.ERROR, "alarm"),
            "failed": (logging.ERROR, "error"),
        }[state]
        said = {"error": error} if error else {}
        event(name, level, **said, seconds=round(time.monotonic() - self.start, 3))


def rounded(phase: UnderWay) -> float:
    """How long a phase took."""
    return round(phase.seconds or 0.0, 3)


@contextmanager
def watched(
    folder: Path, recipe: Recipe, workers: int, shown: Progress, log: Path | None = None, level: Level = "info"
) -> Iterator[Progress]:
    """Progress for a run that holds `folder`: it shows what `shown` does, and keeps the run's status and log.

    The log goes to `log`, or to `log.jsonl` in the folder.
    """
    for path in folder.glob(".*.tmp"):  # a killed run's; nobody else writes here while this one holds the folder
        path.unlink(missing_ok=True)
    with logged_to(log or folder / "log.jsonl", level):
        watch = Watch(folder, recipe, workers, shown)
        event(
            "run_started",
            curate=metadata.version("curate"),
            python=platform.python_version(),
            platform=platform.platform(),
            processors=os.cpu_count(),
            workers=workers,
            recipe=Path(recipe.name).name,
            recipe_hash=digest(recipe.data),
            pid=os.getpid(),
        )
        watch.put()
        thread = threading.Thread(target=watch.keep_putting, name="status", daemon=True)
        thread.start()
        try:
            yield watch
            watch.end("finished")
        except KeyboardInterrupt:
            watch.end("stopped")
            raise
        except AlarmError as error:
            watch.end("alarm", str(error))
            raise
        except Exception as error:
            watch.end("failed", sentence_of(error, folder))
            raise
        finally:
            watch.ended.set()
            thread.join()
            watch.put()


def sentence_of(error: Exception, folder: Path) -> str:
    """What went wrong, without the words of an exception that may quote a document or name its file."""
    if isinstance(error, CurateError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        own = str(error.filename or "").startswith(str(folder))
        return f"{error.strerror}: {error.filename}" if own else error.strerror
    return raised_where(error)
