"""Short words for what nearly every test does: wait for lanes, draw, wait for what must come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from htmlcard.browser.lane import Lane, LaneState
from htmlcard.browser.pool import BrowserPool
from htmlcard.card import Document, ImageFormat, Shot

#: The service's default byte budget.
BUDGET_BYTES = 300_000
#: Longer than anything here takes on a busy machine; what needs longer hangs.
HANG_S = 60.0


async def shoot(
    browser: BrowserPool | Lane,
    document: Document,
    format: ImageFormat = ImageFormat.PNG,
    *,
    timeout_s: float = HANG_S,
) -> Shot:
    deadline_s = asyncio.get_running_loop().time() + timeout_s
    return await browser.shoot(document, format, BUDGET_BYTES, deadline_s)


async def until(condition: Callable[[], object], what: str, timeout_s: float = HANG_S) -> None:
    """Wait until a condition holds; fails naming `what` was waited for."""
    give_up_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < give_up_s, f"not within {timeout_s:g} s: {what}"
        await asyncio.sleep(0.02)


async def ready(pool: BrowserPool, *, lanes: int) -> None:
    """Wait until so many lanes are idle."""

    def idle() -> int:
        return sum(lane.state is LaneState.IDLE for lane in pool.supervisor.lanes)

    await until(lambda: idle() >= lanes, f"{lanes} idle lanes ({pool.supervisor.last_error})")
