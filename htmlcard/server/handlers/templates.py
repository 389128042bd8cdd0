"""`/templates`: the catalogue as JSON."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from htmlcard.card import ImageFormat
from htmlcard.errors import TemplateFailed
from htmlcard.server.context import Context, context_of, public_base
from htmlcard.templating.schema import build_schema, sample_params
from htmlcard.templating.template import Template
from htmlcard.urls import Target


async def list_templates(request: web.Request) -> web.Response:
    """All templates that load, and the problems of those that do not."""
    context = context_of(request)
    catalogue = context.service.catalogue
    loaded, broken = [], {}
    for name in catalogue.names():
        try:
            loaded.append(_describe(request, catalogue.get_template(name)))
        except TemplateFailed as error:
            broken[name] = str(error)
    return web.json_response(
        {"templates": loaded, "broken": broken}, headers={"Cache-Control": "no-cache"}
    )


async def show_template(request: web.Request) -> web.Response:
    """One template: its fields as JSON Schema, its sizes, a URL to try."""
    template = context_of(request).service.catalogue.get_template(request.match_info["template"])
    body = _describe(request, template)
    body["fields"] = build_schema(template)
    return web.json_response(body, headers={"Cache-Control": "no-cache"})


def sample_url(context: Context, template: Template) -> str:
    """Path and query of a card that shows the template at its best."""
    return context.local_url(Target(template.name, ImageFormat.PNG), _query_texts(template))


def _query_texts(template: Template) -> list[tuple[str, str]]:
    return [
        (name, str(value).lower() if isinstance(value, bool) else str(value))
        for name, value in sample_params(template).items()
        if value != ""
    ]


def _describe(request: web.Request, template: Template) -> dict[str, Any]:
    base = public_base(request)
    return {
        "name": template.name,
        "title": template.title,
        "description": template.description,
        "tags": list(template.tags),
        "scripts": template.scripts,
        "sizes": {
            name: {"width": size.width_px, "height": size.height_px}
            for name, size in template.sizes.items()
        },
        "sample_url": base + sample_url(context_of(request), template),
        "url": f"{base}/templates/{template.name}",
    }
