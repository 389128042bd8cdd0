"""Which way a document may be drawn: the fast canvas only where it is proven true.

The canvas rasters a document without the screenshot's round trip, and is
pixel-identical for nearly all of CSS. What is known to differ is recognized
by its text; all else is proven once per template version, size and scale, by
drawing its first card both ways.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from enum import Enum

from htmlcard.card import Document

#: Measured to differ between canvas and screenshot in Chromium 156: see docs/decisions/0003.
_RISKY_CSS = re.compile(
    r"backdrop-filter|perspective\s*[:(]|preserve-3d|rotate3d|rotate[xy]\(|matrix3d|translate(?:3d|z)\("
    r"|<(?:video|object|embed|iframe)",
    re.IGNORECASE,
)
_REMEMBERED_PROOFS = 2_000


class Proof(Enum):
    """What is known of drawing a document by canvas."""

    OPEN = "open"
    HOLDS = "holds"
    FAILS = "fails"


ProofKey = tuple[str, int, int, int]


class Proofs:
    """What all lanes of a pool have learned."""

    def __init__(self) -> None:
        self._verdicts: OrderedDict[ProofKey, bool] = OrderedDict()
        self._risky_assets: OrderedDict[str, bool] = OrderedDict()

    def find(self, document: Document) -> Proof:
        if _RISKY_CSS.search(document.html) or self._has_risky_assets(document):
            return Proof.FAILS
        verdict = self._verdicts.get(_key(document))
        if verdict is None:
            return Proof.OPEN
        return Proof.HOLDS if verdict else Proof.FAILS

    def record(self, document: Document, *, holds: bool) -> None:
        self._verdicts[_key(document)] = holds
        while len(self._verdicts) > _REMEMBERED_PROOFS:
            self._verdicts.popitem(last=False)

    def _has_risky_assets(self, document: Document) -> bool:
        found = self._risky_assets.get(document.fingerprint)
        if found is None:
            found = any(
                _RISKY_CSS.search(asset.data.decode("utf-8", "replace"))
                for asset in document.assets.values()
                if asset.content_type.startswith(("text/css", "image/svg"))
            )
            self._risky_assets[document.fingerprint] = found
            while len(self._risky_assets) > _REMEMBERED_PROOFS:
                self._risky_assets.popitem(last=False)
        return found


def _key(document: Document) -> ProofKey:
    size = document.size
    return (document.fingerprint, size.width_px, size.height_px, document.scale)
