"""Whatever a caller sends, an event is one line of the log."""

from __future__ import annotations

import subprocess
import sys

import pytest

EVIL = "/render/x\r\n2026-01-01 [error] forged\x1b[2J\x1b]0;title\x07\x00\u2028\u202e\x85"
SCRIPT = """
import sys
from htmlcard.telemetry.logs import configure_logs
import structlog
configure_logs("debug", sys.argv[1])
structlog.get_logger().info("request", path={evil!r}, error=str(ValueError({evil!r})))
"""


@pytest.mark.parametrize("format", ["json", "text"])
def test_a_caller_cannot_write_log_lines(format: str) -> None:
    """A forged line misleads whoever looks into an attack; an escape code, his terminal."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(evil=EVIL), format],
        capture_output=True,
        timeout=60,
        check=True,
    )
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 1, lines
    assert "forged" in lines[0]
    assert lines[0].isprintable()
