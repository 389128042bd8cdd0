"""An audit as one HTML file: how the site stands, what to mend first, on which pages."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup

from htmlcard import __version__
from htmlcard.links.audits.audit import AuditResult
from htmlcard.links.audits.audit_summary import summarize
from htmlcard.links.reports import words
from htmlcard.links.reports.html import write_policy
from htmlcard.links.reports.visible import make_visible

#: Of pages named for each rule; `--json` has all.
MAX_PAGES = 200
_FOLDER = Path(__file__).parent


def write_audit_page(what: str, result: AuditResult, problems: Sequence[str]) -> bytes:
    """The page, UTF-8; `what` is what was audited, `problems` what was not.

    Nothing is loaded from outside, and no script runs.
    """
    style = _read("audit_page.css")
    text = (
        _environment()
        .from_string(_read("audit_page.html"))
        .render(
            what=what,
            summary=summarize(result.reports),
            complete=result.complete,
            troubles=[*problems, *(f"{url}: {reason}" for url, reason in result.failures)],
            platforms=len(result.reports[0].platforms) if result.reports else 0,
            max_pages=MAX_PAGES,
            style=Markup(style),  # noqa: S704 - ours
            policy=write_policy(style, ""),
            version=__version__,
        )
    )
    return text.encode("utf-8", "replace")


@cache
def _environment() -> Environment:
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.globals["words"] = words
    environment.filters["visible"] = make_visible
    return environment


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
