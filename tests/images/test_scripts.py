"""`doctor` names the scripts that would come out as boxes."""

from __future__ import annotations

from pathlib import Path

import pytest

from htmlcard.images import scripts
from htmlcard.images.fonts import FontShelf
from htmlcard.images.scripts import find_missing_scripts


def test_this_machine_writes_every_script() -> None:
    """Set-up installs fonts for all of them: a gap here is a gap on every user's cards."""
    assert find_missing_scripts() == []


def test_a_machine_without_fonts_lacks_all_but_latin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bare containers have none at all; the one that comes with Pillow writes Latin only."""
    monkeypatch.setattr(scripts, "INSTALLED", FontShelf((str(tmp_path),)))
    missing = find_missing_scripts()

    assert "Latin" not in missing
    assert {"Han", "Arabic", "Thai", "Devanagari", "Hangul", "emoji"} <= set(missing)
    assert missing[-1] == "emoji"
