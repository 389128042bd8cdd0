"""Scripts run only where a template asks for them, and nothing of them outlives their card."""

from __future__ import annotations

import asyncio
import time

import pytest

from htmlcard.browser.lane import Lane, LaneState
from htmlcard.card import Document
from htmlcard.errors import DeadlineExceeded

from .conftest import MakePool
from .documents import make_asset, make_document, unused_name
from .pictures import BLUE, GREEN, RED, is_all, shows
from .processes import group
from .shooting import ready, shoot, until

pytestmark = pytest.mark.browser

_GREEN = "<style>html{background:rgb(20,180,20)}</style>"
_PAINT_RED = "document.documentElement.style.background='rgb(220,20,20)'"


def _scripted(script: str, *, body: str = "", name: str | None = None) -> Document:
    """Green until its script says otherwise."""
    return make_document(
        f"{_GREEN}{body}<script>{script}</script>", template=name or unused_name("js"), scripts=True
    )


_ATTEMPTS = {
    "inline": f"<script>{_PAINT_RED}</script>",
    "module": f"<script type=module>{_PAINT_RED}</script>",
    "file": "<script src=run.js></script>",
    "onload": f'<body onload="{_PAINT_RED}"><img src=data:, onerror="{_PAINT_RED}">',
    "javascript URL": f'<iframe src="javascript:parent.{_PAINT_RED}"></iframe>',
    "svg": f'<svg onload="{_PAINT_RED}"><script>{_PAINT_RED}</script></svg>',
    "frame": f'<iframe srcdoc="<script>parent.{_PAINT_RED}</script>"></iframe>',
    "refresh": f'<meta http-equiv=refresh content="0;url=javascript:{_PAINT_RED}">',
    "data refresh": '<meta http-equiv=refresh content="0;url=/template/red/">',
    "animation": f'<style>@keyframes a{{}}</style><p style="animation:a 1s" '
    f'onanimationstart="{_PAINT_RED}"></p>',
    "details": f'<details open ontoggle="{_PAINT_RED}">x</details>',
    "autofocus": f'<input autofocus onfocus="{_PAINT_RED}">',
}


@pytest.mark.parametrize("attempt", _ATTEMPTS.values(), ids=_ATTEMPTS)
async def test_scripts_do_not_run_unasked(lane: Lane, attempt: str) -> None:
    """A value that slips through a template's escaping must stay letters on a picture."""
    assets = {"run.js": make_asset(_PAINT_RED, "text/javascript")}
    name = unused_name("off")
    for _ in range(2):
        shot = await shoot(lane, make_document(_GREEN + attempt, template=name, assets=assets))
        assert shows(shot, 1190, 620, GREEN)
        assert lane.state is LaneState.IDLE


async def test_scripts_that_are_asked_for_run(lane: Lane) -> None:
    """Charts and syntax highlighting are drawn by scripts; their files load as other files do."""
    shot = await shoot(lane, _scripted(_PAINT_RED))
    assert is_all(shot, RED)

    late = "addEventListener('load',()=>requestAnimationFrame(()=>{" + _PAINT_RED + "}))"
    document = make_document(
        f"{_GREEN}<script src=run.js></script>",
        template=unused_name("js"),
        assets={"run.js": make_asset(late, "text/javascript")},
        scripts=True,
        scale=2,
    )
    assert is_all(await shoot(lane, document), RED)


async def test_a_scripted_card_is_of_its_size_and_fits_its_texts(lane: Lane) -> None:
    """A template gains scripts and loses nothing by it."""
    body = (
        "<div data-fit='20 400' style='position:absolute;inset:0;overflow:hidden;line-height:1.3;"
        "color:transparent'>one line of words that is long</div>"
        "<i style='position:fixed;right:0;bottom:0;width:9px;height:9px;background:rgb(20,20,220)'>"
    )
    document = make_document(_GREEN + body, template=unused_name("js"), scripts=True, scale=2)
    shot = await shoot(lane, document)

    assert shows(shot, 2390, 1250, BLUE)
    assert shows(shot, 2370, 1230, GREEN)
    size = await lane._page._tab.evaluate(
        "parseFloat(frames[0].document.querySelector('[data-fit]').style.fontSize)"
    )
    assert 20 < size < 400


async def _leftovers(lane: Lane, plant: str, look: str) -> object:
    """What one scripted card sees of what another has planted, as JSON."""
    await shoot(lane, _scripted(plant))
    await asyncio.sleep(0.05)
    await shoot(lane, make_document(_GREEN))
    await shoot(lane, _scripted(f"globalThis.seen = {look}"))
    return await lane._page._tab.evaluate("frames[0].seen")


@pytest.mark.parametrize(
    ("plant", "look", "clean"),
    [
        ("globalThis.secret = 1", "typeof secret", "undefined"),
        ("localStorage.secret = 1", "localStorage.length", 0),
        ("sessionStorage.secret = 1", "sessionStorage.length", 0),
        ("document.cookie = 'secret=1; path=/; max-age=9999'", "document.cookie", ""),
        (
            "document.cookie = 'secret=1; path=/; max-age=9999; domain=card.invalid'",
            "document.cookie",
            "",
        ),
        ("window.name = 'secret'", "window.name", ""),
        ("history.pushState({secret: 1}, '', '#secret')", "history.state", None),
    ],
)
async def test_scripts_leave_nothing_to_the_next(
    lane: Lane, plant: str, look: str, clean: object
) -> None:
    """One tenant's card must not be able to show what another's has stored."""
    assert await _leftovers(lane, plant, look) == clean


async def test_timers_of_a_scripted_card_end_with_it(lane: Lane) -> None:
    """A page that goes on counting slows every card after it, and can paint over them."""
    busy = "setInterval(()=>{" + _PAINT_RED + "},1);(function f(){requestAnimationFrame(f)})()"
    for _ in range(3):
        await shoot(lane, _scripted(busy))
        shots = [await shoot(lane, make_document(_GREEN)) for _ in range(3)]
        assert all(is_all(shot, GREEN) for shot in shots)


async def test_windows_a_script_opens_do_not_stay(lane: Lane) -> None:
    """A window left open runs on beside every later card, and can send its opener elsewhere."""
    haunt = (
        "const w = window.open('about:blank', 'ghost', 'width=9,height=9');"
        "w?.document.write('<script>setInterval(()=>opener.location=\"about:blank\",20)<\\/script>');"
        "window.open('/nowhere')"
    )
    await shoot(lane, _scripted(haunt))
    plain = [await shoot(lane, make_document(_GREEN)) for _ in range(3)]
    await asyncio.sleep(0.2)

    assert all(is_all(shot, GREEN) for shot in plain)
    assert is_all(await shoot(lane, make_document(_GREEN)), GREEN)
    assert lane._process.wire is not None
    targets = await lane._process.wire.browser.send("Target.getTargets")
    pages = [one["url"] for one in targets["targetInfos"] if one["type"] == "page"]
    assert len(pages) == 1, pages


@pytest.mark.parametrize(
    "script",
    [
        "alert(1); confirm(1); prompt(1)",
        "print()",
        "addEventListener('beforeunload', (event) => { event.preventDefault(); return 'stay' })",
        "addEventListener('unload', () => alert(1)); addEventListener('pagehide', () => alert(2))",
        "setTimeout(() => alert(1), 0); requestAnimationFrame(() => alert(2))",
        "document.body.requestFullscreen?.().catch(() => 0); navigator.vibrate?.(9)",
        "Notification?.requestPermission?.(); navigator.geolocation?.getCurrentPosition(() => 0)",
    ],
)
async def test_dialogs_do_not_hold_a_card_up(lane: Lane, script: str) -> None:
    """Nobody is there to press OK; a lane that waits for it is a lane lost."""
    before = lane.number
    for _ in range(2):
        assert is_all(await shoot(lane, _scripted(script), timeout_s=5.0), GREEN)
        assert is_all(await shoot(lane, make_document(_GREEN), timeout_s=5.0), GREEN)
    assert lane.state is LaneState.IDLE
    assert lane.number == before


@pytest.mark.parametrize(
    "script",
    [
        "for(;;);",
        pytest.param("addEventListener('load', () => { for(;;); })", marks=pytest.mark.faults),
        pytest.param("requestAnimationFrame(() => { for(;;); })", marks=pytest.mark.faults),
        "(function again() { Promise.resolve().then(again) })()",
    ],
)
async def test_an_endless_loop_costs_its_own_card_alone(make_pool: MakePool, script: str) -> None:
    """A renderer left burning would take a core from every other card, for ever."""
    pool = await make_pool()
    lost = pool.supervisor.lanes[0]
    began_s = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        await shoot(pool, _scripted(script), timeout_s=1.0)

    assert time.monotonic() - began_s < 3.0
    assert lost.state is LaneState.RETIRED
    await until(lambda: not group(lost.group_id), "the end of the looping browser")
    await ready(pool, lanes=1)
    assert pool.supervisor.lanes[0] is not lost
    assert is_all(await shoot(pool, make_document(_GREEN)), GREEN)


async def test_a_script_that_goes_elsewhere_does_not_take_the_lane_along(lane: Lane) -> None:
    """`location = …` leads out of the card; what is there instead must not be drawn as the next."""
    for script in (
        "location='about:blank'",
        "location.reload()",
        "document.open();document.close()",
    ):
        delayed = "setTimeout(()=>{" + script + "},5)"
        await shoot(lane, _scripted(delayed), timeout_s=5.0)
        assert is_all(await shoot(lane, make_document(_GREEN), timeout_s=5.0), GREEN)
    assert lane.state is LaneState.IDLE
