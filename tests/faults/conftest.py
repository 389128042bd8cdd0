"""One service for all quick tests of this folder, and the figures at the end of a run."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from .figures import FIGURES
from .service import Service, open_service


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of this is about real browsers; `make faults` runs the quick ones, too, which measure."""
    for item in items:
        if "faults" in item.path.parts:
            item.add_marker(pytest.mark.browser)
            if not item.get_closest_marker("soak"):
                item.add_marker(pytest.mark.measures)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell what was measured, and write it where that was asked for."""
    rows = [*FIGURES.rows()]
    if not rows:
        return
    terminalreporter.section("figures of reliability")
    slowest_ms = FIGURES.slowest_s * 1000
    terminalreporter.write_line(f"{FIGURES.pictures} pictures, the slowest in {slowest_ms:.0f} ms")
    for row in rows:
        terminalreporter.write_line(row)
    if os.environ.get("FIGURES") == "write":
        FIGURES.write()


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def service() -> AsyncIterator[Service]:
    """A service as it comes, on two browsers. Each test leaves it as it was."""
    async with open_service() as opened:
        yield opened
