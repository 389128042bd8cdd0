"""`/templates`: the catalogue as JSON."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from aiohttp import web

from htmlcard.errors import TemplateFailed
from htmlcard.server.context import context_of, public_base
from htmlcard.templating.schema import build_schema, sample_params
from htmlcard.templating.template import Template


async def list_templates(request: web.Request) -> web.Response:
    """All templates that load, and the problems of those that do not."""
    catalogue = context_of(request).service.catalogue
    base = public_base(request)
    loaded, broken = [], {}
    for name in catalogue.names():
        try:
            loaded.append(_describe(catalogue.get_template(name), base))
        except TemplateFailed as error:
            broken[name] = str(error)
    return web.json_response(
        {"templates": loaded, "broken": broken}, headers={"Cache-Control": "no-cache"}
    )


async def show_template(request: web.Request) -> web.Response:
    """One template: its fields as JSON Schema, its sizes, a URL to try."""
    template = context_of(request).service.catalogue.get_template(request.match_info["template"])
    body = _describe(template, public_base(request))
    body["fields"] = build_schema(template)
    return web.json_response(body, headers={"Cache-Control": "no-cache"})


def sample_url(template: Template, base: str) -> str:
    """A render URL that shows the template at its best."""
    query = urlencode(sorted(_query_texts(template)), quote_via=quote, safe="")
    return f"{base}/render/{template.name}" + (f"?{query}" if query else "")


def _query_texts(template: Template) -> list[tuple[str, str]]:
    return [
        (name, str(value).lower() if isinstance(value, bool) else str(value))
        for name, value in sample_params(template).items()
        if value != ""
    ]


def _describe(template: Template, base: str) -> dict[str, Any]:
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
        "sample_url": sample_url(template, base),
        "url": f"{base}/templates/{template.name}",
    }
