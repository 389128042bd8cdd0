"""One page of a browser, spoken to by CDP: evaluate, frames, interception.

Two kinds: one that lives by the screen's clock (`PortableTab`), and one whose frames are drawn
on demand (`begin_frame_tab` next door, only with chromium-headless-shell). What is drawn in them
is the business of `stage` and `page.py`.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any, ClassVar, Protocol

from playwright.async_api import Browser, BrowserContext, CDPSession, Page
from playwright.async_api import Error as PlaywrightError

from htmlcard.browser.font_families import GENERIC_FAMILIES
from htmlcard.browser.origin import NOT_FOUND, Reply
from htmlcard.card import DEFAULT_SIZE, ImageFormat, Size
from htmlcard.errors import BrowserFailed

Answer = Callable[[str], Reply | None]


class Session(Protocol):
    """Who carries calls to a page, and events back: Playwright, or a wire of our own."""

    def on(self, event: Any, listener: Callable[[dict[str, Any]], None]) -> object: ...
    async def send(self, method: str, params: dict[str, Any] | None = None) -> Any: ...


class Tab:
    """What both kinds share."""

    path: ClassVar[str]
    #: What a request is told that nothing answers; CDP's `Network.ErrorReason`.
    refusal: ClassVar[str] = "BlockedByClient"

    def __init__(self, session: Session) -> None:
        self._session = session
        self._answer: Answer = lambda url: None
        self._viewport_px = DEFAULT_SIZE
        self._tasks: set[asyncio.Task[None]] = set()
        #: How many requests the page has made; what it asked for is all in memory by and by.
        self.requests_seen = 0
        self._answered_urls: list[str] = []
        self._loaded: asyncio.Queue[str] = asyncio.Queue()

    def on_crash(self, listener: Callable[[], None]) -> None:
        """Tell when the page's process has died under it."""
        self._session.on("Inspector.targetCrashed", lambda _: listener())

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
        return await self.evaluate(write_call(function, arguments), wait=wait)

    async def evaluate(self, expression: str, *, wait: bool = False) -> Any:
        wish = write_evaluation(expression, wait=wait)
        return read_evaluation(await self.send("Runtime.evaluate", wish))

    async def intercept(self, answer: Answer) -> None:
        """Answer every request of the page from memory; what `answer` does not know is refused."""
        self._answer = answer
        self._session.on("Fetch.requestPaused", self._on_request)
        self._session.on("Page.lifecycleEvent", self._on_lifecycle)
        await self.send("Fetch.enable", {"patterns": [{"urlPattern": "*"}]})
        await self.send("Page.enable")

    async def navigate(self, url: str, timeout_s: float = 3.0) -> None:
        """Go to a URL and wait until it is loaded; all requests must be intercepted by now."""
        try:
            async with asyncio.timeout(timeout_s):
                await self.send("Page.setLifecycleEventsEnabled", {"enabled": True})
                arrived = await self.send("Page.navigate", {"url": url})
                if why := arrived.get("errorText"):
                    raise BrowserFailed(f"the page does not load: {why}")
                # That of the document before may come late, and must not be taken for this one's.
                while await self._loaded.get() != arrived.get("loaderId"):
                    pass
                await self.send("Page.setLifecycleEventsEnabled", {"enabled": False})
        except TimeoutError as error:
            raise BrowserFailed(f"the page does not load within {timeout_s} s") from error

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

    async def tick(self, *, unseen: bool = False) -> None:
        """Let the page draw one frame; an `unseen` one is for what happens on the way to it."""
        raise NotImplementedError

    async def screenshot(self, format: ImageFormat, quality: int) -> bytes:
        """The page as it stands, encoded."""
        raise NotImplementedError

    def _on_lifecycle(self, event: dict[str, Any]) -> None:
        if event["name"] == "load":
            self._loaded.put_nowait(event["loaderId"])

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
                await self.send("Fetch.failRequest", refusal)
            else:
                await self.send("Fetch.fulfillRequest", reply.to_cdp(request_id))
                if reply is not NOT_FOUND:
                    self._answered_urls.append(url)
        except BrowserFailed:
            # The document that asked is gone: nobody waits for this answer.
            return


class PortableTab(Tab):
    """A tab of any Chromium, drawn by the clock of its (absent) screen."""

    path = "portable"

    def __init__(self, page: Page, session: CDPSession) -> None:
        super().__init__(session)
        self.page = page

    @classmethod
    async def open(cls, browser: Browser) -> PortableTab:
        try:
            context = await new_context(browser, viewport=True)
            page = await context.new_page()
            session = await context.new_cdp_session(page)
            await session.send("Page.setFontFamilies", GENERIC_FAMILIES)
            return cls(page, session)
        except PlaywrightError as error:
            raise BrowserFailed(f"a page cannot be opened: {error}") from error

    async def tick(self, *, unseen: bool = False) -> None:
        twice = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        await self.evaluate(f"{twice}.then(() => 0)", wait=True)

    async def screenshot(self, format: ImageFormat, quality: int) -> bytes:
        frame = await self.send("Page.captureScreenshot", capture_options(format, quality))
        return base64.b64decode(frame["data"])


def write_call(function: str, arguments: tuple[object, ...]) -> str:
    return f"{function}({','.join(json.dumps(argument) for argument in arguments)})"


def write_evaluation(expression: str, *, wait: bool) -> dict[str, Any]:
    return {"expression": expression, "returnByValue": True, "awaitPromise": wait}


def read_evaluation(result: dict[str, Any]) -> Any:
    if details := result.get("exceptionDetails"):
        said = details.get("exception", {}).get("description", details.get("text", ""))
        raise BrowserFailed(f"a script of ours failed in the page: {said[:500]}")
    return result["result"].get("value")


async def new_context(browser: Browser, *, viewport: bool) -> BrowserContext:
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


def capture_options(format: ImageFormat, quality: int) -> dict[str, Any]:
    options: dict[str, Any] = {"format": format.value, "optimizeForSpeed": True}
    if format is not ImageFormat.PNG:
        options["quality"] = quality
    return options
