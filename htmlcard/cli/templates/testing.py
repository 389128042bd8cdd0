"""`htmlcard templates test`: hard fixtures, lint, goldens, a report; made for a CI."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators
from rich.console import Console
from rich.table import Table

from htmlcard.assembly import load_catalogue, open_service, template_roots
from htmlcard.cli.flags import SettingFlags, settings_of
from htmlcard.cli.progress import show_progress
from htmlcard.cli.templates import LOG_LEVEL
from htmlcard.config import Settings
from htmlcard.errors import InvalidRequest
from htmlcard.glyphs import GlyphCoverage
from htmlcard.linting.linter import Linter
from htmlcard.telemetry.logs import configure_logs
from htmlcard.template_tests.junit import explain_failure, write_junit
from htmlcard.template_tests.report import write_report
from htmlcard.template_tests.results import TemplateResult
from htmlcard.template_tests.runner import Runner
from htmlcard.template_tests.suite import (
    DEFAULT_TOLERANCE,
    GoldenPolicy,
    Selection,
    Suite,
    SuiteResult,
)
from htmlcard.templating.catalogue import Catalogue

#: Of the failures printed; the report has all of them.
_MAX_TOLD = 30


def try_templates(
    *names: str,
    fixture: Annotated[list[str] | None, Parameter(negative=())] = None,
    size: Annotated[list[str] | None, Parameter(negative=())] = None,
    goldens: Path | None = None,
    update: Annotated[bool, Parameter(negative=())] = False,
    tolerance: Annotated[
        float, Parameter(validator=validators.Number(gte=0, lte=100))
    ] = DEFAULT_TOLERANCE * 100,
    report: Path = Path("out/template-report"),
    junit: Path | None = None,
    json_: bool = False,
    flags: SettingFlags | None = None,
) -> int:
    """Try templates with hard values; exit code 1 if a card has errors or looks different.

    Every template is drawn with about twenty fixtures made from its own fields (empty, very
    long, right to left, emoji, hostile, extreme colors and pictures), linted, and compared
    with its goldens where it has some.

    Parameters
    ----------
    names
        Templates. Default: those of the first template folder.
    fixture
        Only this fixture; repeatable.
    size
        Only this size; repeatable.
    goldens
        Folder of goldens, one folder per template in it. Default: `goldens` in each template's.
    update
        Write the goldens that are missing or look different.
    tolerance
        Pixels that may differ from a golden, in percent of the card.
    report
        Folder to write the HTML report into.
    junit
        File to write JUnit XML into.
    json_
        Print the results as JSON.
    """
    configure_logs(LOG_LEVEL, "auto")
    settings = settings_of(flags).settings
    catalogue = load_catalogue(settings)
    selection = Selection(names or _own_names(settings), fixture or (), size or ())
    policy = GoldenPolicy(goldens, tolerance / 100, update)
    suite = Suite(catalogue, template_roots(settings), selection, policy)
    result = asyncio.run(_run(settings, suite))
    page = write_report(result, report)
    if junit is not None:
        _write(junit, write_junit(result))
    if json_:
        print(json.dumps(result.as_dict(), indent=2, ensure_ascii=False))
    else:
        _print(result, page)
    return int(result.failed)


def _own_names(settings: Settings) -> tuple[str, ...]:
    """Those of whoever calls: not also the built-in ones, unless there are no others."""
    return Catalogue(template_roots(settings)[:1]).names()


async def _run(settings: Settings, suite: Suite) -> SuiteResult:
    coverage = GlyphCoverage.load()
    quiet = settings.model_copy(update={"cache_bytes": 0})
    async with open_service(quiet) as service:
        runner = Runner(Linter(service.browsers, coverage), service.workers, settings.lanes)
        with show_progress("Testing", suite.cards) as advance:
            return await suite.run(runner, lambda _: advance())


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise InvalidRequest(f"{path} cannot be written: {error.strerror}") from error


def _print(result: SuiteResult, page: Path) -> None:
    console = Console(soft_wrap=True, highlight=False)
    table = Table("Template", "Cards", "Errors", "Warnings", "Goldens", box=None, header_style="b")
    for template in result.templates:
        counts = {kind: template.count(kind) for kind in _TOLD_VERDICTS}
        goldens = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
        numbers = (len(template.cases), template.errors, template.warnings)
        style = "red" if template.failed else None
        cells = ["broken" if template.broken else str(number) for number in numbers]
        table.add_row(template.name, *cells, goldens or "none", style=style)
    console.print(table)
    _print_failures(console, result)
    totals = result.totals
    if totals["new"]:
        console.print(
            f"\nNot compared, for want of a golden: {totals['new']}. That is no failure; "
            "look at the report, then `--update` keeps today's cards."
        )
    verdict = "[red]Failed[/red]" if result.failed else "[green]Passed[/green]"
    console.print(f"\n{verdict}. Report: ", end="")
    console.print(str(page), markup=False)


_TOLD_VERDICTS = ("same", "different", "new", "written")


def _print_failures(console: Console, result: SuiteResult) -> None:
    told = [
        (template.name, problem)
        for template in result.templates
        for problem in (template.problems if template.broken else ())
    ]
    for template in result.templates:
        for line, cases in _group_failures(template).items():
            more = f" and {len(cases) - 1} more" if len(cases) > 1 else ""
            told.append((f"{template.name} {cases[0]}{more}", line))
    if told:
        console.print()
    for where, message in told[:_MAX_TOLD]:
        console.print(f"{where}: {message}", markup=False)
    if len(told) > _MAX_TOLD:
        console.print(f"… and {len(told) - _MAX_TOLD} more, in the report")


def _group_failures(template: TemplateResult) -> dict[str, list[str]]:
    """Names of cards by what is wrong; one mistake shows in many cards, with other numbers."""
    found: dict[tuple[str, ...], tuple[str, list[str]]] = {}
    for case in template.cases:
        same = {(item.rule, item.selector) for item in case.findings if item.severity == "error"}
        lines = explain_failure(case).splitlines()
        if line := lines[0] if case.failure else "; ".join(lines):
            key = (case.failure, case.verdict.value, *map(str, sorted(same)))
            found.setdefault(key, (line, []))[1].append(case.case.name)
    return dict(found.values())
