"""One render per key, however many callers ask.

Callers share a task, not a coroutine: whoever hangs up stops waiting, and the
render goes on for the others. Keeping results is the tiers' business.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from htmlcard.errors import RenderFailed

T = TypeVar("T")


class Flights(Generic[T]):
    """The work under way, by key."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[T]] = {}

    def __repr__(self) -> str:
        return f"<Flights pending={self.pending}>"

    @property
    def pending(self) -> int:
        """How many pieces of work are under way."""
        return sum(not task.done() for task in self._tasks.values())

    async def share(self, key: str, start: Callable[[], Awaitable[T]]) -> tuple[T, bool]:
        """The result of `start()`, and whether this caller was the one who started it.

        Work goes on when a caller is cancelled, even the first, even all of them;
        so `start` itself must put its result into the cache, and should look there
        first, for a flight may have landed since the caller looked. What `start`
        raises reaches every caller of the flight, and the next caller starts anew.
        Raises `RenderFailed` where `drain` stopped the work.
        """
        task = self._tasks.get(key)
        leader = task is None or task.done()
        if task is None or task.done():
            task = asyncio.create_task(_run(start), name=f"flight-{key[:12]}")
            self._tasks[key] = task
            task.add_done_callback(lambda done: self._landed(key, done))
        try:
            return await asyncio.shield(task), leader
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if task.cancelled() and not (caller and caller.cancelling()):
                raise RenderFailed("the card was given up: the service is stopping") from None
            raise

    async def drain(self, timeout_s: float) -> int:
        """Wait for all work under way, stop what is not done by then; how many were stopped."""
        tasks = [task for task in self._tasks.values() if not task.done()]
        if not tasks:
            return 0
        _, late = await asyncio.wait(tasks, timeout=timeout_s)
        for task in late:
            task.cancel()
        if late:
            # Work that refuses to end must not hold up the exit.
            await asyncio.wait(late, timeout=1.0)
        return len(late)

    def _landed(self, key: str, task: asyncio.Task[T]) -> None:
        if self._tasks.get(key) is task:
            del self._tasks[key]
        if not task.cancelled():
            # Asked for here, so that a failure nobody waits for any more makes no noise.
            task.exception()


async def _run(start: Callable[[], Awaitable[T]]) -> T:
    return await start()
