"""From a browser's shot to a card's picture: checked, and within the byte budget."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Self

from htmlcard.card import CardImage, ImageFormat, Shot
from htmlcard.images.budget import fit_lossy, fit_png
from htmlcard.images.probe import check_shot, is_blank, may_be_blank


class Finisher:
    """Checks shots, and shrinks those over the budget, off the event loop."""

    def __init__(self, max_bytes: int, threads: int) -> None:
        self.max_bytes = max_bytes
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="finish")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def check(self, shot: Shot) -> bool:
        """Whether the shot is one color all over.

        Raises:
            BadShot: it is truncated, or not of the size and format asked for.
        """
        # Cheaper than the way to a thread and back; only pictures that must be decoded go there.
        check_shot(shot.data, shot.format, shot.size_px)
        if not may_be_blank(shot.data):
            return False
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, is_blank, shot.data)

    async def fit(self, shot: Shot) -> CardImage:
        """The shot within the byte budget; as it is where it fits already."""
        data, encoding = shot.data, shot.encoding
        if len(data) > self.max_bytes:
            loop = asyncio.get_running_loop()
            data, encoding = await loop.run_in_executor(self._threads, self._shrink, shot)
        return CardImage(data, shot.format, shot.size_px, encoding)

    def _shrink(self, shot: Shot) -> tuple[bytes, str]:
        if shot.format is ImageFormat.PNG:
            # The page of a painted card goes down the ladder itself, as far as palettes.
            return fit_png(shot.data, self.max_bytes, squeezed=shot.path == "canvas")
        return fit_lossy(shot.data, shot.format, self.max_bytes)
