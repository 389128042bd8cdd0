"""A server to fetch from, and a fetcher that may speak to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from web_server import WebServer, open_web_server

from htmlcard.fetch import AddressJudge, Fetcher


@pytest_asyncio.fixture(loop_scope="session")
async def web() -> AsyncIterator[WebServer]:
    async with open_web_server() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def fetcher() -> AsyncIterator[Fetcher]:
    """One that may go to loopback; every cap holds all the same."""
    async with Fetcher(AddressJudge(allow_private=True)) as opened:
        yield opened
