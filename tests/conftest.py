"""A service for all tests to share, others on demand; opening one costs a browser's start."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer
from cards import write_cards
from desk import Desk
from running import MakeSite, Site

from htmlcard.assembly import open_service
from htmlcard.config import Settings
from htmlcard.server.app import build_app
from htmlcard.server.edge import MAX_LINE_BYTES


@asynccontextmanager
async def open_site(folder: Path, *, dev: bool = False, **settings: Any) -> AsyncIterator[Site]:
    templates = folder / "templates"
    if not templates.is_dir():
        write_cards(templates)
    given = {"cache_dir": folder / "cache", "templates": [templates], "lanes": 1, **settings}
    async with open_service(Settings(**given)) as service:
        server = TestServer(build_app(service, dev=dev))
        await server.start_server(max_line_size=MAX_LINE_BYTES, max_field_size=MAX_LINE_BYTES)
        async with TestClient(server) as client:
            yield Site(service, client, templates)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """The shared service, on two lanes. Tests add templates of their own, and change no others.

    Its deadline is long: a busy machine must not turn cards into fallbacks here.
    """
    folder = tmp_path_factory.mktemp("site")
    async with open_site(folder, lanes=2, deadline_ms=15_000, admin_token="letmein") as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def make_site(tmp_path: Path) -> AsyncIterator[MakeSite]:
    """Opens a service of the test's own; keywords are settings, and `dev`.

    All of one test share a cache folder and a template root.
    """
    async with AsyncExitStack() as stack:

        async def make(**settings: Any) -> Site:
            return await stack.enter_async_context(open_site(tmp_path, **settings))

        yield make


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A folder to start `htmlcard` in; the browser's own user may pass through it."""
    folder = Path(tempfile.mkdtemp(prefix="htmlcard-test-"))
    folder.chmod(0o711)
    opened = Desk(folder)
    write_cards(opened.templates)
    yield opened
    opened.clear()
