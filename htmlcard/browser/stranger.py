"""One page of a stranger, in a browser that is its alone: its scripts run, and nothing else does.

What a page may not do is told to it three times: by the policy it is sent with, by the
interception of all it asks for, and by a browser that is cut off (`isolation`).
"""

from __future__ import annotations

import asyncio
from typing import ClassVar

from playwright.async_api import Browser
from playwright.async_api import Error as PlaywrightError

from htmlcard.browser.origin import Reply
from htmlcard.browser.tab import PortableTab
from htmlcard.errors import BrowserFailed

#: How long scripts may work before the page is read, and how long it may keep us waiting, to
#: begin and to be read: a script that never ends holds that up.
SCRIPTS_S = 2.0
ANSWER_S = 3.0
#: As JavaScript counts them: UTF-16 units.
MAX_PAGE_CHARACTERS = 2_000_000

#: What the policy forbids fails inside the page: a million of its requests are no event of ours.
#: The sandbox takes dialogs, downloads, forms and new windows from it.
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data:; font-src data:; form-action 'none'; sandbox allow-scripts allow-same-origin"
)

#: Asked in a world of its own, where the page has redefined nothing.
_READ_JS = (
    f"(document.documentElement?.outerHTML ?? '').slice(0, {MAX_PAGE_CHARACTERS}).toWellFormed()"
)


class _StrangerTab(PortableTab):
    #: A page that wants to leave stays as it is. Any other reason puts an error page in its place.
    refusal: ClassVar[str] = "Aborted"


async def read_after_scripts(browser: Browser, html: str, url: str) -> str:
    """The HTML of a page at `url`, two seconds after it was begun.

    Raises:
        BrowserFailed: the page's process or the browser ended.
        TimeoutError: the page answers nothing any more.
    """
    tab = await _StrangerTab.open(browser)
    crashed = False
    try:
        now_s = asyncio.get_running_loop().time
        async with asyncio.timeout(ANSWER_S) as patience:

            def give_up(_: object) -> None:
                # Whoever waits for an answer of a page that crashed would wait till the end.
                nonlocal crashed
                crashed = True
                patience.reschedule(now_s())

            tab.page.on("crash", give_up)
            try:
                await _load(tab, html, url)
                patience.reschedule(now_s() + SCRIPTS_S + ANSWER_S)
                await asyncio.sleep(SCRIPTS_S)
                return await _read(tab)
            finally:
                tab.page.remove_listener("crash", give_up)
    except TimeoutError as error:
        if crashed:
            raise BrowserFailed("the page brought its browser down") from error
        raise
    except (BrowserFailed, PlaywrightError) as error:
        why = str(error).partition("\n")[0]  # Playwright's go on with all the browser has said.
        raise BrowserFailed(f"the page's scripts cannot be run: {why}") from error


async def _load(tab: PortableTab, html: str, url: str) -> None:
    data = html.encode("utf-8", "replace")
    # The first request is the page itself; after it, none is answered.
    replies = iter([Reply(200, "text/html; charset=utf-8", data, _POLICY)])
    await tab.intercept(lambda _: next(replies, None))
    await tab.page.goto(url, wait_until="commit")


async def _read(tab: PortableTab) -> str:
    tree = await tab.send("Page.getFrameTree")
    world = await tab.send(
        "Page.createIsolatedWorld", {"frameId": tree["frameTree"]["frame"]["id"]}
    )
    wish = {
        "expression": _READ_JS,
        "contextId": world["executionContextId"],
        "returnByValue": True,
    }
    result = await tab.send("Runtime.evaluate", wish)
    if "exceptionDetails" in result:
        raise BrowserFailed(f"the page cannot be read: {result['exceptionDetails']['text']}")
    return str(result["result"]["value"])
