"""An audit told in the terminal: how it stands, what to mend first, what is new."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from htmlcard.errors import RefusedTarget
from htmlcard.links.audits.audit import AuditResult
from htmlcard.links.audits.audit_summary import RuleSummary, summarize
from htmlcard.links.audits.baseline import Comparison
from htmlcard.links.report import Report, Severity
from htmlcard.links.reports.visible import make_visible
from htmlcard.links.reports.words import MARKS, MEND_LEADS, count_of, name_of

_COLORS: dict[Severity, str] = {"error": "red", "warning": "yellow", "hint": "blue"}
#: Rules told at length, pages named of each, and lines of any list.
_MAX_RULES = 5
_MAX_PAGES = 3
_MAX_LINES = 20
#: Wider lines are hard to read.
_MAX_WIDTH = 110


def print_summary(console: Console, reports: Sequence[Report]) -> None:
    """Pages by their worst, rules by what to mend first, the worst pages."""
    summary = summarize(reports)
    platforms = len(reports[0].platforms)
    line = Text()
    for count, mark, what, style in (
        (summary.broken, MARKS["error"], "with errors", "red"),
        (summary.flawed, MARKS["warning"], "with warnings", "yellow"),
        (summary.fine, MARKS["ok"], "fine", "green"),
    ):
        line.append(f"{mark} {count:,} {what}   ", style=style if count else "dim")
    console.print(line)
    urgent = [rule for rule in summary.rules if rule.severity != "hint"][:_MAX_RULES]
    if urgent:
        _print_heading(console, "What to mend first")
    for rule in urgent:
        _print_rule(console, rule, summary.pages, platforms)
    others = [rule for rule in summary.rules if rule not in urgent]
    if others:
        _print_heading(console, "And then" if urgent else "Hints")
        _print_rules(console, others)
    if len(summary.worst) > 1 and urgent:
        _print_heading(console, "Worst pages")
        console.print(Text("Errors  Warnings  Page", style="dim"))
    for page in summary.worst if len(summary.worst) > 1 else ():
        # Not in a table, which would break addresses in two.
        counts = f"{page.errors:6}  {page.warnings:8}"
        console.print(Text(f"{counts}  {make_visible(page.url)}"), soft_wrap=True)


def print_troubles(
    console: Console, result: AuditResult, problems: Sequence[str], notes: Sequence[str]
) -> None:
    """What was not checked, and why."""
    _print_list(console, "Could not be read", problems)
    _print_list(console, "Left out", notes)
    by_reason: dict[str, list[str]] = {}
    for url, reason in result.failures:
        by_reason.setdefault(reason, []).append(url)
    for reason, urls in by_reason.items():
        _print_list(console, f"Not checked: {reason}", urls)
    refused = str(RefusedTarget())
    if refused in by_reason or any(problem.endswith(refused) for problem in problems):
        console.print("--allow-private allows private addresses and any port.", markup=False)


def print_comparison(console: Console, comparison: Comparison) -> None:
    """What is new since the baseline, and what is in it for nothing."""
    found = [
        (f"{MARKS[finding.severity]} {finding.rule}", report.url)
        for report in comparison.new
        for finding in report.findings
        if finding.severity != "hint"
    ]
    _print_list(console, "New since the baseline", _align(found))
    mended = _align([(rule, url) for url, rule in comparison.mended])
    _print_list(console, "Mended; `--update-baseline` drops them from the baseline", mended)
    if not found and not mended:
        console.print("\nAll of it is in the baseline.", markup=False)


def _align(pairs: Sequence[tuple[str, str]]) -> list[str]:
    width = max((len(first) for first, _ in pairs), default=0)
    return [f"{first:{width}}  {second}" for first, second in pairs]


def _print_heading(console: Console, text: str) -> None:
    console.print(Text(f"\n{text}", style="bold"))


def _print_rule(console: Console, rule: RuleSummary, pages: int, platforms: int) -> None:
    example = rule.example
    head = Text(f"{MARKS[rule.severity]} {rule.rule}", style=f"bold {_COLORS[rule.severity]}")
    everywhere = pages > _MAX_PAGES and len(rule.pages) == pages
    where = f"all {pages:,} pages" if everywhere else count_of(len(rule.pages), "page")
    head.append(f"  {where}, {_tell_platforms(rule, platforms)}", style="not bold default")
    console.print(Text(), head, sep="\n")
    message = Padding(Text(make_visible(example.message)), (0, 0, 0, 2), expand=False)
    console.print(message, width=min(console.width, _MAX_WIDTH))
    console.print(Text(f"  {MEND_LEADS[example.fix.kind]}:", style="dim"))
    for line in example.fix.text.splitlines():
        # Without line breaks of ours, which would get into what is copied.
        console.print(Text(f"    {make_visible(line)}"), soft_wrap=True)
    for url in rule.pages[:_MAX_PAGES]:
        console.print(Text(f"  {make_visible(url)}"), soft_wrap=True)
    if (more := len(rule.pages) - _MAX_PAGES) > 0:
        console.print(Text(f"  and {more:,} more", style="dim"))


def _print_rules(console: Console, rules: Sequence[RuleSummary]) -> None:
    table = Table(
        box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0), width=console.width
    )
    table.add_column("Rule", no_wrap=True)
    table.add_column("Pages", justify="right", no_wrap=True)
    table.add_column("Platforms", justify="right", no_wrap=True)
    table.add_column("First page", overflow="ellipsis", no_wrap=True, ratio=1)
    for rule in rules:
        name = Text(f"{MARKS[rule.severity]} {rule.rule}", style=_COLORS[rule.severity])
        counts = (f"{len(rule.pages):,}", f"{len(rule.platforms)}")
        table.add_row(name, *counts, Text(make_visible(rule.pages[0])))
    console.print(table)


def _tell_platforms(rule: RuleSummary, total: int) -> str:
    if len(rule.platforms) == total > 1:
        return f"all {total} platforms"
    return ", ".join(map(name_of, rule.platforms))


def _print_list(console: Console, heading: str, lines: Sequence[str]) -> None:
    if not lines:
        return
    _print_heading(console, f"{heading} ({len(lines):,})")
    for line in lines[:_MAX_LINES]:
        console.print(Text(f"  {make_visible(line)}"), soft_wrap=True)
    if len(lines) > _MAX_LINES:
        console.print(f"  and {len(lines) - _MAX_LINES:,} more", markup=False)
