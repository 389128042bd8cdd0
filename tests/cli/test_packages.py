"""Packages that are too old are found, and nothing else is."""

from __future__ import annotations

import json
from importlib.metadata import requires

import pytest
from desk import Desk

from htmlcard.cli.packages import Outdated, find_outdated


def test_this_machine_has_what_is_asked_for() -> None:
    """Tests that pass with other packages than users get prove little."""
    assert requires("htmlcard")
    assert find_outdated() == []


@pytest.mark.parametrize(
    ("requirement", "found"),
    [
        ("jinja2>=3.1.6", False),
        ("jinja2>=99", True),
        ("no-such-package-of-ours>=1", True),
        ("no-such-package-of-ours>=1; sys_platform == 'win32'", False),
        ("no-such-package-of-ours>=1; extra == 'ray'", False),
        ("fonttools[woff]>=4", False),
    ],
)
def test_only_what_is_below_its_floor_is_found(requirement: str, found: bool) -> None:
    """A false alarm teaches people to ignore the true one."""
    assert bool(find_outdated([requirement])) is found


def test_a_package_that_is_not_there_is_told_apart() -> None:
    """Its mend is the same, the surprise is not."""
    assert find_outdated(["no-such-package-of-ours>=1"]) == [
        Outdated("no-such-package-of-ours", "", ">=1")
    ]


def test_doctor_looks_at_packages(desk: Desk) -> None:
    """Nobody reads version numbers before something has happened."""
    done = desk.run("doctor", "--json", "--chromium", "/nonexistent")
    packages = [each for each in json.loads(done.stdout) if each["part"] == "packages"]
    assert [each["verdict"] for each in packages] == ["ok"]
