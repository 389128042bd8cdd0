"""Bar charts as small SVG files: readable on light and dark pages, nothing loaded."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

_ROW_PX = 34
_LEFT_PX = 150
_BAR_PX = 400
_TOP_PX = 44
_OWN = "#4f46e5"
_PEER = "#94a3b8"


def draw_bars(title: str, values: Mapping[str, float], unit: str) -> str:
    """The SVG of one horizontal bar a value, in the order given; htmlcard's stands out."""
    height_px = _TOP_PX + _ROW_PX * len(values) + 10
    width_px = _LEFT_PX + _BAR_PX + 130
    top = max(values.values(), default=0) or 1
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width_px}" height="{height_px}" '
        f'viewBox="0 0 {width_px} {height_px}" role="img" aria-label="{escape(title)}" '
        'font-family="system-ui, sans-serif" font-size="15">'
    )
    # A page's dark mode does not reach into a picture, so the picture brings its paper.
    paper = f'<rect width="{width_px}" height="{height_px}" rx="8" fill="#ffffff"/>'
    heading = f'<text x="16" y="28" font-weight="600" fill="#0f172a">{escape(title)}</text>'
    rows = [head, paper, heading]
    for row, (name, value) in enumerate(values.items()):
        length = max(2, round(value / top * _BAR_PX))
        rows.append(_draw_bar(_TOP_PX + row * _ROW_PX, length, name, f"{show(value)} {unit}"))
    return "\n".join([*rows, "</svg>", ""])


def _draw_bar(y: int, length: int, name: str, label: str) -> str:
    own = name.startswith("htmlcard")
    weight = ' font-weight="600"' if own else ""
    text = f'<text y="{y + 20}" fill="#334155"{weight}'
    bar = f'<rect x="{_LEFT_PX}" y="{y + 4}" width="{length}" height="22" rx="4"'
    return (
        f'{text} x="{_LEFT_PX - 10}" text-anchor="end">{escape(name)}</text>\n'
        f'{bar} fill="{_OWN if own else _PEER}"/>\n'
        f'{text} x="{_LEFT_PX + length + 8}">{escape(label)}</text>'
    )


def show(value: float) -> str:
    """A figure as people read it: two or three digits that mean something."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
