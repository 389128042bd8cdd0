"""A service for all tests to share, others on demand; opening one costs a browser's start."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import structlog
from cards import write_cards
from desk import Desk
from running import MakeSite, Site, open_site

from htmlcard.browser import isolation

#: One half of the work: what starts and breaks browsers. Half of the time tests only wait, so two
#: of them go on side by side (`make test`), those that share a service on one side.
ONE_SIDE = frozenset({"browser", "faults", "security", "server"})

#: Beside a busy half, browsers that let everybody go first would miss their deadlines.
isolation.NICENESS = 0

# What services in this process log is shown beside a test that fails, and is not taken for what a
# command wrote: `capsys` watches `sys.stdout` and `sys.stderr`.
structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=sys.__stderr__))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tell pytest-xdist (`--dist loadgroup`) what stays together."""
    root = Path(__file__).parent
    for item in items:
        side = "one" if item.path.relative_to(root).parts[0] in ONE_SIDE else "other"
        item.add_marker(pytest.mark.xdist_group(side))


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
