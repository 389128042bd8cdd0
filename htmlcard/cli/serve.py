"""`htmlcard serve` and `htmlcard dev`."""

from __future__ import annotations

import asyncio
import errno
import importlib
import socket
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from htmlcard.browser.driver import Driver
from htmlcard.cli.flags import SettingFlags, settings_of
from htmlcard.cli.memory import keep_trimming, limit_arenas
from htmlcard.config import Settings
from htmlcard.errors import InvalidSettings
from htmlcard.telemetry.logs import configure_logs


def serve(*, flags: SettingFlags | None = None) -> int:
    """Run the service."""
    settings = settings_of(flags).settings
    configure_logs(settings.log_level, settings.log_format)
    return _run(settings, dev=False, on_listening=lambda url: None)


def dev(*, flags: SettingFlags | None = None) -> int:
    """Run the service for editing templates: on this machine, nothing cached by browsers."""
    settings = settings_of(flags).settings
    if settings.host not in ("127.0.0.1", "::1", "localhost"):
        raise InvalidSettings("`htmlcard dev` listens on this machine only; use `htmlcard serve`")
    configure_logs(settings.log_level, settings.log_format)

    def announce(url: str) -> None:
        print(f"Templates   {url}/")
        print(f"A card      {url}/render/article?title=Hello%2C%20world", flush=True)

    return _run(settings, dev=True, on_listening=announce)


def _run(settings: Settings, *, dev: bool, on_listening: Callable[[str], None]) -> int:
    limit_arenas()
    try:
        run_fast(_serve(settings, dev=dev, on_listening=on_listening))
    except OSError as error:
        unusable = (errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL)
        if error.errno not in unusable and not isinstance(error, socket.gaierror | TimeoutError):
            raise
        raise InvalidSettings(
            f"cannot listen on {settings.host}:{settings.port}: {error.strerror or error}; "
            "set PORT or HOST to something free"
        ) from error
    return 0


async def _serve(settings: Settings, *, dev: bool, on_listening: Callable[[str], None]) -> None:
    trimming = asyncio.create_task(keep_trimming())
    driver = Driver()
    driver.start_soon()
    try:
        # The server and what it is made of take as long to import as the driver to start.
        app = await asyncio.to_thread(importlib.import_module, "htmlcard.server.app")
        await app.run_server(settings, dev=dev, driver=driver, on_listening=on_listening)
    finally:
        trimming.cancel()
        await driver.close()


def run_fast(work: Coroutine[Any, Any, None]) -> None:
    """Run on uvloop where there is one."""
    if sys.platform == "win32":
        asyncio.run(work)
        return
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)
