"""One render, any number of callers, whoever of them hangs up."""

from __future__ import annotations

import asyncio
import gc

import pytest

from htmlcard.cache.flight import Flights
from htmlcard.errors import BrowserFailed, RenderFailed


class Work:
    """Work that waits for a gate and counts how often it was started."""

    def __init__(self, error: Exception | None = None) -> None:
        self.starts = 0
        self.ends = 0
        self.gate = asyncio.Event()
        self.error = error

    async def __call__(self) -> str:
        self.starts += 1
        await self.gate.wait()
        self.ends += 1
        if self.error is not None:
            raise self.error
        return f"card {self.starts}"


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_two_hundred_callers_are_one_render() -> None:
    """A link that goes viral is asked for by everyone at once, and drawn once."""
    flights: Flights[str] = Flights()
    work = Work()
    callers = [asyncio.create_task(flights.share("key", work)) for _ in range(200)]
    await _settle()
    assert flights.pending == 1
    work.gate.set()
    answers = await asyncio.gather(*callers)
    assert work.starts == 1
    assert {card for card, _ in answers} == {"card 1"}
    assert sum(leader for _, leader in answers) == 1
    assert flights.pending == 0


async def test_different_keys_do_not_wait_for_each_other() -> None:
    """A slow card must hold up nobody else's."""
    flights: Flights[str] = Flights()
    slow, fast = Work(), Work()
    waiting = asyncio.create_task(flights.share("slow", slow))
    fast.gate.set()
    assert await asyncio.wait_for(flights.share("fast", fast), 5) == ("card 1", True)
    slow.gate.set()
    await waiting


async def test_the_first_caller_may_hang_up() -> None:
    """Crawlers often time out and ask again; the first render must serve the second ask."""
    flights: Flights[str] = Flights()
    work = Work()
    first = asyncio.create_task(flights.share("key", work))
    await _settle()
    second = asyncio.create_task(flights.share("key", work))
    await _settle()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    work.gate.set()
    assert await second == ("card 1", False)


async def test_work_goes_on_when_all_have_hung_up() -> None:
    """The result is cached by the work itself, so the next ask is a hit."""
    flights: Flights[str] = Flights()
    work = Work()
    callers = [asyncio.create_task(flights.share("key", work)) for _ in range(3)]
    await _settle()
    for caller in callers:
        caller.cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    work.gate.set()
    assert await flights.drain(5) == 0
    assert work.ends == 1


async def test_a_failure_reaches_everyone_and_is_not_kept() -> None:
    """A cached failure would turn one browser crash into a broken card for all."""
    flights: Flights[str] = Flights()
    broken = Work(BrowserFailed("gone"))
    callers = [asyncio.create_task(flights.share("key", broken)) for _ in range(3)]
    await _settle()
    broken.gate.set()
    answers = await asyncio.gather(*callers, return_exceptions=True)
    assert [type(answer) for answer in answers] == [BrowserFailed] * 3
    good = Work()
    good.gate.set()
    assert await flights.share("key", good) == ("card 1", True)


async def test_a_failure_nobody_waits_for_makes_no_noise() -> None:
    """'Task exception was never retrieved' in the log would send operators on a false trail."""
    noises: list[dict[str, object]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: noises.append(context))
    try:
        flights: Flights[str] = Flights()
        work = Work(BrowserFailed("gone"))
        caller = asyncio.create_task(flights.share("key", work))
        await _settle()
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)
        work.gate.set()
        await flights.drain(5)
        await _settle()
        gc.collect()
    finally:
        loop.set_exception_handler(None)
    assert work.ends == 1
    # Other tests share the loop, and what they left behind may be collected here.
    assert [each for each in noises if isinstance(each.get("exception"), BrowserFailed)] == []


async def test_drain_stops_what_does_not_end_and_callers_get_a_failure() -> None:
    """At shutdown a waiting client gets a fallback picture, not a dropped connection."""
    flights: Flights[str] = Flights()
    caller = asyncio.create_task(flights.share("key", Work()))
    await _settle()
    assert await flights.drain(0.01) == 1
    with pytest.raises(RenderFailed, match="stopping"):
        await caller
    assert flights.pending == 0
