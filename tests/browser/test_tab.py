"""A tab spoken to over its wire: what comes back is what the page has said."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from htmlcard.browser.lane import Lane, LaneState
from htmlcard.browser.origin import NOT_FOUND, Reply
from htmlcard.browser.tab import Tab
from htmlcard.errors import BrowserFailed

from .conftest import MakePool
from .documents import make_document
from .pictures import GREEN, is_all
from .processes import renderers
from .shooting import ready, shoot, until

pytestmark = pytest.mark.browser

_GREEN = make_document("<div style='position:fixed;inset:0;background:rgb(20,180,20)'></div>")


def _tab(lane: Lane) -> Tab:
    return lane._page._tab


@pytest.mark.parametrize(
    ("js", "wanted"),
    [
        ("'lossless abc+/=='", "lossless abc+/=="),
        ("''", ""),
        ("null", None),
        ("undefined", None),
        ("[7, -7, 2 ** 40, 0.5, true]", [7, -7, 2**40, 0.5, True]),
        (
            "({'é': ['日本', '🚀', '\\ud800 alone', 'a\\0b']})",
            {"é": ["日本", "🚀", "\ud800 alone", "a\0b"]},
        ),
        ('\'"}},"sessionId":"\'', '"}},"sessionId":"'),
        ("'x'.repeat(9000000)", "x" * 9_000_000),
        ("'é'.repeat(3000000)", "é" * 3_000_000),
        ("new Promise((done) => setTimeout(done, 5, 'late'))", "late"),
    ],
)
async def test_a_call_answers_what_the_page_said(lane: Lane, js: str, wanted: object) -> None:
    """Text of any letters and any length, and whatever else JSON can say."""
    assert await _tab(lane).call(f"(() => ({js}))", wait=True) == wanted


async def test_a_page_may_be_deep(lane: Lane) -> None:
    """The linter is told of all its elements, each within the other."""
    depth = await _tab(lane).call("(() => [1].concat(...Array(350)).reduce((inner) => [inner]))")
    for _ in range(350):
        [depth] = depth
    assert depth == 1


@pytest.mark.parametrize("thrown", ["'boom'", "new Error('boom')"])
async def test_what_a_script_throws_is_no_result(lane: Lane, thrown: str) -> None:
    """A string that is thrown stands in the answer just as one that is returned."""
    with pytest.raises(BrowserFailed, match="a script of ours failed"):
        await _tab(lane).call(f"(() => {{ throw {thrown} }})", wait=True)


async def test_answers_do_not_get_mixed_up(lane: Lane) -> None:
    """The picture of another card is the worst that can come back."""

    async def ask(number: int) -> Any:
        text = f"((n) => 'x'.repeat({number % 7} * 50000) + n)"
        said = await _tab(lane).call(text, number)
        return int(said.lstrip("x"))

    assert await asyncio.gather(*map(ask, range(60))) == [*range(60)]


async def test_a_page_that_does_not_load_is_told(make_pool: MakePool) -> None:
    """Whoever waited for it would wait till the deadline."""
    pool = await make_pool()
    tab = _tab(pool.supervisor.lanes[0])
    with pytest.raises(BrowserFailed, match="does not load: net::ERR_BLOCKED_BY_CLIENT"):
        await tab.navigate("https://elsewhere.invalid/")

    page = b"<!doctype html><img src=late.png>"

    def answer(url: str) -> Reply | None:
        if url.endswith("/late.png"):
            time.sleep(0.3)
            return NOT_FOUND
        return Reply(200, "text/html", page)

    await tab.intercept(answer)
    with pytest.raises(BrowserFailed, match=r"does not load within 0\.1 s"):
        await tab.navigate("https://late.card.invalid/", timeout_s=0.1)
    await tab.navigate("https://late.card.invalid/?again")


async def test_a_page_crash_is_noticed_without_playwright(make_pool: MakePool) -> None:
    """Its driver has been parted with: our own session must tell."""
    pool = await make_pool()
    [lane] = pool.supervisor.lanes
    for renderer in renderers(lane):
        renderer.kill()
    await until(lambda: lane.state is LaneState.RETIRED, "the lane's retirement", timeout_s=10)
    assert lane.retired_for == "renderer_crash"
    await ready(pool, lanes=1)
    assert is_all(await shoot(pool, _GREEN), GREEN)


async def test_a_call_under_way_ends_with_the_browser(make_pool: MakePool) -> None:
    """It fails at once, not at its deadline."""
    pool = await make_pool()
    [lane] = pool.supervisor.lanes
    call = asyncio.create_task(_tab(lane).evaluate("new Promise(() => 0)", wait=True))
    await asyncio.sleep(0.05)
    lane.processes.kill()
    async with asyncio.timeout(5):
        with pytest.raises(BrowserFailed, match="gone"):
            await call
    await until(lambda: lane.retired_for == "crash", "the lane's retirement")


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("(prefers-color-scheme: light)", True),
        ("(prefers-reduced-motion: no-preference)", True),
        ("(forced-colors: none)", True),
        ("(prefers-contrast: no-preference)", True),
    ],
)
async def test_a_page_is_set_as_playwright_sets_it(lane: Lane, query: str, wanted: bool) -> None:
    """Cards must look alike on every machine, whatever its desktop prefers."""
    assert await _tab(lane).evaluate(f"matchMedia('{query}').matches") is wanted
    assert await _tab(lane).evaluate("document.hasFocus()") is True
