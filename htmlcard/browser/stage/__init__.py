"""The stage: our own page inside Chromium, on which template documents are drawn.

`stage.html` holds two frames for a document, one inside a canvas and one in
plain sight; `stage.js` fits texts, waits for what loads, and encodes. The
template's own scripts do not run there: both frames are sandboxed.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def stage_html() -> str:
    """The page the lane navigates to."""
    return files(__name__).joinpath("stage.html").read_text(encoding="utf-8")


@cache
def stage_js() -> str:
    """What the lane evaluates in it: defines the global `stage`."""
    here = files(__name__)
    return "\n".join(
        here.joinpath(name).read_text(encoding="utf-8") for name in ("fit.js", "stage.js")
    )


@cache
def fit_js() -> str:
    """The text fitting alone, for documents drawn in a page of their own."""
    return files(__name__).joinpath("fit.js").read_text(encoding="utf-8")
