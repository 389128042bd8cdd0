"""A linter over two lanes for all tests to share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest_asyncio
from browser.shooting import ready

from htmlcard.browser.launchpad import Launchpad
from htmlcard.browser.pool import BrowserPool
from htmlcard.card import Document
from htmlcard.glyphs import GlyphCoverage
from htmlcard.images import compare
from htmlcard.linting.linter import LintedCard, Linter

Lint = Callable[[Document], Awaitable[LintedCard]]
#: Longer than a card takes on a busy machine, and all others of the set before it.
_HANG_S = 120.0


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def lint_pool() -> AsyncIterator[BrowserPool]:
    launchpad = Launchpad(None, compare, allow_unsafe=False)
    async with BrowserPool(
        launchpad, lanes=2, queue=500, cards_per_lane=100_000, lane_memory_bytes=2**40
    ) as pool:
        await ready(pool, lanes=2)
        yield pool


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def lint(lint_pool: BrowserPool) -> Lint:
    linter = Linter(lint_pool, GlyphCoverage.load())

    async def lint_card(document: Document) -> LintedCard:
        return await linter.lint(document, asyncio.get_running_loop().time() + _HANG_S)

    return lint_card
