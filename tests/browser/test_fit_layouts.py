"""`data-fit` in the layouts templates have: shared columns, low lines, nested texts, cuts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from htmlcard.browser.lane import Lane

from .documents import make_document
from .fitting import WORDS, long_word, outcomes, text_of
from .pictures import pixels
from .shooting import shoot

pytestmark = pytest.mark.browser

_STYLE = (
    "<style>*{margin:0;box-sizing:border-box}body{height:630px;background:#000;color:#fff;"
    "line-height:normal;font-family:'Noto Sans','Noto Sans CJK JP','Noto Sans Arabic',sans-serif}"
    "main{position:absolute;left:60px;top:60px;width:1080px;height:510px;display:flex;"
    "flex-direction:column}footer{flex:none;height:60px;background:rgb(40,0,0)}</style>"
)


async def _fit(lane: Lane, body: str, template: str = "fit-layouts") -> list[dict[str, Any]]:
    await shoot(lane, make_document(_STYLE + body, template=template))
    return await outcomes(lane)


async def _rects(lane: Lane, selector: str) -> list[dict[str, float]]:
    found: list[dict[str, float]] = await lane._page._tab.evaluate(
        "(() => { const d = document.getElementById('painted').contentDocument;"
        f"return [...d.querySelectorAll('{selector}')]"
        ".map((e) => e.getBoundingClientRect().toJSON()) })()"
    )
    return found


@pytest.mark.parametrize(
    "style",
    [
        "line-height:1",
        "line-height:.9;overflow:hidden",
        "margin-block:-.14em;padding-block:.14em;overflow:hidden",
        "text-box:trim-both cap alphabetic",
        "margin-inline:-.06em",
        "text-indent:-.4em",
    ],
)
@pytest.mark.parametrize("align", ["flex-start", "center", "flex-end"])
async def test_low_lines_and_negative_margins_cost_no_size(
    lane: Lane, style: str, align: str
) -> None:
    """Headlines are set tight; letters out of their lines overflow every box at every size."""
    body = (
        f"<main style='justify-content:{align}'><div><p>kicker</p>"
        f"<h1 data-fit='40 90' style='{style}'>Typography</h1></div></main>"
    )
    [found] = await _fit(lane, body)
    assert found["size"] == 90


@pytest.mark.parametrize("align", ["flex-start", "center", "flex-end", "space-between"])
async def test_neighbors_stay_in_their_column(lane: Lane, align: str) -> None:
    """A headline that grows pushes the byline out, and upwards no scroll size would tell."""
    body = (
        f"<main style='justify-content:{align}'><p style='font-size:30px'>kicker</p>"
        f"<h1 data-fit='20 120' style='line-height:1.1'>{text_of('latin', 150)}</h1>"
        "<footer></footer></main>"
    )
    [found] = await _fit(lane, body)
    [kicker], [headline], [footer] = [await _rects(lane, tag) for tag in ("p", "h1", "footer")]

    assert found["fits"]
    assert kicker["top"] >= 58
    assert footer["bottom"] <= 572
    # Nor is it smaller than need be.
    assert headline["height"] > 250


async def test_a_clipped_neighbor_is_not_squeezed(lane: Lane) -> None:
    """A description that may overflow would give up all of its height to the headline."""
    body = (
        f"<main><h1 data-fit='20 120' style='flex:none'>{text_of('latin', 150)}</h1>"
        "<p style='overflow:hidden;font-size:30px;line-height:40px'>One line<br>and another</p>"
        "</main>"
    )
    [found] = await _fit(lane, body)
    [description] = await _rects(lane, "p")
    assert found["fits"]
    assert description["height"] >= 78


async def test_what_overflows_by_itself_is_not_our_business(lane: Lane) -> None:
    """Half a circle beyond the edge is a design; no text would ever be small enough for it."""
    body = (
        "<main style='overflow:hidden'><i style='position:absolute;left:900px;top:300px;"
        "width:400px;height:400px;border-radius:50%;background:#400'></i>"
        "<h1 data-fit='40 90'>Words</h1></main>"
    )
    [found] = await _fit(lane, body)
    assert found["size"] == 90


async def test_texts_that_share_a_column_share_its_height(lane: Lane) -> None:
    """Neither may take all, and what the one leaves over is the other's."""
    body = (
        f"<main><h1 data-fit='40 120'>{text_of('latin', 60)}</h1>"
        f"<p data-fit='24 60'>{text_of('latin', 260)}</p><footer></footer></main>"
    )
    headline, description = await _fit(lane, body)
    [footer] = await _rects(lane, "footer")
    [left] = await _rects(lane, "p")

    assert headline["fits"]
    assert description["fits"]
    assert 40 < headline["size"] < 120
    assert 24 < description["size"] < 60
    assert footer["bottom"] <= 572
    # No line more of the smaller text would have had room.
    assert 570 - footer["bottom"] < description["size"] * 1.5 or left["bottom"] > 440


async def test_only_the_longer_of_two_is_cut(lane: Lane) -> None:
    """A byline that reads B… because the headline is long helps nobody."""
    body = (
        f"<main><h1 data-fit='60 90'>{text_of('latin', 500)}</h1>"
        "<p data-fit='30 40'>by Ines Kowalska</p><footer></footer></main>"
    )
    headline, byline = await _fit(lane, body)
    [footer] = await _rects(lane, "footer")

    assert headline["cut"]
    assert headline["text"].endswith("…")
    assert len(headline["text"]) > 100
    assert byline["text"] == "by Ines Kowalska"
    assert footer["bottom"] <= 572


async def test_a_fitted_text_inside_another(lane: Lane) -> None:
    """A large name in a smaller sentence: both have bounds of their own, and one box."""
    body = (
        "<main><div data-fit='20 60' style='flex:1;min-height:0'>The lighthouse keeper’s notes on"
        f"<div data-fit='40 140'>Fog and other weather</div>{text_of('latin', 250)}</div></main>"
    )
    outer, inner = await _fit(lane, body)
    assert outer["fits"]
    assert inner["fits"]
    assert 20 <= outer["size"] <= 60
    assert 40 <= inner["size"] <= 140


@pytest.mark.parametrize("script", WORDS)
@pytest.mark.parametrize("mode", ["vertical-rl", "vertical-lr", "sideways-lr"])
async def test_vertical_lines_stay_in_their_box(lane: Lane, script: str, mode: str) -> None:
    """Vertical lines overflow sideways, and to the left in Japanese."""
    for length in (3, 60, 200):
        style = (
            f"position:absolute;left:300px;top:100px;width:500px;height:400px;writing-mode:{mode}"
        )
        body = f"<h1 dir=auto data-fit='24 120' style='{style}'>{text_of(script, length)}</h1>"
        shot = await shoot(lane, make_document(_STYLE + body, template="fit-vertical"))
        [found] = await outcomes(lane)
        ink: NDArray[np.bool_] = pixels(shot).max(axis=2) > 60
        inside = int(ink[92:508, 292:808].sum())

        assert inside > 50
        assert int(ink.sum()) == inside
        assert found["fits"]
        assert not found["cut"]


@pytest.mark.parametrize(
    ("text", "start"),
    [
        (text_of("latin", 400), "Sphinx of"),
        (text_of("cjk", 400), "吾輩は猫である"),
        (text_of("arabic", 400), "العربية لغة"),
        (long_word(400), "Donaudampf"),
        ("👩🏽‍🚀" * 100, "👩🏽‍🚀"),
        ("e\u0301" * 400, "e\u0301"),
    ],
    ids=["latin", "cjk", "arabic", "one word", "astronauts", "accents"],
)
@pytest.mark.parametrize("style", ["", "white-space:nowrap", "writing-mode:vertical-rl"])
async def test_what_is_cut_ends_in_an_ellipsis(
    lane: Lane, text: str, start: str, style: str
) -> None:
    """A title that just stops reads as another title, and half a character as a broken one."""
    box = f"position:absolute;left:300px;top:200px;width:400px;height:160px;{style}"
    body = f"<h1 dir=auto data-fit='48 60' style='{box}'><bdi>{text}</bdi></h1>"
    shot = await shoot(lane, make_document(_STYLE + body, template="fit-cut"))
    [found] = await outcomes(lane)
    ink = pixels(shot).max(axis=2) > 60

    assert found["size"] == found["px"] == 48
    assert found["cut"]
    assert found["fits"]
    assert found["text"].startswith(start)
    kept = found["text"].removesuffix("…")
    assert kept != found["text"]
    assert text.startswith(kept)
    # Neither a joiner nor an accent was parted from what it belongs to.
    assert not text[len(kept) :].startswith(("\u200d", "\u0301"))
    assert int(ink.sum()) == int(ink[196:364, 290:710].sum())
    # The box is used up, but for a line.
    assert ink[:, 290:710].sum() > 2000


async def test_balanced_lines_are_no_smaller(lane: Lane) -> None:
    """Balancing moves words between lines, and takes no line more."""
    sizes = []
    for wrap in ("wrap", "balance", "pretty"):
        body = (
            f"<main><h1 data-fit='20 120' style='flex:1;min-height:0;text-wrap:{wrap}'>"
            f"{text_of('latin', 130)}</h1><footer></footer></main>"
        )
        [found] = await _fit(lane, body)
        [style] = await lane._page._tab.evaluate(
            "(() => { const d = document.getElementById('painted').contentDocument;"
            "return [d.defaultView.getComputedStyle(d.querySelector('h1')).textWrapStyle] })()"
        )
        assert style == {"wrap": "auto"}.get(wrap, wrap)
        sizes.append(found["size"])
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize(
    ("asked", "size"),
    [
        ("20 40", 40),
        (" 20,40 ", 40),
        ("20px 40px", 40),
        ("20.5 40.5", 40.5),
        ("30", 30),
        # The minimum wins, as in CSS.
        ("50 20", 50),
        ("", None),
        ("x", None),
        ("20 x", None),
        ("20% 40%", None),
        ("2em 4em", None),
        ("-5 20", None),
        ("0 40", None),
        ("NaN 40", None),
        ("1e9 2e9", None),
        ("20 40 60", None),
    ],
)
async def test_what_data_fit_may_say(lane: Lane, asked: str, size: float | None) -> None:
    """A typing error costs the fitting and not the card: the text keeps the size CSS gives it."""
    [found] = await _fit(lane, f"<h1 data-fit='{asked}' style='font-size:33px'>Words</h1>")
    assert found["valid"] is (size is not None)
    assert found["px"] == (size or 33)
