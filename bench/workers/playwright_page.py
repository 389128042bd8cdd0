"""Playwright as services use it: one browser and one page kept, `set_content`, `screenshot`.

Pictures and fonts come from `page.route`, and stay in the page's memory between cards.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Route, async_playwright

from bench.workers.chromium import get_chromium
from bench.workers.pages import CORPUS, build_page
from bench.workers.wire import serve

BASE = "http://corpus.invalid"


async def answer_asset(route: Route) -> None:
    path = CORPUS / urlsplit(route.request.url).path.lstrip("/")
    # A page made by set_content has no origin, so its fonts are foreign everywhere.
    await route.fulfill(path=path, headers={"Access-Control-Allow-Origin": "*"})


async def main() -> None:
    chromium = await asyncio.to_thread(get_chromium)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium.path, args=["--hide-scrollbars"]
        )
        page = await browser.new_page(viewport={"width": 1200, "height": 630})
        await page.route(f"{BASE}/**", answer_asset)
        alone = asyncio.Lock()

        async def draw(card: str, fields: Mapping[str, Any], format: str) -> bytes:
            html = build_page(card, fields, BASE)
            async with alone:
                await page.set_content(html)
                if format == "jpeg":
                    return await page.screenshot(type="jpeg", quality=90)
                return await page.screenshot(type="png")

        await serve(draw)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
