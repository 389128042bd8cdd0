"""One thing wrong with a card."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class LintFinding:
    """A rule that is broken, where, and what to do; `rule` is an id of `rules.RULES`.

    `box_px` is x, y, width, height in CSS px of the card, None for what has no place.
    """

    rule: str
    severity: Severity
    message: str
    selector: str
    text: str
    box_px: tuple[int, int, int, int] | None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)
