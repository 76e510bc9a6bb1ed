"""Trying again what was refused only for now."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from api.access.errors import RefusedForNowError

T = TypeVar("T")

TRIES = 20
LONGEST_S = 5.0


async def patiently(work: Callable[[], Awaitable[T]], *refusals: type[RefusedForNowError]) -> T:
    """What `work` gives, tried again after each of these refusals, `TRIES` times, as long as each says to wait."""
    for _ in range(TRIES - 1):
        try:
            return await work()
        except refusals as refusal:
            await asyncio.sleep(min(LONGEST_S, refusal.retry_after))
    return await work()
