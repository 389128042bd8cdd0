"""Which Chromium to run: an explicit one, Playwright's download, or the system's.

Finding starts nothing but `--version` (see `version`). Putting a missing one on
the machine is the business of `install`, starting it for real that of `process`.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from htmlcard.browser.version import NotChromium, get_version
from htmlcard.errors import EnvironmentLacking

#: Looked for on PATH, best first: the headless shell draws frames on demand, the others do not.
SYSTEM_NAMES = (
    "chromium-headless-shell",
    "chrome-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)

_WAYS_OUT = """\
Any one of these mends it:
  * htmlcard install-browser
  * apt-get install chromium-headless-shell (as root; where there is no such package: chromium)
  * HTMLCARD_CHROMIUM=/path/to/chromium, which names a binary outright"""


@dataclass(frozen=True, slots=True)
class ChromiumBinary:
    """A Chromium that was seen to start.

    `version` is like `156.0.8078.79`; `origin` says in words where it was found.
    `headless_shell` goes by the file's name, so a wrapper script counts as a full
    browser unless its own name says otherwise: slower to draw with, never wrong.
    """

    path: Path
    version: str
    origin: str
    headless_shell: bool


def find_chromium(explicit: str | None) -> ChromiumBinary:
    """The first usable Chromium; `explicit` is the value of HTMLCARD_CHROMIUM, if set.

    Each candidate is asked for its `--version`, because a download whose system
    libraries are missing is there and yet does not start. In the good case that is
    one short process (about 20 ms); it blocks, so call it from a thread.

    Raises EnvironmentLacking. With `explicit` nothing else is looked at: a setting
    that is silently passed over would be worse than a stop.
    """
    if explicit:
        return _check_explicit(explicit)
    places = []
    for origin, path in _list_candidates():
        if path is None:
            places.append(f"{origin}: not there")
            continue
        try:
            return _check(path, origin)
        except NotChromium as problem:
            places.append(f"{origin}: {path} is there, but it {problem}")
    looked_at = "\n".join(f"  * {place}" for place in places)
    raise EnvironmentLacking(f"No usable Chromium found. Looked at:\n{looked_at}\n{_WAYS_OUT}")


def _check_explicit(value: str) -> ChromiumBinary:
    found = shutil.which(value)
    try:
        if found is None:
            raise NotChromium(_say_why_not_runnable(Path(value)))
        return _check(Path(found).absolute(), "HTMLCARD_CHROMIUM")
    except NotChromium as problem:
        raise EnvironmentLacking(
            f"HTMLCARD_CHROMIUM names {value!r}, but it {problem}. "
            "Name an executable Chromium or Chrome, or unset it to let htmlcard look for one."
        ) from None


def _say_why_not_runnable(path: Path) -> str:
    try:
        if path.is_dir():
            return "is a folder"
        return "is not executable" if path.exists() else "does not exist"
    except OSError as problem:
        return f"cannot be looked at ({problem.strerror})"


def _list_candidates() -> Iterator[tuple[str, Path | None]]:
    folder = _find_playwright_folder()
    yield f"Playwright's download ({folder or 'unknown folder'})", _find_shell_in(folder)
    for name in SYSTEM_NAMES:
        found = shutil.which(name)
        yield f"{name} on PATH", Path(found).absolute() if found else None


def _find_playwright_folder() -> Path | None:
    """Where this Playwright keeps the headless shell it asks for, downloaded or not.

    Rebuilt from `readDescriptors` and `registryDirectory` of Playwright 1.65, since
    asking its driver costs 300 ms. The environment is read here because these
    variables are Playwright's own, and it obeys them when it downloads.
    """
    spec = importlib.util.find_spec("playwright")
    if spec is None or spec.origin is None:
        return None
    package = Path(spec.origin).parent / "driver" / "package"
    try:
        browsers = json.loads((package / "browsers.json").read_text("utf-8"))["browsers"]
        [revision] = [b["revision"] for b in browsers if b["name"] == "chromium-headless-shell"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    named = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    if named == "0":
        root = package / ".local-browsers"
    elif named:
        root = Path(named).absolute()
    else:
        try:
            root = _get_user_cache() / "ms-playwright"
        except RuntimeError:  # a user without a home, as containers have them
            return None
    return root / f"chromium_headless_shell-{revision}"


def _get_user_cache() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    named = os.environ.get("XDG_CACHE_HOME")
    return Path(named) if named else Path.home() / ".cache"


def _find_shell_in(folder: Path | None) -> Path | None:
    if folder is None:
        return None
    try:
        # Playwright writes the marker last, so without it the download was cut short.
        if not (folder / "INSTALLATION_COMPLETE").is_file():
            return None
        return next(folder.glob("*/chrome-headless-shell"), None)
    except OSError:  # another user's folder
        return None


def _check(path: Path, origin: str) -> ChromiumBinary:
    names = (path.name, path.resolve().name)
    headless_shell = any("headless" in name and "shell" in name for name in names)
    return ChromiumBinary(path, get_version(path), origin, headless_shell)
