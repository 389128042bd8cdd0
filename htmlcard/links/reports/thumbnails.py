"""Strangers' pictures made small and harmless, to stand inside a report.

They are decoded in a child process (`images.incoming`), which can be killed; what it gives back
was encoded by us. SVGs are left out: drawing them takes a browser, and no platform shows them.
"""

from __future__ import annotations

import asyncio
import base64
import io
from dataclasses import dataclass
from typing import Self

from PIL import Image

from htmlcard.children.pool import ChildLate, ChildPool, NoChildFree
from htmlcard.children.process import ChildDied, ChildKind
from htmlcard.children.service import OUT_OF_MEMORY, READY
from htmlcard.images import incoming

#: Twice as wide as a card is drawn in the report, for screens with fine pixels.
_MAX_WIDTH_PX, _MAX_HEIGHT_PX = 880, 1320
_QUALITY = 80
_TIMEOUT_S = 6.0

_DECODER = ChildKind(
    name="picture decoder",
    module="htmlcard.images.incoming",
    max_answer_bytes=incoming.MAX_ANSWER_BYTES,
    answers=frozenset({READY, OUT_OF_MEMORY, incoming.PICTURE, incoming.SVG, incoming.ERROR}),
)


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A picture as WebP, with its size in px."""

    data: bytes
    width_px: int
    height_px: int

    @property
    def data_url(self) -> str:
        return f"data:image/webp;base64,{base64.b64encode(self.data).decode()}"


class Thumbnailer:
    """Makes thumbnails; use `async with`. Its child starts with the first picture."""

    def __init__(self) -> None:
        self._children = ChildPool(_DECODER, 1, on_demand=True)

    async def __aenter__(self) -> Self:
        await self._children.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._children.aclose()

    async def shrink(self, data: bytes) -> Thumbnail | None:
        """The picture in `data`; None where it is none, broken, an SVG or takes too long."""
        deadline_s = asyncio.get_running_loop().time() + _TIMEOUT_S
        try:
            kind, answer = await self._children.run(
                lambda child: child.exchange(b"D" + data, _TIMEOUT_S), deadline_s
            )
        except (NoChildFree, ChildLate, ChildDied):
            return None
        if kind != incoming.PICTURE:
            return None
        return await asyncio.to_thread(_encode, answer[incoming.SIZES.size :])


def _encode(data: bytes) -> Thumbnail:
    with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
        picture.thumbnail((_MAX_WIDTH_PX, _MAX_HEIGHT_PX), Image.Resampling.LANCZOS)
        file = io.BytesIO()
        picture.save(file, "WEBP", quality=_QUALITY, method=4)
        return Thumbnail(file.getvalue(), *picture.size)
