"""The contact sheet: templates by sizes in one picture, drawn by our own engine.

Each template is a strip, a document of its own whose assets are the cards; the
strips are joined below each other, so that a sheet may be of any length.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from jinja2 import Environment

from htmlcard.assembly import Service
from htmlcard.card import Asset, Document, ImageFormat, Size
from htmlcard.images.strips import join_strips
from htmlcard.template_tests.cases import Case, build_case
from htmlcard.template_tests.fixtures import list_fixtures
from htmlcard.template_tests.together import run_together
from htmlcard.templating.template import Template

_STRIP = Path(__file__).with_name("sheet.html")
_DEADLINE_S = 60.0
_LIMIT_BYTES = 50_000_000

#: Cards stand beside each other in the same height, whatever their shape.
_CARD_HEIGHT_PX = 270
_LABEL_WIDTH_PX = 300
_GAP_PX = 36
_MARGIN_PX = 56
_CAPTION_PX = 34


async def draw_sheet(
    service: Service, templates: Sequence[Template], on_card: Callable[[], None]
) -> bytes:
    """A PNG of `templates` filled with their samples, in every size each declares.

    `on_card` is called after each card. Raises RenderFailed as drawing does.
    """
    width_px = max(_strip_width_px(template) for template in templates)
    gate = asyncio.Semaphore(service.settings.lanes)

    async def draw(template: Template) -> bytes:
        cards = {}
        for size_name in template.sizes:
            async with gate:
                cards[size_name] = await _draw_card(service, template, size_name)
                on_card()
        async with gate:
            return await _shoot(service, _build_strip(template, cards, width_px))

    strips = await run_together(draw(template) for template in templates)
    return await asyncio.to_thread(join_strips, strips)


def _shown(size: Size) -> Size:
    width_px = round(size.width_px * _CARD_HEIGHT_PX / size.height_px)
    return Size(width_px, _CARD_HEIGHT_PX)


def _strip_width_px(template: Template) -> int:
    cards = sum(_shown(size).width_px + _GAP_PX for size in template.sizes.values())
    return 2 * _MARGIN_PX + _LABEL_WIDTH_PX + cards


async def _draw_card(service: Service, template: Template, size_name: str) -> bytes:
    sample = list_fixtures(template)[0]
    return await _shoot(
        service, await build_case(service.workers, Case(template, sample, size_name))
    )


async def _shoot(service: Service, document: Document) -> bytes:
    deadline_s = asyncio.get_running_loop().time() + _DEADLINE_S
    shot = await service.browsers.shoot(document, ImageFormat.PNG, _LIMIT_BYTES, deadline_s)
    return shot.data


def _build_strip(template: Template, cards: Mapping[str, bytes], width_px: int) -> Document:
    assets, shown = {}, []
    for name, data in cards.items():
        digest = hashlib.sha256(data).hexdigest()
        path = f"/sheet/{digest[:16]}.png"
        assets[path] = Asset(data, "image/png", digest)
        size = template.sizes[name]
        shown.append({"name": name, "path": path, "size": size, "width": _shown(size).width_px})
    layout = {"gap": _GAP_PX, "margin": _MARGIN_PX}
    layout |= {"card": _CARD_HEIGHT_PX, "label": _LABEL_WIDTH_PX}
    page = Environment(autoescape=True).from_string(_STRIP.read_text(encoding="utf-8"))
    return Document(
        html=page.render(template=template, cards=shown, layout=layout),
        template="sheet",
        fingerprint=template.fingerprint,
        size=Size(width_px, _CARD_HEIGHT_PX + _CAPTION_PX + _GAP_PX),
        scale=1,
        lang="en",
        direction="ltr",
        base_path="/sheet/",
        assets=assets,
    )
