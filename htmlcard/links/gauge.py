"""How much of a picture a square crop leaves: asked of a child process, remembered by its bytes."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from typing import Self

from htmlcard.children.pool import ChildLate, ChildPool, NoChildFree
from htmlcard.children.process import ChildDied, ChildKind
from htmlcard.children.service import OUT_OF_MEMORY, READY
from htmlcard.images import centering

_CHILD = ChildKind(
    name="picture gauge",
    module="htmlcard.images.centering",
    max_answer_bytes=centering.MAX_ANSWER_BYTES,
    answers=frozenset({READY, OUT_OF_MEMORY, centering.SHARE, centering.ERROR}),
)
_MAX_REMEMBERED = 1000


class PictureGauge:
    """Use `async with`. The child starts with the first picture."""

    def __init__(self) -> None:
        self._children = ChildPool(_CHILD, 1, on_demand=True)
        self._shares: OrderedDict[bytes, float | None] = OrderedDict()

    async def __aenter__(self) -> Self:
        await self._children.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._children.aclose()

    async def measure_center(self, data: bytes, deadline_s: float) -> float | None:
        """The share of its edges in the center square, None where that cannot be told by then.

        `deadline_s` is by the event loop's clock.
        """
        key = hashlib.sha256(data).digest()
        if key not in self._shares:
            left_s = max(0.0, deadline_s - asyncio.get_running_loop().time())
            try:
                kind, said = await self._children.run(
                    lambda child: child.exchange(data, left_s), deadline_s
                )
            except (NoChildFree, ChildLate):
                return None
            except ChildDied:
                kind, said = centering.ERROR, b""
            is_told = kind == centering.SHARE
            self._shares[key] = centering.NUMBER.unpack(said)[0] if is_told else None
            if len(self._shares) > _MAX_REMEMBERED:
                self._shares.popitem(last=False)
        return self._shares[key]
