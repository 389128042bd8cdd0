"""A tab whose frames are drawn on demand, over a wire of its own; with chromium-headless-shell."""

from __future__ import annotations

import asyncio
from typing import Any

from playwright.async_api import Browser, Page
from playwright.async_api import Error as PlaywrightError

from htmlcard.browser.font_families import GENERIC_FAMILIES
from htmlcard.browser.tab import Tab, capture_options, new_context
from htmlcard.browser.wire import Wire, WireSession
from htmlcard.card import DEFAULT_SIZE, ImageFormat
from htmlcard.errors import BrowserFailed

#: The first frames of a page may come without a picture; more missing ones are a fault.
_MAX_EMPTY_FRAMES = 5
_FRAME_INTERVAL_MS = 16
#: Frames in a row that no display gets: what is kept for the next that does adds up, 8 kB each.
_MOST_UNSEEN = 32

#: What a page is told at first. The settings are Playwright's own, which it loses with its session.
_SETTINGS: dict[str, dict[str, Any]] = {
    "Page.enable": {},
    "Page.setFontFamilies": GENERIC_FAMILIES,
    "Emulation.setFocusEmulationEnabled": {"enabled": True},
    "Emulation.setEmulatedMedia": {
        "features": [
            {"name": "prefers-color-scheme", "value": "light"},
            {"name": "prefers-reduced-motion", "value": "no-preference"},
            {"name": "forced-colors", "value": "none"},
            {"name": "prefers-contrast", "value": "no-preference"},
        ]
    },
    "Page.addScriptToEvaluateOnNewDocument": {
        "source": "if (self.ServiceWorkerContainer)"
        " ServiceWorkerContainer.prototype.register = async () => {};"
    },
}


class BeginFrameTab(Tab):
    """A tab that draws a frame when told, all stages of it in one step. It has its own wire."""

    path = "beginframe"

    def __init__(self, session: WireSession) -> None:
        super().__init__(session)
        self._wire_session = session
        self._unseen = 0
        session.on("Page.javascriptDialogOpening", self._on_dialog)

    @classmethod
    async def open(cls, browser: Browser, wire: Wire) -> BeginFrameTab:
        try:
            context = await new_context(browser, viewport=False)
            opened: asyncio.Future[Page] = asyncio.get_running_loop().create_future()
            context.on("page", lambda page: None if opened.done() else opened.set_result(page))
            contexts = await wire.browser.send("Target.getBrowserContexts")
            # Playwright has no way to ask for a target with frame control, so it is made by CDP
            # in Playwright's own context, which tells by its event that it has set the page up.
            target = await wire.browser.send(
                "Target.createTarget",
                {
                    "url": "about:blank",
                    "browserContextId": contexts["browserContextIds"][-1],
                    "enableBeginFrameControl": True,
                    "width": DEFAULT_SIZE.width_px,
                    "height": DEFAULT_SIZE.height_px,
                },
            )
            await asyncio.wait_for(opened, timeout=5)
        except (PlaywrightError, TimeoutError) as error:
            raise BrowserFailed(f"a page cannot be opened: {error}") from error
        session = await wire.attach(target["targetId"])
        await wire.take_over()
        for method, params in _SETTINGS.items():
            await session.send(method, params)
        return cls(session)

    async def tick(self, *, unseen: bool = False) -> None:
        # One that goes to no display has all that comes before: styles, layout, painting, events.
        self._unseen = self._unseen + 1 if unseen and self._unseen < _MOST_UNSEEN else 0
        frame = {"interval": _FRAME_INTERVAL_MS, "noDisplayUpdates": self._unseen > 0}
        await self.send("HeadlessExperimental.beginFrame", frame)

    async def screenshot(self, format: ImageFormat, quality: int) -> bytes:
        # A frame may show what was there before it (seen after a change of size): the next cannot.
        await self.tick()
        wanted = {"interval": _FRAME_INTERVAL_MS, "screenshot": capture_options(format, quality)}
        for _ in range(_MAX_EMPTY_FRAMES):
            frame = await self.send("HeadlessExperimental.beginFrame", wanted)
            if data := frame.get("screenshotData"):
                return bytes(data)
        raise BrowserFailed("the browser drew frames without a picture")

    def _on_dialog(self, event: dict[str, Any]) -> None:
        # Nobody is there to press a button; and who wants to keep us on a page is not asked.
        choice = {"accept": event["type"] == "beforeunload"}
        answer = self._wire_session.ask("Page.handleJavaScriptDialog", choice)
        answer.add_done_callback(lambda one: one.cancelled() or one.exception())  # seen, and let be
