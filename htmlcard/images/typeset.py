"""Sets a text into a box: the largest size that fits, even lines, then ink.

`linebreak` says where lines may end, `runs` which fonts a line needs. Arabic
and Indic letters are shaped by Raqm, which comes with Pillow's wheels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

from htmlcard.images.clusters import split_clusters
from htmlcard.images.fonts import load_font
from htmlcard.images.linebreak import Unit, balance, join, split_oversized, split_units, wrap
from htmlcard.images.runs import Run, split_runs

Color = tuple[int, int, int]

#: Widths are measured once at this size and scaled: outlines grow evenly.
_REFERENCE_PX = 64
_SIZE_STEP = 0.94
#: Letters that are cut out of words look better when they do not shout.
_LARGEST_CUT = 0.7
_ELLIPSIS = "…"
#: Distance of lines, in em, that leaves room for marks.
_TALL_LEADING = 1.55
_TALL_SCRIPTS = (
    ("\u0300", "\u036f"),
    ("\u0590", "\u109f"),
    ("\u1780", "\u17ff"),
    ("\u1e00", "\u1eff"),
)


@dataclass(frozen=True, slots=True)
class Voice:
    """How a text is read: BCP 47 `lang` (chooses Han shapes); `rtl`: lines start at the right."""

    lang: str
    rtl: bool


@dataclass(frozen=True, slots=True)
class Setting:
    """A text laid out: `lines` in reading order, em size and distance of lines in pixels."""

    lines: tuple[str, ...]
    size_px: int
    leading_px: int

    @property
    def height_px(self) -> int:
        return self.leading_px * len(self.lines)

    @property
    def overshoot_px(self) -> int:
        """How far accents of the first line may rise above it."""
        return self.size_px // 4


def fit_text(
    text: str,
    box_px: tuple[int, int],
    size_range_px: tuple[int, int],
    max_lines: int,
    voice: Voice,
    leading: float = 1.22,
) -> Setting:
    """Lay out a cleaned `text` as large as `box_px` (width, height) allows, within `size_range_px`.

    Words too long for a line are cut only where no size shows them whole. What does
    not fit the lines even at the smallest size gives way to an ellipsis.
    """
    width, height = box_px
    leading = max(leading, _TALL_LEADING) if _is_tall(text) else leading
    smallest, largest = size_range_px
    units = split_units(text)
    for largest_here, cut in ((largest, False), (int(largest * _LARGEST_CUT), True)):
        size = float(largest_here)
        while size >= smallest:
            found = _fit_at(units, box_px, size, max_lines, voice, leading, cut)
            if found:
                return found
            size *= _SIZE_STEP
    pieces, widths = _cut(units, voice, width / smallest)
    lines = wrap(pieces, widths, _measure(" ", voice), width / smallest)
    kept = max(1, min(max_lines, int(height / (smallest * leading))))
    texts = [join(line) for line in lines[:kept]]
    if len(lines) > kept:
        texts[-1] = _shorten(texts[-1] + _ELLIPSIS, width / smallest, voice)
    return Setting(tuple(texts), smallest, int(smallest * leading))


def draw_text(
    setting: Setting, width_px: int, color: Color, voice: Voice, center: bool = False
) -> Image.Image:
    """The ink of `setting` on transparent RGBA, `width_px` wide, its lines `overshoot_px` down.

    Lines start at the right where `voice` runs from there. Ink beyond the picture is cut off.
    """
    layer = Image.new(
        "RGBA", (width_px, setting.overshoot_px + max(1, setting.height_px)), (*color, 0)
    )
    for number, line in enumerate(setting.lines):
        runs = split_runs(line, voice.lang, voice.rtl)
        advances = [_advance(run, setting.size_px) for run in runs]
        spare = width_px - sum(advances)
        x = spare / 2 if center else spare if voice.rtl else 0.0
        baseline = setting.overshoot_px + number * setting.leading_px + _baseline(setting)
        for run, advance in zip(runs, advances, strict=True):
            _draw_run(layer, run, setting.size_px, (x, baseline), color)
            x += advance
    return layer


def _fit_at(
    units: list[Unit],
    box_px: tuple[int, int],
    size: float,
    max_lines: int,
    voice: Voice,
    leading: float,
    cut: bool,
) -> Setting | None:
    room, space = box_px[0] / size, _measure(" ", voice)
    widths = [_measure(unit.text, voice) for unit in units]
    if cut:
        units, widths = _cut(units, voice, room)
    if max(widths) > room:
        return None
    count = len(wrap(units, widths, space, room))
    if count > max_lines or count * int(size * leading) > box_px[1]:
        return None
    lines = balance(units, widths, space, room)
    return Setting(tuple(map(join, lines)), int(size), int(size * leading))


def _cut(units: list[Unit], voice: Voice, room: float) -> tuple[list[Unit], list[float]]:
    """Words wider than `room` (em) fall apart into clusters."""
    pieces = split_oversized(units, [_measure(unit.text, voice) for unit in units], room)
    return pieces, [_measure(piece.text, voice) for piece in pieces]


def _is_tall(text: str) -> bool:
    """Vietnamese, Hebrew, Arabic, Indic, Thai, Khmer stack marks above and below their letters."""
    return any(low <= char <= high for char in text for low, high in _TALL_SCRIPTS)


def _baseline(setting: Setting) -> float:
    """Where the letters stand in a line: 0.26 em stay below Latin, 0.5 em below tall scripts."""
    return 0.6 * setting.size_px + 0.28 * setting.leading_px


def _shorten(text: str, room: float, voice: Voice) -> str:
    clusters = split_clusters(text.removesuffix(_ELLIPSIS))
    while clusters and _measure("".join(clusters).rstrip() + _ELLIPSIS, voice) > room:
        clusters.pop()
    return "".join(clusters).rstrip() + _ELLIPSIS


@lru_cache(maxsize=8192)
def _measure(text: str, voice: Voice) -> float:
    """The width of `text` in em."""
    runs = split_runs(text, voice.lang, voice.rtl)
    return sum(_advance(run, _REFERENCE_PX) for run in runs) / _REFERENCE_PX


def _advance(run: Run, size_px: int) -> float:
    font = load_font(run.face, size_px)
    length = font.getlength(_spell(run, font), direction=_direction(run, font))
    return length * size_px / font.size if run.face.emoji else length


def _draw_run(
    layer: Image.Image, run: Run, size_px: int, at: tuple[float, float], color: Color
) -> None:
    font = load_font(run.face, size_px)
    if not run.face.emoji:
        draw = ImageDraw.Draw(layer)
        draw.text(at, _spell(run, font), color, font, anchor="ls", direction=_direction(run, font))
        return
    scale = size_px / font.size
    ascent, descent = font.getmetrics()
    width = max(1, int(font.getlength(_spell(run, font), direction=_direction(run, font))))
    strip = Image.new("RGBA", (width, ascent + descent))
    ImageDraw.Draw(strip).text(
        (0, ascent), _spell(run, font), font=font, anchor="ls", embedded_color=True,
        direction=_direction(run, font),
    )  # fmt: skip
    small = strip.resize(
        (max(1, round(width * scale)), max(1, round(strip.height * scale))),
        Image.Resampling.LANCZOS,
        reducing_gap=2,
    )
    left, top = round(at[0]), round(at[1] - ascent * scale)
    _overlay(layer, small, left, top)


def _overlay(layer: Image.Image, picture: Image.Image, left: int, top: int) -> None:
    """Like `alpha_composite`, for pictures that may stick out of the layer on any side."""
    cut = picture.crop((max(0, -left), max(0, -top), picture.width, picture.height))
    layer.alpha_composite(cut, (max(0, left), max(0, top)))


def _direction(run: Run, font: ImageFont.FreeTypeFont) -> Literal["ltr", "rtl"] | None:
    """None where Raqm is not at work: for Pillow's own font, and on machines without libfribidi."""
    if font.layout_engine != ImageFont.Layout.RAQM:
        return None
    return "rtl" if run.rtl else "ltr"


def _spell(run: Run, font: ImageFont.FreeTypeFont) -> str:
    """Without Raqm letters stay unjoined, but in the right order."""
    if run.rtl and font.layout_engine != ImageFont.Layout.RAQM:
        return "".join(reversed(split_clusters(run.text)))
    return run.text
