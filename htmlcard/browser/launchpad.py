"""Opens lanes: finds the browser, learns which isolation and which way of drawing work here."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import count
from pathlib import Path
from typing import Self

import structlog
from playwright.async_api import Error as PlaywrightError

from htmlcard.browser.binary import ChromiumBinary, find_chromium
from htmlcard.browser.canary import reaches_out
from htmlcard.browser.driver import Driver, silence_playwright
from htmlcard.browser.isolation import IsolationLevel, candidate_levels
from htmlcard.browser.lane import PROBE_DOCUMENT, Lane
from htmlcard.browser.page import CardPage, Eyes
from htmlcard.browser.process import BrowserProcess, launch_browser
from htmlcard.browser.proofs import Proofs
from htmlcard.browser.tab import PortableTab
from htmlcard.card import ImageFormat
from htmlcard.errors import BrowserFailed, BrowserUnavailable, DeadlineExceeded, EnvironmentLacking

log = structlog.get_logger()

#: A first card may meet cold fonts and a busy machine.
FIRST_CARD_TIMEOUT_S = 6.0
PROBE_ATTEMPTS = 4
LAUNCH_ATTEMPTS = 2


class Launchpad:
    """Knows how a browser starts on this machine; `open_lane` does it."""

    def __init__(
        self,
        chromium: str | None,
        eyes: Eyes,
        *,
        allow_unsafe: bool,
        driver: Driver | None = None,
    ) -> None:
        """`driver` may have been started ahead; either way the launchpad closes it."""
        self.proofs = Proofs()
        self._chromium = chromium
        self._eyes = eyes
        self._allow_unsafe = allow_unsafe
        self._driver = driver or Driver()
        self._folder: Path | None = None
        self._binary: ChromiumBinary | None = None
        self._levels: list[IsolationLevel] = []
        self._cut_off: bool | None = None
        self._launched = False
        self._launch_failures = 0
        self._portable = False
        self._probe_failures = 0
        self._probe_succeeded = False
        self._numbers = count(1)

    @property
    def version(self) -> str:
        """The browser's version, once one was found; part of every card's key."""
        return self._binary.version if self._binary else "none"

    @property
    def found_browser(self) -> bool:
        """Whether a browser is installed at all."""
        return self._binary is not None

    @property
    def isolation(self) -> str | None:
        return self._levels[0].value if self._launched else None

    @property
    def cut_off(self) -> bool | None:
        """Whether a browser was seen to reach nothing; None before one has started."""
        return self._cut_off

    @property
    def driver_pid(self) -> int | None:
        return self._driver.pid

    async def __aenter__(self) -> Self:
        silence_playwright(asyncio.get_running_loop())
        # The driver takes the longest to start, so it does while all else is looked at.
        self._driver.start_soon()
        self._folder, self._levels, _ = await asyncio.gather(
            self._driver.folder(),
            candidate_levels(allow_unsafe=self._allow_unsafe),
            self._look_for_binary(),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._driver.close()

    def driver_is_well(self) -> bool:
        """Whether the driver's process runs; where it does not, only browsers with a wire live."""
        return self._driver.is_well()

    def driver_is_lost(self) -> bool:
        """Whether a driver that ran is dead or stopped, and nobody has taken another yet."""
        return self._driver.is_lost()

    def end_driver(self) -> None:
        """Kill the driver at once, and with it what is being launched or speaks through it."""
        self._driver.end()

    async def discard_driver(self) -> None:
        """Take a new driver for the next lane: to be called when no lane lives and none opens."""
        await self._driver.discard()

    async def open_lane(self) -> Lane:
        """A lane that has drawn its first card.

        Raises:
            BrowserUnavailable: no browser is installed, or none starts.
        """
        binary = await self._find_binary()
        begin_frame = binary.headless_shell and not self._portable
        process = await self._launch(binary, begin_frame=begin_frame)
        try:
            lane = await self._equip(process)
        except (BrowserFailed, DeadlineExceeded, PlaywrightError, TimeoutError) as error:
            process.kill()
            self._learn_from_failure(error, begin_frame=begin_frame)
            raise BrowserUnavailable(f"a browser started but does not draw: {error}") from error
        except BaseException:
            process.kill()
            raise
        self._probe_succeeded = True
        return lane

    async def open_browser(self) -> BrowserProcess:
        """A browser without a page, for one of a stranger's; whoever asks for it kills it.

        Raises:
            BrowserUnavailable: no browser is installed, or none starts.
        """
        binary = await self._find_binary()
        process = await self._launch(binary, begin_frame=False)
        try:
            if not self._cut_off:
                async with asyncio.timeout(FIRST_CARD_TIMEOUT_S):
                    tab = await PortableTab.open(process.browser)
                    await self._prove(
                        process, lambda: reaches_out(partial(tab.evaluate, wait=True))
                    )
                    await tab.page.context.close()
        except (BrowserFailed, PlaywrightError, TimeoutError) as error:
            process.kill()
            raise BrowserUnavailable(f"a browser started but does nothing: {error}") from error
        except BaseException:
            process.kill()
            raise
        return process

    def _learn_from_failure(self, error: Exception, *, begin_frame: bool) -> None:
        """Go over to the portable way where frames on demand have never worked."""
        if not self._driver.is_well():
            return  # That is why.
        self._probe_failures += 1
        if begin_frame and not self._probe_succeeded and self._probe_failures >= PROBE_ATTEMPTS:
            log.warning("frames on demand fail here: drawing the portable way", error=str(error))
            self._portable = True

    async def _equip(self, process: BrowserProcess) -> Lane:
        async with asyncio.timeout(FIRST_CARD_TIMEOUT_S):
            page = await CardPage.open(process, self.proofs, self._eyes)
        await self._prove(process, page.reaches_out)
        lane = Lane(next(self._numbers), process, page)
        deadline_s = asyncio.get_running_loop().time() + FIRST_CARD_TIMEOUT_S
        await lane.shoot(PROBE_DOCUMENT, ImageFormat.PNG, 2**20, deadline_s)
        return lane

    async def _prove(self, process: BrowserProcess, knock: Callable[[], Awaitable[bool]]) -> None:
        """See to it that browsers are cut off, by the first one; `knock` tells if it gets out."""
        level = process.launcher.level
        if self._cut_off is None:
            self._cut_off = not await knock()
            if not self._cut_off:
                log.error("the browser reaches the network", isolation=level.value)
        if not self._cut_off and level is not IsolationLevel.NONE:
            raise BrowserUnavailable(
                "the browser reaches this machine's network, which it must not; allow user "
                "namespaces, or set HTMLCARD_UNSAFE_BROWSER=1 to run it all the same"
            )

    async def _look_for_binary(self) -> None:
        with contextlib.suppress(BrowserUnavailable):  # It may be installed later.
            await self._find_binary()

    async def _find_binary(self) -> ChromiumBinary:
        if self._binary is None:
            try:
                self._binary = await asyncio.to_thread(find_chromium, self._chromium)
            except EnvironmentLacking as error:
                raise BrowserUnavailable(str(error)) from error
        return self._binary

    async def _launch(self, binary: ChromiumBinary, *, begin_frame: bool) -> BrowserProcess:
        if self._folder is None:
            raise BrowserUnavailable("the browser pool is not open")
        level = self._levels[0]
        folder = self._folder / f"browser-{next(self._numbers)}"
        try:
            process = await launch_browser(
                self._driver,
                binary,
                folder,
                level,
                begin_frame=begin_frame,
                again=self._launched,
            )
        except BrowserUnavailable as error:
            self._learn_from_launch(level)
            raise BrowserUnavailable(f"{error}{self._advice(level)}") from error
        if not self._launched:
            log.info("browser isolation", isolation=level.value, browser=binary.version)
        self._launched = True
        return process

    def _learn_from_launch(self, level: IsolationLevel) -> None:
        """Go down a level where this one has never worked, through no fault of the driver."""
        if self._launched or not self._driver.is_well() or level is not self._levels[0]:
            return
        self._launch_failures += 1
        if self._launch_failures >= LAUNCH_ATTEMPTS and len(self._levels) > 1:
            self._launch_failures = 0
            del self._levels[0]

    def _advice(self, level: IsolationLevel) -> str:
        if self._launched or level is IsolationLevel.NONE or self._allow_unsafe:
            return ""
        return (
            "; if user namespaces are forbidden here (a container without deploy/seccomp.json), "
            "allow them, or set HTMLCARD_UNSAFE_BROWSER=1 to run without a sandbox"
        )
