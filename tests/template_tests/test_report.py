"""The report in a real browser, and the JUnit file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from playwright.async_api import Page, async_playwright

from htmlcard.browser.binary import find_chromium
from htmlcard.errors import InvalidRequest
from htmlcard.template_tests.junit import write_junit
from htmlcard.template_tests.report import write_report
from htmlcard.template_tests.suite import SuiteResult

from .conftest import GOOD, STYLE, Try, Write

pytestmark = pytest.mark.browser


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[tuple[Page, list[str]]]:
    """The report as from a CI's artifacts, and every address it asks for."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=find_chromium(None).path, chromium_sandbox=False
        )
        page = await browser.new_page(viewport={"width": 1400, "height": 6000})
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: asked.append(str(error)))
        await page.goto(path.as_uri())
        yield page, asked
        await browser.close()


async def run(write: Write, tried: Try) -> SuiteResult:
    """A good template with an old golden, one with a finding, one that does not load."""
    fixtures = ("sample", "title-only", "hostile")
    write("good.html", GOOD)
    await tried("good", fixtures=fixtures, update=True)
    write("good.html", GOOD.replace("#111", "#801020"))
    write("pale.html", f"<!doctype html>{STYLE}<p style='color: #ddd'>{{{{ title }}}}</p>")
    write("broken.html", "{{ title | shout }}")
    return await tried(fixtures=fixtures)


async def test_the_report_shows_pictures_boxes_and_reasons(
    write: Write, tried: Try, tmp_path: Path
) -> None:
    """Whoever opens it has minutes to see what is wrong with dozens of cards."""
    page_path = write_report(await run(write, tried), tmp_path / "out" / "report")
    assert page_path == tmp_path / "out" / "report" / "index.html"
    async with opened(page_path) as (page, asked):
        await page.wait_for_function("[...document.images].every(image => image.complete)")
        widths = await page.eval_on_selector_all("img", "all => all.map(i => i.naturalWidth)")
        assert widths == [1200] * (6 + 2)
        assert all(url.startswith(page_path.parent.as_uri()) for url in asked), asked
        shown = page.locator("article.different figcaption")
        assert await shown.all_inner_texts() == ["golden", "now", "difference"]
        box = page.locator("[data-template=pale] rect.error").first
        assert float(await box.get_attribute("width") or 0) > 20
        assert "low-contrast" in await page.locator("[data-template=pale]").inner_text()
        assert "no filter 'shout'" in await page.locator("[data-template=broken]").inner_text()
        # What a stranger wrote into a card stays text in the report as well.
        assert await page.locator("[data-injected]").count() == 0


async def test_the_report_is_filtered_and_the_filter_can_be_linked(
    write: Write, tried: Try, tmp_path: Path
) -> None:
    """A colleague is sent the one template that fails."""
    page_path = write_report(await run(write, tried), tmp_path / "report")
    async with opened(page_path) as (page, _):
        cards = page.locator("article:visible")
        assert await cards.count() == 6
        await page.select_option("[name=template]", "good")
        assert await cards.count() == 3
        await page.select_option("[name=state]", "different")
        assert await cards.count() == 1
        assert await page.locator("output").inner_text() == "1 shown"
        url = page.url
        await page.goto("about:blank")
        await page.goto(url)
        assert await cards.count() == 1


async def test_junit_names_every_card_and_why_it_failed(write: Write, tried: Try) -> None:
    """The one format that every CI shows beside a pull request."""
    root = ET.fromstring(write_junit(await run(write, tried)))
    suites = {suite.get("name"): suite for suite in root}
    counts = {name: (suite.get("tests"), suite.get("failures")) for name, suite in suites.items()}
    assert counts == {"broken": ("1", "1"), "good": ("3", "1"), "pale": ("3", "3")}
    failures = [failure.get("message") or "" for failure in root.iter("failure")]
    assert "pixels" in next(text for text in failures if "differ from the golden" in text)
    assert any(text.startswith("low-contrast: ") for text in failures)
    assert any("there is no filter 'shout'" in text for text in failures)


async def test_a_report_that_cannot_be_written_is_told(
    write: Write, tried: Try, tmp_path: Path
) -> None:
    """Minutes of drawing must not end in a traceback."""
    write("good.html", GOOD)
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidRequest, match="cannot be written"):
        write_report(await tried(fixtures=("sample",)), tmp_path / "file")
