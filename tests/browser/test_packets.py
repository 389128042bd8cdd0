"""Not one packet leaves a browser, counted where every packet there is can be seen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("level", ["A", pytest.param("B", marks=pytest.mark.soak)])
def test_no_packet_leaves_a_browser(level: str) -> None:
    """Templates and their values are other people's: a card that can speak can be made to spy.

    A server would hear those only who speak to it; the wire hears name look-ups, too.
    """
    if os.geteuid() == 0:
        unshare = ["unshare", "--net"]
    else:
        unshare = ["unshare", "--map-current-user", "--net", "--keep-caps"]
    run = subprocess.run(
        [*unshare, sys.executable, "-m", "browser.sealed", level],
        cwd=TESTS,
        capture_output=True,
        timeout=240,
        check=False,
    )
    assert run.returncode == 0, run.stderr.decode()
    told = json.loads(run.stdout)
    assert told["level"] == level
    assert any("198.51.100.7:5353" in place for place in told["control"])
    assert told["heard"] == {}
