"""`htmlcard audit`: all pages of a site or of a built folder, checked for link previews."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter, validators
from rich.console import Console

from htmlcard.assembly import open_links
from htmlcard.cli.audit_progress import show_audit_progress
from htmlcard.cli.audit_text import print_comparison, print_summary, print_troubles
from htmlcard.cli.flags import SettingFlags, settings_of
from htmlcard.config import Settings
from htmlcard.errors import InvalidRequest
from htmlcard.links.audits.audit import CRAWLER_CONNECTIONS, PAGES_PER_HOST, Audit, AuditResult
from htmlcard.links.audits.audit_page import write_audit_page
from htmlcard.links.audits.audit_summary import summarize
from htmlcard.links.audits.audited_site import AuditedSite, find_site
from htmlcard.links.audits.baseline import Baseline, Comparison, load_baseline
from htmlcard.links.audits.shared_web import SharedWeb
from htmlcard.links.checking import Checker
from htmlcard.links.reports.junit import write_junit
from htmlcard.links.reports.sarif import write_sarif
from htmlcard.links.reports.visible import escape_in_json
from htmlcard.links.reports.words import count_of, fails
from htmlcard.telemetry.logs import configure_logs

_STOPPED = 130  # as shells say it for Ctrl-C

PositiveInt = Annotated[int, Parameter(validator=validators.Number(gte=1))]


def audit(
    target: str,
    /,
    *,
    base_url: str | None = None,
    baseline: Path | None = None,
    update_baseline: Annotated[bool, Parameter(negative=())] = False,
    limit: PositiveInt | None = None,
    concurrency: Annotated[
        int, Parameter(validator=validators.Number(gte=1, lte=32))
    ] = PAGES_PER_HOST,
    json_: Annotated[bool, Parameter(negative=())] = False,
    junit: Path | None = None,
    sarif: Path | None = None,
    html: Path | None = None,
    fail_on: Literal["error", "warning"] = "error",
    flags: SettingFlags | None = None,
) -> int:
    """Check the link previews of all pages of a site: what to mend first, and what is new.

    Leaves with 1 where a page has findings that are not in the baseline. Ctrl-C tells what is
    known by then.

    Parameters
    ----------
    target
        A sitemap (URL or file), a site (`https://example.org`: by its robots.txt or
        /sitemap.xml), or a folder with a built site.
    base_url
        Where the folder will be on the web. Default: as its pages say, else http://localhost/.
    baseline
        File with what is known to be wrong: only what is new or worse fails.
    update_baseline
        Write the baseline anew, with what is wrong now.
    limit
        Pages to check at most.
    concurrency
        Pages of one host to check at once.
    json_
        Print everything as JSON.
    junit
        File to write JUnit XML into; with a baseline, what is new.
    sarif
        File to write SARIF 2.1.0 into, for code scanning.
    html
        File to write a summary into; one file with all it needs.
    fail_on
        Findings that make the exit code 1: errors, or warnings too.
    """
    if update_baseline and baseline is None:
        raise InvalidRequest("--update-baseline needs --baseline FILE, the file to write")
    known = Baseline({})
    if baseline is not None and (baseline.exists() or not update_baseline):
        known = load_baseline(baseline)
    configure_logs("critical", "auto")  # All there is to tell is in the report.
    settings = settings_of(flags).settings
    work = _audit(settings, target, base_url, limit, concurrency)
    site, result, took_s = asyncio.run(work)
    comparison = known.compare(result.reports, site.list_gone(known.pages))
    if junit is not None:
        _write(junit, write_junit(comparison.new, fail_on))
    if sarif is not None:
        _write(sarif, write_sarif(result.reports, site.files).encode())
    if html is not None:
        _write(html, write_audit_page(target, result, [*site.problems, *site.notes]))
    if update_baseline and baseline is not None and result.complete:
        now = known.update(result.reports, site.list_gone(known.pages))
        _write(baseline, now.dump().encode())
        comparison = now.compare(result.reports)
    if json_:
        _print_json(target, site, result, comparison)
    else:
        _print(site, result, comparison if baseline else None, took_s)
    if not result.complete:
        return _STOPPED
    is_new = any(fails(item, fail_on) for report in comparison.new for item in report.findings)
    return int(is_new or bool(site.problems or result.failures))


async def _audit(
    settings: Settings, target: str, base_url: str | None, limit: int | None, concurrency: int
) -> tuple[AuditedSite, AuditResult, float]:
    # Where crawlers are told apart all of them ask at once: none may wait for another's turn.
    connections = CRAWLER_CONNECTIONS + concurrency
    async with open_links(settings, connections_per_host=connections) as links:
        site = await find_site(target, links.fetcher, links.reader, base_url=base_url, limit=limit)
        started_s = time.monotonic()
        async with (
            SharedWeb(site.web, frozenset(site.urls)) as web,
            Checker(web, links.reader) as checker,
        ):
            with show_audit_progress(len(site.urls)) as on_page:
                run = Audit(checker, pages_per_host=concurrency, on_page=on_page)
                with _heed_ctrl_c(run.stop):
                    result = await run.run(site.urls)
        return site, result, time.monotonic() - started_s


@contextmanager
def _heed_ctrl_c(stop: Callable[[], None]) -> Iterator[None]:
    """The first Ctrl-C stops the work, and its report is still told; the second ends it all."""
    loop = asyncio.get_running_loop()

    def heed() -> None:
        loop.remove_signal_handler(signal.SIGINT)
        stop()

    loop.add_signal_handler(signal.SIGINT, heed)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)


def _print(
    site: AuditedSite, result: AuditResult, comparison: Comparison | None, took_s: float
) -> None:
    console = Console(highlight=False)
    done = len(result.reports) + len(result.failures)
    speed = f"{took_s:.1f} s, {done / max(took_s, 0.001):,.0f} pages a second"
    where = f" below {site.base_url}" if site.base_url else ""
    stopped = "" if result.complete else f" of {len(site.urls):,}; stopped"
    console.print(f"{count_of(done, 'page')}{where}{stopped}, {speed}", markup=False)
    print_troubles(console, result, site.problems, site.notes)
    if result.reports:
        print_summary(console, result.reports)
    if comparison is not None:
        print_comparison(console, comparison)


def _print_json(
    target: str, site: AuditedSite, result: AuditResult, comparison: Comparison
) -> None:
    summary = summarize(result.reports)
    content = {
        "target": target,
        "base_url": site.base_url,
        "complete": result.complete,
        "pages": {"error": summary.broken, "warning": summary.flawed, "ok": summary.fine},
        "rules": [
            {"rule": rule.rule, "severity": rule.severity, "pages": len(rule.pages)}
            for rule in summary.rules
        ],
        "new": [
            {"url": report.url, "rule": finding.rule, "severity": finding.severity}
            for report in comparison.new
            for finding in report.findings
            if finding.severity != "hint"
        ],
        "mended": [{"url": url, "rule": rule} for url, rule in comparison.mended],
        "problems": [*site.problems],
        "notes": [*site.notes],
        "failures": [{"url": url, "reason": reason} for url, reason in result.failures],
        "reports": [report.as_dict() for report in result.reports],
    }
    print(escape_in_json(json.dumps(content, indent=1, ensure_ascii=False)))


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise InvalidRequest(f"{path} cannot be written: {error.strerror}") from error
