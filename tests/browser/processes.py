"""What runs: members of a process group, a browser's renderers, stand-ins for a browser."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import psutil

from htmlcard.browser.lane import Lane

_GONE = (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)


def group(group_id: int) -> list[psutil.Process]:
    """Living processes of a group; one that is dead and not yet collected does not count."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            if os.getpgid(process.pid) == group_id and process.status() not in _GONE:
                found.append(process)
    return found


def is_gone(group_id: int) -> bool:
    return not group(group_id)


def naming(text: str | Path) -> list[psutil.Process]:
    """Living processes with a text in their command line."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if any(str(text) in part for part in process.cmdline()):
                found.append(process)
    return found


def renderers(lane: Lane) -> list[psutil.Process]:
    return [one for one in group(lane.group_id) if "--type=renderer" in one.cmdline()]


def browser_of(lane: Lane) -> psutil.Process:
    """The browser's own process: neither a launcher's shell nor one of its children."""
    [found] = [
        one
        for one in group(lane.group_id)
        if any(part.startswith("--user-data-dir") for part in one.cmdline())
        and not any(part.startswith("--type=") for part in one.cmdline())
        and one.name() != "sh"
        and "sh" not in Path(one.cmdline()[0]).name.split("-")
    ]
    return found


def write_stand_in(folder: Path, script: str, *, name: str = "chromium") -> Path:
    """A shell script in a browser's place; it answers `--version` like one."""
    path = folder / name
    version = 'case "$*" in *--version*) echo "Chromium 156.0.1.2"; exit 0 ;; esac'
    path.write_text(f"#!/bin/sh\n{version}\n{script}\n")
    path.chmod(0o755)
    return path
