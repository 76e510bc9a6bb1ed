"""How long work tells of itself, without knowing who listens."""

from typing import Protocol


class Stage(Protocol):
    """One stage of work. Several may go on at once; each is told of from one thread at a time."""

    def advance(self, amount: int) -> None:
        """So many units more are done."""
        ...

    def expect(self, total: int) -> None:
        """The stage turns out to have so many units in all."""
        ...

    def finish(self) -> None:
        """The stage is over."""
        ...


class Progress(Protocol):
    """Told of stages of work; the command line draws bars, tests and the service listen to nothing."""

    def start(self, stage: str, total: int | None, unit: str) -> Stage:
        """A stage begins, of `total` units where that is known."""
        ...


class Silent:
    """Listens to nothing."""

    def start(self, stage: str, total: int | None, unit: str) -> Stage:
        """Ignored."""
        return self

    def advance(self, amount: int) -> None:
        """Ignored."""

    def expect(self, total: int) -> None:
        """Ignored."""

    def finish(self) -> None:
        """Ignored."""
