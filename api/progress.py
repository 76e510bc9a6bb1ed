"""Progress on stderr: bars with rates and remaining time on a terminal, elsewhere a line now and then."""

import sys
import time
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

_MEGABYTE = 1_000_000
_LINE_EVERY_S = 30.0


class _Amount(ProgressColumn):
    """How far, and how fast, in the stage's own unit."""

    def render(self, task: Task) -> Text:
        unit = task.fields.get("unit", "")
        speed = task.finished_speed or task.speed or 0.0
        return Text(f"{_shown(task.completed, unit)}  {_shown(speed, unit)}/s", style="progress.data.speed")


def _shown(amount: float, unit: str) -> str:
    return f"{amount / _MEGABYTE:,.1f} MB" if unit == "B" else f"{amount:,.0f} {unit}"


class Bars:
    """Draws the stages of long work; implements `indexer.progress.Progress`.

    A context manager, since a bar that is not stopped leaves the terminal without a cursor.
    """

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._bars: Progress | None = None
        self._stage, self._unit, self._done, self._started = "", "", 0, 0.0
        self._total: int | None = None
        self._said = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bars is not None:
            self._bars.stop()
            self._bars = None

    def start(self, stage: str, total: int | None, unit: str) -> None:
        """A stage begins."""
        self._stage, self._unit, self._done, self._started = stage, unit, 0, time.monotonic()
        self._total, self._said = total, self._started
        if self._console.is_terminal:
            self._bars = Progress(
                TextColumn("{task.description:>12}"),
                BarColumn(),
                TaskProgressColumn(),
                _Amount(),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
                console=self._console,
            )
            self._bars.start()
            self._bars.add_task(stage, total=total, unit=unit)

    def advance(self, amount: int) -> None:
        """So much more is done."""
        self._done += amount
        if self._bars is not None:
            self._bars.advance(self._bars.task_ids[0], amount)
        elif time.monotonic() - self._said > _LINE_EVERY_S:
            self._said = time.monotonic()
            self._say_how_far()

    def _say_how_far(self) -> None:
        seconds = time.monotonic() - self._started
        rate = self._done / seconds
        left = ""
        if self._total and rate:
            share, remaining = self._done / self._total, (self._total - self._done) / rate
            left = f", {share:.0%}, {remaining / 60:.1f} min left"
        done, speed = _shown(self._done, self._unit), _shown(rate, self._unit)
        sys.stderr.write(f"{self._stage}: {done} ({speed}/s{left})\n")

    def finish(self) -> None:
        """The stage is over."""
        seconds = max(time.monotonic() - self._started, 1e-9)
        if self._bars is not None:
            self._bars.stop()
            self._bars = None
        else:
            rate = _shown(self._done / seconds, self._unit)
            sys.stderr.write(f"{self._stage}: {_shown(self._done, self._unit)} in {seconds:.1f} s ({rate}/s)\n")
