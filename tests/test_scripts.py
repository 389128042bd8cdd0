"""`doctor` and set-up name the scripts that would come out as boxes."""

from __future__ import annotations

from pathlib import Path

import pytest

from htmlcard.browser import install
from htmlcard.browser.install import install_fonts
from htmlcard.browser.system_packages import PackageManager
from htmlcard.cli import doctor
from htmlcard.glyphs import GlyphCoverage
from htmlcard.scripts import FONT_PACKAGES, SCRIPTS, find_missing_scripts

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def latin_only() -> GlyphCoverage:
    """A machine with one font for the West, as bare containers have."""
    inter = ROOT / "templates/_shared/fonts/inter"
    return GlyphCoverage(frozenset()).with_font_files(inter.glob("*.woff2"))


def test_this_machine_writes_every_script() -> None:
    """Set-up installs fonts for all of them: a gap here is a gap on every user's cards."""
    assert find_missing_scripts(GlyphCoverage.load()) == []


def test_scripts_without_a_font_are_found(latin_only: GlyphCoverage) -> None:
    """Half a script is no script: a title needs all of its letters."""
    missing = {script.name for script in find_missing_scripts(latin_only)}
    present = {script.name for script in SCRIPTS} - missing
    assert {"Latin", "Vietnamese", "Cyrillic", "Greek"} == present


def test_doctor_names_each_script_its_boxes_and_the_package(
    latin_only: GlyphCoverage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who reads it wants one line to type, not a lecture on fonts."""
    apt = PackageManager(("apt-get", "install"), ("apt-get", "update"), ())
    monkeypatch.setattr(doctor, "find_package_manager", lambda: apt)
    findings = list(doctor._look_at_fonts(latin_only))

    assert len(findings) == len(SCRIPTS) - 4 + 1
    assert (findings[-1].verdict, "4 scripts" in findings[-1].detail) == ("ok", True)
    [khmer] = [one for one in findings if one.detail.startswith("Khmer ")]
    assert (khmer.part, khmer.verdict) == ("fonts", "warning")
    assert "ក" in khmer.detail
    assert "htmlcard install-browser" in khmer.mend
    assert "apt-get update && apt-get install fonts-noto-core" in khmer.mend
    [korean] = [one for one in findings if one.detail.startswith("Korean ")]
    assert "fonts-noto-cjk" in korean.mend

    monkeypatch.setattr(doctor, "find_package_manager", lambda: None)
    assert all("Noto" in one.mend for one in doctor._look_at_fonts(latin_only) if one.mend)


def test_set_up_says_which_scripts_are_left_to_you(
    latin_only: GlyphCoverage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where htmlcard cannot install fonts, it says what for; and nothing where none is missing."""
    monkeypatch.setattr(install, "find_package_manager", lambda: None)
    lines: list[str] = []
    install_fonts(lines.append)
    assert lines == []

    monkeypatch.setattr(install.GlyphCoverage, "load", classmethod(lambda cls: latin_only))
    install_fonts(lines.append)
    [line] = lines
    assert "Khmer" in line
    assert "Latin" not in line


def test_the_container_brings_the_same_fonts() -> None:
    """What works after `make setup` must work after `make container`."""
    words = (ROOT / "Dockerfile").read_text(encoding="utf-8").split()
    assert set(FONT_PACKAGES) <= set(words)
