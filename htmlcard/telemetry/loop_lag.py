"""How late the event loop is: whatever holds it up holds up every answer."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Self

_EVERY_S = 0.5
_KEPT = 60


class LoopLag:
    """Sets a timer again and again, and looks how late it rings. `async with` runs it."""

    def __init__(self) -> None:
        self._lags_s: deque[float] = deque([0.0], maxlen=_KEPT)
        self._timer: asyncio.TimerHandle | None = None
        self._due_s = 0.0

    @property
    def last_s(self) -> float:
        """Of the last timer, or of the one that should have rung by now."""
        return max(self._lags_s[-1], time.monotonic() - self._due_s if self._timer else 0.0)

    @property
    def worst_s(self) -> float:
        """The worst of the last half minute."""
        return max(*self._lags_s, self.last_s)

    async def __aenter__(self) -> Self:
        self._set()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None

    def _set(self) -> None:
        self._due_s = time.monotonic() + _EVERY_S
        self._timer = asyncio.get_running_loop().call_later(_EVERY_S, self._ring)

    def _ring(self) -> None:
        self._lags_s.append(max(0.0, time.monotonic() - self._due_s))
        self._set()
