"""A real Chromium page with the encoder on it, shared by all tests of the encoder."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import AsyncIterator
from importlib.resources import files

import pytest
from encoded import ENCODE_STEP
from playwright.async_api import Page, async_playwright

from htmlcard.browser.encoder import ENCODER_JS

CHROMIUM = os.environ.get("HTMLCARD_CHROMIUM") or shutil.which("chromium-headless-shell")


@pytest.fixture(scope="session")
async def encoder_page() -> AsyncIterator[Page]:
    wasm = (files("htmlcard.browser.encoder") / "png.wasm").read_bytes()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--disable-gpu", "--no-sandbox"]
        )
        page = await browser.new_page()
        await page.goto("about:blank")
        await page.evaluate(f"globalThis.startEncoder = () => {{ {ENCODER_JS} }}; startEncoder()")
        await page.evaluate(ENCODE_STEP, base64.b64encode(wasm).decode("ascii"))
        yield page
        await browser.close()
