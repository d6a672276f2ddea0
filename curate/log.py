"""The log of a run: a JSON object a line, by way of the logger `curate` of the standard library.

Whatever tells of something that happens calls `event`. A line holds keys, names of units and of sources, and counts:
never a document's text, id, file name or a value that was matched.
"""

import json
import logging
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, get_args

from curate.errors import CurateError, meant
from curate.files import is_remote, put

Level = Literal["debug", "info", "warning", "error"]
logger = logging.getLogger("curate")


def event(name: str, /, level: int = logging.INFO, **fields: Any) -> None:
    """Tell the log of something that happened, such as ``event("worker_died", logging.WARNING, pid=7)``."""
    if logger.isEnabledFor(level):
        said = " ".join([name, *(f"{key}={value}" for key, value in fields.items())])
        logger.log(level, "%s", said, extra={"event": name, "fields": fields})


def utc(seconds: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class JsonLine(logging.Formatter):
    """A record as a JSON object: time, level, event and the event's fields."""

    def format(self, record: logging.LogRecord) -> str:
        """One line; what was not said by `event` is an event `message`."""
        said = {"time": utc(record.created), "level": record.levelname.lower()}
        if name := getattr(record, "event", None):
            fields = vars(record)["fields"]
        else:
            name, fields = "message", {"message": record.getMessage()}
        return json.dumps(said | {"event": name, **fields}, ensure_ascii=False, default=str)


class LogFile(logging.FileHandler):
    """The file that lines are appended to; where that fails it says so once, and the run goes on."""

    failed = False

    def handleError(self, record: logging.LogRecord) -> None:
        """Say what is wrong in place of logging's traceback."""
        if not self.failed:
            self.failed = True
            print(f"curate: the log cannot be written: {sys.exc_info()[1]}", file=sys.stderr)


class Onward(logging.Handler):
    """Hands on to the handlers above what they would have got had the log's own level not been set."""

    def emit(self, record: logging.LogRecord) -> None:
        """Hand it on; where nobody listens, nothing is printed."""
        if logger.parent and logger.parent.hasHandlers():
            logger.parent.callHandlers(record)


@contextmanager
def logged_to(path: Path, level: Level = "info") -> Iterator[None]:
    """Append what happens meanwhile, from this level on, to a file; raises `CurateError` for an unknown level.

    Objects in a store such as S3 cannot be appended to: there the file is put at the end.
    """
    if level not in get_args(Level):
        raise CurateError(f"no log level {level!r}{meant(level, get_args(Level))}")
    before, propagate = logger.level, logger.propagate
    with appendable(path) as local:
        file, onward = LogFile(local, encoding="utf-8", errors="backslashreplace"), Onward(logger.getEffectiveLevel())
        file.setFormatter(JsonLine())
        file.setLevel(level.upper())
        logger.propagate = False
        logger.setLevel(min(file.level, onward.level))
        for handler in (file, onward):
            logger.addHandler(handler)
        try:
            yield
        finally:
            for handler in (file, onward):
                logger.removeHandler(handler)
                handler.close()
            logger.setLevel(before)
            logger.propagate = propagate


@contextmanager
def appendable(path: Path) -> Iterator[Path]:
    """A file of this machine that lines can be appended to, in place of one that is in a store of objects."""
    if not is_remote(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        yield path
        return
    with TemporaryDirectory(prefix="curate-") as folder:
        local = Path(folder, "log.jsonl")
        if path.exists():
            with path.open("rb") as earlier, local.open("wb") as out:
                shutil.copyfileobj(earlier, out)
        try:
            yield local
        finally:
            with local.open("rb") as lines, put(path) as out:
                shutil.copyfileobj(lines, out)
