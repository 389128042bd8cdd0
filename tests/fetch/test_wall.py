"""The whole wall against every spelling of every forbidden address, where all of them answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def report() -> Any:
    """What came through, from a namespace in which every address is local."""
    unshare = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    run = subprocess.run(
        [*unshare, sys.executable, str(HERE / "wall.py")],
        capture_output=True,
        timeout=240,
        check=False,
        env={**os.environ, "PYTHONPATH": str(HERE.parent.parent)},
    )
    assert run.returncode == 0, run.stderr.decode()
    return json.loads(run.stdout)


def test_public_addresses_are_reached_where_the_others_answer_too(report: Any) -> None:
    """A wall that lets nothing through proves nothing; neither does one with nobody behind it."""
    assert report["controls"] == ["ok"] * 9
    assert report["unguarded"] == 4


def test_no_spelling_of_a_forbidden_address_is_dialled(report: Any) -> None:
    """One accepted connection is a leak of somebody's metadata or intranet."""
    assert report["trespassers"] == {}
    assert report["tried"] >= 300
    assert sum(report["ends"]["redirected"].values()) >= 300
    assert sum(report["ends"]["named"].values()) >= 300
    assert "ok" not in report["ends"]["direct"]
    assert "ok" not in report["ends"]["named"]


@pytest.mark.parametrize("page", ["/page/", "/below/"])
def test_no_spelling_in_a_page_is_dialled(report: Any, page: str) -> None:
    """Whoever may have a page unfurled wrote it: pictures, icons, canonical and oEmbed links,
    a base and a refresh, and none of them leads where the page itself could not."""
    found = report["in a page"][page]
    assert report["trespassers"] == {}
    assert found["control"] == "ok"
    assert sum(found["ends"].values()) == report["tried"]
    assert found["ends"]["refused"] >= 300


def test_a_name_that_changes_its_address_gets_nowhere(report: Any) -> None:
    """Rebinding: what was judged is what is dialled, a thousand times out of a thousand."""
    ends = report["rebinding"]
    assert sum(ends.values()) == 1000
    assert ends["ok"] > 100
    assert ends["refused_url"] > 100
    assert set(ends) == {"ok", "refused_url"}


def test_other_ports_are_refused_open_or_closed(report: Any) -> None:
    """The same answer for both, or we would be a port scanner."""
    assert report["ports"] == ["refused"] * 4
