"""Playwright with one page kept, in the Chromium that htmlcard uses too."""

from __future__ import annotations

import sys
from importlib.metadata import version

from bench.contestants.worker import WorkerContestant
from bench.workers.chromium import get_chromium

PLAYWRIGHT = WorkerContestant(
    "playwright",
    (sys.executable, "-m", "bench.workers.playwright_page"),
    ("png", "jpeg"),
    lambda: f"playwright {version('playwright')}, Chromium {get_chromium().version}",
    lambda: None,
)
