"""Real template folders on disk and a pool of real worker processes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from htmlcard.templating.catalogue import Catalogue
from htmlcard.templating.params import parse_query
from htmlcard.templating.template import Template
from htmlcard.templating.workers import WorkerPool

CARD = {"width": 1200, "height": 630, "size": "og", "scale": 1}
CARD |= {"lang": "en", "dir": "ltr", "template": "t"}

Write = Callable[[str, str | bytes], Path]
Load = Callable[..., Template]
Fill = Callable[..., Awaitable[str]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "templates"
    folder.mkdir()
    return folder


@pytest.fixture
def write(root: Path) -> Write:
    """Writes a file below the root, with the folders it needs."""

    def write_file(name: str, content: str | bytes) -> Path:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file


@pytest.fixture
def catalogue(root: Path) -> Catalogue:
    return Catalogue([root])


@pytest.fixture
def load(write: Write, catalogue: Catalogue) -> Load:
    """A template `t` made of its HTML and manifest."""

    def load_card(html: str, manifest: str = "") -> Template:
        write("t/card.html", html)
        write("t/card.toml", manifest)
        return catalogue.get_template("t")

    return load_card


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pool() -> AsyncIterator[WorkerPool]:
    async with WorkerPool(2) as running:
        yield running


@pytest.fixture
def fill(pool: WorkerPool, load: Load) -> Fill:
    """HTML of `t` filled in by a worker, from a query."""

    async def fill_in(html: str, manifest: str = "", timeout_s: float = 5.0, **query: str) -> str:
        template = load(html, manifest)
        return await pool.render(template, parse_query(template, query.items()), CARD, timeout_s)

    return fill_in
