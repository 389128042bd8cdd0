"""The corpus of the byte budget: 60 cards with photos, gradients and noise behind their words."""

from __future__ import annotations

import io
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .pictures import NAMES, make_picture

_TEMPLATES = Path(__file__).parent / "templates"
#: Of grain, percent.
_STRENGTHS = ("8", "15", "22", "30", "40", "50", "65", "80")
_TITLES = (
    "Above the tree line",
    "What four winters up there taught us about queues",
    "A quiet word on noise, grain and the pictures that come through a messenger whole",
    "Pâte à choux",
)


@dataclass(frozen=True, slots=True)
class BudgetCard:
    """One card: its template, and what is filled in (besides the title)."""

    template: str
    fields: tuple[tuple[str, str], ...]
    title: str

    @property
    def name(self) -> str:
        return "-".join((self.template, *(value for _, value in self.fields)))

    @property
    def pictures(self) -> tuple[str, ...]:
        """The pictures of `pictures` that it shows."""
        return tuple(value for _, value in self.fields if value in NAMES)


def _list_cards() -> tuple[BudgetCard, ...]:
    fields = [("cover", (("picture", name),)) for name in NAMES]
    fields += [("split", (("picture", name),)) for name in NAMES]
    fields += [("product", (("picture", name),)) for name in NAMES[:8]]
    fields += [("aurora", (("hue", str(hue)),)) for hue in range(0, 360, 45)]
    fields += [
        ("grain", (("hue", str(hue)), ("strength", strength)))
        for hue, strength in zip(range(20, 360, 45), _STRENGTHS, strict=True)
    ]
    fields += [
        ("mosaic", (("first", NAMES[at]), ("second", NAMES[at + 3]), ("third", NAMES[at + 6])))
        for at in range(8)
    ]
    return tuple(
        BudgetCard(template, given, _TITLES[number % len(_TITLES)])
        for number, (template, given) in enumerate(fields)
    )


CARDS = _list_cards()


def write_templates(root: Path, cards: Sequence[BudgetCard] = CARDS) -> None:
    """Put the templates into a template root, with the pictures that `cards` show."""
    shutil.copytree(_TEMPLATES, root, dirs_exist_ok=True)
    for name in sorted({name for card in cards for name in card.pictures}):
        png = _make_png(name)
        for template in {card.template for card in cards if name in card.pictures}:
            (root / template / f"{name}.png").write_bytes(png)


@cache
def _make_png(name: str) -> bytes:
    """Not a JPEG, which would take part of the noise away before we see it."""
    data = io.BytesIO()
    make_picture(name).save(data, "PNG", compress_level=1)
    return data.getvalue()
