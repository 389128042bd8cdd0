"""The runner with a linter of the test's own: what a busy machine does is no finding."""

from __future__ import annotations

from pathlib import Path

import pytest
from running import Site

from htmlcard.card import Document
from htmlcard.errors import AssetFailed, BrowserUnavailable, HtmlcardError
from htmlcard.images.specimens import Specimen, draw_specimen
from htmlcard.linting.linter import LintedCard
from htmlcard.template_tests.cases import list_cases
from htmlcard.template_tests.goldens import Goldens
from htmlcard.template_tests.results import CaseResult, Verdict
from htmlcard.template_tests.runner import Runner
from htmlcard.templating.catalogue import Catalogue

PICTURE = draw_specimen(Specimen.WIDE)


class Linter:
    """Fails so many times, then draws."""

    def __init__(self, error: HtmlcardError, times: int) -> None:
        self._error = error
        self._left = times
        self.asked = 0

    async def lint(self, document: Document, deadline_s: float) -> LintedCard:
        self.asked += 1
        self._left -= 1
        if self._left >= 0:
            raise self._error
        return LintedCard(PICTURE, ())


async def run(site: Site, folder: Path, linter: Linter, cards: int = 1) -> list[CaseResult]:
    (folder / "one.html").write_text("<h1>{{ title }}</h1>")
    cases = list_cases(Catalogue([folder]).get_template("one"))[:cards]
    goldens = Goldens(folder / "goldens", 0)
    runner = Runner(linter, site.service.workers, lanes=2)
    heard: list[CaseResult] = []
    results = await runner.run([(case, goldens) for case in cases], heard.append)
    assert sorted(r.case.name for r in heard) == sorted(r.case.name for r in results)
    assert [result.case for result in results] == cases
    return results


async def test_a_card_is_tried_twice(site: Site, tmp_path: Path) -> None:
    """A machine that builds three things at a time is late now and then."""
    [result] = await run(site, tmp_path, Linter(AssetFailed("too late"), 1))
    assert (result.verdict, result.failed) == (Verdict.NEW, False)


async def test_what_fails_twice_has_failed(site: Site, tmp_path: Path) -> None:
    """What is true of the template comes again, and is told in the words it was told in."""
    linter = Linter(AssetFailed("never stops loading"), 2)
    [result] = await run(site, tmp_path, linter)
    assert (result.verdict, result.failed) == (Verdict.UNDRAWN, True)
    assert result.failure == "never stops loading"
    assert linter.asked == 2


async def test_without_a_browser_the_run_ends(site: Site, tmp_path: Path) -> None:
    """Sixty failures that all say the same would hide that nothing was looked at."""
    with pytest.raises(BrowserUnavailable, match="not installed"):
        await run(site, tmp_path, Linter(BrowserUnavailable("not installed"), 99), cards=9)


async def test_results_come_in_order(site: Site, tmp_path: Path) -> None:
    """A report that shuffles its cards cannot be compared with the last one."""
    assert len(await run(site, tmp_path, Linter(AssetFailed("late"), 3), cards=9)) == 9
