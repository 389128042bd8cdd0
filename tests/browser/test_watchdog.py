"""What is wrong with a browser is found without a card that pays for it."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from htmlcard.browser import watchdog
from htmlcard.browser.binary import find_chromium
from htmlcard.browser.lane import Lane, LaneState
from htmlcard.browser.pool import BrowserPool
from htmlcard.browser.process_group import ProcessGroup
from htmlcard.card import ImageFormat
from htmlcard.errors import BrowserFailed

from .conftest import MakePool
from .documents import make_document, unused_name
from .pictures import GREEN, css, is_all, nonce_color
from .processes import browser_of, group, is_gone, renderers, write_stand_in
from .shooting import ready, shoot, until

pytestmark = pytest.mark.browser

_GREEN = make_document("<div style='position:fixed;inset:0;background:rgb(20,180,20)'></div>")


@pytest.fixture
def never_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what the process table tells: nothing is drawn to find out."""
    monkeypatch.setattr(watchdog, "PULSE_EVERY_S", 1000.0)
    monkeypatch.setattr(watchdog, "PROBE_EVERY_S", 1000.0)


@pytest.fixture
def never_reads_states(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what drawing tells."""
    monkeypatch.setattr(ProcessGroup, "is_stopped", lambda _: False)
    monkeypatch.setattr(watchdog, "PULSE_EVERY_S", 0.2)
    monkeypatch.setattr(watchdog, "PULSE_TIMEOUT_S", 0.8)


async def _idle_lane(pool: BrowserPool) -> Lane:
    await ready(pool, lanes=1)
    lane = pool.supervisor.lanes[0]
    await until(lambda: not lane.processes.outdated, "the list of its processes")
    return lane


@pytest.mark.usefixtures("never_draws")
@pytest.mark.parametrize(
    "which",
    [
        "group",
        pytest.param("browser", marks=pytest.mark.soak),
        pytest.param("renderer", marks=pytest.mark.soak),
    ],
)
async def test_a_stopped_browser_is_seen_in_the_process_table(
    make_pool: MakePool, which: str
) -> None:
    """It has no crash to tell of, and waiting for a drawing to fail would take seconds."""
    pool = await make_pool(lanes=1)
    lane = await _idle_lane(pool)
    chosen = {
        "group": lambda: group(lane.group_id),
        "browser": lambda: [browser_of(lane)],
        "renderer": lambda: renderers(lane),
    }[which]()
    for process in chosen:
        process.suspend()
    await until(lambda: lane.state is LaneState.RETIRED, "the stopped lane's retirement")

    assert pool.supervisor.restarts == {"stopped": 1}
    assert is_all(await shoot(pool, _GREEN), GREEN)
    await until(lambda: is_gone(lane.group_id), "the end of the stopped browser")


@pytest.mark.usefixtures("never_draws")
async def test_a_card_on_a_browser_that_stops_is_drawn_elsewhere(make_pool: MakePool) -> None:
    """The crawler that is being served gets its card, not a fallback at the deadline."""
    pool = await make_pool(lanes=1)
    lane = await _idle_lane(pool)
    os.killpg(lane.group_id, signal.SIGSTOP)
    began_s = time.monotonic()

    assert is_all(await shoot(pool, _GREEN), GREEN)
    print(f"card on a stopped browser: {time.monotonic() - began_s:.2f} s")  # noqa: T201
    assert lane.retired_for == "stopped"


async def test_a_browser_that_is_continued_at_once_stays(pool: BrowserPool, lane: Lane) -> None:
    """A machine that is suspended or moved stops everything for a moment: no browser need die."""
    await until(lambda: not lane.processes.outdated, "the list of its processes")
    os.killpg(lane.group_id, signal.SIGSTOP)
    await asyncio.sleep(0.1)
    os.killpg(lane.group_id, signal.SIGCONT)
    await asyncio.sleep(3 * watchdog.LOOK_EVERY_S)

    assert lane.state is LaneState.IDLE
    assert lane in pool.supervisor.lanes
    assert is_all(await shoot(lane, _GREEN), GREEN)


@pytest.mark.usefixtures("never_reads_states")
@pytest.mark.faults
async def test_an_idle_browser_that_does_not_draw_is_found(make_pool: MakePool) -> None:
    """Whatever keeps it from drawing: the next crawler should not be the one to find out."""
    pool = await make_pool(lanes=1)
    lane = await _idle_lane(pool)
    for renderer in renderers(lane):
        renderer.suspend()
    await until(lambda: lane.state is LaneState.RETIRED, "the lane's retirement")

    assert lane.retired_for == "hung"
    await ready(pool, lanes=1)
    assert is_all(await shoot(pool, _GREEN), GREEN)


async def test_a_driver_that_nobody_needs_is_ended(
    make_pool: MakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds more memory than a browser with its page, and what it is for is done."""
    monkeypatch.setattr(watchdog, "DRIVER_IDLE_S", 0.5)
    pool = await make_pool(lanes=2)
    lanes = [*pool.supervisor.lanes]
    await until(lambda: pool.launchpad.driver_pid is None, "the end of the driver")
    for _ in range(3):
        assert is_all(await shoot(pool, _GREEN), GREEN)
    assert pool.supervisor.lanes == lanes
    assert pool.supervisor.restarts == {}

    lanes[0].retire("test")
    await ready(pool, lanes=2)
    assert lanes[1] in pool.supervisor.lanes
    assert is_all(await shoot(pool, _GREEN), GREEN)


async def test_a_driver_that_lanes_speak_through_stays_and_is_replaced_when_lost(
    make_pool: MakePool, monkeypatch: pytest.MonkeyPatch, run_folder: Path
) -> None:
    """Without frames on demand there is no wire: all hang on the driver, whose end none is told."""
    monkeypatch.setattr(watchdog, "DRIVER_IDLE_S", 0.3)
    real = find_chromium("/usr/bin/chromium-headless-shell").path
    pool = await make_pool(chromium=write_stand_in(run_folder, f'exec {real} "$@"'), lanes=2)
    lost = [*pool.supervisor.lanes]
    await asyncio.sleep(1.0)
    pid = pool.launchpad.driver_pid
    assert pid is not None
    assert {lane.path for lane in lost} == {"portable"}
    psutil.Process(pid).kill()
    await until(lambda: not {*lost} & {*pool.supervisor.lanes}, "the lanes' retirement")

    await ready(pool, lanes=2)
    assert pool.launchpad.driver_pid not in (None, pid)
    assert is_all(await shoot(pool, _GREEN), GREEN)
    await until(lambda: all(is_gone(lane.group_id) for lane in lost), "the end of its browsers")


async def test_idle_lanes_are_looked_at_and_cards_do_not_notice(
    pool: BrowserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look leaves a spot in the page for a moment: on no card may it be seen."""
    monkeypatch.setattr(watchdog, "LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(watchdog, "PULSE_EVERY_S", 0.02)
    await ready(pool, lanes=2)
    lanes, restarts = [*pool.supervisor.lanes], dict(pool.supervisor.restarts)
    for number in range(12):
        color = nonce_color(number)
        body = f"<div style='position:fixed;inset:0;background:{css(color)}'></div>"
        seen_s = min(lane.seen_well_s for lane in lanes)
        await until(
            lambda seen_s=seen_s: min(lane.seen_well_s for lane in lanes) > seen_s,  # type: ignore[misc]
            "a pulse of each",
        )
        card = make_document(body, scripts=number % 5 == 4)
        format = ImageFormat.JPEG if number % 3 == 2 else ImageFormat.PNG
        assert is_all(await shoot(pool, card, format), color)

    assert pool.supervisor.lanes == lanes
    assert pool.supervisor.restarts == restarts


async def test_scripts_end_with_their_card(
    pool: BrowserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A timer that goes on after the card would burn a core until the next one comes."""
    await ready(pool, lanes=2)
    lanes = [*pool.supervisor.lanes]
    busy = make_document(
        "<script>setInterval(() => { const end = Date.now() + 90; while (Date.now() < end); }, 10)"
        "</script>",
        head="<style>html{background:rgb(20,180,20)}</style>",
        template=unused_name("busy"),
        scripts=True,
    )
    assert is_all(await shoot(pool, busy), GREEN)
    monkeypatch.setattr(watchdog, "PULSE_EVERY_S", 0.1)
    began_s = time.monotonic()
    await until(lambda: all(lane.seen_well_s > began_s for lane in lanes), "a pulse of each")
    before_s = _cpu_s(lanes)
    await asyncio.sleep(1.0)

    assert _cpu_s(lanes) - before_s < 0.5


def _cpu_s(lanes: list[Lane]) -> float:
    return sum(sum(one.cpu_times()[:2]) for lane in lanes for one in renderers(lane))


async def test_idle_lanes_draw_a_card_now_and_then(
    pool: BrowserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readiness rests on the last card: without traffic somebody has to see to one."""
    await ready(pool, lanes=2)
    restarts = dict(pool.supervisor.restarts)
    monkeypatch.setattr(watchdog, "PROBE_EVERY_S", 0.1)
    seen_s = pool.supervisor.last_success_s
    assert seen_s is not None

    await until(lambda: (pool.supervisor.last_success_s or 0.0) > seen_s, "a probe's success")
    assert pool.supervisor.restarts == restarts


async def test_a_lane_that_has_grown_too_large_is_replaced(
    make_pool: MakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Better one planned replacement than the system's memory killer."""
    monkeypatch.setattr(watchdog, "LOOK_EVERY_S", 0.1)
    monkeypatch.setattr(watchdog, "WEIGH_EVERY_S", 0.0)
    pool = await make_pool(lanes=1, lane_memory_bytes=1_000_000)
    lane = pool.supervisor.lanes[0]
    assert lane.memory_bytes() > 20_000_000

    await until(lambda: lane not in pool.supervisor.lanes, "the large lane's replacement")
    assert pool.supervisor.restarts["memory"] >= 1
    # The one after it is as large, and would be replaced under its card.
    monkeypatch.setattr(watchdog, "WEIGH_EVERY_S", 10**6)
    await ready(pool, lanes=1)
    assert is_all(await shoot(pool, _GREEN), GREEN)


@pytest.mark.faults
async def test_a_card_that_fills_the_memory_is_stopped(make_pool: MakePool) -> None:
    """The system's memory killer would take whatever is largest, perhaps the service."""
    pool = await make_pool(lanes=1, lane_memory_bytes=200_000_000)
    await _idle_lane(pool)
    greedy = make_document(
        "<script>const held = []; const end = Date.now() + 8000;"
        "while (Date.now() < end) held.push(new Uint8Array(2e7).fill(1));</script>",
        template=unused_name("greedy"),
        scripts=True,
    )
    began_s = time.monotonic()
    with pytest.raises(BrowserFailed) as caught:
        await shoot(pool, greedy, timeout_s=7.5)

    assert time.monotonic() - began_s < 7.0
    assert caught.value.lanes_lost == 2
    assert pool.supervisor.restarts == {"memory": 2}
    assert is_all(await shoot(pool, _GREEN), GREEN)


async def test_a_lane_of_ordinary_size_stays(
    make_pool: MakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limit that is read in the wrong unit would replace lanes without end."""
    monkeypatch.setattr(watchdog, "LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(watchdog, "WEIGH_EVERY_S", 0.0)
    pool = await make_pool(lanes=1, lane_memory_bytes=1_000_000_000)
    lane = pool.supervisor.lanes[0]
    await asyncio.sleep(0.6)

    assert pool.supervisor.lanes == [lane]
    assert pool.supervisor.restarts == {}
