"""Connections that never get to the point: the head of a request has to arrive in time, or the connection is closed.

Uvicorn waits for it without end, so a few hundred such connections would keep everybody else out (Slowloris, CWE-400).
Bodies are timed by the gate (`api.access.gate`), which can still answer.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 10.0


class ImpatientProtocol(HttpToolsProtocol):
    """Closes a connection `HEAD_SECONDS` after it was made, or a further request begun, unless its head is complete."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """The first request has to come at once."""
        super().connection_made(transport)
        self._start()

    def on_message_begin(self) -> None:
        """A further request on the same connection has as long."""
        super().on_message_begin()
        if self._timer is None:
            self._start()

    def on_headers_complete(self) -> None:
        """In time."""
        self._stop()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing to wait for any more."""
        self._stop()
        super().connection_lost(exc)

    def _start(self) -> None:
        self._timer = self.loop.call_later(HEAD_SECONDS, self._too_late)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_late(self) -> None:
        self._timer = None
        self.transport.close()
