"""`htmlcard doctor`: what is missing on this machine, and how to mend it."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console

from htmlcard.assembly import load_catalogue
from htmlcard.browser.launchpad import Launchpad
from htmlcard.browser.system_packages import find_package_manager, format_command
from htmlcard.cli.flags import SettingFlags, settings_of
from htmlcard.cli.packages import find_outdated
from htmlcard.config import Settings
from htmlcard.errors import BrowserUnavailable, InvalidSettings, TemplateFailed
from htmlcard.glyphs import GlyphCoverage
from htmlcard.images import compare
from htmlcard.scripts import SCRIPTS, Script, find_missing_scripts
from htmlcard.telemetry.logs import configure_logs

_MARKS = {
    "ok": "[green]ok[/green]     ",
    "warning": "[yellow]warning[/yellow]",
    "error": "[red]error[/red]  ",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: `ok`, `warning` (worse than it could be) or `error` (does not work)."""

    part: str
    verdict: str
    detail: str
    mend: str = ""


def doctor(*, json_: bool = False, flags: SettingFlags | None = None) -> int:
    """Check browser, isolation, fonts, templates and cache folder by using them, and packages.

    Exit code 3 where something is missing without which no card can be drawn.
    """
    configure_logs("critical", "text")  # All there is to tell is among the findings.
    settings = settings_of(flags).settings
    findings = [
        *asyncio.run(_look_at_browser(settings)),
        *_look_at_fonts(GlyphCoverage.load()),
        *_look_at_templates(settings),
        _look_at_cache(settings),
        *_look_at_packages(),
    ]
    if json_:
        print(json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False))
    else:
        console = Console(highlight=False, soft_wrap=True)
        for finding in findings:
            console.print(_MARKS[finding.verdict], f"[bold]{finding.part}[/bold] ", end="")
            console.print(finding.detail, markup=False)
            if finding.mend:
                console.print(f"        {finding.mend}", markup=False)
    return 3 if any(finding.verdict == "error" for finding in findings) else 0


async def _look_at_browser(settings: Settings) -> list[Finding]:
    launchpad = Launchpad(settings.chromium, compare, allow_unsafe=settings.unsafe_browser)
    async with launchpad:
        try:
            lane = await launchpad.open_lane()
        except BrowserUnavailable as error:
            return [Finding("browser", "error", str(error), "Run `htmlcard install-browser`.")]
        fast = lane.path == "canvas"
        found = [
            Finding("browser", "ok", f"Chromium {launchpad.version} draws"),
            Finding(
                "drawing",
                "ok" if fast else "warning",
                "frame by frame, through a canvas" if fast else "the portable way, which is slower",
                "" if fast else "Install chromium-headless-shell: `htmlcard install-browser`.",
            ),
            _judge_isolation(lane.isolation),
        ]
        lane.retire("doctor")
        return found


def _judge_isolation(level: str) -> Finding:
    match level:
        case "A":
            return Finding(
                "isolation", "ok", "level A: sandbox, ordinary user, no network interface"
            )
        case "B":
            mend = "Allow user namespaces for level A (see SECURITY.md)."
            return Finding("isolation", "warning", "level B: sandbox, dead proxy", mend)
        case _:
            mend = "Unset HTMLCARD_UNSAFE_BROWSER once user namespaces work (see SECURITY.md)."
            return Finding("isolation", "warning", "level C: no sandbox", mend)


def _look_at_fonts(coverage: GlyphCoverage) -> Iterator[Finding]:
    missing = find_missing_scripts(coverage)
    for script in missing:
        boxes = " ".join(coverage.find_missing(script.sample))
        detail = f"{script.name} is drawn with boxes: no font has {boxes}"
        yield Finding("fonts", "warning", detail, _mend_script(script))
    drawn = [script.name for script in SCRIPTS if script not in missing]
    if drawn:
        yield Finding("fonts", "ok", f"{len(drawn)} scripts can be drawn: {', '.join(drawn)}")


def _mend_script(script: Script) -> str:
    manager = find_package_manager()
    if manager is None or manager.install[0] != "apt-get":
        return "Install the Noto fonts of your system: all scripts, CJK and color emoji."
    command = format_command(manager, [script.package])
    return f"Run `htmlcard install-browser`, or as root: {command}"


def _look_at_templates(settings: Settings) -> Iterator[Finding]:
    try:
        catalogue = load_catalogue(settings)
    except InvalidSettings as error:
        yield Finding("templates", "error", str(error))
        return
    names = catalogue.names()
    for name in names:
        try:
            catalogue.get_template(name)
        except TemplateFailed as error:
            yield Finding("templates", "warning", str(error))
    verdict = "ok" if names else "error"
    yield Finding(
        "templates", verdict, f"{len(names)} found", "" if names else "Set HTMLCARD_TEMPLATES."
    )


def _look_at_cache(settings: Settings) -> Finding:
    if not settings.cache_bytes:
        return Finding("cache", "warning", "the disk cache is off (HTMLCARD_CACHE_BYTES=0)")
    try:
        settings.cache_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=settings.cache_dir):
            pass
    except OSError as error:
        detail = f"{settings.cache_dir} cannot be written: {error.strerror}"
        return Finding("cache", "warning", detail, "Set HTMLCARD_CACHE_DIR to a folder that can.")
    return Finding("cache", "ok", f"{Path(settings.cache_dir)} can be written")


def _look_at_packages() -> Iterator[Finding]:
    outdated = find_outdated()
    for package in outdated:
        yield Finding(
            "packages",
            "warning",
            f"{package.name} is {package.installed or 'missing'}, and {package.wanted} is needed",
            "Install htmlcard anew: older versions may have known holes.",
        )
    if not outdated:
        yield Finding("packages", "ok", "all are as new as htmlcard asks for")
