"""When to leave a slow disk alone.

After some time-outs in a row it is skipped for a while; then one caller at a
time tries it again. Knows nothing of disks or clocks: `lookups` tells it both.
"""

from __future__ import annotations

from enum import StrEnum


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"


class Breaker:
    """Opens after `limit` failures in a row, lets one probe through every `pause_s` seconds."""

    def __init__(self, limit: int, pause_s: float) -> None:
        self._limit = limit
        self._pause_s = pause_s
        self._failures = 0
        self._probe_at_s = 0.0

    @property
    def state(self) -> BreakerState:
        return BreakerState.OPEN if self._failures >= self._limit else BreakerState.CLOSED

    def allows(self, now_s: float) -> bool:
        """May this caller try? `now_s` is monotonic. While open, a yes uses up the probe."""
        if self.state is BreakerState.CLOSED:
            return True
        if now_s < self._probe_at_s:
            return False
        # A probe that never reports (its caller hung up) must not keep the breaker open for ever.
        self._probe_at_s = now_s + self._pause_s
        return True

    def record(self, *, success: bool, now_s: float) -> None:
        if success:
            self._failures = 0
        else:
            self._failures += 1
            self._probe_at_s = now_s + self._pause_s
