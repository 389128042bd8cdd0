"""`SECURITY.md` against the code: levels, tests that hold a wall, and what is promised of logs."""

from __future__ import annotations

import re

import pytest

from docs.pages import OPERATIONS, ROOT, SECURITY
from htmlcard.browser.isolation import NOBODY_ID, IsolationLevel

LEVELS = (
    "level",
    "a template that breaks Chromium's renderer",
    "a template that breaks out of the sandbox",
)


def test_every_level_is_explained() -> None:
    """Who reads a level in `/health` looks here for what it means."""
    levels = [level.value for level in IsolationLevel]
    assert [row[0] for row in SECURITY.table(*LEVELS)] == levels
    told = OPERATIONS.table("level", "what stands between a card and the machine")
    assert [row[0] for row in told] == levels
    assert str(NOBODY_ID) in SECURITY.text


@pytest.mark.parametrize(
    "row", SECURITY.table("surface", "what stands in the way", "held by"), ids=lambda row: row[0]
)
def test_every_wall_is_held_by_tests(row: list[str]) -> None:
    """A wall nobody leans against falls unnoticed."""
    paths = re.findall(r"\]\(([^)]+)\)", row[2])
    assert paths
    for path in paths:
        text = (ROOT / path).read_text()
        assert re.search(r"^(async )?def test_", text, re.MULTILINE), path


def test_no_security_test_is_left_out() -> None:
    """The page is also the list from which reviewers start."""
    linked = {(ROOT / link).resolve() for link in SECURITY.links}
    assert {*(ROOT / "tests" / "security").glob("test_*.py")} <= linked
