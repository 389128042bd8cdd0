"""From a browser's shot to a card's picture: checked, and within the byte budget."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Self

from htmlcard.card import CardImage, ImageFormat, Shot
from htmlcard.images.budget import fit_lossy, fit_png
from htmlcard.images.probe import check_shot, is_blank


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
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, _check, shot)

    async def fit(self, shot: Shot) -> CardImage:
        """The shot within the byte budget; as it is where it fits already."""
        data, encoding = shot.data, shot.encoding
        if len(data) > self.max_bytes:
            loop = asyncio.get_running_loop()
            data, encoding = await loop.run_in_executor(self._threads, self._shrink, shot)
        return CardImage(data, shot.format, shot.size_px, encoding)

    def _shrink(self, shot: Shot) -> tuple[bytes, str]:
        if shot.format is ImageFormat.PNG:
            # The canvas tries near-lossless itself, before it gives up on the budget.
            return fit_png(shot.data, self.max_bytes, held=shot.path == "canvas")
        return fit_lossy(shot.data, shot.format, self.max_bytes)


def _check(shot: Shot) -> bool:
    check_shot(shot.data, shot.format, shot.size_px)
    return is_blank(shot.data)
