"""Work for a client who may leave: then nobody waits for it any more, and it is told to stop."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from litestar import Request

from corpora.stopping import StoppedError

T = TypeVar("T")


async def unless_left(request: Request[Any, Any, Any], work: Coroutine[Any, Any, T]) -> T:
    """What `work` gives; where the client goes first, it is cancelled and StoppedError raised."""
    task = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({task, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise StoppedError("the client left before it was answered")
        return task.result()
    finally:
        task.cancel()
        leaving.cancel()


async def _left(request: Request[Any, Any, Any]) -> None:
    """Returns when the client has gone. The body was read before, so nothing else comes."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
