"""Puts a Chromium and the fonts on the machine: `make setup` and `htmlcard install-browser`.

Playwright's own download first, then the system's packages. What is already
there is left alone; `binary` next door says what that is.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable

from htmlcard.browser.binary import ChromiumBinary, find_chromium
from htmlcard.browser.system_packages import (
    find_package_manager,
    install_packages,
)
from htmlcard.errors import EnvironmentLacking
from htmlcard.glyphs import GlyphCoverage
from htmlcard.scripts import FONT_PACKAGES, find_missing_scripts

#: The download is about 100 MB; a line slower than 200 kB/s is better served by a package mirror.
DOWNLOAD_TIMEOUT_S = 600.0

#: Playwright tries five times, so an unreachable server costs at most five times this.
_CONNECT_TIMEOUT_MS = 4000

_PLAYWRIGHT_INSTALL = ("-m", "playwright", "install", "--no-progress", "chromium-headless-shell")


def install_browser(report: Callable[[str], None]) -> ChromiumBinary:
    """The headless shell of this machine, installed if need be.

    `report` gets one line per step. A full Chromium or Chrome that is already there
    is the second best, kept where no headless shell is to be had. Blocks: for
    milliseconds where nothing is to be done, for minutes while it is downloaded.

    Raises EnvironmentLacking saying what was tried and which command helps.
    """
    failures = []
    for get_one in (_download, _install_package):
        found = _find_installed()
        if found is not None and found.headless_shell:
            return found
        try:
            get_one(report, found)
        except EnvironmentLacking as failure:
            report(str(failure))
            failures.append(f"  * {failure}")
    try:
        return find_chromium(None)
    except EnvironmentLacking as problem:
        tried = "\n".join(failures)
        raise EnvironmentLacking(f"{problem}\nTried to install one:\n{tried}") from None


def install_fonts(report: Callable[[str], None]) -> None:
    """Fonts for every living script, so that no card shows empty boxes.

    Missing fonts make cards worse, not impossible: whatever goes wrong is reported
    with the command that helps, and nothing is raised.
    """
    manager = find_package_manager()
    if manager is None or manager.install[0] != "apt-get":
        if missing_scripts := find_missing_scripts(GlyphCoverage.load()):
            names = ", ".join(script.name for script in missing_scripts)
            report(
                "fonts are left to you: install the Noto fonts (all scripts, CJK, color emoji), "
                f"or these are drawn as boxes: {names}"
            )
        return
    missing = [package for package in FONT_PACKAGES if not _is_installed(package)]
    if not missing:
        return
    try:
        install_packages(manager, missing, report)
    except EnvironmentLacking as problem:
        report(f"some scripts will be drawn as boxes: fonts are missing, and {problem}")


def main(explicit: str | None = None) -> int:
    """Both of the above, for `make setup`: the browser's path on stdout, progress on stderr.

    A browser named by `explicit` is looked at instead of installed. Exit code 3
    where there is no browser in the end.
    """

    def report(line: str) -> None:
        sys.stderr.write(f"set-up: {line}\n")

    install_fonts(report)
    try:
        found = find_chromium(explicit) if explicit else install_browser(report)
    except EnvironmentLacking as problem:
        sys.stderr.write(f"{problem}\n")
        return 3
    report(f"Chromium {found.version} ({found.path})")
    if not found.headless_shell:
        report("it is no headless shell: cards are right, but drawn several times slower")
    sys.stdout.write(f"{found.path}\n")
    return 0


def _find_installed() -> ChromiumBinary | None:
    try:
        return find_chromium(None)
    except EnvironmentLacking:
        return None


def _download(report: Callable[[str], None], found: ChromiumBinary | None) -> None:
    report("downloading Chromium's headless shell (Playwright)")
    process = subprocess.Popen(  # noqa: S603 - fixed words, or what the operator named
        [sys.executable, *_PLAYWRIGHT_INSTALL],
        env={"PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": str(_CONNECT_TIMEOUT_MS), **os.environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=DOWNLOAD_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise EnvironmentLacking(
            f"Playwright's download was not finished within {DOWNLOAD_TIMEOUT_S:g} s"
        ) from None
    finally:
        # Playwright forks: on a time-out or Ctrl-C its whole group must go, not Python alone.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.returncode != 0:
        lines = [line.strip() for line in output.splitlines() if line.strip()]
        errors = [line for line in lines if "Error:" in line]
        [reason] = (errors or lines[-1:] or [f"exit code {process.returncode}"])[:1]
        raise EnvironmentLacking(f"Playwright's download is not to be had here: {reason}")


def _install_package(report: Callable[[str], None], found: ChromiumBinary | None) -> None:
    manager = find_package_manager()
    if manager is None:
        raise EnvironmentLacking(
            "no package manager htmlcard knows (apt, dnf, apk, pacman): install Chromium by hand"
        )
    # Beside a full browser another full one would be no gain.
    wanted = [name for name in manager.browsers if found is None or "headless-shell" in name]
    failures = []
    for package in wanted:
        try:
            install_packages(manager, [package], report)
        except EnvironmentLacking as failure:
            failures.append(str(failure))
        else:
            return
    raise EnvironmentLacking("the system's packages: " + (failures or ["no headless shell"])[0])


def _is_installed(package: str) -> bool:
    query = shutil.which("dpkg-query")
    if query is None:
        return False
    done = subprocess.run(  # noqa: S603 - fixed names from the table above
        [query, "-W", "-f", "${db:Status-Status}", package],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout == "installed"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
