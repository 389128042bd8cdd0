"""The byte budget on the cards it is there for: photos, gradients and noise, in every format.

They are compared with what the same service draws when bytes do not count. One of each layout
is drawn every time, all 60 with the soak tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from images.likeness import ssim
from running import Answer, MakeSite, Site

from .cards import CARDS, BudgetCard, write_templates

BUDGET_BYTES = 300_000
#: Hardly to be seen. Colors have no part in it: they are what goes first.
ENOUGH = 0.97
FORMATS = ("png", "jpg", "webp")
#: One of each layout, the worst there is (`cover-static`) among them.
FEW = tuple(CARDS[number] for number in (13, 17, 28, 42, 46, 59))


@pytest_asyncio.fixture(loop_scope="session")
async def sites(
    request: pytest.FixtureRequest, make_site: MakeSite, tmp_path: Path
) -> tuple[Site, Site]:
    """A service with the usual budget, and one with none to speak of."""
    soak = request.node.get_closest_marker("soak")
    write_templates(tmp_path / "templates", CARDS if soak else FEW)
    slow: dict[str, Any] = {"deadline_ms": 30_000}
    return await make_site(**slow), await make_site(max_bytes=20_000_000, **slow)


@pytest.mark.browser
async def test_cards_with_photos_and_noise_are_small_and_keep_their_looks(
    sites: tuple[Site, Site],
) -> None:
    """Such cards are the ones whose pictures a messenger would leave out, or spoil."""
    assert await find_faults(sites, FEW) == []


@pytest.mark.browser
@pytest.mark.soak
async def test_all_of_the_corpus(sites: tuple[Site, Site]) -> None:
    """What the few stand for."""
    assert len(CARDS) == 60
    assert await find_faults(sites, CARDS) == []


@pytest.mark.browser
@pytest.mark.soak
@pytest.mark.parametrize("query", ["size=x", "size=square", "size=portrait", "scale=2"])
async def test_other_sizes_are_within_the_budget_too(sites: tuple[Site, Site], query: str) -> None:
    """A larger picture has fewer bytes for each pixel: its looks may suffer, never the bytes."""
    assert await find_faults(sites, CARDS, query, enough=0) == []


@pytest.mark.browser
async def test_the_step_is_told_with_every_answer(site: Site) -> None:
    """Who wonders why a card looks coarse must not have to guess, cached or not."""
    answers = [await draw(site, "noise.png?seed=7") for _ in range(3)]
    (step,) = {step_of(answer) for answer in answers}
    assert step.startswith("palette-")


async def find_faults(
    sites: tuple[Site, Site],
    cards: Iterable[BudgetCard],
    query: str = "",
    enough: float = ENOUGH,
) -> list[str]:
    """Pictures that are too large, or too unlike what there is without a budget."""
    budgeted, unlimited = sites
    faults = []
    for card in cards:
        whole = await draw(unlimited, address(card, "png", query))
        assert step_of(whole) == "lossless"
        for format in FORMATS:
            drawn = await draw(budgeted, address(card, format, query))
            likeness = ssim(whole.picture.convert("RGB"), drawn.picture.convert("RGB"))
            if len(drawn.body) <= BUDGET_BYTES and likeness >= enough:
                continue
            found = f"{step_of(drawn)}, {len(drawn.body)} bytes, SSIM {likeness:.4f}"
            faults.append(f"{card.name}.{format}: {found}")
    return faults


def address(card: BudgetCard, format: str, query: str = "") -> str:
    fields = urlencode({"title": card.title, **dict(card.fields)})
    return f"{card.template}.{format}?{fields}&{query}"


async def draw(site: Site, path: str) -> Answer:
    answer = await site.get(f"/render/{path}")
    assert answer.status == 200
    assert not answer.fallback
    return answer


def step_of(answer: Answer) -> str:
    found = re.search('encoding;desc="([^"]+)"', answer.headers["Server-Timing"])
    assert found is not None
    return found[1]
