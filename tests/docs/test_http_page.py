"""`docs/http.md` against the running service: routes, names, headers, codes."""

from __future__ import annotations

import json
import re
import shlex
from typing import TypeVar

import pytest
from running import Answer, MakeSite, Site
from yarl import URL

from docs.pages import HTTP, PAGES, README, Page, names_in
from htmlcard import errors
from htmlcard.errors import HtmlcardError, InvalidRequest, RenderFailed
from htmlcard.server.problems import STATUS_BY_ERROR
from htmlcard.server.routes import ROUTES
from htmlcard.urls import RESERVED_NAMES

#: Set by the web server on everything, and of no interest.
PLUMBING = {"date", "server", "connection"}
#: Paths that are no addresses of the service.
OTHER_ROOTS = ("shared", "tmp", "var", "opt", "etc", "home", "path")


def test_the_routes_listed_are_the_routes_there_are() -> None:
    """Whoever puts a proxy in front goes through this list."""
    listed = {names_in(row[0])[0] for row in HTTP.table("route", "answer")}
    assert listed == {f"{route.method} {route.path}" for route in ROUTES}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_addresses_exist(page: Page) -> None:
    """An address that is only in the documentation is a 404 for everybody who tries it."""
    patterns = [re.sub(r"\{\w+\}", "[^/]+", route.path) for route in ROUTES]
    known = re.compile("|".join(patterns))
    firsts = {f"/{route.path.split('/')[1]}" for route in ROUTES}
    local = re.findall(r"http://127\.0\.0\.1:8080(/[^\s)>\"`]*)", page.text)
    spans = [span.removeprefix("GET ").removeprefix("POST ") for span in page.spans]
    for text in [*local, *(span for span in spans if span.startswith("/"))]:
        path = re.split(r"[?\[]", text.replace("<template>", "x"))[0]
        if path.split("/")[1] not in OTHER_ROOTS:
            assert path in firsts or known.fullmatch(path), text


def test_the_query_names_listed_are_the_reserved_ones() -> None:
    """A name that is missing here looks like one a template may have."""
    listed = [name for row in HTTP.table("name", "value") for name in names_in(row[0])]
    assert sorted(listed) == sorted(RESERVED_NAMES)


Failure = TypeVar("Failure", bound=HtmlcardError)


def all_kinds(kind: type[Failure]) -> set[type[Failure]]:
    """`kind` and those below it that are failures of the service, not of one part of it."""
    below = {found for child in kind.__subclasses__() for found in all_kinds(child)}
    return {kind} | {found for found in below if found.__module__ == errors.__name__}


def test_reasons_and_their_statuses_are_the_ones_in_the_code() -> None:
    """Dashboards and retries are built on them."""
    told = {
        reason: int(row[1])
        for row in HTTP.table("reason", "status with `fallback=0`", "what happened")
        for reason in names_in(row[0])
    }
    assert told.pop("internal") == 500
    kinds = all_kinds(RenderFailed)
    assert told.keys() == {kind.reason for kind in kinds}
    for kind in kinds:
        status = next(STATUS_BY_ERROR[base] for base in kind.__mro__ if base in STATUS_BY_ERROR)
        assert told[kind.reason] == status, kind


def test_problem_codes_are_listed() -> None:
    """Programs switch on `code`."""
    listed = {span for row in HTTP.table("status", "when") for span in names_in(row[1])}
    assert {kind.code for kind in all_kinds(InvalidRequest)} <= listed


@pytest.mark.browser
async def test_headers_listed_are_the_headers_sent(site: Site) -> None:
    """Each header is there for some crawler or cache; each deserves its line."""
    listed = {name.lower() for row in HTTP.table("header", "value") for name in names_in(row[0])}
    card = await site.get("/render/nonce?title=Listed&nonce=nocolor")
    fallback = await site.get("/render/crash?title=Listed")
    assert card.status == fallback.status == 200
    assert fallback.fallback
    sent = {name.lower() for answer in (card, fallback) for name in answer.headers} - PLUMBING
    assert listed == sent


@pytest.mark.browser
async def test_cache_control_is_as_told(make_site: MakeSite) -> None:
    """A CDN is configured by this table."""
    told = {row[0]: names_in(row[1])[0] for row in HTTP.table("URL", "`Cache-Control`")}
    serve = await make_site(deadline_ms=15_000)
    cards = {
        "with `v`": await serve.get("/render/nonce?v=1"),
        "without": await serve.get("/render/nonce"),
        "a fallback": await serve.get("/render/crash?v=1"),
        "under `htmlcard dev`": await (await make_site(dev=True, deadline_ms=15_000)).get(
            "/render/nonce"
        ),
    }
    assert told == {row: answer.headers["Cache-Control"] for row, answer in cards.items()}


@pytest.mark.browser
async def test_curl_commands_work(make_site: MakeSite) -> None:
    """These are copied and pasted before anything else is read."""
    site = await make_site(admin_token="letmein", deadline_ms=15_000)
    lines = [line for page in (README, HTTP) for line in page.commands if line.startswith("curl ")]
    assert len(lines) >= 6
    for line in lines:
        answer = await _do(site, line.replace("$HTMLCARD_ADMIN_TOKEN", "letmein"))
        assert answer.status == 200, (line, answer.body)
        assert not answer.fallback, line
        assert "X-Htmlcard-Warnings" not in answer.headers, line


async def _do(site: Site, line: str) -> Answer:
    """What curl would do, for the few options we use."""
    words = iter(shlex.split(line)[1:])
    url, body, headers = "", None, {}
    for word in words:
        match word:
            case "-s":
                continue
            case "-o":
                next(words)
            case "-d":
                body = next(words)
            case "-H":
                name, _, value = next(words).partition(": ")
                headers[name] = value
            case _:
                url = word
    path = URL(url, encoded=True).raw_path_qs
    method = "GET" if body is None else "POST"
    return await site.ask(method, path, headers=headers, data=body)


async def test_the_problem_shown_is_the_problem_answered(site: Site) -> None:
    """The example is the specification for whoever writes a client."""
    [shown] = [block.text for block in HTTP.blocks if block.language == "json"]
    answer = await site.ask("POST", "/render/article", json={"titel": "x"})
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    found = answer.json
    found["request_id"] = re.findall(r'"request_id": "(\w+)"', shown)[0]
    assert found == json.loads(shown)
