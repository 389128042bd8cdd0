"""The fast way draws what the plain way draws, and where it would not, it is not taken."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio

from htmlcard.browser.lane import Lane
from htmlcard.browser.proofs import Proof, Proofs
from htmlcard.card import Document, ImageFormat, Size
from htmlcard.images.compare import same_picture
from htmlcard.templating.catalogue import Catalogue
from htmlcard.templating.document import build_document
from htmlcard.templating.fields import format_value
from htmlcard.templating.params import parse_query
from htmlcard.templating.workers import WorkerPool

from .documents import PORTRAIT, SQUARE, make_asset, make_document, unused_name
from .pictures import GREEN, shows
from .shooting import shoot

pytestmark = pytest.mark.browser

_SHIPPED = Catalogue([Path(__file__).parents[2] / "templates"])


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def workers() -> AsyncIterator[WorkerPool]:
    async with WorkerPool(1) as opened:
        yield opened


async def _sample_documents(
    workers: WorkerPool, name: str, sizes: Sequence[str] | None = None
) -> list[Document]:
    template = _SHIPPED.get_template(name)
    samples = [(item.name, format_value(item.sample)) for item in template.fields.values()]
    params = parse_query(template, samples)
    return [
        await build_document(workers, template, params, size_name=size, scale=scale, timeout_s=10.0)
        for size in sizes or template.sizes
        for scale in ((1, 2) if size == "og" else (1,))
    ]


async def _draw_both_ways(lane: Lane, document: Document) -> tuple[bytes, bytes]:
    """The document as the stage shows it and as the canvas paints it, whatever was proven."""
    await shoot(lane, document)
    page = lane._page
    shown = await page._show(document, ImageFormat.PNG)
    painted = await page._paint(document, ImageFormat.PNG, 2**31 - 1)
    return shown.data, painted.data


async def test_shipped_templates_in_turns_load_nothing_anew(
    lane: Lane, workers: WorkerPool
) -> None:
    """A site has several kinds of pages: a stage built for each card is six times the work."""
    documents = [(await _sample_documents(workers, name, ["og"]))[0] for name in _SHIPPED.names()]
    for document in documents * 2:  # What a font is needed for may show at the second card only.
        await shoot(lane, document)
    page = lane._page
    origin, requests = page._frames.origin, page._tab.requests_seen
    for document in documents:
        await shoot(lane, document)
    assert page._frames.origin is origin
    assert page._tab.requests_seen == requests


@pytest.mark.parametrize(
    "sizes",
    [pytest.param(["og"], id="og"), pytest.param(None, id="all", marks=pytest.mark.soak)],
)
@pytest.mark.parametrize("name", _SHIPPED.names())
async def test_shipped_templates_are_drawn_the_fast_way(
    lane: Lane, workers: WorkerPool, name: str, sizes: list[str] | None
) -> None:
    """They are what users copy: slow ones, or ones the canvas gets wrong, would spread."""
    documents = await _sample_documents(workers, name, sizes)
    assert documents
    for document in documents:
        shown, painted = await _draw_both_ways(lane, document)
        again = await shoot(lane, document)

        assert same_picture(shown, painted), (document.size, document.scale)
        assert again.path == "canvas"
        assert same_picture(again.data, painted)


@pytest.mark.soak
async def test_shipped_cards_are_the_same_bytes_each_time(lane: Lane, workers: WorkerPool) -> None:
    """Fonts and stylesheets come out of memory in another order each time; on a busy machine one
    card in a hundred was once drawn before its fonts were in force, without any text.
    """
    documents = [
        document for name in _SHIPPED.names() for document in await _sample_documents(workers, name)
    ]
    dice = random.Random(20_26)
    first: dict[int, bytes] = {}
    for _ in range(3000):
        number = dice.randrange(len(documents))
        data = (await shoot(lane, documents[number])).data
        assert first.setdefault(number, data) == data, documents[number].template


@pytest.mark.parametrize(
    "body",
    [
        "<div style='backdrop-filter:blur(9px)'>x</div>",
        "<div style='transform:perspective(400px) rotateY(40deg)'>x</div>",
        "<div style='transform-style:preserve-3d'>x</div>",
        "<video></video>",
        "<iframe srcdoc='x'></iframe>",
        "<OBJECT></OBJECT>",
        "<link rel=stylesheet href=x.css>",
        "<img src=x.svg>",
    ],
)
async def test_what_a_canvas_draws_differently_is_shown_instead(lane: Lane, body: str) -> None:
    """Users take a browser for what browsers can do; a blur that is not there is a wrong card."""
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><g style="backdrop-filter:blur(1px)"/></svg>'
    assets = {}
    if "x.css" in body:
        assets["x.css"] = make_asset("p{BACKDROP-FILTER:blur(1px)}", "text/css")
    if "x.svg" in body:
        assets["x.svg"] = make_asset(svg, "image/svg+xml")
    name = unused_name("risky")
    document = make_document(body, template=name, assets=assets)
    shots = [await shoot(lane, document) for _ in range(2)]

    assert [shot.path for shot in shots] == ["beginframe", "beginframe"]


_STRIPES = (
    "<div style='position:absolute;inset:0;"
    "background:repeating-linear-gradient(90deg,#000 0 20px,#fff 20px 40px)'></div>"
)
_GLASS = "position:absolute;inset:100px"


@pytest.mark.parametrize(
    "glass",
    [
        f"<div style='{_GLASS};backdrop-\\66ilter:blur(20px)'></div>",
        f"<style>.g{{{_GLASS};backdrop-\\000066 ilter:blur(20px)}}</style><div class=g></div>",
        f"<div style='{_GLASS};b&#97;ckdrop-filter:blur(20px)'></div>",
    ],
)
async def test_what_the_text_does_not_betray_is_caught_by_looking(lane: Lane, glass: str) -> None:
    """CSS can be spelled in endless ways, so the search of the text is a shortcut and never the
    proof: the pictures are.
    """
    document = make_document(_STRIPES + glass, template=unused_name("hidden"))
    assert Proofs().find(document) is Proof.OPEN

    shown, painted = await _draw_both_ways(lane, document)
    shot = await shoot(lane, document)

    assert not same_picture(shown, painted)
    assert shot.path == "beginframe"
    assert same_picture(shot.data, shown)


async def test_a_proof_holds_for_its_size_and_version_alone(lane: Lane) -> None:
    """A media query or an edit can bring in what the proven card did not have."""
    hidden = (
        "<div class=g></div><style>@media (min-height:1200px)"
        f"{{.g{{{_GLASS};backdrop-\\66ilter:blur(20px)}}}}</style>"
    )
    name = unused_name("sizes")
    paths = [
        (await shoot(lane, make_document(_STRIPES + hidden, template=name, size=size))).path
        for size in (SQUARE, PORTRAIT, SQUARE, PORTRAIT)
    ]
    assert paths == ["canvas", "beginframe", "canvas", "beginframe"]


async def test_the_two_ways_may_alternate(lane: Lane) -> None:
    """They share one page: what one leaves behind must not be in the picture of the other."""
    for turn in range(6):
        size = Size(800, 400) if turn % 2 else PORTRAIT
        risky = "<video hidden></video>" if turn % 2 else ""
        body = f"{risky}<div style='position:fixed;inset:0;background:rgb(20,180,20)'></div>"
        shot = await shoot(lane, make_document(body, template="alternate", size=size))

        assert shot.path == ("beginframe" if turn % 2 else "canvas")
        assert shows(shot, 5, 5, GREEN)
        assert shows(shot, size.width_px - 5, size.height_px - 5, GREEN)


def test_verdicts_are_bounded_and_the_oldest_leave_first() -> None:
    """Fingerprints change with every edit, and a service runs for months."""
    proofs = Proofs()
    documents = [make_document("", fingerprint=f"f{number}") for number in range(2_001)]
    for document in documents:
        proofs.record(document, holds=True)

    assert proofs.find(documents[0]) is Proof.OPEN
    assert proofs.find(documents[1]) is Proof.HOLDS
    assert proofs.find(documents[-1]) is Proof.HOLDS
