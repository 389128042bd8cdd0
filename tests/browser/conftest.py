"""Browser pools: one for all tests to share, others for tests that break theirs."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest
import pytest_asyncio

from htmlcard.browser import watchdog
from htmlcard.browser.lane import Lane
from htmlcard.browser.launchpad import Launchpad
from htmlcard.browser.pool import BrowserPool
from htmlcard.images import compare

from .shooting import ready

MakePool = Callable[..., Awaitable[BrowserPool]]

#: Limits that no test reaches by accident.
ROOMY: dict[str, Any] = {
    "queue": 100,
    "cards_per_lane": 100_000,
    "lane_memory_bytes": 2**40,
}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pool() -> AsyncIterator[BrowserPool]:
    """Two lanes for tests that leave them as they were."""
    launchpad = Launchpad(None, compare, allow_unsafe=False)
    limits: dict[str, Any] = {**ROOMY, "queue": 500}
    async with BrowserPool(launchpad, lanes=2, **limits) as opened:
        await ready(opened, lanes=2)
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def lane(pool: BrowserPool, monkeypatch: pytest.MonkeyPatch) -> Lane:
    """One lane of the shared pool, for tests that must know which browser draws.

    They ask it directly, past the pool: nobody else may look at it meanwhile.
    """
    monkeypatch.setattr(watchdog, "PULSE_EVERY_S", 10**6)
    monkeypatch.setattr(watchdog, "PROBE_EVERY_S", 10**6)
    await ready(pool, lanes=2)
    return pool.supervisor.lanes[0]


@pytest_asyncio.fixture(loop_scope="session")
async def make_pool() -> AsyncIterator[MakePool]:
    """Opens a pool of the test's own; `wait=False` does not wait for its lanes."""
    async with AsyncExitStack() as stack:

        async def make(
            *, chromium: str | Path | None = None, lanes: int = 1, wait: bool = True, **limits: Any
        ) -> BrowserPool:
            launchpad = Launchpad(str(chromium) if chromium else None, compare, allow_unsafe=False)
            opened = BrowserPool(launchpad, lanes=lanes, **{**ROOMY, **limits})
            await stack.enter_async_context(opened)
            if wait:
                await ready(opened, lanes=lanes)
            return opened

        yield make


@pytest.fixture
def run_folder() -> Iterator[Path]:
    """A folder for stand-ins; the browser's own user may pass through it."""
    folder = Path(tempfile.mkdtemp(prefix="htmlcard-test-"))
    folder.chmod(0o711)
    yield folder
    rmtree(folder, ignore_errors=True)


@pytest.fixture
def private_tmp(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A TMPDIR of the test's own, so that whatever is left behind shows."""
    folder = Path(tempfile.mkdtemp(prefix="htmlcard-test-tmp-"))
    folder.chmod(0o711)
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    rmtree(folder, ignore_errors=True)
