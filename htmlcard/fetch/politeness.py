"""Not all at once: how many connections there are, to one host and in all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

MAX_CONNECTIONS = 32
MAX_CONNECTIONS_PER_HOST = 4


class Politeness:
    """Whoever comes too soon waits; its own deadline bounds that."""

    def __init__(self, per_host: int = MAX_CONNECTIONS_PER_HOST) -> None:
        self._per_host = per_host
        self._all = asyncio.Semaphore(MAX_CONNECTIONS)
        self._hosts: dict[str, asyncio.Semaphore] = {}
        self._present: dict[str, int] = {}

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Have a turn at this host."""
        slots = self._hosts.setdefault(host, asyncio.Semaphore(self._per_host))
        self._present[host] = self._present.get(host, 0) + 1
        try:
            # The host first: one that is slow must not use up the turns of all others.
            async with slots, self._all:
                yield
        finally:
            self._present[host] -= 1
            if not self._present[host]:
                del self._present[host], self._hosts[host]
