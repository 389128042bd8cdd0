"""From a stranger's bytes to a file of ours that the browser may have.

Decoding happens in a child process (`images.incoming`) that can be killed. SVGs are drawn by a
browser, as a picture in a document of their own with a deadline of its own, on black and on
white: what differs is transparent.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from types import MappingProxyType
from typing import Protocol, Self

from htmlcard.card import Asset, Document, ImageFormat, Shot, Size
from htmlcard.children.pool import ChildLate, ChildPool, NoChildFree
from htmlcard.children.process import ChildDied, ChildKind
from htmlcard.children.service import OUT_OF_MEMORY, READY
from htmlcard.errors import DeadlineExceeded, FetchTimedOut, UnusablePicture
from htmlcard.images import incoming

PICTURES_PATH = "/picture/"
_DECODE_TIMEOUT_S = 6.0
#: Most take a tenth of it; one that takes it all costs a browser, which cards then wait for.
_DRAW_TIMEOUT_S = 2.0
_CHILDREN = 2
_NO_LIMIT = 2**31 - 1

_DECODER = ChildKind(
    name="picture decoder",
    module="htmlcard.images.incoming",
    max_answer_bytes=incoming.MAX_ANSWER_BYTES,
    answers=frozenset({READY, OUT_OF_MEMORY, incoming.PICTURE, incoming.SVG, incoming.ERROR}),
)
_SVG_PAGE = """\
<!doctype html><title>picture</title><style>
html, body {{ margin: 0; background: {ground} }}
img {{ display: block; width: {width}px; height: {height}px }}
</style><img src="{path}" alt="">"""


class Browser(Protocol):
    """What this module needs of a browser pool."""

    async def shoot(
        self, document: Document, format: ImageFormat, limit_bytes: int, deadline_s: float
    ) -> Shot: ...


class Preparer:
    """Makes assets of pictures; use `async with`. Its children start with the first picture."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._children = ChildPool(_DECODER, _CHILDREN, on_demand=True)

    async def __aenter__(self) -> Self:
        await self._children.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._children.aclose()

    async def prepare(self, data: bytes) -> Asset:
        """The picture in `data`: upright, sRGB, at most 2400 px a side.

        Raises:
            UnusablePicture: it is none, or takes too much memory; the same bytes always will.
            RenderFailed: it could not be decoded or drawn in time, which need not be its fault.
            FetchTimedOut: nobody was free to decode it now.
        """
        kind, answer = await self._ask(b"D" + data)
        if kind == incoming.SVG:
            width, height, _ = incoming.SIZES.unpack(answer)
            dark, light = [
                await self._draw_svg(data, Size(width, height), ground)
                for ground in ("#000", "#fff")
            ]
            _, answer = await self._ask(b"A" + incoming.LENGTH.pack(len(dark)) + dark + light)
        is_jpeg = incoming.SIZES.unpack_from(answer)[2]
        return as_asset(answer[incoming.SIZES.size :], "image/jpeg" if is_jpeg else "image/png")

    async def _ask(self, request: bytes) -> tuple[bytes, bytes]:
        deadline_s = asyncio.get_running_loop().time() + _DECODE_TIMEOUT_S
        try:
            kind, answer = await self._children.run(
                lambda child: child.exchange(request, _DECODE_TIMEOUT_S), deadline_s
            )
        except NoChildFree:
            raise FetchTimedOut("nobody was free to decode it") from None
        except ChildLate:
            # Part of the time may have gone by waiting for a child.
            raise DeadlineExceeded("the picture was not decoded in time") from None
        except ChildDied:
            raise UnusablePicture("decoding it takes the decoder down") from None
        if kind == OUT_OF_MEMORY:
            raise UnusablePicture("it takes too much memory to decode")
        if kind == incoming.ERROR:
            raise UnusablePicture(answer.decode("utf-8", "replace"))
        return kind, answer

    async def _draw_svg(self, data: bytes, size: Size, ground: str) -> bytes:
        asset = as_asset(data, "image/svg+xml")
        path = path_of(asset)
        page = _SVG_PAGE.format(
            ground=ground, width=size.width_px, height=size.height_px, path=path
        )
        document = replace(_BLANK, html=page, size=size, pictures=MappingProxyType({path: asset}))
        deadline_s = asyncio.get_running_loop().time() + _DRAW_TIMEOUT_S
        shot = await self._browser.shoot(document, ImageFormat.PNG, _NO_LIMIT, deadline_s)
        return shot.data


_BLANK = Document(
    html="",
    template="picture",
    fingerprint="picture",
    size=Size(1, 1),
    scale=1,
    lang="en",
    direction="ltr",
    base_path="/template/picture/",
    assets=MappingProxyType({}),
)


def as_asset(data: bytes, content_type: str) -> Asset:
    return Asset(data, content_type, hashlib.sha256(data).hexdigest())


def path_of(asset: Asset) -> str:
    """Where documents find it: a URL that can only ever mean these bytes."""
    extension = {"image/jpeg": "jpg", "image/png": "png", "image/svg+xml": "svg"}
    return f"{PICTURES_PATH}{asset.sha256[:32]}.{extension[asset.content_type]}"
