"""What is looked for: one table, from which docs/lint.md is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from htmlcard.linting.finding import Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule; `severity` is that of its usual finding."""

    id: str
    severity: Severity
    what: str
    why: str
    mend: str


CLIPPED_TEXT = Rule(
    "clipped-text",
    "error",
    "Letters are cut off by a box around them or by the card's edge",
    "cut letters are what people notice first, and a title that just stops reads as another title",
    "give the text `data-fit`, more room or a larger line height, or end it with an ellipsis",
)
OVERLAPPING_TEXT = Rule(
    "overlapping-text",
    "error",
    "The letters of two texts stand on each other",
    "neither can be read",
    "place them in a grid or a flex box instead of at fixed positions",
)
COVERED_TEXT = Rule(
    "covered-text",
    "error",
    "Something else stands in front of a text",
    "it cannot be read, and nobody knows that it is there",
    "change the order or `z-index` of the two, or move one",
)
LOW_CONTRAST = Rule(
    "low-contrast",
    "error",
    "Contrast below 4.5:1 against the pixels really behind the text",
    "cards are looked at small, on phones and in sunlight",
    "take a darker or lighter color, `readable_on`, or lay a scrim between text and picture",
)
SMALL_TEXT = Rule(
    "small-text",
    "error",
    "Text below 24 px on a card 1200 px wide, in proportion on others",
    "feeds show cards about 500 px wide, where that is 10 px",
    "make it larger, or leave it out",
)
SAFE_ZONE = Rule(
    "safe-zone",
    "warning",
    "Text near the edge, below X's label, or a headline outside the middle square",
    "platforms crop cards, round their corners and write the site's name on them",
    "move it inwards",
)
MISSING_GLYPH = Rule(
    "missing-glyph",
    "error",
    "A character that no font here can draw",
    "it comes out as an empty box",
    "install a font that has it (`htmlcard doctor` names them) or put one into the template",
)
FALLBACK_FONT = Rule(
    "fallback-font",
    "error",
    "Another font than the first one that was named",
    "the card looks unlike its design, and differs between machines",
    "correct the name or the `src` of its `@font-face`, or take a font file with these letters",
)
FAILED_ASSET = Rule(
    "failed-asset",
    "error",
    "A picture, stylesheet or font that did not load",
    "it is missing from the card",
    "put the file into the template's folder or `_shared`, and correct its path",
)

RULES: Mapping[str, Rule] = {
    rule.id: rule
    for rule in (
        CLIPPED_TEXT,
        OVERLAPPING_TEXT,
        COVERED_TEXT,
        LOW_CONTRAST,
        SMALL_TEXT,
        SAFE_ZONE,
        MISSING_GLYPH,
        FALLBACK_FONT,
        FAILED_ASSET,
    )
}
