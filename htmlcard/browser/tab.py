"""One page of a browser, spoken to by CDP: evaluate, frames, interception.

Two kinds: a tab whose frames are drawn on demand (`BeginFrameTab`, only with
chromium-headless-shell) and one that lives by the screen's clock
(`PortableTab`). What is drawn in them is the business of `stage` and `page.py`.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any, ClassVar

from playwright.async_api import Browser, BrowserContext, CDPSession, Page
from playwright.async_api import Error as PlaywrightError

from htmlcard.browser.font_families import GENERIC_FAMILIES
from htmlcard.browser.origin import NOT_FOUND, Reply
from htmlcard.card import DEFAULT_SIZE, ImageFormat, Size
from htmlcard.errors import BrowserFailed

Answer = Callable[[str], Reply | None]

#: The first frames of a page may come without a picture; more missing ones are a fault.
_MAX_EMPTY_FRAMES = 5
_FRAME_INTERVAL_MS = 16


class Tab:
    """What both kinds share."""

    path: ClassVar[str]
    #: What a request is told that nothing answers; CDP's `Network.ErrorReason`.
    refusal: ClassVar[str] = "BlockedByClient"

    def __init__(self, page: Page, session: CDPSession) -> None:
        self.page = page
        self._session = session
        self._answer: Answer = lambda url: None
        self._viewport_px = DEFAULT_SIZE
        self._tasks: set[asyncio.Task[None]] = set()
        #: How many requests the page has made; what it asked for is all in memory by and by.
        self.requests_seen = 0
        self._answered_urls: list[str] = []

    async def send(self, method: str, params: dict[str, Any] | None = None) -> Any:
        """One CDP call.

        Raises:
            BrowserFailed: the page, browser or driver is gone, or refuses the call.
        """
        try:
            return await self._session.send(method, params)
        except PlaywrightError as error:
            raise BrowserFailed(f"{method} failed: {error}") from error

    async def call(self, function: str, *arguments: object, wait: bool = False) -> Any:
        """Call a function of the page with JSON arguments, and give its JSON result."""
        rendered = ",".join(json.dumps(argument) for argument in arguments)
        return await self.evaluate(f"{function}({rendered})", wait=wait)

    async def evaluate(self, expression: str, *, wait: bool = False) -> Any:
        result = await self.send(
            "Runtime.evaluate",
            {"expression": expression, "returnByValue": True, "awaitPromise": wait},
        )
        if details := result.get("exceptionDetails"):
            said = details.get("exception", {}).get("description", details.get("text", ""))
            raise BrowserFailed(f"a script of ours failed in the page: {said[:500]}")
        return result["result"].get("value")

    async def intercept(self, answer: Answer) -> None:
        """Answer every request of the page from memory; what `answer` does not know is refused."""
        self._answer = answer
        self._session.on("Fetch.requestPaused", self._on_request)
        await self.send("Fetch.enable", {"patterns": [{"urlPattern": "*"}]})
        await self.send("Page.enable")

    async def navigate(self, url: str, timeout_s: float = 3.0) -> None:
        """Go to a URL of the virtual origin and wait until it is loaded."""
        try:
            await self.page.goto(url, wait_until="load", timeout=timeout_s * 1000)
        except PlaywrightError as error:
            raise BrowserFailed(f"the page does not load: {error}") from error

    async def answered(self) -> list[str]:
        """URLs whose content was sent since the last call, once nothing waits for an answer."""
        while self._tasks:
            await asyncio.wait(self._tasks)
        urls, self._answered_urls = self._answered_urls, []
        return urls

    async def child_frames(self) -> list[str]:
        """Ids of the frames of the page, in the order they stand there."""
        tree = await self.send("Page.getFrameTree")
        return [child["frame"]["id"] for child in tree["frameTree"].get("childFrames", [])]

    async def set_viewport(self, size_px: Size) -> None:
        """Give the page another size; none is asked of the browser where it fits as it is."""
        if size_px == self._viewport_px:
            return
        if size_px == DEFAULT_SIZE:
            await self.send("Emulation.clearDeviceMetricsOverride")
        else:
            metrics = {"width": size_px.width_px, "height": size_px.height_px}
            await self.send(
                "Emulation.setDeviceMetricsOverride",
                {**metrics, "deviceScaleFactor": 1, "mobile": False},
            )
        self._viewport_px = size_px

    async def tick(self) -> None:
        """Let the page draw one frame."""
        raise NotImplementedError

    async def screenshot(self, format: ImageFormat, quality: int) -> bytes:
        """The page as it stands, encoded."""
        raise NotImplementedError

    def _on_request(self, event: dict[str, Any]) -> None:
        self.requests_seen += 1
        # A task of its own: a listener must not wait, and the loop keeps only weak references.
        task = asyncio.ensure_future(self._reply_to(event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reply_to(self, event: dict[str, Any]) -> None:
        url, request_id = event["request"]["url"], event["requestId"]
        reply = self._answer(url)
        try:
            if reply is None:
                refusal = {"requestId": request_id, "errorReason": self.refusal}
                await self._session.send("Fetch.failRequest", refusal)
            else:
                await self._session.send("Fetch.fulfillRequest", reply.to_cdp(request_id))
                if reply is not NOT_FOUND:
                    self._answered_urls.append(url)
        except PlaywrightError:
            # The document that asked is gone: nobody waits for this answer.
            return


class BeginFrameTab(Tab):
    """A tab that draws a frame when told, all stages of it in one step."""

    path = "beginframe"

    @classmethod
    async def open(cls, browser: Browser) -> BeginFrameTab:
        try:
            context = await _new_context(browser, viewport=False)
            opened: asyncio.Future[Page] = asyncio.get_running_loop().create_future()
            context.on("page", lambda page: None if opened.done() else opened.set_result(page))
            browser_session = await browser.new_browser_cdp_session()
            contexts = await browser_session.send("Target.getBrowserContexts")
            # Playwright has no way to ask for a target with frame control, so it is made by CDP
            # in Playwright's own context, which hands the page over by its event.
            await browser_session.send(
                "Target.createTarget",
                {
                    "url": "about:blank",
                    "browserContextId": contexts["browserContextIds"][-1],
                    "enableBeginFrameControl": True,
                    "width": DEFAULT_SIZE.width_px,
                    "height": DEFAULT_SIZE.height_px,
                },
            )
            page = await asyncio.wait_for(opened, timeout=5)
            session = await context.new_cdp_session(page)
            await session.send("Page.setFontFamilies", GENERIC_FAMILIES)
            return cls(page, session)
        except (PlaywrightError, TimeoutError) as error:
            raise BrowserFailed(f"a page cannot be opened: {error}") from error

    async def tick(self) -> None:
        await self.send("HeadlessExperimental.beginFrame", {"interval": _FRAME_INTERVAL_MS})

    async def screenshot(self, format: ImageFormat, quality: int) -> bytes:
        # A frame may show what was there before it (seen after a change of size): the next cannot.
        await self.tick()
        wanted = {"interval": _FRAME_INTERVAL_MS, "screenshot": _capture_options(format, quality)}
        for _ in range(_MAX_EMPTY_FRAMES):
            frame = await self.send("HeadlessExperimental.beginFrame", wanted)
            if data := frame.get("screenshotData"):
                return base64.b64decode(data)
        raise BrowserFailed("the browser drew frames without a picture")


class PortableTab(Tab):
    """A tab of any Chromium, drawn by the clock of its (absent) screen."""

    path = "portable"

    @classmethod
    async def open(cls, browser: Browser) -> PortableTab:
        try:
            context = await _new_context(browser, viewport=True)
            page = await context.new_page()
            session = await context.new_cdp_session(page)
            await session.send("Page.setFontFamilies", GENERIC_FAMILIES)
            return cls(page, session)
        except PlaywrightError as error:
            raise BrowserFailed(f"a page cannot be opened: {error}") from error

    async def tick(self) -> None:
        twice = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        await self.evaluate(f"{twice}.then(() => 0)", wait=True)

    async def screenshot(self, format: ImageFormat, quality: int) -> bytes:
        frame = await self.send("Page.captureScreenshot", _capture_options(format, quality))
        return base64.b64decode(frame["data"])


async def _new_context(browser: Browser, *, viewport: bool) -> BrowserContext:
    size = {"width": DEFAULT_SIZE.width_px, "height": DEFAULT_SIZE.height_px}
    if viewport:
        return await browser.new_context(
            viewport={"width": size["width"], "height": size["height"]},
            service_workers="block",
            accept_downloads=False,
        )
    return await browser.new_context(
        no_viewport=True, service_workers="block", accept_downloads=False
    )


def _capture_options(format: ImageFormat, quality: int) -> dict[str, Any]:
    options: dict[str, Any] = {"format": format.value, "optimizeForSpeed": True}
    if format is not ImageFormat.PNG:
        options["quality"] = quality
    return options
