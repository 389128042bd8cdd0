"""Documents and assets to draw: each test says what is special about its own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import count

from htmlcard.card import DEFAULT_SIZE, Asset, Document, Size

OG = DEFAULT_SIZE
SQUARE = Size(1080, 1080)
PORTRAIT = Size(1000, 1500)

_unused_numbers = count(1)


def unused_name(prefix: str = "t") -> str:
    """A template name no other test has used: nothing of it is in any browser's memory."""
    return f"{prefix}{next(_unused_numbers)}"


def make_asset(content: bytes | str, content_type: str) -> Asset:
    data = content.encode() if isinstance(content, str) else content
    return Asset(data, content_type, hashlib.sha256(data).hexdigest())


def make_document(
    body: str,
    *,
    head: str = "",
    template: str = "plain",
    assets: Mapping[str, Asset] | None = None,
    fingerprint: str | None = None,
    size: Size = OG,
    scale: int = 1,
    scripts: bool = False,
) -> Document:
    """A document without margins; its fingerprint covers its name and assets, as a template's does.

    Asset paths are relative to the template unless they start with a slash.
    """
    base_path = f"/template/{template}/"
    absolute = {
        path if path.startswith("/") else base_path + path: asset
        for path, asset in (assets or {}).items()
    }
    listed = [template, *(f"{path} {asset.sha256}" for path, asset in sorted(absolute.items()))]
    return Document(
        html=f"<!doctype html><html><head><style>html,body{{margin:0}}</style>{head}</head>"
        f"<body>{body}</body></html>",
        template=template,
        fingerprint=fingerprint or hashlib.sha256("\n".join(listed).encode()).hexdigest(),
        size=size,
        scale=scale,
        lang="en",
        direction="ltr",
        base_path=base_path,
        assets=absolute,
        scripts=scripts,
    )
