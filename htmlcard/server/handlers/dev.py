"""`/dev/events`: tells a page which templates were edited, while it watches. Only in dev mode."""

from __future__ import annotations

import asyncio
import json

from aiohttp import web
from aiohttp_sse import sse_response

from htmlcard.errors import TemplateFailed
from htmlcard.server.context import context_of
from htmlcard.templating.catalogue import Catalogue

_LOOK_EVERY_S = 0.4


async def events(request: web.Request) -> web.StreamResponse:
    """One event per change: `{"name": "fingerprint"}`, null for one that is gone or broken."""
    catalogue = context_of(request).service.catalogue
    known = _fingerprints(catalogue)
    async with sse_response(request) as response:
        while response.is_connected():
            await asyncio.sleep(_LOOK_EVERY_S)
            found = _fingerprints(catalogue)
            names = known.keys() | found.keys()
            changed = {
                each: found.get(each) for each in names if known.get(each) != found.get(each)
            }
            if changed:
                await response.send(json.dumps(changed), event="changed")
                known = found
    return response


def _fingerprints(catalogue: Catalogue) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name in catalogue.names():
        try:
            fingerprint = catalogue.get_template(name).fingerprint[:12]
        except TemplateFailed:
            found[name] = None
            continue
        # A mistake or notice changes nothing in the picture, but something on the page.
        problems = catalogue.problems(name)
        found[name] = f"{fingerprint}-{len(problems)}" if problems else fingerprint
    return found
