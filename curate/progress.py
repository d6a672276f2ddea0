"""What a run shows while it goes: bars on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

from curate.parts import Part

EVERY = 10.0  # seconds between plain lines of one phase


class Progress:
    """Says nothing; what `curate.run` uses from Python."""

    def say(self, sentence: str) -> None:
        """Tell one thing."""

    def found(self, label: str, parts: Sequence[Part]) -> None:
        """Tell of a phase whose parts an earlier run left, all of them."""

    @contextmanager
    def phase(self, label: str, sizes: Sequence[int]) -> Iterator[Callable[[Any], None]]:
        """A phase of so many tasks of these sizes (bytes); the function that is given counts one as done."""
        yield lambda result: None


quiet = Progress()


class Lines(Progress):
    """A plain line now and then and one at the end of each phase, for logs."""

    def __init__(self, out: TextIO) -> None:
        self.out = out

    def say(self, sentence: str) -> None:
        """Print it."""
        print(sentence, file=self.out, flush=True)

    @contextmanager
    def phase(self, label: str, sizes: Sequence[int]) -> Iterator[Callable[[Any], None]]:
        """Print how far the phase is every ten seconds."""
        start = last = time.monotonic()
        tasks = 0

        def done(result: Any) -> None:
            nonlocal tasks, last
            tasks += 1
            if (now := time.monotonic()) - last > EVERY:
                last = now
                left = (now - start) / tasks * (len(sizes) - tasks)
                self.say(f"{label}: {tasks} of {len(sizes)}, {spoken_time(left)} to go")

        yield done
        seconds = time.monotonic() - start
        self.say(f"{label}: {tasks} of {len(sizes)} in {spoken_time(seconds)}{spoken_rate(sum(sizes), seconds)}")


class Bars(Progress):
    """A bar with rate and time to go for each phase, on a terminal."""

    def __init__(self, out: TextIO) -> None:
        from rich.console import Console

        self.console = Console(file=out)

    def say(self, sentence: str) -> None:
        """Print it above the bars."""
        self.console.print(sentence, markup=False)

    @contextmanager
    def phase(self, label: str, sizes: Sequence[int]) -> Iterator[Callable[[Any], None]]:
        """Show a bar that moves with each task."""
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        rate = TextColumn("{task.fields[rate]}")
        columns = ("[bold]{task.description}", BarColumn(30), "{task.completed:.0f}/{task.total:.0f}")
        with RichProgress(*columns, rate, TimeElapsedColumn(), TimeRemainingColumn(), console=self.console) as bars:
            bar = bars.add_task(label, total=len(sizes), rate="")
            start, mean, tasks = time.monotonic(), sum(sizes) / max(len(sizes), 1), 0

            def done(result: Any) -> None:
                nonlocal tasks
                tasks += 1
                rate = spoken_rate(int(mean * tasks), time.monotonic() - start)
                bars.update(bar, advance=1, rate=rate.removeprefix(", "))

            yield done


def shown(out: TextIO | None = None) -> Progress:
    """Bars where a person looks on, lines elsewhere; on stderr where nothing else is said."""
    out = out or sys.stderr
    return Bars(out) if out.isatty() else Lines(out)


def spoken_time(seconds: float) -> str:
    """Seconds as 0.4 s, 12 s, 3:05 or 2:10:00."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def spoken_rate(bytes: int, seconds: float) -> str:
    """Bytes in seconds as a rate; nothing where it would say nothing."""
    return f", {bytes / 1e6 / seconds:.1f} MB/s" if bytes > 10_000 and seconds > 0 else ""
