"""How long work tells of itself, without knowing who listens."""

from typing import Protocol


class Progress(Protocol):
    """Told of stages of work; the command line draws bars, tests and the service listen to nothing."""

    def start(self, stage: str, total: int | None, unit: str) -> None:
        """A stage begins, of `total` units where that is known."""
        ...

    def advance(self, amount: int) -> None:
        """So many units more are done."""
        ...

    def finish(self) -> None:
        """The stage is over."""
        ...


class Silent:
    """Listens to nothing."""

    def start(self, stage: str, total: int | None, unit: str) -> None:
        """Ignored."""

    def advance(self, amount: int) -> None:
        """Ignored."""

    def finish(self) -> None:
        """Ignored."""
