"""`docs/reliability.md` against the tests: each fault is made by some, and each figure measured."""

from __future__ import annotations

import re

import pytest
from faults.figures import BEGIN, END, PROMISES

from docs.pages import RELIABILITY, ROOT, names_in

FAULTS = RELIABILITY.table("#", "fault", "what is seen", "tests")
TESTS = ROOT / "tests"


def _tests_in(path: str) -> set[str]:
    text = (TESTS / f"{path}.py").read_text(encoding="utf-8")
    return set(re.findall(r"^(?:async )?def (test_\w+)", text, re.MULTILINE))


def test_no_fault_is_left_out() -> None:
    """The numbers are those of the list that the service was built against."""
    assert [int(row[0]) for row in FAULTS] == [*range(1, 51), 76, 77, 78]


@pytest.mark.parametrize("row", FAULTS, ids=lambda row: row[0])
def test_every_fault_is_made_by_tests(row: list[str]) -> None:
    """A promise whose test was renamed or dropped is a promise nobody keeps."""
    named = names_in(row[3])
    assert named
    for name in named:
        path, _, test = name.partition("::")
        assert test in _tests_in(path), name


def test_every_test_of_faults_is_on_the_page() -> None:
    """Whoever wonders whether a fault is known looks here, not into the sources."""
    named = {name for row in FAULTS for name in names_in(row[3])}
    files = sorted((TESTS / "faults").glob("test_*.py"))
    there = {
        f"faults/{file.stem}::{test}" for file in files for test in _tests_in(f"faults/{file.stem}")
    }
    assert there - named == set()


def test_every_figure_is_measured_by_a_test() -> None:
    """The command beside a figure must measure it."""
    files = (TESTS / "faults").glob("test_*.py")
    tests = {test for file in files for test in _tests_in(f"faults/{file.stem}")}
    assert {promise.test for promise in PROMISES.values()} <= tests
    assert BEGIN in RELIABILITY.text
    assert END in RELIABILITY.text
