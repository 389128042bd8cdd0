"""Cards that have cost two browsers are left alone for a while.

A card is a template's version with what was asked of it: mending the template ends it. The
template's other cards do not notice; `template_breakers` next door is about all of them.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from htmlcard.errors import Quarantined

#: Browsers that may be lost before, within so long: later it is chance, not the card.
STRIKES = 2
STRIKES_WITHIN_S = 600.0
#: The first time, twice as long each time that follows, and the longest.
FIRST_S = 30.0
LONGEST_S = 600.0
_MAX_CARDS = 1024


@dataclass(slots=True)
class _Record:
    strikes: int = 0
    last_s: float = 0.0
    times: int = 0
    until_s: float = 0.0


@dataclass(slots=True)
class _Suspects:
    """Cards of one version of a template, those struck last at the end."""

    version: str
    cards: OrderedDict[str, _Record] = field(default_factory=OrderedDict)


class Quarantine:
    """Strikes by card. One event loop only."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._suspects: dict[str, _Suspects] = {}

    def admit(self, template: str, version: str, card: str) -> None:
        """Let a card pass, by its template, that one's fingerprint, and its own identity.

        Raises:
            Quarantined: not now.
        """
        suspects = self._suspects.get(template)
        if suspects is None:
            return
        if suspects.version != version:
            del self._suspects[template]
            return
        record = suspects.cards.get(card)
        if record and self._now() < record.until_s:
            wait_s = math.ceil(record.until_s - self._now())
            raise Quarantined(
                f"this card of template {template} has cost {record.strikes} browsers, "
                f"and is left alone for {wait_s} s more"
            )

    def strike(self, template: str, version: str, card: str, count: int) -> bool:
        """Note that a card has cost so many browsers; True where it is quarantined from now on."""
        suspects = self._suspects.get(template)
        if suspects is None or suspects.version != version:
            suspects = self._suspects[template] = _Suspects(version)
        record = suspects.cards.setdefault(card, _Record())
        suspects.cards.move_to_end(card)
        if len(suspects.cards) > _MAX_CARDS:
            suspects.cards.popitem(last=False)
        now_s = self._now()
        if now_s - record.last_s > STRIKES_WITHIN_S:
            record.strikes = record.times = 0
        record.last_s = now_s
        record.strikes += count
        if record.strikes < STRIKES:
            return False
        record.until_s = now_s + min(FIRST_S * 2**record.times, LONGEST_S)
        record.times += 1
        return True

    def absolve(self, template: str, card: str) -> None:
        """A card was drawn after all."""
        suspects = self._suspects.get(template)
        if suspects is None or card not in suspects.cards:
            return
        del suspects.cards[card]
        if not suspects.cards:
            del self._suspects[template]

    def state(self) -> dict[str, Any]:
        """For health reports: how many cards of which templates, and for how long at the most."""
        now_s = self._now()
        held = {
            template: [one.until_s - now_s for one in suspects.cards.values()]
            for template, suspects in self._suspects.items()
        }
        waits = {name: [left for left in lefts if left > 0] for name, lefts in held.items()}
        return {
            "cards": sum(map(len, waits.values())),
            "templates": {
                name: {"cards": len(lefts), "ends_in_s": round(max(lefts), 1)}
                for name, lefts in waits.items()
                if lefts
            },
        }
