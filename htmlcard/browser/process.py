"""A running browser: launched through a launcher script, ended by its process group.

Nothing here ever awaits a close: `Browser.close()` hangs for ever when the
browser is stopped or its driver is.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from playwright.async_api import Browser
from playwright.async_api import Error as PlaywrightError

from htmlcard.browser.binary import ChromiumBinary
from htmlcard.browser.census import kill_group
from htmlcard.browser.driver import Driver
from htmlcard.browser.flags import chromium_flags
from htmlcard.browser.isolation import IsolationLevel, Launcher
from htmlcard.browser.process_group import ProcessGroup
from htmlcard.browser.wire import Wire
from htmlcard.errors import BrowserUnavailable

log = structlog.get_logger()

#: A sound browser takes half a second, and several the first time on a cold disk.
LAUNCH_TIMEOUT_S = 8.0
#: Where one has started before, waiting longer only keeps the next try from being made.
RELAUNCH_TIMEOUT_S = 4.0


@dataclass(frozen=True, slots=True)
class BrowserProcess:
    """A browser and the means to end it."""

    browser: Browser
    launcher: Launcher
    group_id: int
    wire: Wire | None
    """Our own line to it; where there is none, it is spoken to through Playwright's driver."""
    group: ProcessGroup = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "group", ProcessGroup(self.group_id))

    def on_end(self, listener: Callable[[], None]) -> None:
        """Tell when the browser has gone; at once where it has."""
        if self.wire is not None:
            self.wire.on_end(listener)
            return
        self.browser.on("disconnected", lambda _: listener())
        if not self.browser.is_connected():
            listener()

    def kill(self) -> None:
        """End all its processes now and drop its folder; safe to call twice."""
        self.group.kill()
        if self.wire is not None:
            self.wire.close()
        _remove_soon(self.launcher.folder)


async def launch_browser(
    driver: Driver,
    binary: ChromiumBinary,
    folder: Path,
    level: IsolationLevel,
    *,
    begin_frame: bool,
    again: bool,
) -> BrowserProcess:
    """Start a browser at one level of isolation, with `folder` (not there yet) as its own.

    One that draws frames on demand gets a wire. `again` says that one has started here before.

    Raises:
        BrowserUnavailable: it does not start; the message holds what it said.
    """
    launcher = Launcher(folder, level, wired=begin_frame)
    wire: Wire | None = None
    try:
        launcher.write(Path(binary.path))
        wire = Wire(launcher) if launcher.wired else None
        playwright = await driver.get()
        async with asyncio.timeout(RELAUNCH_TIMEOUT_S if again else LAUNCH_TIMEOUT_S):
            browser = await playwright.chromium.launch(
                executable_path=launcher.script,
                args=chromium_flags(begin_frame=begin_frame),
                chromium_sandbox=level is not IsolationLevel.NONE,
                # From scratch: no secret of the service's environment reaches the browser.
                env={
                    "HOME": str(launcher.home),
                    "TMPDIR": str(launcher.home),
                    "FONTCONFIG_FILE": str(launcher.fonts_conf),
                    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                    "LANG": "C.UTF-8",
                    "TZ": "UTC",
                },
                # The service decides when to stop, not a Ctrl-C that reaches the whole group.
                handle_sigint=False,
                handle_sigterm=False,
                handle_sighup=False,
            )
        return BrowserProcess(browser, launcher, int(launcher.pid_file.read_text()), wire)
    except (PlaywrightError, OSError, ValueError, TimeoutError) as error:
        _abandon(launcher, wire)
        raise BrowserUnavailable(
            f"{binary.path} does not start at isolation level {level}: {_last_words(str(error))}"
        ) from error
    except BaseException:
        # Cancelled, or no driver was there to start it.
        _abandon(launcher, wire)
        raise


def _last_words(message: str) -> str:
    """What the browser wrote to stderr, which Playwright marks `[err]`, else Playwright's words."""
    said = [line.partition("[err]")[2].strip() for line in message.splitlines() if "[err]" in line]
    return " / ".join(said[-3:])[:600] or message.partition("\n")[0] or "no answer in time"


def _abandon(launcher: Launcher, wire: Wire | None) -> None:
    if wire is not None:
        wire.close()
    with contextlib.suppress(OSError, ValueError):
        kill_group(int(launcher.pid_file.read_text()))
    _remove_soon(launcher.folder)


def _remove_soon(folder: Path) -> None:
    """Drop a browser's folder off the event loop; dying processes may still write there."""

    def remove() -> None:
        shutil.rmtree(folder, ignore_errors=True)

    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        remove()
        return

    def remove_in_thread() -> None:
        # Too late to start a thread: the launchpad removes the folder of the whole run.
        with contextlib.suppress(RuntimeError):
            loop.run_in_executor(None, remove)

    loop.call_later(0.2, remove_in_thread)
