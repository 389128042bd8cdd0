"""`htmlcard templates test` as a CI calls it, on a stranger's folder."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from desk import Desk

from .conftest import GOOD, STYLE

pytestmark = pytest.mark.browser


@pytest.fixture
def folder(desk: Desk) -> Path:
    """A folder with a single `mine.html`, and nothing of ours around it."""
    path = desk.folder / "cards"
    path.mkdir()
    (path / "mine.html").write_text(GOOD)
    return path


def test_a_folder_with_one_file_is_tested(desk: Desk, folder: Path) -> None:
    """The smallest project there is, tried with every fixture, and no template but its own."""
    done = desk.run(
        *("templates", "test", "--templates", "cards", "--json", "--junit", "out/junit.xml"),
        *("--fixture", "sample", "--fixture", "empty", "--fixture", "thai"),
    )
    assert done.stderr == b""
    assert done.returncode == 0
    result = json.loads(done.stdout)
    assert [each["template"] for each in result["templates"]] == ["mine"]
    assert {each["case"] for each in result["templates"][0]["cases"]} == {
        "sample.og",
        "empty.og",
        "thai.og",
    }
    assert result["totals"]["new"] == 1
    assert (desk.folder / "out/template-report/index.html").is_file()
    assert len(ET.parse(desk.folder / "out/junit.xml").findall(".//testcase")) == 3


def test_findings_and_differences_are_exit_code_1(desk: Desk, folder: Path) -> None:
    """This is what stops a pull request."""
    command = ("templates", "test", "mine", "--templates", "cards", "--fixture", "sample")
    told = desk.run(*command, "--goldens", "goldens", "--report", "r")
    assert told.returncode == 0
    assert "for want of a golden: 1" in told.stdout.decode()
    assert desk.run(*command, "--goldens", "goldens", "--update").returncode == 0
    assert (desk.folder / "goldens/mine/sample.og.webp").is_file()
    pale = f"<!doctype html>{STYLE}<p style='color: #ddd'>{{{{ title }}}}</p>"
    (folder / "mine.html").write_text(pale)
    done = desk.run(*command, "--goldens", "goldens", "--report", "r")
    assert done.returncode == 1
    for part in ("differ from the golden", "low-contrast", "Failed", "r/index.html"):
        assert part in done.stdout.decode()


def test_without_chromium_it_is_exit_code_3(desk: Desk, folder: Path) -> None:
    """Neither the template nor the command is wrong, and nothing was found to be right."""
    done = desk.run("templates", "test", "--templates", "cards", HTMLCARD_CHROMIUM="/nonexistent")
    assert done.returncode == 3
    assert b"htmlcard doctor" in done.stderr
    assert b"Traceback" not in done.stderr
    assert not (desk.folder / "out").exists()


def test_wrong_usage_is_exit_code_2_before_anything_is_drawn(desk: Desk, folder: Path) -> None:
    """A typo in a pipeline must be red, and say what was meant."""
    command = ("templates", "test", "--templates", "cards")
    done = desk.run(*command, "--fixture", "smaple")
    assert done.returncode == 2
    assert "fixtures: sample, title-only, empty" in done.stderr.decode()
    (desk.folder / "empty").mkdir()
    empty = desk.run("templates", "test", "--templates", "empty")
    assert empty.returncode == 2
    assert "htmlcard templates new" in empty.stderr.decode()
    assert not (desk.folder / "out").exists()
