"""Bad days: whatever goes wrong while drawing, a picture comes back, and never as the card."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from running import Answer, MakeSite, Site, is_near, tell, until

from htmlcard.server.handlers import render

#: Far above every deadline set here: a test that reaches it hangs.
HANG_S = 60.0
GREEN, RED = (0, 255, 0), (255, 0, 0)
BLOCK = "<!doctype html><style>html {{ background: {color} }}</style><p>{{{{ title }}}}{more}"


def block(color: str, more: str = "") -> str:
    """A template of one color."""
    return BLOCK.format(color=color, more=more)


def assert_fallback(answer: Answer, wanted: str, size: tuple[int, int] = (1200, 630)) -> None:
    assert answer.status == 200
    assert answer.fallback == wanted
    assert answer.picture.size == size
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert answer.headers["ETag"]


def ink(answer: Answer) -> bytes:
    return answer.picture.convert("L").tobytes()


@pytest.mark.parametrize("name", ["syntax", "crash"])
@pytest.mark.parametrize("extension", ["png", "jpg", "webp"])
async def test_a_broken_template_is_a_drawn_picture(site: Site, name: str, extension: str) -> None:
    """The reader of the link sees the title, not a hole where the preview should be."""
    path = f"/render/{name}.{extension}?v=1&title="
    first = await site.get(path + "One")
    assert_fallback(first, "drawn; reason=template_error")
    other = await site.get(path + "Another%20title%20altogether")
    assert_fallback(other, "drawn; reason=template_error")
    assert ink(first) != ink(other)
    again = await site.get(path + "One")
    assert_fallback(again, "drawn; reason=template_error")


@pytest.mark.parametrize("name", ["syntax", "crash"])
async def test_fallback_0_shows_the_true_status(site: Site, name: str) -> None:
    """Who makes a template wants its mistake, not a pretty picture."""
    answer = await site.get(f"/render/{name}?title=x&fallback=0")
    assert answer.status == 500
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["code"] == "template_error"
    assert f"{name}.html:1" in answer.json["detail"]
    assert "Traceback" not in answer.json["detail"]


async def test_a_template_broken_by_an_edit_keeps_its_last_good_version(site: Site) -> None:
    """Half-saved files are everyday life; cards must not flicker with them."""
    site.write("edited.html", block("#00ff00"))
    assert is_near((await site.get("/render/edited?title=1")).pixel(600, 600), GREEN)
    site.write("edited.html", block("#ff0000", "{% for %}"))
    answer = await site.get("/render/edited?title=2")
    assert answer.fallback == ""
    assert is_near(answer.pixel(600, 600), GREEN)

    async def is_told() -> bool:
        return "edited" in (await site.get("/health")).json["templates"]["problems"]

    await until(is_told)
    site.write("edited.html", block("#ff0000"))
    assert is_near((await site.get("/render/edited?title=2")).pixel(600, 600), RED)


async def test_a_card_that_was_good_once_comes_back_stale(site: Site) -> None:
    """Yesterday's picture of this very card beats any picture drawn in need."""
    site.write("undrawable.html", block("#00ff00"))
    good = await site.get("/render/undrawable?title=1")
    assert good.fallback == ""
    site.write("undrawable.html", block("#ff0000", "{{ 1 // 0 }}"))
    stale = await site.get("/render/undrawable?title=1")
    assert_fallback(stale, "stale; reason=template_error")
    assert stale.body == good.body
    assert stale.headers["Cache-Status"] == "htmlcard; hit; detail=stale"
    assert_fallback(await site.get("/render/undrawable?title=2"), "drawn; reason=template_error")
    site.write("undrawable.html", block("#ff0000"))
    mended = await site.get("/render/undrawable?title=1")
    assert mended.fallback == ""
    assert is_near(mended.pixel(600, 600), RED)


async def test_a_fallback_is_never_kept_as_the_card(site: Site) -> None:
    """A bad minute must not become a bad year."""
    site.write("mended.html", block("#ff0000", "{{ 1 // 0 }}"))
    path = "/render/mended?title=kept&v=1"
    fallback = await site.get(path)
    assert_fallback(fallback, "drawn; reason=template_error")
    site.write("mended.html", block("#00ff00"))
    card = await site.get(path, If_None_Match=fallback.headers["ETag"])
    assert card.status == 200
    assert card.fallback == ""
    assert card.headers["Cache-Status"] == "htmlcard; fwd=miss; stored"
    assert is_near(card.pixel(600, 600), GREEN)


@pytest.mark.parametrize("query", ["size=square", "scale=2", "size=square&scale=2"])
async def test_a_fallback_has_the_size_of_its_card(site: Site, query: str) -> None:
    """The page's tags promise this size."""
    site.write("sized/card.html", "{{ 1 // 0 }}{{ title }}")
    site.write("sized/card.toml", "[sizes.square]\nwidth = 300\nheight = 300\n")
    side = 300 if "square" in query else 0
    scale = 2 if "scale" in query else 1
    size = (side * scale, side * scale) if side else (1200 * scale, 630 * scale)
    answer = await site.get(f"/render/sized?title=x&{query}")
    assert_fallback(answer, "drawn; reason=template_error", size)


async def test_without_any_browser_every_card_is_drawn_by_hand(make_site: MakeSite) -> None:
    """A machine without Chromium serves titles, says so to its orchestrator, and stays up."""
    site = await make_site(chromium="/nonexistent", brand_name="Acme", deadline_ms=1000)
    async with asyncio.timeout(HANG_S):
        answers = [await site.get(f"/render/nonce?title={title}") for title in ("Il", "Mmmmmmmm")]
    for answer in answers:
        assert_fallback(answer, "drawn; reason=" + answer.fallback.rpartition("=")[2])
        assert answer.fallback.rpartition("=")[2] in ("browser_unavailable", "deadline")
    empty = await site.get("/render/nonce?title=%20")
    inks = [ink(answer) for answer in (*answers, empty)]
    different = [sum(a != b for a, b in zip(inks[0], one, strict=True)) for one in inks[1:]]
    assert min(different) > 1000
    assert (await site.get("/livez")).status == 200
    ready = await site.get("/readyz")
    assert ready.status == 503
    assert b"/nonexistent" in ready.body
    problem = await site.get("/render/nonce?title=x&fallback=0")
    assert problem.status in (503, 504)
    assert (await site.get("/health")).json["ready"] is False


async def test_in_dev_mode_not_even_a_fallback_is_kept_by_browsers(make_site: MakeSite) -> None:
    """Who mends a template and reloads must see it mended, not the fallback of a minute ago."""
    site = await make_site(chromium="/nonexistent", dev=True)
    for name in ("syntax", "crash"):
        answer = await site.get(f"/render/{name}?title=x")
        assert answer.fallback == "drawn; reason=template_error"
        assert answer.headers["Cache-Control"] == "no-store"


async def test_a_full_queue_answers_at_once(make_site: MakeSite) -> None:
    """Twenty crawlers at one browser: those who cannot be served must not wait to hear so."""
    site = await make_site(lanes=1, queue=1)
    await until(lambda: site.draws("/render/nonce?title=warm"))

    async def ask(number: int) -> tuple[Answer, float]:
        started_s = time.perf_counter()
        answer = await site.get(f"/render/noise?seed={number}")
        return answer, time.perf_counter() - started_s

    async with asyncio.timeout(HANG_S):
        answers = await asyncio.gather(*(ask(number) for number in range(2, 22)))
    full = [each for each in answers if "queue_full" in each[0].fallback]
    cards = [each for each in answers if not each[0].fallback]
    assert len(full) + len(cards) == 20
    assert len(cards) >= 2
    for answer, _ in full:
        assert_fallback(answer, answer.fallback)
        assert answer.fallback.split(";")[0] in ("drawn", "brand")
        # Told before the template was filled in, for which two hundred would have to wait.
        assert "template" not in answer.headers["Server-Timing"]
    tell("full queue, slowest answer", max(took_s for _, took_s in full))
    assert max(took_s for _, took_s in full) < 2.5
    refused = await asyncio.gather(
        *(site.get(f"/render/noise?fallback=0&seed={number}") for number in range(50, 60))
    )
    problems = [each for each in refused if each.status != 200]
    assert problems
    for problem in problems:
        assert problem.status == 503
        assert problem.json["code"] == "queue_full"
        assert int(problem.headers["Retry-After"]) >= 1


async def test_a_template_that_never_ends_is_cut_off(make_site: MakeSite) -> None:
    """One endless script must cost one deadline and one browser, not the service."""
    site = await make_site(lanes=1, deadline_ms=1500)
    await until(lambda: site.has_lanes(1))
    async with asyncio.timeout(HANG_S):
        started_s = time.perf_counter()
        answer = await site.get("/render/loop?title=Endless")
        took_s = time.perf_counter() - started_s
        assert_fallback(answer, "drawn; reason=deadline")
    tell("endless script, answer", took_s)
    assert took_s < 3.0
    tell("endless script, next card", await until(lambda: site.draws("/render/lang?title=next")))
    assert await site.metric("htmlcard_browser_restarts_total", reason="deadline") >= 1
    assert (await site.get("/render/loop?title=Endless&fallback=0")).status == 504


async def test_an_expired_card_is_answered_and_drawn_anew_behind(
    make_site: MakeSite, tmp_path: Path
) -> None:
    """Nobody waits for a refresh: the old picture is right, only old."""
    site = await make_site(cache_ttl_s=1)
    path = "/render/nonce?title=old"
    await until(lambda: site.has_lanes(1))
    assert (await site.get(path)).headers["Cache-Status"] == "htmlcard; fwd=miss; stored"
    await asyncio.sleep(1.1)
    drawn = await site.renders()
    assert (await site.get(path)).headers["Cache-Status"] == "htmlcard; hit; detail=stale"

    async def is_refreshed() -> bool:
        return await site.renders() > drawn

    await until(is_refreshed)
    assert (await site.get(path)).headers["Cache-Status"] == "htmlcard; hit"


async def test_a_fault_of_our_own_is_the_brand(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code has faults nobody knows of yet; a crawler must not pay for one with an error page."""
    site = await make_site(deadline_ms=15_000)

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(render, "read_lenient", fail)
        answer = await site.get("/render/nonce.jpg?title=x")
        assert answer.fallback == "brand; reason=internal"
        assert answer.picture.size == (1200, 630)
        assert (await site.ask("HEAD", "/render/nonce")).status == 200
    assert await site.draws("/render/nonce.jpg?title=x")
