from __future__ import annotations

import pytest

from .conftest import Fill


@pytest.mark.parametrize(
    ("expression", "drawn"),
    [
        ("'Ada Lovelace'|initials", "AL"),
        ("'Ada Byron King'|initials", "AK"),
        ("'ada'|initials", "A"),
        ("''|initials", ""),
        ("'👩‍🚀 Mae (NASA) Jemison'|initials", "MJ"),
        ("nothing|initials", ""),
        ("1234567.5|format_number", "1,234,567.5"),
        ("1234|format_number(2)", "1,234.00"),
        ("nothing|format_number", ""),
        ("day|format_date('%d %b %Y')", "05 Mar 2026"),
        ("'2026-03-05T18:30'|format_date('%H:%M')", "18:30"),
        ("'soon'|format_date('%Y')", "soon"),
        ("nothing|format_date('%Y')", ""),
        ("'#ffe600'|readable_on", "#111"),
        ("'#000'|readable_on", "#fff"),
        ("nothing|readable_on", "#111"),
        ("'#000'|mix('#fff', 0.2)", "#333333"),
        ("nothing|mix('#fff', 0.2)", "#ffffff"),
        ("'#ff0000'|lighten(0.5)", "#ff8080"),
        ("'#ff0000'|darken(0.5)", "#800000"),
        ("'👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧'|truncate_graphemes(2)", "👨‍👩‍👧…"),
    ],
)
async def test_filters_draw_something_for_any_value(
    fill: Fill, expression: str, drawn: str
) -> None:
    """Designers rely on each of these; a missing field must not lose the card."""
    manifest = '[fields.day]\ntype = "date"\n'
    assert await fill("{{ " + expression + " }}", manifest, day="2026-03-05") == drawn
