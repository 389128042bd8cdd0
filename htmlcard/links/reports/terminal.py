"""A report for people at a terminal: is the link fine, platform by platform, then what to mend."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from htmlcard.links.report import Finding, PlatformView, Report
from htmlcard.links.reports.visible import make_visible
from htmlcard.links.reports.words import (
    CONFIDENCES,
    LAYOUTS,
    MARKS,
    MEND_LEADS,
    SEVERITIES,
    count_of,
    find_troubles,
    list_platforms,
    name_of,
    sum_up,
    verdict_of,
)

#: Wider lines are hard to read.
_MAX_WIDTH = 110
_STYLES = {"error": "red", "warning": "yellow", "hint": "blue", "ok": "green"}
#: Good manners in mixed text; a rule tells of those that are not closed.
_WITHOUT_ISOLATES = str.maketrans("", "", "\u2066\u2067\u2068\u2069")
#: A page may have a megabyte of each.
_MAX_TITLE = 300
_MAX_EVIDENCE = 600


def print_report(report: Report, console: Console) -> None:
    """The verdict, a table of platforms, the pictures, the findings with their mends."""
    width = min(console.width, _MAX_WIDTH)
    verdict = verdict_of(report)
    console.print(_styled(f"{MARKS[verdict]} {sum_up(report)}", f"bold {_STYLES[verdict]}"))
    _print_whole(console, f"  {report.url}")
    if report.final_url != report.url:
        _print_whole(console, f"  → {report.final_url}")
    console.print()
    console.print(_table(report, width), width=width)
    _print_pictures(report, console)
    for note in report.notes:
        console.print()
        _print_text("Note: ", note, console, width)
    for severity in SEVERITIES:
        if count := report.count(severity):
            console.print()
            console.print(_styled(count_of(count, severity).capitalize(), "bold"))
            for finding in report.findings:
                if finding.severity == severity:
                    _print_finding(finding, report, console, width)


def _table(report: Report, width: int) -> Table:
    """One line for each platform: the first screen answers."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0), width=width)
    table.add_column("", no_wrap=True)
    table.add_column("Platform", no_wrap=True)
    table.add_column("Picture", no_wrap=True)
    table.add_column("Title", no_wrap=True, overflow="ellipsis", ratio=1)
    table.add_column("What is wrong", no_wrap=True, overflow="ellipsis")
    for view in report.platforms:
        table.add_row(
            _styled(MARKS[view.verdict], _STYLES[view.verdict]),
            name_of(view.platform),
            _styled(LAYOUTS[view.layout], "" if view.layout in ("large", "thumbnail") else "dim"),
            _title(view),
            _styled(*_trouble(view, report)),
        )
    return table


def _title(view: PlatformView) -> Text:
    if view.layout == "none":
        return _styled("the link alone", "dim")
    if not view.title:
        return _styled("no title", "dim")
    title = view.title[:_MAX_TITLE].translate(_WITHOUT_ISOLATES)
    return _styled(" ".join(title.split()))


def _trouble(view: PlatformView, report: Report) -> tuple[str, str]:
    rules = list(dict.fromkeys(finding.rule for finding in find_troubles(view, report)))
    if not rules:
        return "", ""
    more = f" +{len(rules) - 1}" if len(rules) > 1 else ""
    return rules[0] + more, _STYLES[view.verdict]


def _print_pictures(report: Report, console: Console) -> None:
    shown: dict[str, list[str]] = {}
    for view in report.platforms:
        if view.image:
            shown.setdefault(view.image, []).append(name_of(view.platform))
    if shown:
        console.print()
    for url, names in shown.items():
        on = f"  {', '.join(names)}:" if len(shown) > 1 else ""
        _print_whole(console, f"Picture{on} {url}")


def _print_finding(finding: Finding, report: Report, console: Console, width: int) -> None:
    style = _STYLES[finding.severity]
    head = _styled(f"\n{MARKS[finding.severity]} {finding.rule}", f"bold {style}")
    console.print(head, Text(f"on {list_platforms(finding, report)}", "dim"), width=width)
    evidence = finding.evidence
    if len(evidence) > _MAX_EVIDENCE:
        evidence = f"{evidence[:_MAX_EVIDENCE]}…"
    _print_text("", finding.message, console, width)
    _print_text("Seen: ", evidence, console, width)
    source = f"  Source: {finding.source} ({CONFIDENCES[finding.confidence]})"
    console.print(_styled(source, "dim"), soft_wrap=True)
    lead = f"{MEND_LEADS[finding.fix.kind]}:"
    if finding.fix.kind in ("server", "picture"):
        _print_text(f"{lead} ", finding.fix.text, console, width)
        return
    console.print(Text(f"  {lead}", "dim"))
    for line in finding.fix.text.split("\n"):
        _print_whole(console, f"    {line}")


def _print_text(label: str, text: str, console: Console, width: int) -> None:
    for line in (Text(label, "dim") + _styled(text)).wrap(console, width - 2):
        line.rstrip()
        console.print(Text("  ") + line, soft_wrap=True)


def _print_whole(console: Console, text: str) -> None:
    """Without line breaks of ours, which would get into what is copied."""
    console.print(_styled(text), soft_wrap=True)


def _styled(text: str, style: str = "") -> Text:
    """Never parsed as markup: it may be a stranger's."""
    return Text(make_visible(text), style)
