"""Characters no font has are named; what leaves no ink is not missed."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from htmlcard.glyphs import GlyphCoverage

_SHARED = Path(__file__).resolve().parents[1] / "templates/_shared/fonts"


@pytest.fixture
def nothing(tmp_path: Path) -> GlyphCoverage:
    """A machine without fonts."""
    return GlyphCoverage.load((str(tmp_path),))


def test_missing_characters_come_once_and_in_order() -> None:
    """They are shown to people, who look for them in their text."""
    found = GlyphCoverage.load().find_missing("a\ue0aab\u0378c\ue0aa \U0010ffff")
    assert found == ("\ue0aa", "\u0378", "\U0010ffff")


@pytest.mark.parametrize(
    "text",
    [
        "👩🏽‍💻 👨‍👩‍👧‍👦 🏳️‍🌈 ❤️‍🔥",
        "🇯🇵 🏴󠁧󠁢󠁳󠁣󠁴󠁿 1️⃣ #️⃣ ☎︎",
        "می‌خواهم\u200f (\u2067x\u2069)",
        "soft\u00adhyphen, word\u2060joiner, \ufeffmark, \u180bselector, 葛\U000e0100",
        "tab\t newline\n em\u2003space\u3000\u2028\u2029 \x00\x85",
    ],
)
def test_what_draws_nothing_of_its_own_is_not_missed(text: str) -> None:
    """Joiners, selectors and tags are in few fonts: a false alarm on every emoji helps nobody."""
    assert GlyphCoverage.load().find_missing(text) == ()


def test_a_machine_without_fonts_lacks_every_letter(nothing: GlyphCoverage) -> None:
    """Bare containers have none, and must not be told that all is well."""
    assert nothing.find_missing("héé \u200d1") == ("h", "é", "1")


def test_fonts_of_a_template_count(nothing: GlyphCoverage) -> None:
    """A brand's own face may hold letters, or icons, that no system font has."""
    files = sorted((_SHARED / "inter").glob("*.woff2"))
    with_inter = nothing.with_font_files(files)

    assert with_inter.find_missing("Zürich Ж ậ Ω") == ()
    assert with_inter.find_missing("Z字") == ("字",)
    assert nothing.find_missing("Z") == ("Z",), "the one it was made from has changed"
    in_memory = nothing.with_font_files([io.BytesIO(file.read_bytes()) for file in files])
    assert in_memory == with_inter


def test_what_is_no_font_counts_for_nothing(nothing: GlyphCoverage, tmp_path: Path) -> None:
    """A download cut short must not stop the other fonts from being looked at."""
    whole = next((_SHARED / "inter").glob("latin-opsz*.woff2"))
    cut = tmp_path / "cut.woff2"
    cut.write_bytes(whole.read_bytes()[:5000])
    text = tmp_path / "text.ttf"
    text.write_text("not a font")

    looked_at = nothing.with_font_files([cut, text, tmp_path / "absent.otf", whole])
    assert looked_at.find_missing("abc") == ()
    assert GlyphCoverage.load((str(tmp_path), "/nonexistent")).find_missing("a") == ("a",)


def test_it_stands_on_nothing_of_ours() -> None:
    """Doctor, set-up and lint all ask it: whatever it imported, they would import, too."""
    listing = (
        "import sys, htmlcard.glyphs; print(*sorted(m for m in sys.modules if 'htmlcard' in m))"
    )
    done = subprocess.run(
        [sys.executable, "-c", listing], capture_output=True, text=True, check=True, timeout=60
    )
    assert set(done.stdout.split()) <= {"htmlcard", "htmlcard.glyphs", "htmlcard.errors"}
