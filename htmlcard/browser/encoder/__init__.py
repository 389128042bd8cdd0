"""A PNG encoder that runs inside Chromium, where a canvas's own is slow and large.

`png.wasm` is built from the C sources beside it by the Makefile; `encoder.js` puts it on
a page as `encodePng`. Which page that is, and what it draws, is up to the browser package.
"""

from __future__ import annotations

import base64
from importlib.resources import files

__all__ = ["ENCODER_JS"]


def _load_script() -> str:
    folder = files(__name__)
    wasm = base64.b64encode((folder / "png.wasm").read_bytes()).decode("ascii")
    return (folder / "encoder.js").read_text("utf-8").replace("ENCODER_WASM", wasm)


#: The script that defines `encodePng` on a page, its WebAssembly inlined (about 30 kB).
#:
#: `encodePng(rgba, width, height, tolerance, limitBytes)` returns a PNG as base64, or null
#: where it would be longer than `limitBytes`. `rgba` is what `getImageData` gives; alpha is
#: ignored. No channel is off by more than `tolerance` (0 to 32; 0 is lossless). Throws a
#: RangeError for other arguments. Needs `Uint8Array.prototype.toBase64` (Chromium 140).
ENCODER_JS: str = _load_script()
