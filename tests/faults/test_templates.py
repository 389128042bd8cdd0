"""Templates that misbehave: a picture in time, and others unharmed (faults 15-22)."""

from __future__ import annotations

import asyncio
import shutil
import time

import pytest

from .figures import FIGURES
from .service import LATE_S, Service, open_service

JINJA = {
    "division": "{{ 1 // 0 }}",
    "undefined": "{{ nothing.at.all + 1 }}",
    "range": "{% for i in range(10**9) %}{% endfor %}",
    "slow": "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "memory": "{{ 'a' * 10**9 }}",
    "large": "{% for i in range(99999) %}{{ 'a' * 2000 }}{% endfor %}",
    "itself": "{% include 'card.html' %}",
    "class": "{{ ''.__class__.__mro__ }}",
    "attr": "{{ ''|attr('__class__') }}",
    "globals": "{{ cycler.__init__.__globals__.os.environ }}",
    "passwd": "{% include '/etc/passwd' %}",
    "syntax": "{% if %}",
}
SLOW = """<!doctype html><style>html { background: #0f0 }</style><p>{{ title }}</p>
<script>const end = Date.now() + 700; while (Date.now() < end);</script>"""


def write_template(service: Service, name: str, html: str, *, scripts: bool = False) -> None:
    folder = service.desk.templates / name
    folder.mkdir(exist_ok=True)
    (folder / "card.html").write_text(html)
    (folder / "card.toml").write_text("scripts = true\n" if scripts else "")


async def test_broken_templates_are_fallbacks_in_time(service: Service) -> None:
    """Each costs its own card and nothing else, and none shows what is none of its business."""
    before = service.census()
    counted = await service.fallbacks(reason="template_error")
    for name, body in JINJA.items():
        write_template(service, f"jinja-{name}", f"<!doctype html><h1>{{{{ title }}}}</h1>{body}")
    answers = [await service.picture(f"/render/jinja-{name}?title=x") for name in JINJA]
    # What passes as text that means nothing is a card; all others are marked.
    for name, answer in zip(JINJA, answers, strict=True):
        assert answer.reason == "template_error", name
        assert answer.took_s < LATE_S
        assert b"root:" not in answer.body
    assert await service.fallbacks(reason="template_error") == counted + len(JINJA)
    await service.recovered(before)


async def test_a_template_deleted_while_it_is_drawn(service: Service) -> None:
    """A deployment replaces folders while requests are under way."""
    write_template(service, "vanishing", SLOW, scripts=True)
    drawing = asyncio.create_task(service.picture("/render/vanishing?title=1"))
    await asyncio.sleep(0.2)
    shutil.rmtree(service.desk.templates / "vanishing")
    await drawing
    assert (await service.ask("/render/vanishing?title=2")).status == 404
    assert not (await service.card()).fallback


@pytest.mark.faults
async def test_a_script_that_never_ends_costs_one_lane_one_deadline() -> None:
    """The only lane is taken by a script without end: it must be free soon after the deadline."""
    async with open_service(lanes=1) as service:
        before, restarts = service.census(), await service.restarts()
        began_s = time.perf_counter()
        answer = await service.picture("/render/loop?title=Endless")
        assert answer.reason == "deadline"
        usable_s = await service.until_card(began_s)
        FIGURES.note("hang", f"{usable_s:.1f} s", held=usable_s <= 3.5)
        await service.recovered(before)
        assert await service.restarts() > restarts
        assert await service.restarts(reason="deadline") >= 1


@pytest.mark.faults
async def test_one_bad_template_does_not_take_the_others_down() -> None:
    """Ten crawlers at an endless script, and one at an ordinary card: he gets his card."""
    async with open_service(lanes=2) as service:
        before = service.census()

        async def crawl(number: int) -> None:
            for turn in range(8):
                await service.picture(f"/render/loop?title={number}-{turn}")

        crawlers = [asyncio.create_task(crawl(number)) for number in range(10)]
        await asyncio.sleep(0.5)
        cards = []
        while not all(one.done() for one in crawlers):
            cards.append(await service.card())
            await asyncio.sleep(0.05)
        await asyncio.gather(*crawlers)
        drawn = sum(not card.fallback for card in cards)
        assert drawn >= len(cards) / 2, f"{drawn} of {len(cards)} ordinary cards were drawn"
        await service.recovered(before)
