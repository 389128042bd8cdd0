"""The Node.js driver that Playwright speaks through: one for all lanes.

Its death ends every browser. Nobody is told of that reliably, so a lane that
cannot be launched while no other lives means: take a new driver. Stopping is
a SIGKILL by process id: Playwright's own stop waits for ever on a driver that
hangs.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import structlog
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Playwright, async_playwright

from htmlcard.browser.census import kill_process
from htmlcard.errors import BrowserUnavailable

log = structlog.get_logger()

START_TIMEOUT_S = 10.0


class Driver:
    """Owns the one Playwright connection; hands it out, replaces it when told."""

    def __init__(self) -> None:
        self._home: Path | None = None
        self._playwright: Playwright | None = None
        self._pid: int | None = None
        self._lock = asyncio.Lock()
        self.starts = 0

    @property
    def pid(self) -> int | None:
        return self._pid

    def settle_in(self, home: Path) -> None:
        """Have the driver keep its own files in this folder."""
        self._home = home

    async def get(self) -> Playwright:
        """The connection, started when there is none.

        Raises:
            BrowserUnavailable: the driver does not start.
        """
        async with self._lock:
            if self._playwright is None or not self.is_well():
                self._kill()
                self._playwright = await self._start()
            return self._playwright

    async def discard(self) -> None:
        """Kill the driver, if one runs; the next `get` starts another."""
        async with self._lock:
            self._kill()

    def _kill(self) -> None:
        pid, self._pid, self._playwright = self._pid, None, None
        if pid is not None:
            kill_process(pid)  # Reaping it is left to asyncio, which started it.

    def is_well(self) -> bool:
        """Whether the driver's process runs: neither dead nor stopped."""
        if self._playwright is None:
            return False
        if self._pid is None:
            return True  # Its id could not be told: trust it until a launch fails.
        try:
            status = psutil.Process(self._pid).status()
        except psutil.Error:
            return False
        return status not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD, psutil.STATUS_STOPPED)

    async def _start(self) -> Playwright:
        before = {child.pid for child in psutil.Process().children()}
        try:
            with _environment(self._home):
                async with asyncio.timeout(START_TIMEOUT_S):
                    playwright = await async_playwright().start()
        except (PlaywrightError, OSError, TimeoutError) as error:
            raise BrowserUnavailable(f"Playwright's driver does not start: {error}") from error
        finally:
            self._pid = next((pid for pid in _node_children() if pid not in before), None)
        self.starts += 1
        log.info("driver started", pid=self._pid, starts=self.starts)
        return playwright


@contextlib.contextmanager
def _environment(home: Path | None) -> Iterator[None]:
    """An environment from scratch for what is started meanwhile: no secret of the service's.

    Playwright offers no other way: its driver inherits the environment as it is.
    """
    before = dict(os.environ)
    kept: dict[str, str] = {}
    for name in ("PATH", "PLAYWRIGHT_BROWSERS_PATH"):
        if name in before:
            kept[name] = before[name]
    if home is not None:
        kept |= {"HOME": str(home), "TMPDIR": str(home)}
    os.environ.clear()
    os.environ.update(kept)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def silence_playwright(loop: asyncio.AbstractEventLoop) -> None:
    """Keep the end of browsers and drivers, which we bring about, out of asyncio's complaints.

    Playwright leaves futures behind that nobody asks for their result.
    """
    if loop.get_exception_handler() is None:
        loop.set_exception_handler(_handle_lost_error)


def _handle_lost_error(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    error = context.get("exception")
    if not isinstance(error, PlaywrightError) and "reading from the driver" not in str(error):
        loop.default_exception_handler(context)


def _node_children() -> list[int]:
    """Ids of our children that are a Playwright driver (Playwright does not tell its own)."""
    pids = []
    for child in psutil.Process(os.getpid()).children():
        with contextlib.suppress(psutil.Error):
            if any("playwright" in part for part in child.cmdline()):
                pids.append(child.pid)
    return pids
