"""Processes we started: signal them, clean up after them.

Only ever by the ids of what we started ourselves, never by name.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

RUN_FOLDER_PREFIX = "htmlcard-run-"
_ours: set[Path] = set()


def kill_process(pid: int) -> None:
    """End one process now; fine if it is gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)


def kill_group(group_id: int) -> None:
    """End a whole process group now; fine if it is gone. A stopped process dies, too."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group_id, signal.SIGKILL)


def largest_bytes(group_id: int) -> int:
    """Resident memory of the largest process of a group, which anybody may ask for; 0 for none."""
    largest = 0
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if os.getpgid(process.pid) == group_id:
                largest = max(largest, process.memory_info().rss)
    return largest


def create_run_folder() -> Path:
    """A temporary folder of this process, for launchers and browser homes.

    Folders of runs that ended without cleaning up are removed on the way, and
    browsers that outlived such a run are ended: their group ids stand there.
    """
    root = Path(tempfile.gettempdir())
    for folder in root.glob(f"{RUN_FOLDER_PREFIX}*"):
        with contextlib.suppress(OSError, ValueError, OverflowError):
            owner_pid = int(folder.name.removeprefix(RUN_FOLDER_PREFIX).split("-")[0])
            # Our own id there is that of an earlier run: in containers ids come again.
            dead = owner_pid == os.getpid() or not psutil.pid_exists(owner_pid)
            if dead and folder not in _ours and folder.stat().st_uid == os.geteuid():
                _end_leftovers(folder)
                shutil.rmtree(folder, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{RUN_FOLDER_PREFIX}{os.getpid()}-"))
    _ours.add(folder)
    folder.chmod(0o711)  # The browser's own user passes through, and sees nothing.
    return folder


def _end_leftovers(folder: Path) -> None:
    """End browsers of a dead run: those whose command line names a home inside its folder."""
    for pid_file in folder.glob("*/pid"):
        with contextlib.suppress(OSError, ValueError, OverflowError):
            group_id = int(pid_file.read_text())
            if any(str(pid_file.parent) in part for part in _command_lines(group_id)):
                kill_group(group_id)


def _command_lines(group_id: int) -> Iterator[str]:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if os.getpgid(process.pid) == group_id:
                yield from process.cmdline()
