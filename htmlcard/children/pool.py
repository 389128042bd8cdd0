"""A pool of children of one kind.

A child that is late, dead or talks nonsense is killed and replaced; the work in question fails,
the others do not notice. A child does one piece of work at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Self

import structlog

from htmlcard.children.process import ChildDied, ChildKind, ChildProcess
from htmlcard.children.service import OUT_OF_MEMORY
from htmlcard.errors import EnvironmentLacking

_log = structlog.get_logger()

_MAX_RESTART_DELAY_S = 5.0

Said = tuple[bytes, bytes]


class NoChildFree(Exception):  # noqa: N818 - a control flow of the pool's users
    """All children were busy until the deadline."""


class ChildLate(Exception):  # noqa: N818 - a control flow of the pool's users
    """The work was not done by the deadline; its child was killed."""


class ChildPool:
    """`count` children of a kind. Use `async with`; entering raises EnvironmentLacking.

    With `on_demand` they are started when the first work comes.
    """

    def __init__(self, kind: ChildKind, count: int, *, on_demand: bool = False) -> None:
        self._kind = kind
        self._count = count
        self._on_demand = on_demand
        self._idle: asyncio.Queue[ChildProcess] = asyncio.Queue()
        self._children: set[ChildProcess] = set()
        self._starting: set[asyncio.Task[None]] = set()
        self._closed = False

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} {len(self._children)} running, {self._idle.qsize()} idle, "
            f"{len(self._starting)} starting>"
        )

    async def __aenter__(self) -> Self:
        if self._on_demand:
            return self
        starts = (ChildProcess.start(self._kind) for _ in range(self._count))
        started = await asyncio.gather(*starts, return_exceptions=True)
        for child in started:
            if isinstance(child, ChildProcess):
                self._add(child)
        failed = next((item for item in started if isinstance(item, BaseException)), None)
        if failed is not None:
            await self.aclose()
            raise failed
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Kills all children; work under way fails."""
        self._closed = True
        for task in self._starting:
            task.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        await asyncio.gather(*(child.kill() for child in self._children))
        self._children.clear()

    @property
    def closed(self) -> bool:
        return self._closed

    @property
    def pids(self) -> frozenset[int]:
        """Process ids of the children running now."""
        return frozenset(child.pid for child in self._children)

    async def run(self, work: Callable[[ChildProcess], Awaitable[Said]], deadline_s: float) -> Said:
        """What `work` makes of a child of its own, by a deadline of the event loop's clock.

        Where the child dies, once more with another: whoever killed it need not have been the
        work.

        Raises:
            NoChildFree, ChildLate: the time was up, waiting or working.
            ChildDied: it died twice, or the pool was closed.
        """
        try:
            return await self._run_once(work, deadline_s)
        except ChildDied:
            if self._closed:
                raise
        return await self._run_once(work, deadline_s)

    async def _run_once(
        self, work: Callable[[ChildProcess], Awaitable[Said]], deadline_s: float
    ) -> Said:
        child = await self._acquire(deadline_s)
        reusable = False
        try:
            async with asyncio.timeout_at(deadline_s):
                kind, payload = await work(child)
            reusable = kind != OUT_OF_MEMORY
            return kind, payload
        except TimeoutError:
            raise ChildLate from None
        finally:
            # Also after a cancellation: the answer still to come would be the next one's.
            if reusable:
                self._idle.put_nowait(child)
            else:
                self._replace(child)

    async def _acquire(self, deadline_s: float) -> ChildProcess:
        # Idle ones first: so many are started as are needed at once.
        known = len(self._children) + len(self._starting)
        if self._idle.empty() and known < self._count and not self._closed:
            self._start(None)
        try:
            async with asyncio.timeout_at(deadline_s):
                while not (child := await self._idle.get()).alive:
                    self._replace(child)
        except TimeoutError:
            raise NoChildFree from None
        return child

    def _add(self, child: ChildProcess) -> None:
        self._children.add(child)
        self._idle.put_nowait(child)

    def _replace(self, child: ChildProcess) -> None:
        if self._closed:
            return  # `aclose` kills them all
        self._start(child)

    def _start(self, instead_of: ChildProcess | None) -> None:
        name = f"{self._kind.name} start"
        task = asyncio.create_task(self._keep_starting(instead_of), name=name)
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _keep_starting(self, instead_of: ChildProcess | None) -> None:
        if instead_of is not None:
            await instead_of.kill()
            # Not before: whoever closes the pool meanwhile has to kill it.
            self._children.discard(instead_of)
        delay_s = 0.1
        while True:
            try:
                self._add(await ChildProcess.start(self._kind))
            except EnvironmentLacking as error:
                _log.error(
                    "child_not_started",
                    kind=self._kind.name,
                    error=str(error),
                    retry_in_s=delay_s,
                )
                await asyncio.sleep(delay_s)
                delay_s = min(delay_s * 2, _MAX_RESTART_DELAY_S)
            else:
                return
