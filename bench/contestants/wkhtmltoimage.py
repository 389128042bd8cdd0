"""wkhtmltoimage, where the machine has it."""

from __future__ import annotations

import shutil
import subprocess
import sys

from bench.contestants.worker import WorkerContestant


def _find_obstacle() -> str | None:
    if shutil.which("wkhtmltoimage") is None:
        return "wkhtmltoimage is not installed; apt-get install wkhtmltopdf"
    return None


def _find_version() -> str:
    return subprocess.run(
        ["wkhtmltoimage", "--version"], capture_output=True, text=True, check=True
    ).stdout.strip()


WKHTMLTOIMAGE = WorkerContestant(
    "wkhtmltoimage",
    (sys.executable, "-m", "bench.workers.wkhtmltoimage"),
    ("png",),
    _find_version,
    _find_obstacle,
)
