"""Browsers that die again and again: callers are told at once, and soon it is tried anew."""

from __future__ import annotations

import os
import signal
import time

import pytest

from htmlcard.browser import supervisor
from htmlcard.browser.breaker import PAUSE_S, PER_TEMPLATE, WINDOW_S, DeathBreaker
from htmlcard.errors import BrowserUnavailable

from .conftest import MakePool
from .documents import make_document
from .pictures import GREEN, is_all
from .shooting import ready, shoot, until

_GREEN = make_document("<div style='position:fixed;inset:0;background:rgb(20,180,20)'></div>")


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_it_opens_at_the_limit_and_closes_by_itself() -> None:
    """Nobody has to be sent ahead to find out: the deaths end, and that is that."""
    clock = Clock()
    breaker = DeathBreaker(3, clock)
    for _ in range(2):
        breaker.note_death()
        assert breaker.state()["state"] == "closed"
    breaker.note_death()
    assert breaker.open_for_s == PAUSE_S
    clock.now_s += PAUSE_S
    assert breaker.state()["state"] == "closed"


def test_the_next_death_opens_it_again() -> None:
    """What is broken a little kills every now and then: the pause must not be earned anew."""
    clock = Clock()
    breaker = DeathBreaker(3, clock)
    for _ in range(3):
        breaker.note_death()
    clock.now_s += PAUSE_S + 1
    breaker.note_death()
    assert breaker.open_for_s == PAUSE_S


def test_old_deaths_do_not_count() -> None:
    """A browser that dies once a minute is replaced, and nobody need hear of it."""
    clock = Clock()
    breaker = DeathBreaker(3, clock)
    for _ in range(10):
        breaker.note_death()
        clock.now_s += WINDOW_S / 2 + 0.1
        assert breaker.open_for_s == 0.0


def test_one_template_cannot_open_it_alone() -> None:
    """What crashes Chromium is for that template's own breaker; the others go on drawing."""
    breaker = DeathBreaker(2 * PER_TEMPLATE, Clock())
    for _ in range(50):
        breaker.note_death("bad")
    assert breaker.open_for_s == 0.0
    for _ in range(PER_TEMPLATE):
        breaker.note_death()
    assert breaker.open_for_s == PAUSE_S


@pytest.mark.browser
async def test_a_pool_whose_browsers_die_tells_so_and_recovers(
    make_pool: MakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each restart takes a core for a second, which cards elsewhere on the machine need."""
    monkeypatch.setattr(supervisor, "DEATHS_ALLOWED", 1)
    monkeypatch.setattr(supervisor, "DEATHS_ALLOWED_PER_LANE", 1)
    pool = await make_pool(lanes=1)
    for _ in range(2):
        await ready(pool, lanes=1)
        lane = pool.supervisor.lanes[0]
        os.killpg(lane.group_id, signal.SIGKILL)
        await until(lambda lane=lane: lane not in pool.supervisor.lanes, "its death")  # type: ignore[misc]
    assert pool.supervisor.breaker.state()["state"] == "open"
    with pytest.raises(BrowserUnavailable, match="again and again"):
        await shoot(pool, _GREEN)

    began_s = time.monotonic()
    await until(lambda: not pool.supervisor.breaker.open_for_s, "the breaker to close")
    assert is_all(await shoot(pool, _GREEN), GREEN)
    print(f"recovered after {time.monotonic() - began_s:.1f} s")  # noqa: T201
