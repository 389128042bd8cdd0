"""`htmlcard check`: what each crawler shows of a link, what is wrong with it, how to mend that."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote

from cyclopts import Parameter
from rich.console import Console
from rich.text import Text

from htmlcard.assembly import open_links
from htmlcard.cli.flags import SettingFlags, settings_of
from htmlcard.config import Settings
from htmlcard.errors import FetchFailed, InvalidRequest, RefusedTarget
from htmlcard.links.checking import Checked, Checker
from htmlcard.links.report import Report
from htmlcard.links.reports.html import write_html
from htmlcard.links.reports.json import write_json
from htmlcard.links.reports.junit import write_junit
from htmlcard.links.reports.sarif import write_sarif
from htmlcard.links.reports.terminal import print_report
from htmlcard.links.reports.thumbnails import Thumbnail, Thumbnailer
from htmlcard.links.reports.visible import make_visible
from htmlcard.links.reports.words import fails
from htmlcard.links.web_url import parse_web_url
from htmlcard.telemetry.logs import configure_logs

STDIN = "-"
_DEFAULT_BASE_URL = "http://localhost/"


@dataclass
class _Found:
    """Reports in the order of targets; pages that are files, and pictures, by their URL."""

    reports: list[Report] = field(default_factory=list)
    files: dict[str, Path] = field(default_factory=dict)
    thumbnails: dict[str, Thumbnail] = field(default_factory=dict)


def check(
    # `-` is a value here, not the beginning of a flag.
    *targets: Annotated[str, Parameter(allow_leading_hyphen=True)],
    json_: Annotated[bool, Parameter(negative=())] = False,
    junit: Path | None = None,
    sarif: Path | None = None,
    html: Path | None = None,
    fail_on: Literal["error", "warning"] = "error",
    base_url: str | None = None,
    flags: SettingFlags | None = None,
) -> int:
    """Show what 15 platforms make of a link, what is wrong, and what to paste to mend it.

    Parameters
    ----------
    targets
        URLs, HTML files, or `-` for standard input.
    json_
        Print the reports as JSON: an object, or a list of several.
    junit
        File to write JUnit XML into.
    sarif
        File to write SARIF 2.1.0 into, for code scanning.
    html
        File to write a report with mock-ups of the cards into; one file with all it needs.
    fail_on
        Findings that make the exit code 1: errors, or warnings too.
    base_url
        Where files and standard input will be on the web. If it ends in `/`, the file's name
        is added.
    """
    pages = [_Page.parse(target, base_url) for target in targets]
    if not pages:
        raise InvalidRequest("check needs a URL, an HTML file, or - for standard input")
    if targets.count(STDIN) > 1:
        raise InvalidRequest("standard input can be checked once")
    configure_logs("critical", "auto")  # All there is to tell is among the findings.
    settings = settings_of(flags).settings
    found = asyncio.run(_check(settings, pages, with_pictures=html is not None))
    if junit is not None:
        _write(junit, write_junit(found.reports, fail_on))
    if sarif is not None:
        _write(sarif, write_sarif(found.reports, found.files).encode())
    if html is not None:
        _write(html, write_html(found.reports, found.thumbnails).data)
    _print(found.reports, as_json=json_)
    findings = (finding for report in found.reports for finding in report.findings)
    return int(any(fails(finding, fail_on) for finding in findings))


@dataclass(frozen=True)
class _Page:
    """A page to check; `data` where it is not to be fetched from its `url`."""

    url: str
    data: bytes | None = None
    path: Path | None = None

    @classmethod
    def parse(cls, target: str, base_url: str | None) -> _Page:
        """Raises InvalidRequest where there is no such page."""
        if target.lower().startswith(("http://", "https://")):
            if parse_web_url(target) is None:
                raise InvalidRequest(f"{target!r} is no URL of a web page")
            return cls(target)
        if target.startswith("-") and target != STDIN:
            raise InvalidRequest(f"there is no option {target}; `htmlcard check --help` has them")
        base = base_url or _DEFAULT_BASE_URL
        if parse_web_url(base) is None:
            raise InvalidRequest(f"--base-url must be an http or https URL, got {base!r}")
        if target == STDIN:
            return cls(base, sys.stdin.buffer.read())
        path = Path(target)
        is_named = path.name != "index.html" and base.endswith("/")
        name = quote(os.fsencode(path.name)) if is_named else ""
        try:
            return cls(base + name, path.read_bytes(), path)
        except OSError as error:
            advice = "" if path.exists() else f"; for a page on the web write https://{target}"
            if path.is_dir():
                advice = "; `htmlcard audit` checks folders"
            raise InvalidRequest(f"{target} cannot be read: {error.strerror}{advice}") from error


async def _check(settings: Settings, pages: Sequence[_Page], *, with_pictures: bool) -> _Found:
    found = _Found()
    async with open_links(settings) as links, Thumbnailer() as thumbnailer:
        for page in pages:
            with _progress(page.url):
                checked = await _look(links.checker, page)
                found.reports.append(checked.report)
                if page.path is not None:
                    found.files[checked.report.url] = page.path
                for url, data in checked.pictures.items() if with_pictures else ():
                    if thumbnail := await thumbnailer.shrink(data):
                        found.thumbnails[url] = thumbnail
    return found


async def _look(checker: Checker, page: _Page) -> Checked:
    try:
        if page.data is None:
            return await checker.look(page.url)
        return await checker.look_at(page.data, page.url)
    except RefusedTarget as error:
        advice = "--allow-private allows pages of this machine and its network, on any port"
        raise InvalidRequest(f"{page.url}: {error}; {advice}") from error
    except FetchFailed as error:
        raise InvalidRequest(f"{page.url} cannot be checked: {error}") from error


@contextmanager
def _progress(url: str) -> Iterator[None]:
    """A line on stderr while it goes on, and none where stderr is no terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    line = Text(f"Checking {make_visible(url)}", no_wrap=True, overflow="ellipsis")
    with console.status(line):
        yield


def _print(reports: Sequence[Report], *, as_json: bool) -> None:
    if as_json:
        print(write_json(reports[0] if len(reports) == 1 else reports))
        return
    console = Console(highlight=False)
    for number, report in enumerate(reports):
        if number:
            console.print()
            console.rule(style="dim")
        print_report(report, console)


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise InvalidRequest(f"{path} cannot be written: {error.strerror}") from error
