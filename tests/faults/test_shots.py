"""Chromium answers with pictures that are none, or not the card (fault 29).

That it answers with the card before is tested where it happens, in tests/browser/test_stale.py.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
import pytest_asyncio

from .bad_browsers import Wrapper
from .service import Service, desk_of_its_own, open_service

#: What `tampering` makes of a picture; those in `QUICK` are part of `make test`.
SPOILS = ("empty", "truncated", "flipped", "no picture", "wrong size", "blank")
QUICK = ("truncated", "blank")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def spoiled() -> AsyncIterator[tuple[Service, Path]]:
    """A service whose pictures can be spoiled on their way, and the file that says how."""
    with desk_of_its_own() as desk:
        wrapper = Wrapper(desk.folder / "chromium")
        wrapper.tamper(desk.folder)
        async with open_service(lanes=1, desk=desk, chromium=wrapper.path) as service:
            yield service, desk.folder / "mode"


def pick(spoils: Iterable[str]) -> list[object]:
    return [
        pytest.param(each, marks=() if each in QUICK else pytest.mark.faults) for each in spoils
    ]


@pytest.mark.parametrize("spoil", pick(SPOILS))
async def test_a_spoiled_picture_is_drawn_again(spoiled: tuple[Service, Path], spoil: str) -> None:
    """Shots of a browser in trouble were seen to be cut or blank; cached, they stay for a year."""
    service, mode = spoiled
    before, counted = service.census(), await service.fallbacks()
    mode.write_text(f"every other {spoil}")
    answers = [await service.card() for _ in range(4)]
    mode.unlink()
    assert not any(answer.fallback for answer in answers)
    assert await service.fallbacks() == counted
    await service.recovered(before)


@pytest.mark.parametrize("spoil", pick(each for each in SPOILS if each != "blank"))
async def test_pictures_that_stay_spoiled_are_fallbacks(
    spoiled: tuple[Service, Path], spoil: str
) -> None:
    """Whatever the browser sends, the reader gets a whole picture, and never this one again."""
    service, mode = spoiled
    before, counted = service.census(), await service.fallbacks()
    number = service.new_number()
    mode.write_text(spoil)
    answer = await service.card(number)
    mode.unlink()
    assert answer.reason in ("bad_shot", "browser_failed", "browser_unavailable", "deadline")
    assert await service.fallbacks() == counted + 1
    await service.until_card()
    assert not (await service.card(number)).fallback
    await service.recovered(before)
