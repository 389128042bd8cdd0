from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def test_no_url_leads_page_mode_into_a_private_network() -> None:
    """Whoever may write a `url` must not be able to reach our metadata, intranet or neighbors."""
    unshare = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    path = os.pathsep.join(map(str, (HERE.parent.parent, HERE.parent / "fetch")))
    run = subprocess.run(
        [*unshare, sys.executable, str(HERE / "page_wall.py")],
        capture_output=True,
        timeout=240,
        check=False,
        env={**os.environ, "PYTHONPATH": path, "LOG_LEVEL": "error"},
    )
    assert run.returncode == 0, run.stderr.decode()
    report = json.loads(run.stdout.splitlines()[-1])
    assert report["controls"] == ["a page"] * 3
    assert report["trespassers"] == {}
    for ends in (report["ends"], report["redirected"]):
        assert sum(ends.values()) > 700
        assert ends["this is not an address htmlcard fetches from"] > 100
    assert "a page" not in report["ends"]
