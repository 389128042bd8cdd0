"""Cards and templates that do harm are kept off, and everybody else is served."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import count, repeat

import pytest
import pytest_asyncio
from running import Answer, MakeSite, Site, until

from htmlcard import template_breakers
from htmlcard.browser import lane

HANG_S = 60.0
#: Hangs for some titles, and is green for all others.
MOODY = """<!doctype html><style>html { background: #00ff00 }</style>
<script>if ("{{ title }}".startsWith("bad")) for (;;) {}</script>"""
MENDED = MOODY.replace("for (;;) {}", "")


@pytest_asyncio.fixture(loop_scope="session")
async def strict_site(make_site: MakeSite, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A service with two lanes and little patience; it knows a hog on a busy machine, too."""
    monkeypatch.setattr(lane, "HOG_S", 0.02)
    site = await make_site(lanes=2, deadline_ms=1500)
    await until(lambda: site.has_lanes(2))
    return site


def write_moody(site: Site, html: str = MOODY) -> None:
    site.write("moody/card.html", html)
    site.write("moody/card.toml", "scripts = true\n")


async def fail_until(site: Site, reason: str, paths: Iterator[str]) -> Answer:
    """Ask for cards that hang, until they are not even tried; each costs a browser."""
    async with asyncio.timeout(HANG_S):
        for path in paths:
            answer = await site.get(path)
            assert answer.fallback
            if answer.fallback.endswith(reason):
                return answer
            await until(lambda: site.has_lanes(2))
    raise AssertionError("no more paths")


async def test_a_card_that_costs_two_browsers_is_left_alone(strict_site: Site) -> None:
    """Crawlers come back every few minutes: each time a browser would be killed for nothing."""
    site = strict_site
    write_moody(site)
    path = "/render/moody?title=bad"
    answer = await fail_until(site, "quarantined", repeat(path))
    restarts = await site.metric("htmlcard_browser_restarts_total")
    assert restarts >= 2
    assert answer.fallback == "drawn; reason=quarantined"
    assert answer.picture.size == (1200, 630)
    assert await site.metric("htmlcard_fallbacks_total", reason="quarantined") == 1
    problem = await site.get(f"{path}&fallback=0")
    assert problem.status == 503
    assert problem.json["code"] == "quarantined"
    held = (await site.get("/health")).json["quarantine"]
    assert held["cards"] == 1
    assert held["templates"]["moody"]["cards"] == 1
    assert await site.metric("htmlcard_browser_restarts_total") == restarts
    # On a busy machine a card may be late, but not at each try.
    await until(lambda: site.draws("/render/moody?title=good"))

    write_moody(site, MENDED)
    await until(lambda: site.draws(path))
    assert (await site.get("/health")).json["quarantine"]["cards"] == 0


@pytest.mark.faults
async def test_a_template_that_always_hangs_is_tried_seldom(
    strict_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every title is another card, and each would cost a browser."""
    site = strict_site
    monkeypatch.setattr(template_breakers, "PAUSE_S", 2.0)
    write_moody(site)
    await fail_until(site, "breaker_open", (f"/render/moody?title=bad{n}" for n in count()))
    restarts = await site.metric("htmlcard_browser_restarts_total")
    answers = await asyncio.gather(
        *(site.get(f"/render/moody?title=bad-{number}") for number in range(10)),
        *(site.get(f"/render/nonce?title={number}") for number in range(3)),
    )
    reasons = {answer.fallback.rpartition("=")[2] for answer in answers[:10]}
    assert reasons <= {"breaker_open", "deadline"}
    assert sum("breaker_open" in answer.fallback for answer in answers) >= 9
    assert not any("breaker" in answer.fallback for answer in answers[10:])
    assert (await site.get("/health")).json["breakers"]["templates"] == {"moody": "open"}
    assert await site.metric("htmlcard_browser_restarts_total") <= restarts + 1
    # The cause is gone, though the template is the same: the next try closes the breaker.
    await until(lambda: site.draws("/render/moody?title=good"), within_s=10.0)
    assert (await site.get("/health")).json["breakers"]["templates"] == {}


async def test_too_many_tags_cost_no_browser(site: Site) -> None:
    """A hundred thousand elements take seconds to lay out, and a browser at the end of them."""
    restarts = await site.metric("htmlcard_browser_restarts_total")
    site.write("crowd.html", "<!doctype html>{% for n in range(99999) %}<i>{% endfor %}")
    answer = await site.get("/render/crowd?title=x")
    assert answer.fallback == "drawn; reason=template_error"
    problem = await site.get("/render/crowd?title=x&fallback=0")
    assert "tags" in problem.json["detail"]
    assert await site.metric("htmlcard_browser_restarts_total") == restarts
