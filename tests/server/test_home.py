"""`/`: the service's page, looked at in a real browser."""

from __future__ import annotations

from playwright.async_api import async_playwright
from running import Site

from htmlcard.browser.binary import find_chromium


async def test_the_page_shows_every_template_and_loads_nothing_else(site: Site) -> None:
    """The first thing a newcomer sees; under its policy nothing may be missing or foreign."""
    answer = await site.get("/")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    origin = str(site.client.make_url("/"))
    complaints: list[str] = []
    asked: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=find_chromium(None).path, chromium_sandbox=False
        )
        page = await browser.new_page(viewport={"width": 1280, "height": 900})
        page.on("console", lambda message: complaints.append(message.text))
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(origin, wait_until="load")
        names = await page.eval_on_selector_all(
            "img[data-template]", "found => found.map(each => each.dataset.template)"
        )
        # Pictures further down wait until they are scrolled to.
        await page.eval_on_selector_all("img", "found => found.forEach(i => i.loading = 'eager')")
        widths = await page.evaluate(
            "Promise.all([...document.images].map(i => i.decode().then(() => i.naturalWidth)))"
        )
        overflow = await page.evaluate("document.body.scrollWidth - document.body.clientWidth")
        await browser.close()
    assert {"article", "hello", "nonce"} <= set(names)
    assert b"syntax does not load" in answer.body
    assert set(widths) == {1200}
    assert overflow == 0
    assert complaints == []
    assert all(url.startswith(origin) for url in asked)


async def test_a_template_cannot_script_the_page(site: Site) -> None:
    """Titles and mistakes come from files that others may write."""
    site.write("evil/card.html", "<!doctype html>{{ title }}")
    site.write("evil/card.toml", 'title = "<script>alert(1)</script>"\nnonsense = "<img src=x>"')
    body = (await site.get("/")).body
    assert b"<script>alert(1)" not in body
    assert b"<img src=x>" not in body
