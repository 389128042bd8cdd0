"""The HTML report in a real browser: what it shows, and that what it quotes stays text."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Browser, Page, async_playwright
from web_server import open_web_server

from htmlcard.browser.binary import find_chromium
from htmlcard.links.report import Report
from htmlcard.links.reports.html import write_html
from htmlcard.links.reports.thumbnails import Thumbnail, Thumbnailer
from htmlcard.links.reports.words import name_of

from .crafted.case import PLATFORMS
from .sample_reports import (
    HOSTILE_TEXTS,
    PICTURE,
    bad_report,
    draw_picture,
    good_report,
    hostile_report,
)


@dataclass
class Opened:
    """A report in a browser, and what it did there."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


class Reader:
    """Opens reports from disk, as people do."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self._browser = browser
        self._folder = folder

    async def open(
        self, *reports: Report, thumbnails: dict[str, Thumbnail] | None = None, width: int = 1280
    ) -> Opened:
        path = self._folder / "report.html"
        path.write_bytes(write_html(reports, thumbnails or {}).data)
        page = await self._browser.new_page(viewport={"width": width, "height": 800})
        opened = Opened(page)
        page.on("request", lambda request: opened.requests.append(request.url))
        page.on("console", lambda message: opened.complaints.append(message.text))
        page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        await page.goto(path.as_uri())
        return opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def reader(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Reader]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=find_chromium(None).path, chromium_sandbox=False
        )
        yield Reader(browser, tmp_path_factory.mktemp("reports"))
        await browser.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def thumbnailer() -> AsyncIterator[Thumbnailer]:
    async with Thumbnailer() as opened:
        yield opened


async def shrink(thumbnailer: Thumbnailer, data: bytes) -> dict[str, Thumbnail]:
    thumbnail = await thumbnailer.shrink(data)
    assert thumbnail is not None
    return {PICTURE: thumbnail}


@pytest.mark.browser
async def test_every_platform_has_its_card_with_the_real_picture(
    reader: Reader, thumbnailer: Thumbnailer
) -> None:
    """The report travels by mail: all it shows is in it, and it asks nobody for anything."""
    thumbnails = await shrink(thumbnailer, draw_picture())
    opened = await reader.open(good_report(), thumbnails=thumbnails)
    page = opened.page
    assert await page.inner_text("h1") == "Fine on all 15 platforms"
    names = await page.locator("figcaption b").all_inner_texts()
    assert names == [name_of(platform) for platform in PLATFORMS]
    loaded = await page.evaluate(
        """Promise.all([...document.querySelectorAll("figure .picture")].map(each => {
          const image = new Image();
          image.src = getComputedStyle(each).backgroundImage.slice(5, -2);
          return image.decode().then(() => image.naturalWidth);
        }))"""
    )
    assert loaded == [thumbnails[PICTURE].width_px] * len(PLATFORMS)
    assert await page.locator(".unseen").count() == 0
    assert opened.complaints == []
    assert {url.partition(":")[0] for url in opened.requests} <= {"file", "data"}
    # A picture that stands in fifteen cards is carried once.
    assert (await page.content()).count("data:image/webp") == 1


@pytest.mark.browser
async def test_cards_are_cut_and_labeled_as_the_platforms_do(
    reader: Reader, thumbnailer: Thumbnailer
) -> None:
    """What a square crop or a label hides is seen here first, not by the readers."""
    opened = await reader.open(
        good_report(), thumbnails=await shrink(thumbnailer, draw_picture(600, 900))
    )
    page = opened.page
    whatsapp = await page.locator(".whatsapp .picture").bounding_box()
    assert whatsapp is not None
    assert whatsapp["width"] == pytest.approx(whatsapp["height"], abs=1)
    pin = await page.locator(".pinterest .picture").bounding_box()
    assert pin is not None
    assert pin["height"] == pytest.approx(pin["width"] * 1.5, abs=1)
    assert await page.locator(".x .label").inner_text() == "example.org"
    assert await page.locator(".x .title").is_hidden()
    assert await page.locator(".slack .title").is_visible()


@pytest.mark.browser
@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("report", [bad_report(), hostile_report()], ids=["bad", "hostile"])
async def test_nothing_sticks_out(reader: Reader, width: int, report: Report) -> None:
    """Long words and tags of other people's pages must not push a phone's page sideways."""
    opened = await reader.open(report, width=width)
    assert await opened.page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.browser
async def test_findings_lead_to_their_patch_and_platforms_to_their_findings(
    reader: Reader,
) -> None:
    """Who sees a broken card wants the line to paste, not a hunt for it."""
    page = (await reader.open(bad_report())).page
    await page.click("figure:has(.telegram) li a >> text=bot-blocked")
    assert await page.locator(":target .rule").inner_text() == "✗ bot-blocked"
    assert await page.locator("nav a").count() == len(PLATFORMS)
    await page.click("nav a >> text=Signal")
    assert await page.locator(":target b").inner_text() == "Signal"
    # Only what can be pasted is copied.
    assert await page.locator("button.copy:visible").count() == 2
    mend = page.locator(".mend", has_text="og:image:alt")
    await mend.locator("button").click()
    await page.wait_for_function("document.querySelector('.hint button').textContent != 'Copy'")
    if await mend.locator("button").inner_text() == "Selected":
        copied = await page.evaluate("getSelection().toString()")
    else:
        await page.context.grant_permissions(["clipboard-read"])
        copied = await page.evaluate("navigator.clipboard.readText()")
    assert copied == bad_report().findings[3].fix.text


@pytest.mark.browser
async def test_a_hostile_page_stays_text(reader: Reader) -> None:
    """Whoever checks a stranger's link opens the stranger's words in his own browser."""
    opened = await reader.open(hostile_report())
    page = opened.page
    assert await page.title() == "Broken on all 15 platforms"
    assert await page.evaluate("document.scripts.length") == 1
    assert await page.evaluate("document.images.length + document.links.length") == 15 + 15 + 1
    schemes = await page.evaluate("[...document.links].map(each => each.protocol)")
    assert "javascript:" not in schemes
    title = await page.locator(".facebook .title").text_content()
    assert title is not None
    assert title.startswith(" ".join(HOSTILE_TEXTS[:4]))
    assert opened.complaints == []
    assert len(opened.requests) == 1


@pytest.mark.browser
async def test_even_markup_that_got_in_could_do_nothing(reader: Reader) -> None:
    """The policy is the second wall: no script of others runs, no request leaves."""
    async with open_web_server() as server:
        page = (await reader.open(good_report())).page
        # What the browser reports as refused, after it had its chance.
        refused = await page.evaluate(
            """async url => {
              const refused = new Set();
              document.addEventListener("securitypolicyviolation",
                event => refused.add(event.effectiveDirective));
              document.body.insertAdjacentHTML("beforeend", `
                <img src="${url}i" onerror="document.title = 'owned'">
                <style>@import "${url}s"</style><iframe src="${url}f"></iframe>
                <p style="background: url(${url}b)">x</p>`);
              const script = document.createElement("script");
              script.textContent = "document.title = 'owned'";
              document.body.append(script);
              await fetch(url + "x").catch(() => 0);
              await new Promise(done => setTimeout(done, 300));
              return [...refused];
            }""",
            server.url("/"),
        )
        assert {"img-src", "connect-src", "frame-src", "script-src-elem"} <= set(refused)
        assert await page.title() == "Fine on all 15 platforms"
        assert server.hits.total() == 0


@pytest.mark.browser
async def test_several_links_share_one_report(reader: Reader) -> None:
    """A release checks five pages, and wants one file to look at."""
    page = (await reader.open(good_report(), bad_report())).page
    assert await page.inner_text("h1") == "2 links checked"
    assert await page.locator("main .page").count() == 2
    await page.click("header.all li:nth-child(2) a")
    assert await page.locator(":target h2").inner_text() == (
        "Broken on 3, flawed on 12 of 15 platforms"
    )
    ids = await page.evaluate("[...document.querySelectorAll('[id]')].map(each => each.id)")
    assert len(ids) == len(set(ids))


def test_a_page_of_endless_titles_has_a_small_report() -> None:
    """Cards show two lines of it; fifteen megabytes of the rest would help nobody."""
    views = tuple(replace(view, title="word " * 200_000) for view in good_report().platforms)
    assert len(write_html([replace(good_report(), platforms=views)], {}).data) < 100_000


async def test_thumbnails_are_small_and_made_anew(thumbnailer: Thumbnailer) -> None:
    """A photograph of 20 MB must not be in a report, nor where it was taken."""
    file = io.BytesIO()
    noise = Image.effect_noise((3000, 2000), 80).convert("RGB")
    exif = Image.Exif()
    exif[0x010E] = "secret garden"
    noise.save(file, "JPEG", quality=95, exif=exif)
    thumbnail = await thumbnailer.shrink(file.getvalue())
    assert thumbnail is not None
    assert (thumbnail.width_px, thumbnail.height_px) == (880, 587)
    with Image.open(io.BytesIO(thumbnail.data)) as picture:
        assert (picture.format, picture.size) == ("WEBP", (880, 587))
    assert b"secret garden" not in thumbnail.data
    assert len(thumbnail.data) < len(file.getvalue()) / 5


@pytest.mark.parametrize(
    "data",
    [b"", b"no picture", draw_picture()[:2000], b'<svg xmlns="http://www.w3.org/2000/svg"/>'],
    ids=["nothing", "text", "cut off", "svg"],
)
async def test_what_is_no_picture_has_no_thumbnail(thumbnailer: Thumbnailer, data: bytes) -> None:
    """The place in the report stays empty; the report is made all the same."""
    assert await thumbnailer.shrink(data) is None
