"""Who may have what: signatures of render URLs, bearer tokens, budgets of clients."""

from __future__ import annotations

import hmac
import time
from http import HTTPStatus

from aiohttp import web
from pydantic import SecretStr

from htmlcard.errors import SignatureRefused
from htmlcard.server.clients import client_key, find_client, is_known_crawler
from htmlcard.server.context import Context, context_of
from htmlcard.server.problems import problem
from htmlcard.signatures import Signed, recognized
from htmlcard.templating.template import Template
from htmlcard.urls import Pairs


def verify_signature(
    context: Context, path: str, template: Template, query: Pairs
) -> Signed | None:
    """The signature of a render URL; None where there is no good one and none is required.

    Raises:
        SignatureRefused: signing is required, and the signature is missing, wrong or expired.
    """
    if not context.keys:
        return None
    try:
        return context.keys.verify(path, recognized(query, template.fields), time.time())
    except SignatureRefused:
        if signing_required(context):
            raise
        return None


def signing_required(context: Context) -> bool:
    return context.service.settings.signing == "required"


def bears(request: web.Request, token: SecretStr) -> bool:
    """Whether the request carries this bearer token."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    # Headers are decoded with surrogates for raw bytes; comparing bytes keeps those harmless.
    right = hmac.compare_digest(
        given.strip().encode("utf-8", "surrogateescape"), token.get_secret_value().encode()
    )
    return right and scheme.lower() == "bearer"


def refuse_unsigned(request: web.Request) -> web.Response | None:
    """The answer to who may not sign, where signing is required; None: go on.

    What signs or draws whatever it is given must not be open to everybody then.
    """
    context = context_of(request)
    if not signing_required(context):
        return None
    token = context.service.settings.api_token
    if token is not None and bears(request, token):
        return None
    advice = "Set HTMLCARD_API_TOKEN to allow it." if token is None else ""
    detail = f"Signing is required here: send the API token. {advice}".strip()
    return unauthorized(request, detail)


def refuse_links(request: web.Request) -> web.Response | None:
    """The answer to who may not have pages looked at; None: go on.

    Raises:
        web.HTTPNotFound: nobody may, so there is nothing here.
    """
    context = context_of(request)
    settings = context.service.settings
    mode = settings.links or (
        "open" if context.dev else "token" if settings.api_token is not None else "off"
    )
    if mode == "open":
        return None
    if mode == "off" or settings.api_token is None:
        raise web.HTTPNotFound
    if bears(request, settings.api_token):
        return None
    return unauthorized(request, "Send the API token: Authorization: Bearer …")


async def spend_budget(request: web.Request) -> None:
    """Count a card that has to be drawn for whoever asks.

    Raises:
        TooManyRequests: the client has used up its budget.
    """
    context = context_of(request)
    if context.budgets is None:
        return
    client = find_client(request, context.service.settings.trusted_proxies)
    crawler = is_known_crawler(client, request.headers.get("User-Agent", ""))
    await context.budgets.spend(client_key(client), crawler=crawler)


def unauthorized(request: web.Request, detail: str) -> web.Response:
    """The problem of a missing or wrong token."""
    return problem(
        request,
        HTTPStatus.UNAUTHORIZED,
        "unauthorized",
        detail,
        headers={"WWW-Authenticate": "Bearer"},
    )
