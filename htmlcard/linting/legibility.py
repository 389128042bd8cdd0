"""Whether texts can be read: their size, their contrast, nothing in front of them."""

from __future__ import annotations

from htmlcard.browser.inspection.facts import TextRun
from htmlcard.linting.case import Case
from htmlcard.linting.rules import COVERED_TEXT, LOW_CONTRAST, SMALL_TEXT

#: The smallest legible text of a card 1200 px wide.
SMALLEST_PX = 24.0
_ROUNDING_PX = 0.25

#: WCAG 2.2, 1.4.3. Pixels are rounded, so a ratio that is just met may measure a little less.
MIN_CONTRAST = 4.5
_ROUNDING = 0.06
#: Large text gets a warning down to here. WCAG calls text large from 24 px, bold from 18.7 px, as
#: it is looked at; feeds show 1200 px as about 500, so that on the card it is 58 and 45 px.
LARGE_CONTRAST = 3.0
LARGE_PX, LARGE_BOLD_PX, BOLD_WEIGHT = 58.0, 45.0, 700.0
#: Contrast is judged of about three letters at a time: one word that cannot be read is too much.
_PIECE_EM = 1.6

_COVERED_SHARE = 0.08
_OPAQUE = 128


def check_size(case: Case) -> None:
    """Find text that is too small in a feed."""
    limit_px = SMALLEST_PX * case.ratio
    for _, run in case.runs:
        if run.size_px < limit_px - _ROUNDING_PX:
            message = (
                f"it is {run.size_px:.3g} px high, and {limit_px:.3g} px is the least on a card "
                f"{case.document.size.width_px} px wide; make it larger or leave it out"
            )
            case.add(SMALL_TEXT, message, run, badness=limit_px - run.size_px)


def check_cover(case: Case) -> None:
    """Find text that something stands in front of."""
    for _, run in case.runs:
        share = _covered_share(case, run)
        if share > _COVERED_SHARE:
            message = (
                f"{share:.0%} of it is behind something else; change their order or z-index, "
                "or move one"
            )
            case.add(COVERED_TEXT, message, run, badness=share)


def _covered_share(case: Case, run: TextRun) -> float:
    if run.color is None or run.color[3] < _OPAQUE:
        return 0.0
    return case.ink.covered_share(run.box_px, run.color)


def check_contrast(case: Case) -> None:
    """Find text that is too like what is behind it."""
    for _, run in case.runs:
        if _covered_share(case, run) > _COVERED_SHARE:
            continue
        pieces = list(case.ink.read(run.box_px, _PIECE_EM * run.size_px))
        worst = min(pieces, key=lambda piece: piece.ratio, default=None)
        if worst is None or worst.ratio >= MIN_CONTRAST - _ROUNDING:
            continue
        large_px = LARGE_BOLD_PX if run.weight >= BOLD_WEIGHT else LARGE_PX
        passable = run.size_px >= large_px * case.ratio and worst.ratio >= LARGE_CONTRAST
        behind = "#{:02x}{:02x}{:02x}".format(*worst.behind)
        message = (
            f"contrast is {worst.ratio:.1f}:1 against {behind} behind it, and 4.5:1 is the least; "
            "take a darker or lighter color, or lay a scrim between them"
        )
        case.add(
            LOW_CONTRAST,
            message,
            run,
            box_px=worst.box_px,
            severity="warning" if passable else "error",
            badness=-worst.ratio,
        )
