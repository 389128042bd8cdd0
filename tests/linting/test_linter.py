"""Findings are at the right place, figures are right, and cards after a lint are as before."""

from __future__ import annotations

import asyncio
import io
import json
from dataclasses import replace

import pytest
from browser.shooting import shoot
from PIL import Image

from htmlcard.browser.pool import BrowserPool
from htmlcard.card import Document
from htmlcard.errors import DeadlineExceeded, RenderFailed
from htmlcard.linting.finding import LintFinding

from .conftest import Lint
from .scenery import make_asset, make_card

pytestmark = pytest.mark.browser


async def _findings(lint: Lint, card: Document, rule: str) -> list[LintFinding]:
    return [found for found in (await lint(card)).findings if found.rule == rule]


@pytest.mark.parametrize("scale", [1, 2])
async def test_a_finding_points_at_the_text(lint: Lint, scale: int) -> None:
    """Reports draw a box there; at a scale of 2 the box is still in px of the card."""
    css = "p{position:absolute;left:430px;top:210px;width:340px;font-size:14px}"
    [found] = (await lint(make_card("at", css, "<p id=note>Small print", scale=scale))).findings

    assert found.box_px is not None
    x, y, width, height = found.box_px
    assert (x, y) == pytest.approx((430, 210), abs=3)
    assert 60 < width < 340
    assert 10 < height < 24
    assert found.rule == "small-text"
    assert found.severity == "error"
    assert (found.selector, found.text) == ("p#note", "Small print")
    assert json.loads(json.dumps(found.as_dict()))["box_px"] == [x, y, width, height]


async def test_the_picture_is_the_card(lint: Lint, lint_pool: BrowserPool) -> None:
    """Goldens are compared with it: none of the dress of the inspection may be in it."""
    card = make_card("picture", "", "<h1>Harbor news on Friday at noon</h1>", scale=2)
    linted = await lint(card)
    shot = await shoot(lint_pool, card)

    with Image.open(io.BytesIO(linted.picture)) as one, Image.open(io.BytesIO(shot.data)) as other:
        assert one.size == (2400, 1260)
        assert one.convert("RGB").tobytes() == other.convert("RGB").tobytes()


@pytest.mark.parametrize("scripts", [False, True], ids=["plain", "scripted"])
async def test_cards_after_a_lint_are_as_before(lint_pool: BrowserPool, scripts: bool) -> None:
    """A lane that lints goes on to draw for strangers; their texts must not be see-through."""
    lane = lint_pool.supervisor.lanes[0]
    css = "p{width:200px;height:50px;overflow:hidden;line-height:1}a{color:#123}"
    body = "<h1>Harbor <a>news</a></h1><p>cut words cut words cut words</p>"
    card = make_card("after", css, body)
    linted = make_card("before", css, body.replace("Harbor", "Other"), scripts=scripts)
    deadline_s = asyncio.get_running_loop().time() + 60
    before = await shoot(lane, card)
    inspection = await lane.inspect(linted, deadline_s)
    after = await shoot(lane, card)

    assert inspection.unclipped is not None
    assert len({inspection.as_drawn, inspection.behind, inspection.ink, inspection.unclipped}) == 4
    assert after.data == before.data
    # A document that has nothing of its own to replace the dress with.
    bare = await shoot(lane, make_card("bare", "", "words"))
    again = await shoot(lint_pool.supervisor.lanes[-1], make_card("bare", "", "words"))
    assert bare.data == again.data


@pytest.mark.parametrize(
    ("color", "paper", "ratio"),
    [
        ("#808080", "#ffffff", 3.95),
        ("#ffffff", "#0ea5e9", 2.77),
        ("#555555", "#222222", 2.14),
        ("#16181d", "#16181d", 1.0),
        ("rgb(0 0 0 / 45%)", "#ffffff", 3.36),
    ],
)
async def test_contrast_is_measured_right(lint: Lint, color: str, paper: str, ratio: float) -> None:
    """Designers check the figure with other tools (these are WCAG's), and must find the same."""
    css = f"body{{background:{paper};color:{color};text-align:center}}"
    [found] = await _findings(lint, make_card("ratio", css, "Harbor news"), "low-contrast")

    assert found.severity == "error"
    said = float(found.message.split("contrast is ")[1].split(":1")[0])
    assert said == pytest.approx(ratio, abs=0.12)


@pytest.mark.parametrize(
    ("color", "expected"),
    [("#767676", []), ("#7c7c7c", ["warning"]), ("#a0a0a0", ["error"])],
)
async def test_large_text_gets_a_warning_first(lint: Lint, color: str, expected: list[str]) -> None:
    """4.5:1 is asked of all text; WCAG forgives large text down to 3:1, so that is no error."""
    css = f"h1{{color:{color};text-align:center}}"
    found = await _findings(lint, make_card("large", css, "<h1>Harbor news</h1>"), "low-contrast")

    assert [finding.severity for finding in found] == expected


async def test_one_finding_for_an_element(lint: Lint) -> None:
    """A paragraph of ten pale lines is one mistake."""
    css = "p{color:#bbb;width:400px;margin:auto}"
    body = f"<p>{'pale words ' * 20}</p>"
    assert len(await _findings(lint, make_card("pale", css, body), "low-contrast")) == 1


async def test_decoration_is_told_by_aria_hidden(lint: Lint) -> None:
    """Ghost numbers are cut, pale and overlapped on purpose; their author says so by this."""
    css = "b{position:absolute;left:400px;top:30px;font-size:300px;color:#eee}"
    for hidden, expected in (("", True), ("aria-hidden=true", False)):
        card = make_card("ghost", css, f"<b {hidden}>42</b><h1>Harbor news, Friday</h1>")
        assert bool(await _findings(lint, card, "low-contrast")) is expected
        assert bool(await _findings(lint, card, "overlapping-text")) is expected


async def test_texts_that_move_once_unclipped_are_judged_by_their_boxes(lint: Lint) -> None:
    """An inline block without clipping has another baseline: pixels cannot be compared then."""
    css = "span{display:inline-block;overflow:hidden;height:26px;vertical-align:baseline}"
    card = make_card("moves", css, "<p>words <span>that are cut</span></p>")
    assert await _findings(lint, card, "clipped-text")


async def test_looking_does_not_break_lines_anew(lint: Lint) -> None:
    """Lines that fill their box to a 64th of a pixel break elsewhere at the least disturbance."""
    css = (
        "h1{width:576px;margin:auto;font:700 48px/70px Inter,'Noto Sans CJK JP';text-wrap:balance}"
    )
    text = "灯台守の霧日記と北の海から届いた便り" * 2
    card = make_card("edge", css, f"<h1>{text}</h1><p>Friday</p>", lang="ja")
    assert (await lint(card)).findings == ()


async def test_a_policy_of_the_document_is_no_hindrance(lint: Lint) -> None:
    """A template that forbids inline styles is dressed and judged all the same."""
    card = make_card(
        "policy",
        "p{font-size:14px}",
        "<p>Small print in the middle</p>",
        assets={"note.css": make_asset("body{color:#ccc;text-align:center}", "text/css")},
    )
    policy = "<meta http-equiv=content-security-policy content=\"style-src 'self'\">"
    html = card.html.replace("<style>", f"{policy}<link rel=stylesheet href=note.css><style>")
    found = (await lint(replace(card, html=html))).findings
    assert "low-contrast" in {finding.rule for finding in found}


async def test_nothing_is_found_where_there_is_nothing(lint: Lint) -> None:
    """A card of colors alone is a card."""
    linted = await lint(make_card("empty", "body{background:#135}", ""))
    assert linted.findings == ()


async def test_a_lint_ends_at_its_deadline(lint_pool: BrowserPool) -> None:
    """A template that loops for ever must not hold up the others of a test run."""
    body = "<h1>Harbor</h1><script>for (;;) {}</script>"
    with pytest.raises(RenderFailed) as caught:
        await lint_pool.inspect(
            make_card("loop", "", body, scripts=True), asyncio.get_running_loop().time() + 1.5
        )
    assert isinstance(caught.value, DeadlineExceeded) or "load" in str(caught.value)
