"""A template that fails again and again is tried every few seconds only.

What counts are failures that cost something, a browser or time: a mistake that shows at once does
no harm. A drawn card, and every change of the template, is a fresh start.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from htmlcard.cache.breaker import Breaker, BreakerState
from htmlcard.errors import BreakerOpen

#: Costly failures in a row, and the pause between tries after them.
LIMIT = 3
PAUSE_S = 4.0
#: A failure that took less than this does not count.
COSTLY_S = 0.25


@dataclass(slots=True)
class _Standing:
    """How one version of a template fares."""

    version: str
    breaker: Breaker = field(default_factory=lambda: Breaker(LIMIT, PAUSE_S))


class TemplateBreakers:
    """Breakers by template; one that never fails has none. One event loop only."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._standings: dict[str, _Standing] = {}

    def admit(self, template: str, version: str) -> None:
        """Let a card of a template pass, or not. `version` is the template's fingerprint.

        Raises:
            BreakerOpen: it failed too often, and was tried within the last seconds.
        """
        standing = self._standings.get(template)
        if standing is None:
            return
        if standing.version != version:
            del self._standings[template]
        elif not standing.breaker.allows(self._now()):
            raise BreakerOpen(
                f"the last {LIMIT} cards of template {template} or more have failed, each at some "
                f"cost; it is tried again every {PAUSE_S:g} s"
            )

    def note_failure(self, template: str, version: str) -> bool:
        """A card of a template failed, and was costly; True where that opened the breaker."""
        standing = self._standings.get(template)
        if standing is None or standing.version != version:
            standing = self._standings[template] = _Standing(version)
        was_closed = standing.breaker.state is BreakerState.CLOSED
        standing.breaker.record(success=False, now_s=self._now())
        return was_closed and standing.breaker.state is BreakerState.OPEN

    def note_success(self, template: str) -> None:
        """A card of a template was drawn."""
        if self._standings:
            self._standings.pop(template, None)

    def state(self) -> dict[str, Any]:
        """For health reports: templates that failed last, and whether they are being tried."""
        return {name: one.breaker.state.value for name, one in self._standings.items()}
