"""Where texts stand: cut off, on top of each other, where platforms crop."""

from __future__ import annotations

from htmlcard.browser.inspection.facts import Box, TextRun
from htmlcard.linting.case import Case
from htmlcard.linting.rules import CLIPPED_TEXT, OVERLAPPING_TEXT, SAFE_ZONE

#: Lost ink counts from this share of a square as high as the font: half a dozen pixels of a letter.
LOST_SHARE = 0.012
_LEAST_LOST_PX = 6.0
#: How much of a line's box is ink, about.
_INK_SHARE = 0.16
#: Where pixels cannot tell: how much of a line must be beyond the box that cuts it.
_BEYOND_SHARE = 0.3
#: Descenders touch ascenders in tight headlines, which is design. More than this share of a square
#: as high as the font is an accident: a stroke through a letter.
SHARED_SHARE = 0.03

#: X crops 15 px of 630 above and below, and round corners take more: 2 % of the width.
EDGE_SHARE = 0.02
#: Where X writes the site's name: a fifth of the card each way, in the lower left corner.
LABEL_SHARE = 0.2
#: Cards at least this wide for their height get the label, and are cropped to a square in chats.
WIDE_RATIO = 1.6
_INSIDE_SHARE = 0.5


def check_clipping(case: Case) -> None:
    """Find ink that is lost to a box or to the card's edge."""
    for _, run in case.runs:
        share, by = _lost_share(case, run)
        if share > 0:
            message = (
                f"{share:.0%} of the text is cut off by {by}; give it data-fit, more room or "
                "more line height, or an ellipsis"
            )
            case.add(CLIPPED_TEXT, message, run, box_px=run.full_px, badness=share)


def _lost_share(case: Case, run: TextRun) -> tuple[float, str]:
    if outside := _share_outside(case, run):
        return outside, "the card's edge"
    if not run.cut:
        return 0.0, ""
    if run.moved:
        share = 1 - _area(run.box_px) / max(_area(run.full_px), 1e-6)
        return (share, "a box around it") if share > _BEYOND_SHARE else (0.0, "")
    lost_px = case.ink.lost_px(run.full_px)
    if lost_px < max(_LEAST_LOST_PX, LOST_SHARE * run.size_px**2):
        return 0.0, ""
    usual_px = max(_INK_SHARE * _area(run.full_px), lost_px)
    return max(lost_px / usual_px, 0.01), "a box around it"


def _share_outside(case: Case, run: TextRun) -> float:
    """How much of a text the card's edge cuts off."""
    # Of a line that a box cuts off all the same, pixels cannot tell what is outside the card.
    box = run.box_px if run.ellipsis or _area(run.box_px) else run.full_px
    if not _area(box):
        return 0.0
    size = case.document.size
    card = (0.0, 0.0, float(size.width_px), float(size.height_px))
    share = 1 - _area(_common(box, card)) / _area(box)
    # A line's box is higher than its letters: ink at the very edge tells that they go on.
    leaves = share > _BEYOND_SHARE or (share > 0 and case.ink.edges_touched(run.box_px))
    return max(share, 0.01) if leaves else 0.0


def check_overlaps(case: Case) -> None:
    """Find texts whose letters stand on each other."""
    runs = case.inspection.facts.runs
    for one, other in case.inspection.facts.pairs:
        a, b = runs[one], runs[other]
        if a.layer is None or b.layer is None:
            continue
        shared_px = case.ink.shared_px((a.box_px, a.layer), (b.box_px, b.layer))
        if shared_px > SHARED_SHARE * min(a.size_px, b.size_px) ** 2:
            small = a if _area(a.box_px) <= _area(b.box_px) else b
            large = b if small is a else a
            message = (
                f"its letters stand on those of “{large.text[:40]}”; place the two in a grid or "
                "a flex box"
            )
            case.add(OVERLAPPING_TEXT, message, small, badness=shared_px)


def check_zones(case: Case) -> None:
    """Find text where platforms crop, round corners or write the site's name."""
    size = case.document.size
    margin = EDGE_SHARE * size.width_px
    safe = (margin, margin, size.width_px - margin, size.height_px - margin)
    wide = size.width_px >= WIDE_RATIO * size.height_px
    label = (
        0.0,
        (1 - LABEL_SHARE) * size.height_px,
        LABEL_SHARE * size.width_px,
        float(size.height_px),
    )
    inked = [
        (run, ink)
        for _, run in case.runs
        if (ink := case.ink.find_box(run.box_px)) and not _share_outside(case, run)
    ]
    for run, ink in inked:
        gap = min(ink[0] - safe[0], ink[1] - safe[1], safe[2] - ink[2], safe[3] - ink[3])
        if gap < 0:
            message = (
                f"it stands {max(gap + margin, 0):.0f} px from the edge, where feeds crop and "
                f"round corners; leave {margin:.0f} px"
            )
            case.add(SAFE_ZONE, message, run, box_px=ink, badness=-gap)
        elif wide and _area(_common(ink, label)) > _INSIDE_SHARE * _area(ink):
            message = "X writes the site's name over the lower left corner; move it up or inwards"
            case.add(SAFE_ZONE, message, run, box_px=ink)
    if wide:
        _check_square(case, inked)


def _check_square(case: Case, inked: list[tuple[TextRun, Box]]) -> None:
    """Chats crop wide cards to their middle square: the headline should mostly be in it."""
    size = case.document.size
    left = (size.width_px - size.height_px) / 2
    square = (left, 0.0, left + size.height_px, float(size.height_px))
    headline = _headline(case, inked)
    if not headline:
        return
    share = sum(_area(_common(ink, square)) for _, ink in headline)
    share /= sum(_area(ink) for _, ink in headline)
    if share < _INSIDE_SHARE:
        message = (
            f"only {share:.0%} of the headline is in the middle square that chats crop to; "
            "move it towards the middle"
        )
        run, ink = headline[0]
        case.add(SAFE_ZONE, message, run, box_px=ink, badness=-1.0)


def _headline(case: Case, inked: list[tuple[TextRun, Box]]) -> list[tuple[TextRun, Box]]:
    """The `<h1>`, else the text with the most weight: large, and much of it."""
    elements = case.inspection.facts.elements
    declared = [(run, ink) for run, ink in inked if elements[run.element].heading]
    if declared:
        return declared
    weights: dict[int, float] = {}
    for run, ink in inked:
        weights[run.element] = weights.get(run.element, 0.0) + run.size_px * _area(ink)
    heaviest = max(weights, key=weights.__getitem__, default=None)
    return [(run, ink) for run, ink in inked if run.element == heaviest]


def _common(a: Box, b: Box) -> Box:
    return (max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3]))


def _area(box: Box) -> float:
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)
