"""A real Chromium page with the encoder on it, shared by all tests of the encoder."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright

from htmlcard.browser.encoder import ENCODER_JS

CHROMIUM = os.environ.get("HTMLCARD_CHROMIUM") or shutil.which("chromium-headless-shell")


@pytest.fixture(scope="session")
async def encoder_page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--disable-gpu", "--no-sandbox"]
        )
        page = await browser.new_page()
        await page.goto("about:blank")
        await page.evaluate(ENCODER_JS)
        yield page
        await browser.close()
