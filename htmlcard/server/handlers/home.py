"""`/`: what this is, and every template with a picture of it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from aiohttp import web
from jinja2 import Environment
from jinja2 import Template as Page

from htmlcard import __version__
from htmlcard.errors import TemplateFailed
from htmlcard.server.context import context_of, public_base
from htmlcard.server.handlers.templates import sample_url

#: Pages of ours load nothing from elsewhere; the one script of the dev mode is a file of ours.
PAGE_POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_FILES = {"home.css": "text/css", "dev.js": "text/javascript"}


async def home(request: web.Request) -> web.Response:
    """The service's own page."""
    context = context_of(request)
    base = public_base(request)
    catalogue = context.service.catalogue
    cards, broken = [], []
    for name in catalogue.names():
        try:
            template = catalogue.get_template(name)
        except TemplateFailed as error:
            broken.append({"name": name, "problem": str(error)})
            continue
        cards.append(
            {
                "name": name,
                "title": template.title,
                "description": template.description,
                "fields": list(template.fields),
                "path": sample_url(context, template),
                "fingerprint": template.fingerprint[:12],
                "problems": catalogue.problems(name),
            }
        )
    text = _page().render(
        cards=cards, broken=broken, base=base, dev=context.dev, version=__version__
    )
    return web.Response(
        text=text,
        content_type="text/html",
        charset="utf-8",
        headers={
            "Content-Security-Policy": PAGE_POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-cache",
        },
    )


async def page_file(request: web.Request) -> web.Response:
    """Stylesheet and script of our pages."""
    name = request.match_info["name"]
    if name not in _FILES:
        raise web.HTTPNotFound
    return web.Response(
        text=_read(name),
        content_type=_FILES[name],
        charset="utf-8",
        headers={"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"},
    )


@cache
def _page() -> Page:
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_read("home.html"))


@cache
def _read(name: str) -> str:
    return files("htmlcard.server").joinpath("pages", name).read_text(encoding="utf-8")
