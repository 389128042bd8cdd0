"""When to stop asking browsers that die again and again.

While it is open callers are told at once, and whatever is wrong has the machine for itself.
It closes by itself some time after the last death: nobody has to try it out.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

WINDOW_S = 20.0
PAUSE_S = 2.0
PER_TEMPLATE = 3


class DeathBreaker:
    """Open for `PAUSE_S` after each death, where `limit` of them fell into the last `WINDOW_S`.

    Under one template's cards only `PER_TEMPLATE` of them count: more are that template's affair.
    """

    def __init__(self, limit: int, now: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._now = now
        self._deaths: deque[tuple[float, str]] = deque()

    @property
    def deaths(self) -> int:
        """How many there were within the window, of those that count."""
        while self._deaths and self._now() - self._deaths[0][0] > WINDOW_S:
            self._deaths.popleft()
        by_template = Counter(template for _, template in self._deaths)
        idle = by_template.pop("", 0)
        return idle + sum(min(count, PER_TEMPLATE) for count in by_template.values())

    @property
    def open_for_s(self) -> float:
        """How long callers are still told no; 0 where it is closed."""
        if not self._deaths or self.deaths < self._limit:
            return 0.0
        return max(0.0, self._deaths[-1][0] + PAUSE_S - self._now())

    def note_death(self, template: str = "") -> None:
        """A browser died, under a card of a template or under nobody's."""
        self._deaths.append((self._now(), template))

    def state(self) -> dict[str, Any]:
        """For health reports."""
        open_for_s = self.open_for_s
        return {
            "state": "open" if open_for_s else "closed",
            "deaths": self.deaths,
            "limit": self._limit,
            "window_s": WINDOW_S,
            "closes_in_s": round(open_for_s, 1),
        }
