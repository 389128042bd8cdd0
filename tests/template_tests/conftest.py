"""Template folders of one test's own, tried in the browsers that all tests share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from running import Site

from htmlcard.assembly import template_roots
from htmlcard.config import Settings
from htmlcard.glyphs import GlyphCoverage
from htmlcard.linting.linter import Linter
from htmlcard.template_tests.runner import Runner
from htmlcard.template_tests.suite import GoldenPolicy, Selection, Suite, SuiteResult
from htmlcard.templating.catalogue import Catalogue

Write = Callable[[str, str], Path]
#: Tries the templates of the test's folder; keywords are those of Selection and GoldenPolicy.
Try = Callable[..., Awaitable[SuiteResult]]

STYLE = "<style>body { margin: 0; padding: 120px 300px; background: #fff; color: #111; "
STYLE += "font: 700 40px sans-serif; overflow-wrap: anywhere }</style>"
#: Nothing is wrong with it.
GOOD = f"<!doctype html>{STYLE}<h1 style='font: inherit'>{{{{ title or 'Nothing' }}}}</h1>"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file into the test's template folder."""

    def write_file(name: str, text: str) -> Path:
        path = tmp_path / "templates" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


@pytest.fixture
def tried(site: Site, tmp_path: Path) -> Try:
    root = tmp_path / "templates"
    linter = Linter(site.service.browsers, GlyphCoverage.load())
    runner = Runner(linter, site.service.workers, lanes=2)

    async def run(
        *names: str, fixtures: tuple[str, ...] = (), sizes: tuple[str, ...] = (), **policy: object
    ) -> SuiteResult:
        roots = [root, *template_roots(Settings())]
        catalogue = Catalogue(roots)
        selection = Selection(names or Catalogue([root]).names(), fixtures, sizes)
        return await Suite(catalogue, roots, selection, GoldenPolicy(**policy)).run(runner)  # type: ignore[arg-type]

    return run
