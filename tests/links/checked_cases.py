"""The crafted cases, checked all at once: some of them wait on purpose."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from htmlcard.browser.launchpad import Launchpad
from htmlcard.browser.script_pass import ScriptPass
from htmlcard.fetch import AddressJudge, Fetcher
from htmlcard.images import compare
from htmlcard.links import checking
from htmlcard.links.checking import Checked, Checker
from htmlcard.links.reading.reader import PageReader

from .crafted import site as sites
from .crafted.case import Case
from .crafted.picture import encode_picture
from .crafted.site import Site, open_site

#: More would wait for each other's connections, and then some for too long.
_AT_ONCE = 6
#: Of one check: on a busy machine a browser starts slowly. That ten seconds are kept is tried
#: elsewhere.
_PATIENCE_S = 60.0


@dataclass(frozen=True)
class CheckedCase:
    """A case with what the checker says of it; `fill` puts in the addresses it had, `hits` are
    what was asked for."""

    case: Case
    checked: Checked
    fill: Callable[[str], str]
    hits: Counter[tuple[str, str]]


@asynccontextmanager
async def open_checker() -> AsyncIterator[Checker]:
    """A checker as the service has it, that finds the crafted sites."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(checking, "CHECK_S", _PATIENCE_S)
        async with _open_checker() as checker:
            yield checker


@asynccontextmanager
async def _open_checker() -> AsyncIterator[Checker]:
    async with (
        Fetcher(
            AddressJudge(allow_private=True),
            lookup=lookup,
            tls=sites._trusting(),
            connections_per_host=16,
        ) as fetcher,
        PageReader() as reader,
        ScriptPass(lambda: Launchpad(None, compare, allow_unsafe=False)) as scripts,
        Checker(fetcher, reader, scripts) as checker,
    ):
        yield checker


def lookup(host: str, port: int, **options: Any) -> list[Any]:
    """As `Site.lookup`, for all sites together."""
    return socket.getaddrinfo("127.0.0.1" if host == sites.NAME else host, port, **options)


async def check_cases(
    checker: Checker, cases: Iterable[Case], mended: dict[str, Callable[[Site], bytes]]
) -> dict[str, CheckedCase]:
    """Each by its name; of those in `mended` another page is sent in place of the first body."""
    cases = list(cases)
    # First: an encoder at work holds up everybody, and would make their answers late.
    for response in (response for case in cases for response in case.responses):
        if response.picture is not None:
            encode_picture(response.picture)
    turns = asyncio.Semaphore(_AT_ONCE)

    async def check(case: Case) -> CheckedCase:
        async with turns, open_site(case) as site:
            if case.name in mended:
                _send_instead(site, mended[case.name](site))
            return CheckedCase(case, await checker.look(site.page), site.fill, site.hits)

    results = await asyncio.gather(*map(check, cases))
    return {result.case.name: result for result in results}


def _send_instead(site: Site, page: bytes) -> None:
    """The site with that page; its pictures and all else stay."""
    encode = site.encode
    pages = {response.path for response in site.case.responses if "<html" in response.body}
    site.encode = lambda response: page if response.path in pages else encode(response)  # type: ignore[method-assign]
