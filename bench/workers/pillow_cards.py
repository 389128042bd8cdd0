"""Pillow as tutorials use it: open the background, write wrapped text on it, save.

What does not change from card to card (gradient, photos, shadow) is painted into a
background once, at the start, as a person would do with a drawing program.
"""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from bench.workers.pillow_backgrounds import BACKGROUNDS, paint
from bench.workers.wire import serve

BENCH = Path(__file__).parent.parent
INTER = BENCH / "corpus/_shared/fonts"
CJK = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc")
CJK_REGULAR = CJK.with_name("NotoSansCJK-Regular.ttc")
EMOJI = BENCH / "build/emoji"

Fields = Mapping[str, Any]


def load_font(path: Path, size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size_px)


def wrap(text: str, font: ImageFont.FreeTypeFont, width_px: int, spaced: bool) -> list[str]:
    """As many words, or letters where there are no words, on each line as fit."""
    lines = [""]
    joint = " " if spaced else ""
    for piece in text.split() if spaced else text:
        longer = f"{lines[-1]}{joint if lines[-1] else ''}{piece}"
        if lines[-1] and font.getlength(longer) > width_px:
            lines.append(piece)
        else:
            lines[-1] = longer
    return lines


class Card:
    """One picture being drawn."""

    def __init__(self, background: Path) -> None:
        self.image = Image.open(background).convert("RGB")
        self.pen = ImageDraw.Draw(self.image)

    def write(self, at: tuple[int, int], text: str, size_px: int, color: str, **more: Any) -> None:
        """Wrapped text; `more`: bold, cjk, width_px, line_px."""
        cjk = CJK if more.get("bold") else CJK_REGULAR
        inter = INTER / ("inter-700.ttf" if more.get("bold") else "inter-400.ttf")
        font = load_font(cjk if more.get("cjk") else inter, size_px)
        line_px = more.get("line_px", 0)
        for row, line in enumerate(
            wrap(text, font, more.get("width_px", 1000), not more.get("cjk"))
        ):
            self._write_line((at[0], at[1] + row * line_px + line_px // 2), line, font, color)

    def _write_line(
        self, at: tuple[int, int], line: str, font: ImageFont.FreeTypeFont, color: str
    ) -> None:
        x, y = at
        start = 0
        for index, letter in enumerate(line):
            picture = EMOJI / f"{ord(letter):x}.png"
            if ord(letter) > 0xFFFF and picture.exists():
                self.pen.text((x, y), line[start:index], font=font, fill=color, anchor="lm")
                x += int(font.getlength(line[start:index]))
                size_px = int(font.size)
                with Image.open(picture) as emoji:
                    small = emoji.convert("RGBA").resize((size_px, size_px))
                self.image.paste(small, (x, y - size_px // 2), small)
                x, start = x + size_px, index + 1
        self.pen.text((x, y), line[start:], font=font, fill=color, anchor="lm")


TITLE = {"bold": True, "width_px": 1010, "line_px": 80}


def draw_flat(card: Card, f: Fields) -> None:
    card.write((72, 84), "Fieldnotes", 32, "#38bdf8", bold=True)
    card.write((72, 168), f["title"], 68, "#f8fafc", **TITLE)
    text = (
        "Notes from a decade of keeping a small service quick, calm and boring, "
        "and from the three times we did not manage to."
    )
    card.write((72, 360), text, 30, "#94a3b8", width_px=900, line_px=44)
    card.write((72, 548), f"fieldnotes.example · 6 min read · No. {f['number']}", 26, "#94a3b8")


def draw_gradient(card: Card, f: Fields) -> None:
    card.write((164, 92), "Fieldnotes", 32, "#fff", bold=True)
    card.write((72, 168), f["title"], 68, "#fff", **TITLE)
    text = (
        "At least once, at most once, and the long road to exactly once, "
        "told by the people who were on call."
    )
    card.write((72, 360), text, 30, "#fff", width_px=900, line_px=44)
    card.write((184, 512), "Maya Lindqvist", 28, "#fff", bold=True)
    card.write((184, 550), f"18 March · No. {f['number']}", 26, "#fff")


def draw_photo(card: Card, f: Fields) -> None:
    card.write((72, 84), "Ridgeline", 32, "#fff", bold=True)
    card.write((72, 246), f["title"], 68, "#fff", **TITLE)
    card.write((72, 446), "A photo essay from the hut at 2,300 meters.", 30, "#fff")
    card.write((72, 548), f"ridgeline.example · 24 photos · No. {f['number']}", 26, "#fff")


def draw_cjk(card: Card, f: Fields) -> None:
    card.write((72, 84), "組版ノート", 32, "#c2410c", bold=True, cjk=True)
    card.write((72, 168), f["title"], 68, "#1c1917", **{**TITLE, "line_px": 92, "cjk": True})
    text = "禁則処理、縦中横、絵文字、混植。現場で使える実例を集めました。"
    card.write((72, 482), text, 30, "#57534e", cjk=True)
    card.write((72, 548), f"kumihan.example · 12分 · No. {f['number']}", 26, "#78716c", cjk=True)


def draw_product(card: Card, f: Fields) -> None:
    card.write((690, 104), "Kiln & Oak", 32, "#64748b", bold=True)
    title = {"bold": True, "width_px": 460, "line_px": 58}
    card.write((690, 146), f["title"], 48, "#0f172a", **title)
    card.write((690, 442), "€129", 72, "#c2410c", bold=True)
    card.write((690, 518), f"In stock · No. {f['number']}", 26, "#64748b")


DRAWERS = {
    "flat": draw_flat,
    "gradient": draw_gradient,
    "photo": draw_photo,
    "cjk": draw_cjk,
    "product": draw_product,
}


def draw_card(folder: Path, name: str, fields: Fields, format: str) -> bytes:
    card = Card(folder / f"{name}.png")
    DRAWERS[name](card, fields)
    card.pen.rectangle((1140, 570, 1199, 629), fill=fields["nonce"])
    target = io.BytesIO()
    card.image.save(target, format, **({"quality": 90} if format == "jpeg" else {}))
    return target.getvalue()


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in BACKGROUNDS:
            paint(name).save(Path(folder, f"{name}.png"))

        async def draw(card: str, fields: Fields, format: str) -> bytes:
            # Pillow lets go of the interpreter while it decodes and encodes.
            return await asyncio.to_thread(draw_card, Path(folder), card, fields, format)

        await serve(draw)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
