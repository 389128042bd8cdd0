"""A PNG and JPEG encoder that runs inside Chromium, where a canvas's own are slow and large.

`png.wasm` is built from the C sources beside it by the Makefile; `encoder.js` puts it on
a page as `pictureEncoder`. Which page that is, and what it draws, is up to the browser package.
"""

from __future__ import annotations

import base64
from importlib.resources import files

__all__ = ["ENCODER_JS"]


def _load_script() -> str:
    folder = files(__name__)
    wasm = base64.b64encode((folder / "png.wasm").read_bytes()).decode("ascii")
    return (folder / "encoder.js").read_text("utf-8").replace("ENCODER_WASM", wasm)


#: The script that defines `pictureEncoder` on a page, its WebAssembly inlined (about 90 kB).
#:
#: `room(key, width, height)` gives the bytes to put a picture into, four a pixel. What did not
#: change since the last picture with that `key` is not compressed again; the result is the
#: same for any key. `encodePng(order, limitBytes)` answers `{encoding, base64}` for the first of
#: lossless, near-lossless (no channel off by more than 1), near-lossless-2 (by 2, in smooth
#: pictures only) and palette-N (192 colors down to 10) that is within `limitBytes`, or null.
#: `encodeLossless(order)` answers base64 of any length. `encodeJpeg(order, limitBytes)` answers the
#: like for a JPEG (4:2:0): q90 (quality 90 as in libjpeg), or even-N (steps of N at all frequencies
#: but the lowest, which keeps noise), or q30. `encodeJpegAs(order, "q90")` answers base64 of any
#: length; `isLikeEnough(order, "q90")` tells beforehand whether that would do.
#: `order` is "RGBX" or "BGRX"; the fourth byte is ignored. Throws a RangeError for other
#: arguments. Needs `Uint8Array.prototype.toBase64` (Chromium 140).
ENCODER_JS: str = _load_script()
