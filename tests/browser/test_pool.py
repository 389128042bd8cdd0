"""Who draws next, who waits, who is told no; and that nobody's leaving costs a lane."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from htmlcard.browser.lane import LaneState
from htmlcard.browser.launchpad import Launchpad
from htmlcard.browser.pool import BrowserPool
from htmlcard.card import Document, ImageFormat
from htmlcard.errors import DeadlineExceeded, QueueFull, RenderFailed
from htmlcard.images import compare

from .conftest import ROOMY, MakePool
from .documents import make_document
from .pictures import GREEN, css, is_all, nonce_color
from .shooting import BUDGET_BYTES, HANG_S, ready, shoot, until

pytestmark = pytest.mark.browser


def _card(number: int) -> Document:
    color = css(nonce_color(number))
    return make_document(f"<div style='position:fixed;inset:0;background:{color}'></div>")


_GREEN = make_document("<div style='position:fixed;inset:0;background:rgb(20,180,20)'></div>")


def _endless() -> Document:
    return make_document("<script>for(;;);</script>", template="endless", scripts=True)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def single() -> AsyncIterator[BrowserPool]:
    """One lane and eleven places to wait, for tests that leave the lane as it was."""
    launchpad = Launchpad(None, compare, allow_unsafe=False)
    limits = {**ROOMY, "queue": 11}
    async with BrowserPool(launchpad, lanes=1, **limits) as opened:
        await ready(opened, lanes=1)
        yield opened


def _states(pool: BrowserPool) -> list[LaneState]:
    return [lane.state for lane in pool.supervisor.lanes]


async def test_first_come_first_served(single: BrowserPool) -> None:
    """Under load a queue that overtakes lets some callers starve until their deadline."""
    pool = single
    finished: list[int] = []

    async def call(number: int) -> None:
        shot = await shoot(pool, _card(number))
        assert is_all(shot, nonce_color(number))
        finished.append(number)

    tasks = []
    for number in range(12):
        tasks.append(asyncio.create_task(call(number)))
        await asyncio.sleep(0)
    assert pool.queue_depth == 11
    assert "busy=1 idle=0 queued=11" in repr(pool)
    await asyncio.gather(*tasks)

    assert finished == list(range(12))
    assert pool.queue_depth == 0
    assert pool.queue_age_s == 0.0


async def test_one_too_many_is_told_at_once(single: BrowserPool) -> None:
    """A crawler gets its fallback in time only if the no comes before the waiting."""
    tasks = [asyncio.create_task(shoot(single, _card(number))) for number in range(12)]
    await asyncio.sleep(0)

    began_s = time.monotonic()
    with pytest.raises(QueueFull, match="HTMLCARD_QUEUE"):
        await shoot(single, _card(99))
    assert time.monotonic() - began_s < 0.2
    # Those who were let in are not disturbed.
    for number, shot in enumerate(await asyncio.gather(*tasks)):
        assert is_all(shot, nonce_color(number))


async def test_a_queue_of_none_still_lets_an_idle_lane_draw(make_pool: MakePool) -> None:
    """Not to queue is a sensible wish; not to draw is not what it means."""
    pool = await make_pool(lanes=1, queue=0)
    for number in range(3):
        assert is_all(await shoot(pool, _card(number)), nonce_color(number))


async def test_callers_who_leave_the_queue_leave_no_gap(pool: BrowserPool) -> None:
    """Crawlers hang up all the time; whoever stood behind them moves up."""
    await ready(pool, lanes=2)
    lanes = [*pool.supervisor.lanes]
    tasks = [asyncio.create_task(shoot(pool, _card(number))) for number in range(12)]
    await asyncio.sleep(0)
    for task in tasks[4:8]:
        task.cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)

    assert all(isinstance(one, asyncio.CancelledError) for one in done[4:8])
    for number in (0, 1, 2, 3, 8, 9, 10, 11):
        shot = done[number]
        assert not isinstance(shot, BaseException)
        assert is_all(shot, nonce_color(number))
    assert [*pool.supervisor.lanes] == lanes
    assert _states(pool) == [LaneState.IDLE, LaneState.IDLE]
    assert pool.queue_depth == 0


@pytest.mark.parametrize("turns", range(4))
async def test_leaving_in_the_moment_of_being_served_frees_the_lane(
    single: BrowserPool, turns: int
) -> None:
    """A lane handed to somebody who has just gone would be busy for ever."""
    pool = single
    first = asyncio.create_task(shoot(pool, _card(1)))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(shoot(pool, _card(2)))
    await asyncio.sleep(0)
    assert pool.queue_depth == 1

    # The callback runs in the very turn in which the lane goes from the first to the second.
    first.add_done_callback(lambda _: waiting.cancel())
    await first
    for _ in range(turns):
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert is_all(await shoot(pool, _GREEN), GREEN)
    assert _states(pool) == [LaneState.IDLE]


async def test_a_lane_given_to_one_who_just_left_goes_to_the_next(single: BrowserPool) -> None:
    """The pool has decided, the caller has gone, and neither knows yet of the other."""
    pool = single
    lane = pool.supervisor.lanes[0]
    lane.claim()
    leaver = asyncio.create_task(shoot(pool, _card(1)))
    stayer = asyncio.create_task(shoot(pool, _card(2)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    lane.release()
    pool._assign()
    assert _states(pool) == [LaneState.BUSY]
    leaver.cancel()

    assert is_all(await stayer, nonce_color(2))
    with pytest.raises(asyncio.CancelledError):
        await leaver
    assert pool.supervisor.lanes == [lane]
    assert lane.state is LaneState.IDLE


async def test_a_caller_who_leaves_while_drawing_costs_the_lane_and_no_more(
    make_pool: MakePool,
) -> None:
    """What the page was doing is unknown then, so it is not asked to draw another's card."""
    pool = await make_pool(lanes=1)
    lane = pool.supervisor.lanes[0]
    task = asyncio.create_task(shoot(pool, _endless()))
    await asyncio.sleep(0.2)
    assert _states(pool) == [LaneState.BUSY]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert lane.retired_for == "cancelled"
    assert is_all(await shoot(pool, _GREEN), GREEN)


async def test_a_template_that_hangs_leaves_a_lane_to_the_others(make_pool: MakePool) -> None:
    """One bad template, asked for by ten crawlers, must not be all that the service does."""
    pool = await make_pool(lanes=2)
    assert is_all(await shoot(pool, _GREEN), GREEN)
    hogs = [asyncio.create_task(shoot(pool, _endless(), timeout_s=3.0)) for _ in range(4)]
    await asyncio.sleep(0.2)
    templates = [lane.template for lane in pool.supervisor.lanes if lane.state is LaneState.BUSY]
    assert templates == ["endless"]
    for number in range(5):
        assert is_all(await shoot(pool, _card(number), timeout_s=2.0), nonce_color(number))

    assert not any(hog.done() for hog in hogs)
    for hog in hogs:
        hog.cancel()
    await asyncio.gather(*hogs, return_exceptions=True)


async def test_a_template_that_draws_may_have_all_lanes(make_pool: MakePool) -> None:
    """Most services have one template: half of the lanes would be for nobody."""
    pool = await make_pool(lanes=2)
    await shoot(pool, _card(0))
    tasks = [asyncio.create_task(shoot(pool, _card(number))) for number in range(6)]
    await asyncio.sleep(0)
    assert _states(pool) == [LaneState.BUSY, LaneState.BUSY]
    await asyncio.gather(*tasks)


async def test_those_of_another_template_are_not_behind_all_of_a_popular_one(
    make_pool: MakePool,
) -> None:
    """A post that goes viral has a hundred cards in the queue; a single card goes in between."""
    pool = await make_pool(lanes=2)
    other = make_document("<p>other</p>", template="other")
    for document in (_card(0), other):
        await shoot(pool, document)
    finished: list[str] = []

    async def call(document: Document) -> None:
        await shoot(pool, document)
        finished.append(document.template)

    popular = [asyncio.create_task(call(_card(number))) for number in range(20)]
    await asyncio.sleep(0)
    await call(other)
    assert finished.count("plain") < 10
    await asyncio.gather(*popular)
    assert len(finished) == 21


async def test_waiting_ends_with_the_deadline(make_pool: MakePool) -> None:
    """Time spent in the queue counts: the fallback has to go out in time all the same."""
    pool = await make_pool(lanes=1)
    hog = asyncio.create_task(shoot(pool, _endless(), timeout_s=1.0))
    await asyncio.sleep(0.05)
    began_s = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        await shoot(pool, _GREEN, timeout_s=0.2)

    assert time.monotonic() - began_s < 0.9
    assert pool.queue_depth == 0
    with pytest.raises(DeadlineExceeded):
        await hog
    assert is_all(await shoot(pool, _GREEN), GREEN)


async def test_a_deadline_that_is_over_costs_no_lane(make_pool: MakePool) -> None:
    """Under overload every other caller reaches the head of the queue too late: a browser killed
    for each of them is the end of drawing altogether.
    """
    pool = await make_pool(lanes=1)
    lane = pool.supervisor.lanes[0]
    for _ in range(3):
        with pytest.raises(DeadlineExceeded):
            await shoot(pool, _GREEN, timeout_s=-0.1)

    assert pool.supervisor.lanes == [lane]
    assert is_all(await shoot(pool, _GREEN), GREEN)
    assert pool.supervisor.restarts == {}


async def test_a_caller_who_comes_first_of_all_waits_for_the_first_lane(
    make_pool: MakePool,
) -> None:
    """A container gets traffic the moment it starts: those cards are late, not lost."""
    pool = await make_pool(lanes=1, wait=False)
    assert is_all(await shoot(pool, _GREEN), GREEN)


async def test_closing_tells_those_who_wait(make_pool: MakePool) -> None:
    """A stop must not leave a request hanging until its client gives up."""
    pool = await make_pool(lanes=1)
    tasks = [asyncio.create_task(shoot(pool, _endless(), timeout_s=6.0)) for _ in range(3)]
    await asyncio.sleep(0.2)
    await pool.__aexit__(None, None, None)
    assert pool.supervisor.lanes == []
    done, pending = await asyncio.wait(tasks, timeout=2.0)

    for task in pending:
        task.cancel()
    assert not pending
    assert not [task for task in done if task.cancelled()]  # They did not ask for that.
    assert all(isinstance(task.exception(), RenderFailed) for task in done)


async def test_a_retired_lane_that_was_promised_is_not_revived(make_pool: MakePool) -> None:
    """A browser can die between the pool's decision and the caller's first step."""
    pool = await make_pool(lanes=1)
    lane = pool.supervisor.lanes[0]
    task = asyncio.create_task(shoot(pool, _GREEN))
    await asyncio.sleep(0)
    assert _states(pool) == [LaneState.BUSY]
    lane.retire("crash")

    assert is_all(await task, GREEN)
    assert lane.state is LaneState.RETIRED
    assert sum(pool.supervisor.restarts.values()) == 1


async def test_lossy_formats_keep_to_the_budget(pool: BrowserPool) -> None:
    """Crawlers drop heavy pictures, so the browser's own steps go down in quality first."""
    noise = "".join(
        f"<i style='position:absolute;left:{at * 37 % 1200}px;top:{at * 91 % 630}px;width:9px;"
        f"height:9px;background:hsl({at * 47 % 360} 90% {at % 80 + 10}%)'></i>"
        for at in range(6_000)
    )
    deadline_s = asyncio.get_running_loop().time() + HANG_S
    for format in (ImageFormat.JPEG, ImageFormat.WEBP):
        roomy = await shoot(pool, make_document(noise, template="noise"), format)
        tight_bytes = len(roomy.data) * 3 // 4
        tight = await pool.shoot(
            make_document(noise, template="noise"), format, tight_bytes, deadline_s
        )
        assert len(roomy.data) <= BUDGET_BYTES
        assert len(tight.data) <= tight_bytes
        assert len(tight.data) < len(roomy.data)
        assert tight.encoding != roomy.encoding
    await until(lambda: LaneState.BUSY not in _states(pool), "lanes at rest")
