"""Draws a card and judges it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

from htmlcard.browser.inspection.facts import Inspection
from htmlcard.card import Document
from htmlcard.images.ink import Ink
from htmlcard.linting.case import Case
from htmlcard.linting.finding import LintFinding
from htmlcard.linting.font_files import FontFiles
from htmlcard.linting.legibility import check_contrast, check_cover, check_size
from htmlcard.linting.loading import check_loads
from htmlcard.linting.placement import check_clipping, check_overlaps, check_zones
from htmlcard.linting.typefaces import Glyphs, check_fonts, check_glyphs


class Inspector(Protocol):
    """What this module needs of a browser pool."""

    async def inspect(self, document: Document, deadline_s: float) -> Inspection: ...


@dataclass(frozen=True, slots=True)
class LintedCard:
    """A card as a lossless PNG, and what is wrong with it, errors first."""

    picture: bytes = field(repr=False)
    findings: tuple[LintFinding, ...]


class Linter:
    """Judges cards as they were really drawn."""

    def __init__(self, browser: Inspector, glyphs: Glyphs) -> None:
        self._browser = browser
        self._glyphs = glyphs
        self._files = FontFiles()

    async def lint(self, document: Document, deadline_s: float) -> LintedCard:
        """Draw a document by a deadline of the event loop's clock, and judge what came out.

        Raises:
            RenderFailed: it could not be drawn, as `BrowserPool.shoot` says.
        """
        inspection = await self._browser.inspect(document, deadline_s)
        findings = await asyncio.to_thread(self._judge, document, inspection)
        return LintedCard(inspection.as_drawn, findings)

    def _judge(self, document: Document, inspection: Inspection) -> tuple[LintFinding, ...]:
        pictures = (inspection.as_drawn, inspection.behind, inspection.ink)
        ink = Ink(*pictures, inspection.unclipped, inspection.layers, document.scale)
        case = Case(document, inspection, ink)
        check_clipping(case)
        check_overlaps(case)
        check_cover(case)
        check_contrast(case)
        check_size(case)
        check_zones(case)
        check_glyphs(case, self._glyphs, self._files)
        check_fonts(case, self._files)
        check_loads(case)
        return tuple(sorted(case.findings, key=lambda finding: finding.severity))
