"""What a service has on its machine: processes, zombies, temporary files, descriptors."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

#: Connections to SQLite are no leak: a thread opens its own when it first reads, three descriptors
#: each, and that may be in the midst of a fault. One per fault would be.
SPARE_DESCRIPTORS = 8
#: Where temporary files are counted; below are the homes of browsers, which do as they like.
_PLACES = ("*", "htmlcard-run-*/[!d]*")
#: What a driver has made for browsers, which stays for as long as they: two folders for each that
#: this driver has launched.
_PLACE_OF_DRIVER = "htmlcard-run-*/driver-*/playwright*"
_FOLDERS_OF_BROWSER = 2
#: A child that reads the fonts, soon after the start, and is gone a moment later.
_FONT_READER = "htmlcard.images.character_maps"
GONE = "gone"
_SHELLS = ("sh", "dash", "bash", "busybox")
_ENDED = (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)


@dataclass(frozen=True)
class Census:
    """All that is there at one moment."""

    processes: Counter[str]
    zombies: int
    temporary: int
    """Files and folders in its temporary folder, but for those of living browsers."""
    descriptors: int

    def is_back_at(self, before: Census) -> bool:
        """Whether nothing is here that was not there before, a driver excepted: it comes and goes
        as it is needed.
        """
        return (
            _without_driver(self.processes) == _without_driver(before.processes)
            and self.processes["node"] <= 1
            and self.zombies == 0
            and self.temporary <= before.temporary
            and self.descriptors <= before.descriptors + SPARE_DESCRIPTORS
        )


def _without_driver(processes: Counter[str]) -> dict[str, int]:
    return {kind: count for kind, count in processes.items() if kind != "node"}


def take_census(pid: int, folder: Path) -> Census:
    """Count what belongs to a service whose temporary folder is `folder`/tmp."""
    service = psutil.Process(pid)
    found = [one for one in processes_of(folder) if _FONT_READER not in _words_of(one)]
    processes = Counter(kind_of(one) for one in found if one.pid != pid)
    del processes[GONE]
    of_driver = len([*(folder / "tmp").glob(_PLACE_OF_DRIVER)])
    left_by_driver = max(0, of_driver - _FOLDERS_OF_BROWSER * processes["browser"])
    return Census(
        processes=processes,
        zombies=sum(_is_zombie(one) for one in service.children(recursive=True)),
        temporary=sum(1 for place in _PLACES for _ in (folder / "tmp").glob(place))
        + left_by_driver,
        descriptors=service.num_fds(),
    )


def processes_of(folder: Path) -> list[psutil.Process]:
    """Living processes that were started with this folder in their environment or command line,
    all below them, and all in the process groups of such.

    So orphans are found, too, and renderers, which have wiped their environment.
    """
    mark = str(folder)
    living = {one for one in psutil.process_iter() if not _has_ended(one)}
    marked = {one for one in living if any(mark in said for said in _words_of(one))}
    groups = {_group_of(one) for one in marked} - {os.getpgid(0), None}
    below = {child for one in marked for child in _children_of(one)}
    return [one for one in living if one in marked or one in below or _group_of(one) in groups]


def _words_of(process: psutil.Process) -> Iterator[str]:
    with contextlib.suppress(psutil.Error, OSError):
        yield from process.cmdline()
        yield from process.environ().values()


def _group_of(process: psutil.Process) -> int | None:
    with contextlib.suppress(ProcessLookupError):
        return os.getpgid(process.pid)
    return None


def _children_of(process: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        return process.children(recursive=True)
    return []


def _has_ended(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return process.status() in _ENDED
    return True


def kind_of(process: psutil.Process) -> str:
    """`renderer`, `gpu-process` and so on for the parts of a browser, else the program's name;
    `GONE` for what ended while it was looked at.
    """
    with contextlib.suppress(psutil.Error):
        command = process.cmdline()
        for part in command:
            if part.startswith("--type="):
                return part.removeprefix("--type=")
        if any(part.startswith("--user-data-dir") for part in command):
            return "shell" if Path(process.exe()).name in _SHELLS else "browser"
        return Path(process.exe()).name
    return GONE


def _is_zombie(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return process.status() == psutil.STATUS_ZOMBIE
    return False
