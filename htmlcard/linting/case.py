"""A card to be judged: its document, facts and ink, and the findings gathered so far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from htmlcard.browser.inspection.facts import Box, Inspection, TextRun
from htmlcard.card import Document
from htmlcard.images.ink import Ink
from htmlcard.linting.finding import LintFinding, Severity
from htmlcard.linting.rules import Rule

#: Sizes in px are meant for cards of this width.
USUAL_WIDTH_PX = 1200
_MAX_TEXT = 80


@dataclass(slots=True)
class Case:
    """One card, and what was found; one finding per rule and element, the worst."""

    document: Document
    inspection: Inspection
    ink: Ink
    _found: dict[tuple[str, str, int], tuple[float, LintFinding]] = field(default_factory=dict)

    @property
    def runs(self) -> Iterator[tuple[int, TextRun]]:
        """The texts that must be readable, with their numbers."""
        for number, run in enumerate(self.inspection.facts.runs):
            if not run.decorative:
                yield number, run

    @property
    def ratio(self) -> float:
        """How much wider than usual the card is."""
        return self.document.size.width_px / USUAL_WIDTH_PX

    @property
    def findings(self) -> tuple[LintFinding, ...]:
        return tuple(finding for _, finding in self._found.values())

    def add(
        self,
        rule: Rule,
        message: str,
        run: TextRun,
        *,
        box_px: Box | None = None,
        severity: Severity | None = None,
        badness: float = 0.0,
    ) -> None:
        """Note that a text breaks a rule; of one element only the worst is kept."""
        selector = self.inspection.facts.elements[run.element].selector
        self.add_at(
            rule,
            message,
            selector,
            text=run.text,
            box_px=box_px or run.box_px,
            severity=severity,
            badness=badness,
            element=run.element,
        )

    def add_at(
        self,
        rule: Rule,
        message: str,
        selector: str,
        *,
        text: str = "",
        box_px: Box | None = None,
        severity: Severity | None = None,
        badness: float = 0.0,
        element: int = -1,
    ) -> None:
        """Note something that is no text."""
        finding = LintFinding(
            rule=rule.id,
            severity=severity or rule.severity,
            message=message,
            selector=selector,
            text=text if len(text) <= _MAX_TEXT else f"{text[: _MAX_TEXT - 1]}…",
            box_px=None if box_px is None else _whole(box_px),
        )
        key = (rule.id, selector if element < 0 else "", element)
        if element < 0:
            key = (rule.id, f"{selector} {message}", element)
        worst = self._found.get(key)
        if worst is None or badness > worst[0]:
            self._found[key] = (badness, finding)


def _whole(box: Box) -> tuple[int, int, int, int]:
    left, top, right, bottom = (round(edge) for edge in box)
    return (left, top, max(right - left, 0), max(bottom - top, 0))
