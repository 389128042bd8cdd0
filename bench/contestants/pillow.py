"""Pillow."""

from __future__ import annotations

import sys
from importlib.metadata import version

from bench.contestants.worker import WorkerContestant

PILLOW = WorkerContestant(
    "pillow",
    (sys.executable, "-m", "bench.workers.pillow_cards"),
    ("png", "jpeg"),
    lambda: f"Pillow {version('pillow')}",
    lambda: None,
)
