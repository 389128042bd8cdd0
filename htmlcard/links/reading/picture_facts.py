"""What a picture on the web is, by its first bytes, which overrule what the page claims."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from htmlcard.errors import BadAnswer
from htmlcard.fetch import Fetched, Limits
from htmlcard.links.reading.content_type import parse_content_type
from htmlcard.links.reading.metadata import Metadata, MetadataImage
from htmlcard.links.reading.picture_header import parse_picture_header
from htmlcard.links.web import Web

#: Sides stand in the first kilobyte, but for photographs with a preview and a color profile.
HEADER_BYTES = 65_536
PICTURE_HEADERS = {
    "Accept": "image/*,*/*;q=0.1",
    "Range": f"bytes=0-{HEADER_BYTES - 1}",
}
_RANGE = re.compile(r"bytes 0-[0-9]+/([0-9]{1,15})")
#: Names that mean what another does.
SAME_TYPES = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/svg": "image/svg+xml",
    "image/vnd.microsoft.icon": "image/x-icon",
    "image/x-ms-bmp": "image/bmp",
}


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """MIME type and sides in px as the bytes have it, None where they do not tell.

    `type` is None where they are no picture; `served_as` is what the server called it.
    `size_bytes` is of the whole file.
    """

    type: str | None
    width_px: int | None
    height_px: int | None
    size_bytes: int | None
    served_as: str


async def fetch_picture_facts(web: Web, url: str, timeout_s: float) -> PictureFacts:
    """What is at `url`. Raises FetchFailed."""
    limits = Limits(total_s=timeout_s, raw_bytes=HEADER_BYTES, decoded_bytes=HEADER_BYTES, cut=True)
    fetched = await web.fetch(url, limits=limits, headers=PICTURE_HEADERS)
    if not 200 <= fetched.status < 300:
        raise BadAnswer(f"it answers with status {fetched.status}")
    header = parse_picture_header(fetched.body)
    return PictureFacts(
        type=header.type if header else None,
        width_px=header.width_px if header else None,
        height_px=header.height_px if header else None,
        size_bytes=_find_size(fetched),
        served_as=_type_of(fetched),
    )


def _type_of(fetched: Fetched) -> str:
    """What the server calls it, fit to be shown: headers may hold any bytes."""
    essence = parse_content_type(fetched.headers.get("Content-Type")).essence
    return essence.encode("ascii", "replace").decode()[:100]


def _find_size(fetched: Fetched) -> int | None:
    """How large the whole file is, as it goes over the wire."""
    headers: Mapping[str, str] = fetched.headers
    if fetched.status == 206:
        match = _RANGE.fullmatch(headers.get("Content-Range", ""))
        return int(match[1]) if match else None
    if not fetched.is_cut and "Content-Encoding" not in headers:
        return len(fetched.body)
    length = headers.get("Content-Length", "")
    return int(length) if re.fullmatch("[0-9]{1,15}", length) else None


def with_facts(metadata: Metadata, image: MetadataImage, facts: PictureFacts) -> Metadata:
    """The metadata with facts in place of claims, and warnings where these differ."""
    if facts.type is None:
        warning = f"The picture is none: the server sends {facts.served_as or 'something else'}."
        found = MetadataImage(image.url, bytes=facts.size_bytes)
        return replace(metadata, image=found, warnings=(*metadata.warnings, warning))
    found = MetadataImage(
        url=image.url,
        # SVGs have no sides, and some stand behind the bytes at hand.
        width=facts.width_px or image.width,
        height=facts.height_px or image.height,
        type=facts.type,
        bytes=facts.size_bytes,
    )
    return replace(
        metadata, image=found, warnings=(*metadata.warnings, *_differences(image, found))
    )


def _differences(claimed: MetadataImage, found: MetadataImage) -> Iterator[str]:
    sides = ((claimed.width, found.width), (claimed.height, found.height))
    if any(claim is not None and claim != fact for claim, fact in sides):
        claim, fact = (
            " x ".join(str(side or "?") for side in pair) for pair in zip(*sides, strict=True)
        )
        yield f"The page says the picture is {claim} px; it is {fact} px."
    if claimed.type and SAME_TYPES.get(kind := claimed.type.lower(), kind) != found.type:
        yield f"The page says the picture is {claimed.type[:100]}; it is {found.type}."
