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
    TaskID,
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

    A context manager, since bars that are not stopped leave the terminal without a cursor.
    """

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._bars: Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bars is not None:
            self._bars.stop()
            self._bars = None

    def start(self, stage: str, total: int | None, unit: str) -> "_Bar | _Lines":
        """A stage begins: a bar more on a terminal, elsewhere a line now and then."""
        if not self._console.is_terminal:
            return _Lines(stage, total, unit)
        if self._bars is None:
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
        return _Bar(self._bars, self._bars.add_task(stage, total=total, unit=unit))


class _Bar:
    """A stage as a bar."""

    def __init__(self, bars: Progress, task: TaskID) -> None:
        self._bars, self._task = bars, task

    def advance(self, amount: int) -> None:
        self._bars.advance(self._task, amount)

    def expect(self, total: int) -> None:
        self._bars.update(self._task, total=total)

    def finish(self) -> None:
        self._bars.update(self._task, total=self._bars.tasks[self._bars.task_ids.index(self._task)].completed)
        self._bars.stop_task(self._task)


class _Lines:
    """A stage as lines: where it stands twice a minute, and what it took."""

    def __init__(self, stage: str, total: int | None, unit: str) -> None:
        self._stage, self._total, self._unit = stage, total, unit
        self._done = 0
        self._started = self._said = time.monotonic()

    def advance(self, amount: int) -> None:
        self._done += amount
        if time.monotonic() - self._said > _LINE_EVERY_S:
            self._said = time.monotonic()
            self._say_how_far()

    def expect(self, total: int) -> None:
        self._total = total

    def _say_how_far(self) -> None:
        rate = self._done / (time.monotonic() - self._started)
        left = ""
        if self._total and rate:
            share, remaining = self._done / self._total, (self._total - self._done) / rate
            left = f", {share:.0%}, {remaining / 60:.1f} min left"
        done, speed = _shown(self._done, self._unit), _shown(rate, self._unit)
        sys.stderr.write(f"{self._stage}: {done} ({speed}/s{left})\n")

    def finish(self) -> None:
        seconds = max(time.monotonic() - self._started, 1e-9)
        rate = _shown(self._done / seconds, self._unit)
        sys.stderr.write(f"{self._stage}: {_shown(self._done, self._unit)} in {seconds:.1f} s ({rate}/s)\n")
