"""Browsers, renderers and the driver die or stop, at work and idle: cards go on.

Every signal goes to a real process that the test itself has started.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from functools import partial

import psutil
import pytest

from htmlcard.browser import lane as lane_module
from htmlcard.browser.lane import Lane, LaneState
from htmlcard.browser.pool import BrowserPool
from htmlcard.card import Document
from htmlcard.errors import DeadlineExceeded, RenderFailed

from .conftest import MakePool
from .documents import make_document, unused_name
from .pictures import GREEN, is_all
from .processes import browser_of, group, is_gone, renderers
from .shooting import ready, shoot, until

pytestmark = pytest.mark.browser

#: Who takes so long hangs: a new driver, a new browser and a first card, on a busy machine. What is
#: promised is measured by `make faults`.
_RECOVERY_S = 60.0

_GREEN = make_document("<div style='position:fixed;inset:0;background:rgb(20,180,20)'></div>")


def _slow(seconds: float) -> Document:
    """Draws green, and takes its time over it."""
    wait = f"const end=Date.now()+{seconds * 1000};while(Date.now()<end);"
    return make_document(
        f"<style>html{{background:rgb(20,180,20)}}</style><script>{wait}</script>",
        template=unused_name("slow"),
        scripts=True,
    )


async def _draw_again(pool: BrowserPool) -> float:
    """Seconds until the next card is drawn, right, and whole."""
    began_s = time.monotonic()
    while True:
        try:
            shot = await shoot(pool, _GREEN, timeout_s=2.5)
            break
        except RenderFailed:
            assert time.monotonic() - began_s < _RECOVERY_S, "no card for too long"
            await asyncio.sleep(0.05)
    assert is_all(shot, GREEN)
    return time.monotonic() - began_s


def _pids(lane: Lane) -> list[psutil.Process]:
    members = group(lane.group_id)
    assert members
    return members


def _gone(members: list[psutil.Process]) -> bool:
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in members)


@pytest.mark.faults
async def test_a_browser_killed_while_it_draws_costs_no_card(make_pool: MakePool) -> None:
    """The system's memory killer picks the largest process, which is a browser at work."""
    pool = await make_pool(lanes=2)
    task = asyncio.create_task(shoot(pool, _slow(0.8)))
    await asyncio.sleep(0.3)
    [busy] = [lane for lane in pool.supervisor.lanes if lane.state is LaneState.BUSY]
    os.killpg(busy.group_id, signal.SIGKILL)

    assert is_all(await task, GREEN)
    assert busy.state is LaneState.RETIRED
    await ready(pool, lanes=2)


@pytest.mark.faults
async def test_a_renderer_killed_alone_costs_no_card(make_pool: MakePool) -> None:
    """Its browser lives on, so no connection breaks: the card must be missed all the same."""
    pool = await make_pool(lanes=2)
    task = asyncio.create_task(shoot(pool, _slow(0.8)))
    await asyncio.sleep(0.3)
    [busy] = [lane for lane in pool.supervisor.lanes if lane.state is LaneState.BUSY]
    members = _pids(busy)
    for renderer in renderers(busy):
        renderer.kill()

    assert is_all(await task, GREEN)
    assert busy.state is LaneState.RETIRED
    await until(lambda: _gone(members), "the end of the browser without renderer")
    await ready(pool, lanes=2)


@pytest.mark.faults
async def test_an_idle_browser_that_is_killed_is_replaced_unasked(make_pool: MakePool) -> None:
    """The next request should find a lane, not the news that there is none."""
    pool = await make_pool(lanes=1)
    lane = pool.supervisor.lanes[0]
    os.killpg(lane.group_id, signal.SIGKILL)
    await until(lambda: lane not in pool.supervisor.lanes, "the dead lane's retirement")
    await ready(pool, lanes=1)

    assert is_all(await shoot(pool, _GREEN), GREEN)
    assert pool.supervisor.restarts == {"crash": 1}


async def test_an_idle_renderer_that_is_killed_is_noticed(make_pool: MakePool) -> None:
    """Otherwise the next card pays for it."""
    pool = await make_pool(lanes=1)
    lane = pool.supervisor.lanes[0]
    for renderer in renderers(lane):
        renderer.kill()

    assert await _draw_again(pool) < _RECOVERY_S
    assert lane.state is LaneState.RETIRED


@pytest.mark.parametrize(
    "whole",
    [pytest.param(True, id="group", marks=pytest.mark.faults), pytest.param(False, id="browser")],
)
async def test_a_stopped_browser_costs_one_card_at_most(make_pool: MakePool, whole: bool) -> None:
    """A stopped process keeps its connections open, and no close of it ever ends."""
    pool = await make_pool(lanes=1)
    lane = pool.supervisor.lanes[0]
    members = _pids(lane)
    if whole:
        os.killpg(lane.group_id, signal.SIGSTOP)
    else:
        browser_of(lane).suspend()
    with pytest.raises(RenderFailed):
        await shoot(pool, _GREEN, timeout_s=0.6)

    assert lane.state is LaneState.RETIRED
    assert await _draw_again(pool) < _RECOVERY_S
    await until(lambda: _gone(members), "the end of the stopped browser")


@pytest.mark.faults
async def test_a_stopped_renderer_costs_one_card_at_most(make_pool: MakePool) -> None:
    """The browser still answers then, but nothing is drawn any more."""
    pool = await make_pool(lanes=1)
    lane = pool.supervisor.lanes[0]
    members = _pids(lane)
    for renderer in renderers(lane):
        renderer.suspend()
    with pytest.raises(RenderFailed):
        await shoot(pool, _GREEN, timeout_s=0.6)

    assert await _draw_again(pool) < _RECOVERY_S
    await until(lambda: _gone(members), "the end of the stopped renderer")


@pytest.mark.parametrize(
    ("at_work", "number"),
    [
        pytest.param(False, signal.SIGKILL, id="idle, killed"),
        pytest.param(True, signal.SIGKILL, id="at work, killed", marks=pytest.mark.faults),
        pytest.param(False, signal.SIGSTOP, id="idle, stopped", marks=pytest.mark.faults),
        pytest.param(True, signal.SIGSTOP, id="at work, stopped", marks=pytest.mark.faults),
    ],
)
async def test_the_loss_of_the_driver_costs_nobody_a_card(
    make_pool: MakePool,
    number: signal.Signals,
    at_work: bool,
    record_property: Callable[[str, object], None],
) -> None:
    """It starts browsers; those that draw need it no more, and the next to start takes another."""
    pool = await make_pool(lanes=2)
    lanes = [*pool.supervisor.lanes]
    pid = pool.launchpad.driver_pid
    assert pid is not None
    driver = psutil.Process(pid)
    task = asyncio.create_task(shoot(pool, _slow(0.5))) if at_work else None
    await asyncio.sleep(0.2)
    driver.send_signal(number)
    if task:
        assert is_all(await task, GREEN)
    took_s = await _draw_again(pool)
    record_property("next_card_after_s", round(took_s, 1))
    await until(lambda: _gone([driver]), "the end of the driver")
    assert is_all(await shoot(pool, _GREEN), GREEN)
    assert pool.supervisor.lanes == lanes

    lanes[0].retire("test")
    await ready(pool, lanes=2)
    assert pool.launchpad.driver_pid not in (None, pid)
    assert lanes[1] in pool.supervisor.lanes


@pytest.mark.faults
async def test_a_driver_that_dies_while_a_lane_opens_is_replaced(make_pool: MakePool) -> None:
    """A start meets the same faults as work does, and whoever opens lanes must survive them."""
    pool = await make_pool(lanes=1)
    for delay_s in (0.05, 0.3):
        lane = pool.supervisor.lanes[0]
        pid = pool.launchpad.driver_pid
        assert pid is not None
        lane.retire("test")
        await asyncio.sleep(delay_s)
        psutil.Process(pid).kill()

        assert await _draw_again(pool) < _RECOVERY_S
        await ready(pool, lanes=1)


@pytest.mark.soak
async def test_a_hundred_killed_browsers_leave_the_pool_as_it_was(make_pool: MakePool) -> None:
    """Small leaks per death show after many: processes, descriptors, lanes."""
    pool = await make_pool(lanes=2)
    before_fds = psutil.Process().num_fds()
    for _ in range(100):
        lane = pool.supervisor.lanes[0]
        os.killpg(lane.group_id, signal.SIGKILL)
        await _draw_again(pool)
        await until(partial(is_gone, lane.group_id), "the end of the killed browser")
    await ready(pool, lanes=2)

    assert psutil.Process().num_fds() <= before_fds + 4
    assert len(pool.supervisor.lanes) == 2


@pytest.mark.parametrize(("hog_s", "blamed"), [(0.02, 1), (1000.0, 0)], ids=["hog", "starved"])
async def test_a_late_card_is_blamed_if_its_browser_was_at_work(
    make_pool: MakePool, monkeypatch: pytest.MonkeyPatch, hog_s: float, blamed: int
) -> None:
    """On an overloaded machine every card is late: none of them may be left alone for that."""
    monkeypatch.setattr(lane_module, "HOG_S", hog_s)
    monkeypatch.setattr(lane_module, "HOG_SHARE", 2.0)  # More than one processor has.
    pool = await make_pool(lanes=1)
    with pytest.raises(DeadlineExceeded) as caught:
        await shoot(pool, _slow(10.0), timeout_s=1.5)
    assert caught.value.lanes_lost == blamed


async def test_a_card_is_not_blamed_for_browsers_that_die_together(make_pool: MakePool) -> None:
    """An update or a memory killer takes all browsers at once: the card that was being drawn, and
    drawn again on the next dead browser, would be left alone for a minute.
    """
    pool = await make_pool(lanes=2)
    task = asyncio.create_task(shoot(pool, _slow(0.8), timeout_s=_RECOVERY_S))
    await asyncio.sleep(0.3)
    lanes = [*pool.supervisor.lanes]
    for lane in lanes:
        os.killpg(lane.group_id, signal.SIGKILL)

    assert is_all(await task, GREEN)
    assert all(lane.retired_for == "crash" for lane in lanes)
    assert pool.supervisor.restarts == {"crash": 2}
