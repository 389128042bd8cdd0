"""Random nonsense against the whole service: always a picture, in time, and never a traceback.

A fixed seed runs always; `make soak` throws thousands, and a fresh seed, which it prints.
"""

from __future__ import annotations

import secrets
import time

import pytest
from running import Answer, MakeSite, Site

from .dice import Dice

DEADLINE_S = 2.5
#: A deadline is kept by timers, and those of a machine that does nothing else are late, too.
LATE_S = 5.0
FIXED_SEED = 20_26

sizes = pytest.mark.parametrize(
    ("seed", "queries", "templates"),
    [
        (FIXED_SEED, 150, 25),
        pytest.param(FIXED_SEED + 1, 5000, 1000, marks=pytest.mark.soak),
        pytest.param(secrets.randbelow(2**32), 5000, 1000, marks=pytest.mark.soak),
    ],
    ids=["quick", "fixed", "fresh"],
)


def check(answer: Answer, took_s: float, what: str) -> None:
    assert took_s < DEADLINE_S + LATE_S, what
    assert b"Traceback" not in answer.body, what
    assert answer.status == 200, (what, answer.status, answer.body[:200])
    assert answer.picture.width >= 400, what
    assert len(answer.body) <= 300_000, what


async def ask(site: Site, path: str) -> tuple[Answer, float]:
    started_s = time.perf_counter()
    answer = await site.get(path)
    return answer, time.perf_counter() - started_s


@sizes
async def test_queries(site: Site, seed: int, queries: int, templates: int) -> None:
    """Whatever tools, scanners and people make of a URL, the card or a fallback comes of it."""
    print(f"seed {seed}, {templates} templates elsewhere")  # noqa: T201 - to repeat a failure
    dice = Dice(seed)
    for number in range(queries):
        path = f"/render/article{('', '.jpg', '.webp')[number % 3]}?{dice.query()}"
        answer, took_s = await ask(site, path)
        if "fallback=0" in path and answer.status != 200:
            assert answer.json["code"], path
            continue
        check(answer, took_s, path)


@sizes
async def test_templates(make_site: MakeSite, seed: int, queries: int, templates: int) -> None:
    """A slip of a designer fails alone, and the next card is right."""
    print(f"seed {seed}, {queries} queries elsewhere")  # noqa: T201 - to repeat a failure
    site = await make_site(lanes=2)
    dice = Dice(seed)
    for number in range(templates):
        html = dice.template()
        (site.templates / "fuzz.html").write_text(html, encoding="utf-8", errors="replace")
        answer, took_s = await ask(site, f"/render/fuzz?title=A{number}&accent=blue")
        check(answer, took_s, html)
        if number % 10 == 9:
            good = await site.get(f"/render/nonce?nonce=%2300{number % 256:02x}ff")
            assert good.fallback or good.pixel(100, 300) == (0, number % 256, 255)
