"""The Node.js driver that Playwright speaks through: one for all lanes.

Lanes need it only until they are open (`wire`), so it may end at any time. What
goes on speaking through it is lost with it, and nobody is told of that reliably:
a lane that cannot be launched while no other lives means, take a new driver.
Stopping is a SIGKILL by process id: Playwright's own stop waits for ever on a
driver that hangs.

It is started through a small script, like the browsers: Playwright would hand
it the service's environment, secrets and all, and does not tell its process id.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import shutil
import traceback
from pathlib import Path
from typing import Any

import playwright
import psutil
import structlog
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Playwright, async_playwright

from htmlcard.browser.census import create_run_folder, kill_process
from htmlcard.errors import BrowserUnavailable

log = structlog.get_logger()

START_TIMEOUT_S = 10.0
_PID_LOOKS = 50
#: Playwright runs what this variable names in place of its own Node.js.
_NODE_VARIABLE = "PLAYWRIGHT_NODEJS_PATH"
_KEPT_VARIABLES = ("PATH", "PLAYWRIGHT_BROWSERS_PATH", "PW_LANG_NAME", "PW_LANG_NAME_VERSION")
#: What passes through is garbage at once: room for it only makes the process large.
_NODE_FLAGS = ("--max-semi-space-size=2", "--heap-growing-percent=40")
#: One driver of the process starts at a time: the variable is everybody's.
_variable_in_use = asyncio.Lock()


class Driver:
    """Owns the one Playwright connection; hands it out, replaces it when told."""

    def __init__(self) -> None:
        self._folder: asyncio.Task[Path] | None = None
        self._playwright: Playwright | None = None
        self._pid: int | None = None
        self._lock = asyncio.Lock()
        self._early_start: asyncio.Task[None] | None = None
        self.starts = 0

    @property
    def pid(self) -> int | None:
        return self._pid

    async def folder(self) -> Path:
        """The run's folder for launchers and homes, which the driver is the first to need.

        Raises:
            OSError: it cannot be made.
        """
        if self._folder is None:
            self._folder = asyncio.create_task(asyncio.to_thread(create_run_folder))
        # A thread cannot be cancelled: `close` must learn what it made.
        return await asyncio.shield(self._folder)

    def start_soon(self) -> None:
        """Begin to start in the background; a failure is told to whoever calls `get`."""
        if self._early_start is None:
            self._early_start = asyncio.create_task(self._start_early())

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
        """Kill the driver, running or starting; the next `get` starts another."""
        async with self._lock:
            self._kill()

    def end(self) -> None:
        """Kill the driver, if one runs, without waiting for one that starts."""
        self._kill()

    async def close(self) -> None:
        """Kill the driver, running or starting, and drop the folder; safe to call twice."""
        if self._early_start is not None:
            self._early_start.cancel()
            await asyncio.gather(self._early_start, return_exceptions=True)
        pid = self._pid
        await self.discard()
        if pid is not None:
            await _wait_until_reaped(pid)
        if self._folder is not None:
            with contextlib.suppress(OSError):
                await asyncio.to_thread(shutil.rmtree, await self._folder, ignore_errors=True)

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

    def is_lost(self) -> bool:
        """Whether a driver that ran is dead or stopped, and nobody has taken another yet."""
        return self._playwright is not None and not self.is_well()

    async def _start_early(self) -> None:
        with contextlib.suppress(BrowserUnavailable):
            await self.get()

    async def _start(self) -> Playwright:
        try:
            folder = await self.folder()
            async with _variable_in_use:
                playwright = await self._start_in(folder)
        except Exception as error:
            # Playwright raises a plain one where the driver ends at once.
            raise BrowserUnavailable(f"Playwright's driver does not start: {error}") from error
        self.starts += 1
        log.info("driver started", pid=self._pid, starts=self.starts)
        return playwright

    async def _start_in(self, folder: Path) -> Playwright:
        home = await asyncio.to_thread(_make_home, folder, self.starts)
        pid_file = home / "driver-pid"
        before = os.environ.get(_NODE_VARIABLE)
        os.environ[_NODE_VARIABLE] = str(_write_launcher(home, pid_file, before))
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                return await async_playwright().start()
        finally:
            if before is None:
                del os.environ[_NODE_VARIABLE]
            else:
                os.environ[_NODE_VARIABLE] = before
            self._pid = await _wait_for_pid(pid_file)


async def _wait_until_reaped(pid: int) -> None:
    """Let asyncio take notice of the end, or it complains of pipes left open."""
    for _ in range(_PID_LOOKS):
        if not psutil.pid_exists(pid):
            return
        await asyncio.sleep(0.01)


async def _wait_for_pid(pid_file: Path) -> int | None:
    """The driver's process id; None where none was started."""
    # Whoever is cancelled just after the start may be ahead of the script.
    for _ in range(_PID_LOOKS):
        if (pid := _read_pid(pid_file)) is not None:
            return pid
        await asyncio.sleep(0.01)
    return None


def _read_pid(pid_file: Path) -> int | None:
    try:
        return int(pid_file.read_text())
    except (OSError, ValueError):
        return None


def _make_home(folder: Path, number: int) -> Path:
    """A home for the next driver; those of drivers before it go, with all they left there."""
    for old in folder.glob("driver-*"):
        shutil.rmtree(old, ignore_errors=True)
    home = folder / f"driver-{number}"
    home.mkdir(mode=0o700, exist_ok=True)
    return home


def _write_launcher(home_folder: Path, pid_file: Path, node: str | None) -> Path:
    """A script that becomes Node.js, with an environment from scratch and a home of its own."""
    node = node or str(Path(playwright.__file__).parent / "driver" / "node")
    command = shlex.join([node, *_NODE_FLAGS])
    # Of the service's environment only what the driver asks for: none of its secrets.
    kept = " ".join(f'${{{name}+{name}="${name}"}}' for name in _KEPT_VARIABLES)
    home = shlex.quote(str(home_folder))
    script = home_folder / "launch"
    script.write_text(
        "#!/bin/sh\n"
        f"echo $$ > {shlex.quote(str(pid_file))}\n"
        f'exec /usr/bin/env -i {kept} HOME={home} TMPDIR={home} {command} "$@"\n',
        encoding="utf-8",
    )
    script.chmod(0o700)
    return script


def silence_playwright(loop: asyncio.AbstractEventLoop) -> None:
    """Keep the end of browsers and drivers, which we bring about, out of asyncio's complaints.

    Playwright leaves futures behind that nobody asks for their result, and callbacks that write
    to a driver that is gone. All other complaints become a line of the log.
    """
    if loop.get_exception_handler() is None:
        loop.set_exception_handler(_handle_lost_error)


def _handle_lost_error(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    error = context.get("exception")
    if isinstance(error, PlaywrightError) or "reading from the driver" in str(error):
        return
    if error is not None and _comes_from_playwright(error):
        log.info("playwright lost its driver", error=str(error))
        return
    log.error("a fault nobody waited for", message=context.get("message"), exc_info=error)


def _comes_from_playwright(error: BaseException) -> bool:
    frames = traceback.walk_tb(error.__traceback__)
    folder = str(Path(playwright.__file__).parent)
    return any(frame.f_code.co_filename.startswith(folder) for frame, _ in frames)
