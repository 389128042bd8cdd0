"""What becomes of a stranger's page once its inline scripts have run.

Every page gets a browser of its own, which is killed when its time is over: nothing that a page
does is left for the next one, and one that hangs ends like all others. It has a launchpad and a
driver of its own, too, so that nothing a page floods them with can hold up a card. `stranger`
next door is the page itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Self

from htmlcard.browser.census import largest_bytes
from htmlcard.browser.launchpad import Launchpad
from htmlcard.browser.process import BrowserProcess
from htmlcard.browser.stranger import read_after_scripts
from htmlcard.errors import BrowserFailed, BrowserUnavailable, DeadlineExceeded, QueueFull

#: For those who name no deadline: the wait for a turn, a start, and the page's own time.
DEFAULT_TIME_S = 9.0
MAX_WAITING = 16
#: A driver that waits costs memory, and its start half a second.
IDLE_S = 60.0
#: Of one process of the browser. An ordinary page is done with a fifth of it. Chromium reserves
#: far more than it uses, so that no limit of the system's would do.
MAX_BYTES = 1_000_000_000
_LOOK_S = 0.1
#: A launchpad goes down a level of isolation after two failures.
_LAUNCH_ATTEMPTS = 3


class ScriptPass:
    """Runs the scripts of one page at a time; nothing is started before the first.

    `make_launchpad` must not allow browsers without a sandbox: these pages are hostile.
    """

    def __init__(self, make_launchpad: Callable[[], Launchpad]) -> None:
        self._make_launchpad = make_launchpad
        self._launchpad: Launchpad | None = None
        self._patience: asyncio.Timeout | None = None
        self._turn = asyncio.Lock()
        self._asked = 0
        self._resting: asyncio.Task[None] | None = None
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closed = True
        self._give_up()
        async with self._turn:
            await self._stop_resting()
            await self._put_away()

    async def run(self, html: str, url: str, deadline_s: float | None = None) -> str:
        """The page's HTML, two million characters at most, two seconds after its scripts began.

        There is no network: of its scripts those run that stand in the page. It takes itself to
        be at `url`. The deadline is of the event loop's clock.

        Raises:
            BrowserUnavailable: no browser is installed, or none starts with a sandbox.
            BrowserFailed: the page brought its browser down, or took too much memory.
            DeadlineExceeded: its scripts never end, or there was no time for them.
            QueueFull: too many pages wait already.
        """
        if self._asked > MAX_WAITING:
            raise QueueFull("too many pages wait for their scripts to be run; ask again later")
        if deadline_s is None:
            deadline_s = asyncio.get_running_loop().time() + DEFAULT_TIME_S
        self._asked += 1
        try:
            async with asyncio.timeout_at(deadline_s), self._turn:
                try:
                    return await self._run(html, url)
                except BaseException:
                    await self._discard_driver()
                    raise
        except TimeoutError as error:
            raise DeadlineExceeded("the page's scripts were not done in time") from error
        finally:
            self._asked -= 1

    async def _run(self, html: str, url: str) -> str:
        await self._stop_resting()
        if self._closed:
            raise BrowserUnavailable("no page's scripts are run any more: htmlcard is stopping")
        patience = asyncio.timeout(None)
        try:
            async with patience:
                self._patience = patience
                process = await self._launch()
                watching = asyncio.create_task(self._watch(process))
                try:
                    return await read_after_scripts(process.browser, html, url)
                finally:
                    watching.cancel()
                    process.kill()
        except TimeoutError as error:
            if not patience.expired():
                raise
            why = "htmlcard is stopping" if self._closed else "it took too much memory"
            raise BrowserFailed(f"the page was given up: {why}") from error
        finally:
            self._patience = None
            self._resting = asyncio.create_task(self._rest())

    async def _discard_driver(self) -> None:
        """After a failure: what a page floods its browser with may have choked the driver."""
        if self._launchpad is not None and self._launchpad.found_browser:
            await self._put_away()

    def _give_up(self) -> None:
        """End the run under way now: who waits for a browser that is killed may wait for ever."""
        patience, self._patience = self._patience, None
        if patience is not None:
            patience.reschedule(asyncio.get_running_loop().time())

    async def _watch(self, process: BrowserProcess) -> None:
        while await asyncio.to_thread(largest_bytes, process.group_id) < MAX_BYTES:  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_S)
        self._give_up()

    async def _launch(self) -> BrowserProcess:
        launchpad = await self._get_launchpad()
        for _ in range(_LAUNCH_ATTEMPTS - 1):
            try:
                return await launchpad.open_browser()
            except BrowserUnavailable:
                if not launchpad.found_browser:
                    raise
        return await launchpad.open_browser()

    async def _get_launchpad(self) -> Launchpad:
        if self._launchpad is None:
            launchpad = self._make_launchpad()
            try:
                self._launchpad = await launchpad.__aenter__()
            except BaseException:
                await launchpad.__aexit__()
                raise
        return self._launchpad

    async def _rest(self) -> None:
        await asyncio.sleep(IDLE_S)
        async with self._turn:
            await self._put_away()

    async def _stop_resting(self) -> None:
        """Only ever by whoever has the turn: what rests then is not in the midst of closing."""
        resting, self._resting = self._resting, None
        if resting is not None:
            resting.cancel()
            await asyncio.gather(resting, return_exceptions=True)

    async def _put_away(self) -> None:
        launchpad, self._launchpad = self._launchpad, None
        if launchpad is not None:
            await launchpad.__aexit__()
