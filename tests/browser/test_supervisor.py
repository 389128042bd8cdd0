"""Lanes are replaced when worn, retried with growing pauses when they do not open."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from pathlib import Path

import pytest

from htmlcard.browser import supervisor
from htmlcard.browser.binary import find_chromium
from htmlcard.card import ImageFormat
from htmlcard.errors import BrowserUnavailable

from .conftest import MakePool
from .documents import make_document
from .pictures import GREEN, css, is_all, nonce_color
from .processes import is_gone, write_stand_in
from .shooting import BUDGET_BYTES, ready, shoot, until

pytestmark = pytest.mark.browser

_GREEN = make_document("<div style='position:fixed;inset:0;background:rgb(20,180,20)'></div>")


async def _recycle(make_pool: MakePool, *, cards: int, cards_per_lane: int) -> None:
    reasons: list[str] = []
    pool = await make_pool(lanes=2, cards_per_lane=cards_per_lane, on_restart=reasons.append)
    groups = {lane.group_id for lane in pool.supervisor.lanes}
    numbers = iter(range(cards))
    fewest, opening = 2, 0

    async def call() -> None:
        nonlocal fewest, opening
        for number in numbers:
            color = nonce_color(number)
            body = f"<div style='position:fixed;inset:0;background:{css(color)}'></div>"
            shot = await shoot(pool, make_document(body), ImageFormat.JPEG)
            assert is_all(shot, color)
            fewest = min(fewest, len(pool.supervisor.lanes))
            opening = max(opening, pool.supervisor._opening)
            groups.update(lane.group_id for lane in pool.supervisor.lanes)

    await asyncio.gather(*(call() for _ in range(4)))

    assert fewest == 2
    assert opening == 1, "launches beside each other take the processor from cards"
    assert set(reasons) == {"cards"}
    assert len(reasons) == pool.supervisor.restarts["cards"]
    await until(lambda: not pool.supervisor._worn, "the last worn lane's replacement")
    kept = {lane.group_id for lane in pool.supervisor.lanes}
    assert len(kept) == 2
    assert len(groups) >= 4
    for worn in groups - kept:
        await until(partial(is_gone, worn), "the end of a worn browser")


async def test_the_first_lane_starts_alone(make_pool: MakePool) -> None:
    """The first card of a service waits for one browser; a second would take its processor."""
    pool = await make_pool(lanes=3, wait=False)
    seen: set[tuple[int, int]] = set()

    def all_there() -> bool:
        seen.add((len(pool.supervisor.lanes), pool.supervisor._opening))
        return len(pool.supervisor.lanes) == 3

    await until(all_there, "three lanes")
    assert max(opening for lanes, opening in seen if lanes == 0) == 1
    assert max(opening for _, opening in seen) == 2


async def test_worn_lanes_are_replaced_under_load(make_pool: MakePool) -> None:
    """Browsers grow with age. Whoever asks meanwhile must neither fail nor find nobody there."""
    await _recycle(make_pool, cards=240, cards_per_lane=20)


async def test_a_new_browser_has_drawn_what_another_drew_last(make_pool: MakePool) -> None:
    """Fonts are read and code is compiled with a browser's first card: that one nobody should wait
    for, although what came before was drawn by a warm one.
    """
    pool = await make_pool(cards_per_lane=1)
    worn = pool.supervisor.lanes[0]
    await shoot(pool, _GREEN)
    await until(lambda: pool.supervisor.lanes != [worn], "the worn lane's replacement")
    [fresh] = pool.supervisor.lanes
    assert worn.last_shot is not None
    assert fresh.last_shot == worn.last_shot
    assert fresh.cards == 0, "or it would be worn at once"


async def test_a_card_that_ends_new_browsers_is_no_obstacle(
    make_pool: MakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One lane may still be able to draw what no new one can."""
    monkeypatch.setattr(supervisor, "WARM_UP_S", 0.5)
    pool = await make_pool(cards_per_lane=1)
    worn = pool.supervisor.lanes[0]
    await shoot(pool, _GREEN)
    endless = make_document("<script>for (;;);</script>", scripts=True)
    worn.last_shot = (endless, ImageFormat.PNG, BUDGET_BYTES)
    await until(lambda: pool.supervisor.lanes != [worn], "the worn lane's replacement")
    [fresh] = pool.supervisor.lanes
    assert fresh.last_shot is None, "it came after one that was lost"
    assert is_all(await shoot(pool, _GREEN), GREEN)


@pytest.mark.soak
async def test_worn_lanes_are_replaced_again_and_again(make_pool: MakePool) -> None:
    """What is lost once in a hundred replacements is lost daily."""
    await _recycle(make_pool, cards=3_000, cards_per_lane=20)


async def test_a_browser_that_vanishes_is_tried_with_pauses_and_taken_when_it_is_back(
    make_pool: MakePool, run_folder: Path
) -> None:
    """An upgrade takes the browser away for a minute: the machine must not be busy with failing,
    callers must be told at once, and nobody should have to restart the service.
    """
    real = find_chromium("/usr/bin/chromium-headless-shell").path
    away, tries = run_folder / "away", run_folder / "tries"
    tries.touch()
    tries.chmod(0o666)
    script = f'echo try >>{tries}\n[ ! -e {away} ] || exit 1\nexec {real} "$@"'
    pool = await make_pool(
        chromium=write_stand_in(run_folder, script, name="chromium-headless-shell")
    )
    away.touch()
    pool.supervisor.lanes[0].retire("test")
    await until(lambda: pool.supervisor.hopeless, "the pool to give up hope")

    began_s = time.monotonic()
    with pytest.raises(BrowserUnavailable, match=str(run_folder)):
        await shoot(pool, _GREEN)
    assert time.monotonic() - began_s < 0.1

    before = tries.read_text().count("try")
    await asyncio.sleep(2.0)
    assert tries.read_text().count("try") - before <= 4

    away.unlink()
    await ready(pool, lanes=1)
    assert not pool.supervisor.hopeless
    assert pool.supervisor.last_error is None
    assert is_all(await shoot(pool, _GREEN), GREEN)


async def test_callers_who_wait_are_told_when_hope_is_lost(
    make_pool: MakePool, run_folder: Path
) -> None:
    """They stand in the queue of a pool that will not draw: a fallback now beats one at the end."""
    pool = await make_pool(chromium=write_stand_in(run_folder, "exit 1"), wait=False)
    began_s = time.monotonic()
    with pytest.raises(BrowserUnavailable):
        await shoot(pool, _GREEN, timeout_s=60.0)
    assert time.monotonic() - began_s < 20.0
