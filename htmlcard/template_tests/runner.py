"""Draws and judges all cases of some templates, as many at a time as there are lanes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, Protocol

from htmlcard.card import Document
from htmlcard.errors import BadShot, RenderFailed
from htmlcard.images.probe import is_blank
from htmlcard.linting.finding import LintFinding
from htmlcard.linting.linter import LintedCard
from htmlcard.template_tests.cases import Case, build_case
from htmlcard.template_tests.goldens import Comparison, Goldens, encode_to_show
from htmlcard.template_tests.results import CaseResult, Verdict
from htmlcard.template_tests.together import run_together
from htmlcard.template_tests.words import INJECTED
from htmlcard.templating.workers import WorkerPool

#: Generous: nobody waits for this card, and the machine may be a busy one.
_DEADLINE_S = 60.0
#: What a busy machine may do to any card; what is true of the template comes again.
_PASSING = frozenset({"bad_asset", "bad_shot", "browser_failed", "deadline"})
_BLANK = "the card is one color all over; draw something for this case, the brand's name at least"


class Linter(Protocol):
    """What this module needs of `linting`."""

    async def lint(self, document: Document, deadline_s: float) -> LintedCard: ...


@dataclass(frozen=True, slots=True)
class Runner:
    """Judges cards; `lanes` is how many at a time."""

    linter: Linter
    workers: WorkerPool
    lanes: int

    async def run(
        self,
        cases: Sequence[tuple[Case, Goldens]],
        on_result: Callable[[CaseResult], None],
    ) -> list[CaseResult]:
        """Results in the order of `cases`; `on_result` hears of each as it comes.

        Raises:
            BrowserUnavailable: there is no browser to draw with.
            InvalidRequest: a golden cannot be read or written.
        """
        results: list[CaseResult | None] = [None] * len(cases)
        pending = iter(enumerate(cases))
        with ThreadPoolExecutor(self.lanes, thread_name_prefix="compare") as threads:

            async def work() -> None:
                for index, (case, goldens) in pending:
                    result = await self._judge(case, goldens, threads)
                    results[index] = result
                    on_result(result)

            # One more than lanes, so that none idles while pictures are compared.
            await run_together(work() for _ in range(min(self.lanes + 1, len(cases))))
        return [result for result in results if result is not None]

    async def _judge(self, case: Case, goldens: Goldens, threads: ThreadPoolExecutor) -> CaseResult:
        loop = asyncio.get_running_loop()
        try:
            document = await build_case(self.workers, case)
            card = await self._lint(document)
            comparison, picture, blank = await loop.run_in_executor(
                threads, _compare, case, goldens, card.picture
            )
        except RenderFailed as error:
            if error.reason == "browser_unavailable":
                raise
            return CaseResult(case, Verdict.UNDRAWN, failure=str(error))
        findings = [*card.findings, *_find_injected(case, document)]
        if blank:
            # Without any value there may be nothing to draw; a stranger's URL can ask for that.
            severity: Literal["error", "warning"] = "error" if case.fixture.values else "warning"
            findings.append(LintFinding("blank", severity, _BLANK, "", "", None))
        return CaseResult(
            case,
            comparison.verdict,
            tuple(findings),
            picture=picture,
            golden=comparison.golden,
            difference=comparison.difference,
        )

    async def _lint(self, document: Document) -> LintedCard:
        loop = asyncio.get_running_loop()
        try:
            return await self.linter.lint(document, loop.time() + _DEADLINE_S)
        except RenderFailed as error:
            if error.reason not in _PASSING:
                raise
        return await self.linter.lint(document, loop.time() + _DEADLINE_S)


def _compare(case: Case, goldens: Goldens, picture: bytes) -> tuple[Comparison, bytes, bool]:
    try:
        comparison = goldens.judge(case, picture)
    except BadShot as error:
        message = f"golden {goldens.path(case)} is no picture; mend it by --update ({error})"
        raise BadShot(message) from error
    return comparison, encode_to_show(picture), is_blank(picture)


def _find_injected(case: Case, document: Document) -> list[LintFinding]:
    if INJECTED not in document.html:
        return []
    names = ", ".join(name for name, text in case.fixture.values.items() if INJECTED in text)
    message = (
        f"a value ({names}) got into the HTML as markup: strangers could write into the card; "
        "take `| safe` away"
    )
    return [LintFinding("unescaped", "error", message, "", "", None)]
