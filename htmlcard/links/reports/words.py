"""What all reports say alike: names of platforms, verdicts in a sentence, how a mend is begun."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from urllib.parse import urlsplit

from htmlcard.links.profiles import load_profiles
from htmlcard.links.report import (
    Confidence,
    Finding,
    Layout,
    MendKind,
    PlatformView,
    Report,
    Severity,
    Verdict,
)

SEVERITIES: Sequence[Severity] = ("error", "warning", "hint")
MARKS: Mapping[Verdict | Severity, str] = {"error": "✗", "warning": "!", "hint": "·", "ok": "✓"}
STATES: Mapping[Verdict, str] = {"error": "broken", "warning": "flawed", "ok": "fine"}
LAYOUTS: Mapping[Layout, str] = {
    "large": "large",
    "thumbnail": "small",
    "text": "none",
    "none": "no card",
}
CONFIDENCES: Mapping[Confidence, str] = {
    "O": "official",
    "S": "their source code",
    "3": "third party",
    "U": "unverified",
}
MEND_LEADS: Mapping[MendKind, str] = {
    "add-tag": "Add to <head>",
    "replace-tag": "Put in its place",
    "remove-tag": "Remove",
    "header": "Send this header",
    "server": "On the server",
    "picture": "For the picture",
}


def name_of(platform: str) -> str:
    """A platform as its makers write it."""
    return _names().get(platform, platform)


def sum_up(report: Report) -> str:
    """Whether the link is fine, in one sentence without its full stop."""
    counts = {
        state: sum(view.verdict == verdict for view in report.platforms)
        for verdict, state in STATES.items()
    }
    told = [f"{state} on {count}" for state, count in counts.items() if count]
    total = len(report.platforms)
    if len(told) == 1:
        return f"{told[0].split(' ')[0].capitalize()} on all {total} platforms"
    return f"{', '.join(told).capitalize()} of {total} platforms"


def verdict_of(report: Report) -> Verdict:
    """The worst of its platforms'."""
    verdicts = {view.verdict for view in report.platforms}
    return next((verdict for verdict in STATES if verdict in verdicts), "ok")


def list_platforms(finding: Finding, report: Report) -> str:
    """Whom it concerns."""
    if len(finding.platforms) == len(report.platforms) > 1:
        return f"all {len(report.platforms)} platforms"
    return ", ".join(map(name_of, finding.platforms))


def count_of(number: int, word: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def host_of(url: str) -> str:
    """The host as cards show it."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def find_troubles(view: PlatformView, report: Report) -> list[Finding]:
    """What makes the platform's verdict, worst first; hints are no trouble."""
    return [
        finding
        for finding in report.findings
        if view.platform in finding.platforms and finding.severity != "hint"
    ]


def fails(finding: Finding, fail_on: Severity) -> bool:
    """Whether it is as bad as `fail_on` or worse."""
    return SEVERITIES.index(finding.severity) <= SEVERITIES.index(fail_on)


@cache
def _names() -> Mapping[str, str]:
    return {profile.platform: profile.name for profile in load_profiles()}
