"""What handlers reach by the application: the open service and the mode it runs in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from htmlcard.assembly import Service
from htmlcard.signatures import KeyRing
from htmlcard.urls import Pairs, Target, encode_query, render_path


@dataclass(frozen=True, slots=True)
class Context:
    """Shared by all handlers of an application."""

    service: Service
    dev: bool
    """Whether pictures must not be cached by anybody, since templates are being edited."""
    keys: KeyRing
    budgets: Budgets | None
    """What each client may have drawn; None: as much as it likes."""

    def local_url(self, target: Target, query: Pairs) -> str:
        """Path and query of a card, signed where signing is on."""
        path = render_path(target)
        if self.keys:
            query = [*query, ("sig", self.keys.sign(path, query))]
        return f"{path}?{encode_query(query)}" if query else path


if TYPE_CHECKING:
    from htmlcard.server.limits import Budgets

_HOST = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")

CONTEXT = web.AppKey("context", Context)


def context_of(request: web.Request) -> Context:
    return request.app[CONTEXT]


def public_base(request: web.Request) -> str:
    """The URL under which the caller reaches the service, without a slash at its end."""
    configured = context_of(request).service.settings.public_url
    if configured:
        return configured.rstrip("/")
    # A Host header is the caller's text: only what is a plain host and port goes into pages.
    host = request.host if _HOST.fullmatch(request.host) else "localhost"
    return f"{request.scheme}://{host}"
