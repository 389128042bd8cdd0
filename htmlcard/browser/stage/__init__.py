"""The stage: our own page inside Chromium, on which template documents are drawn.

`stage.html` holds two frames for a document, one inside a canvas and one in
plain sight; `stage.js` fits texts, waits for what loads, and encodes. The
template's own scripts do not run there: both frames are sandboxed.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from htmlcard.card import Document

#: What fits texts, in the order in which one needs another.
_FIT = (
    *(f"fitting/{name}.js" for name in ("boxes", "judge", "search", "cut", "ink")),
    "fit.js",
)


@cache
def stage_html() -> str:
    """The page the lane navigates to."""
    return _read("stage.html")


@cache
def stage_js() -> str:
    """What the lane evaluates in it: defines the global `stage`."""
    return _read(*_FIT, "mark.js", "pulse.js", "stage.js")


@cache
def scripted_js() -> str:
    """What is needed of it around a document that runs scripts."""
    return _read(*_FIT, "mark.js")


def scripted_html(document: Document) -> str:
    """A page around a document that runs scripts: gives it its size, and its scale."""
    size, scale = document.size, document.scale
    return (
        "<!doctype html><style>html{overflow:hidden}body{margin:0}"
        f"iframe{{display:block;border:0;transform-origin:0 0;transform:scale({scale})}}</style>"
        f'<iframe src="{document.base_path}" width="{size.width_px}" height="{size.height_px}">'
        "</iframe>"
    )


def _read(*names: str) -> str:
    here = files(__name__)
    return "\n".join(here.joinpath(name).read_text(encoding="utf-8") for name in names)
