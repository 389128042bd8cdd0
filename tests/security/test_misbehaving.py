"""Templates that ask for too much cost themselves their card, and nobody else anything."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from running import Site, open_site, until

from .heavy import heavy_cards

pytestmark = pytest.mark.browser

DEADLINE_S = 2.5
#: A deadline is kept by timers, and those of a busy machine are late.
LATE_S = 5.0
#: Each takes a whole deadline and a browser, as others do.
LIKE_OTHERS = ("nested blurs", "backdrop filters", "memory", "huge WebP")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ordinary(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A service as it comes: one browser, the default deadline."""
    async with open_site(tmp_path_factory.mktemp("heavy")) as opened:
        yield opened


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.soak if name in LIKE_OTHERS else ())
        for name in heavy_cards()
    ],
)
async def test_heavy_templates_end_in_time_and_alone(ordinary: Site, name: str) -> None:
    """A designer's slip, or malice, must not take the service down with it."""
    template = name.lower().replace(" ", "-")
    for file, content in heavy_cards()[name].items():
        if file == "card.html":
            content = f"<!doctype html><h1>{{{{ title }}}}</h1>{content!s}"
        ordinary.write(f"{template}/{file}", content)
    await until(lambda: ordinary.has_lanes(1))
    started_s = time.perf_counter()
    answer = await ordinary.get(f"/render/{template}?title=Heavy")
    took_s = time.perf_counter() - started_s
    assert took_s < DEADLINE_S + LATE_S
    assert answer.status == 200, answer.body[:300]
    assert answer.picture.size == (1200, 630)
    assert len(answer.body) <= 300_000
    if answer.fallback:
        assert answer.headers["Cache-Control"] == "public, max-age=60"
    print(f"{name}: {answer.fallback or 'a card'} {took_s:.1f} s")  # noqa: T201 - for whoever asks

    async def is_well() -> bool:
        good = await ordinary.get(f"/render/nonce?nonce=%2300ff00&title={template}")
        return not good.fallback and good.pixel(100, 300) == (0, 255, 0)

    await until(is_well)
