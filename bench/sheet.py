"""Every contestant's five pictures side by side, to see that all drew the same design."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageDraw

from bench.cards import TITLES, find_fault
from bench.contestants import Contestant

_SMALL_PX = (400, 210)
_GAP_PX = 28


async def draw_sheet(contestants: list[Contestant], folder: Path) -> Path:
    """One PNG in `folder`, a row a contestant; the pictures themselves are beside it."""
    step_px = (_SMALL_PX[0] + 8, _SMALL_PX[1] + _GAP_PX)
    sheet = Image.new("RGB", (step_px[0] * len(TITLES), step_px[1] * len(contestants)), "#ddd")
    pen = ImageDraw.Draw(sheet)
    for row, contestant in enumerate(contestants):
        for column, card in enumerate(TITLES):
            number = 500 + row * 10 + column
            data = await contestant.draw(card, number, "png")
            (folder / f"{contestant.name}-{card}.png").write_bytes(data)
            fault = find_fault(data, number, "png") or "right"
            at = (column * step_px[0], row * step_px[1])
            with Image.open(io.BytesIO(data)) as image:
                sheet.paste(image.convert("RGB").resize(_SMALL_PX), (at[0], at[1] + 20))
            pen.text(at, f"{contestant.name} {card} {len(data):,} bytes, {fault}", fill="#000")
    path = folder / "sheet.png"
    sheet.save(path)
    return path
