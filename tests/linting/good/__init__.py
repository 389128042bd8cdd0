"""Cards with nothing wrong in them, though much in them is unusual: designs times contents."""

from __future__ import annotations

from htmlcard.card import Document

from ..scenery import SANS, make_card, photo
from .contents import CONTENTS, Content
from .designs import DESIGNS, Design
from .tricky_designs import TRICKY_DESIGNS


def _build(name: str, design: Design, content: Content) -> Document:
    css, body = design.build(content)
    # Inter's file has Latin letters only: names the font that is meant for the rest.
    page = (
        f"body{{background:{content.paper};color:{content.pen};font-family:{SANS};"
        "text-align:center}h1{line-height:1.3}"
    )
    return make_card(
        name,
        page + css,
        body,
        size=design.size,
        lang=content.lang,
        direction=content.direction,
        scale=design.scale,
        scripts=design.scripts,
        assets={f"{kind}.jpg": photo(kind) for kind in ("dark", "bright", "split")},
    )


GOOD: dict[str, Document] = {
    f"{name}-{content.name}": _build(f"{name}-{content.name}", design, content)
    for name, design in {**DESIGNS, **TRICKY_DESIGNS}.items()
    for content in CONTENTS
}
