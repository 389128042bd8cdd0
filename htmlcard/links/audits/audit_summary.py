"""The reports of many pages in one view: what is wrong most, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from htmlcard.links.report import Finding, Report, Severity
from htmlcard.links.reports.words import SEVERITIES

_MAX_WORST = 10


@dataclass(slots=True)
class RuleSummary:
    """What one rule found on a site. `example` is one of its worst findings, `pages` are URLs."""

    rule: str
    example: Finding
    pages: list[str] = field(default_factory=list)
    platforms: dict[str, None] = field(default_factory=dict)
    weight: int = 0
    """Previews it concerns at its worst: pages times platforms."""

    @property
    def severity(self) -> Severity:
        """The worst it found."""
        return self.example.severity


@dataclass(frozen=True, slots=True)
class PageSummary:
    """One page in numbers."""

    url: str
    errors: int
    warnings: int


@dataclass(frozen=True, slots=True)
class AuditSummary:
    """Pages with errors (`broken`), with warnings at most (`flawed`), with neither (`fine`).

    `rules` come as they should be mended: errors first, then whatever spoils most previews.
    """

    broken: int
    flawed: int
    fine: int
    rules: tuple[RuleSummary, ...]
    worst: tuple[PageSummary, ...]

    @property
    def pages(self) -> int:
        """How many there are."""
        return self.broken + self.flawed + self.fine


def summarize(reports: Sequence[Report]) -> AuditSummary:
    """All of it, in one pass."""
    rules: dict[str, RuleSummary] = {}
    pages = []
    for report in reports:
        pages.append(PageSummary(report.url, report.count("error"), report.count("warning")))
        for finding in report.findings:
            _add(rules.setdefault(finding.rule, RuleSummary(finding.rule, finding)), finding)
            seen = rules[finding.rule].pages
            if not seen or seen[-1] != report.url:
                seen.append(report.url)
    broken = sum(page.errors > 0 for page in pages)
    flawed = sum(page.warnings > 0 and not page.errors for page in pages)
    worst = sorted(pages, key=lambda page: (-page.errors, -page.warnings, page.url))
    return AuditSummary(
        broken=broken,
        flawed=flawed,
        fine=len(pages) - broken - flawed,
        rules=tuple(sorted(rules.values(), key=_urgency)),
        worst=tuple(page for page in worst if page.errors or page.warnings)[:_MAX_WORST],
    )


def _add(rule: RuleSummary, finding: Finding) -> None:
    worse = _rank(finding.severity) - _rank(rule.severity)
    if worse < 0:
        rule.example, rule.weight = finding, 0
    if worse <= 0:
        rule.weight += len(finding.platforms)
    rule.platforms |= dict.fromkeys(finding.platforms)


def _rank(severity: Severity) -> int:
    """0 is the worst."""
    return SEVERITIES.index(severity)


def _urgency(rule: RuleSummary) -> tuple[int, int, str]:
    return _rank(rule.severity), -rule.weight, rule.rule
