"""How many cards a client may have drawn: only those that are in no cache count.

Kept in memory, or in Redis for several instances together. A Redis that is gone or slow
limits nobody: pictures come first.
"""

from __future__ import annotations

import asyncio
import time
from math import ceil

import structlog
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError

from htmlcard.errors import TooManyRequests

_NAMESPACE = "htmlcard"
#: What Redis may cost a card, and how long it is left alone after it has failed.
_STORAGE_BUDGET_S = 0.05
_STORAGE_PAUSE_S = 5.0

log = structlog.get_logger()


class Budgets:
    """The budgets of all clients. `limit` and `crawler_limit` read `60/minute`."""

    def __init__(self, limit: str, crawler_limit: str, redis_url: str | None) -> None:
        self._limit = parse(limit)
        self._crawler_limit = parse(crawler_limit)
        self._windows = SlidingWindowCounterRateLimiter(_make_storage(redis_url))
        self._skip_until_s = 0.0

    async def spend(self, client: str, *, crawler: bool) -> None:
        """Count one card for a client.

        Raises:
            TooManyRequests: the client has used up its budget.
        """
        if time.monotonic() < self._skip_until_s:
            return
        limit = self._crawler_limit if crawler else self._limit
        try:
            async with asyncio.timeout(_STORAGE_BUDGET_S):
                if await self._windows.hit(limit, _NAMESPACE, client):
                    return
                wait_s = await self._find_wait_s(limit, client)
        except (StorageError, TimeoutError) as error:
            self._skip_until_s = time.monotonic() + _STORAGE_PAUSE_S
            log.warning("limits are off for a while", error=str(error), pause_s=_STORAGE_PAUSE_S)
            return
        raise TooManyRequests(str(limit), wait_s)

    async def _find_wait_s(self, limit: RateLimitItem, client: str) -> int:
        stats = await self._windows.get_window_stats(limit, _NAMESPACE, client)
        return max(1, ceil(stats.reset_time - time.time()))


def _make_storage(redis_url: str | None) -> Storage:
    if redis_url is None:
        return MemoryStorage()
    return RedisStorage(
        f"async+{redis_url}",
        wrap_exceptions=True,
        implementation="redispy",
        key_prefix=_NAMESPACE,
        socket_connect_timeout=_STORAGE_BUDGET_S,
        socket_timeout=_STORAGE_BUDGET_S,
    )
