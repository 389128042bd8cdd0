from __future__ import annotations

import pytest

from htmlcard.templating.colors import NAMED_COLORS, contrast, mix, parse_color


@pytest.mark.parametrize(
    ("text", "color"),
    [
        ("#F00", "#ff0000"),
        ("f00", "#ff0000"),
        ("#f008", "#ff000088"),
        ("#12345678", "#12345678"),
        ("#123456ff", "#123456"),
        (" RebeccaPurple ", "#663399"),
        ("transparent", "#00000000"),
    ],
)
def test_spellings_of_a_color_are_one_value(text: str, color: str) -> None:
    """One color must be one cache key, and URLs lose the `#`."""
    assert parse_color(text) == color


@pytest.mark.parametrize(
    "text",
    [
        "",
        "#",
        "#12",
        "#12345",
        "red;}body{background:url(//127.0.0.1)",
        "rgb(1,2,3)",
        "#ggg",
        "１１１",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    """A color stands in CSS unescaped."""
    with pytest.raises(ValueError, match="not a color"):
        parse_color(text)


def test_all_css_names_are_there() -> None:
    """CSS Color 4 has 148 names; `grey` spellings are forgotten most often."""
    assert len(NAMED_COLORS) == 148
    assert all(parse_color(name) == "#" + digits for name, digits in NAMED_COLORS.items())


def test_contrast_is_that_of_wcag() -> None:
    """Known ratios of the WCAG working group: 21 for black on white, 4.54 for #767676."""
    assert contrast("#000", "#fff") == pytest.approx(21)
    assert contrast("#767676", "#fff") == pytest.approx(4.54, abs=0.01)


def test_mixing_goes_from_one_color_to_the_other() -> None:
    """Weights are shares of the second color, and stay within it."""
    assert [mix("#000", "#fff", weight) for weight in (-1, 0, 0.5, 1, 9)] == [
        *("#000000", "#000000", "#808080", "#ffffff", "#ffffff")
    ]
