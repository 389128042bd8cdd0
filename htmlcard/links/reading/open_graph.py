"""Open Graph as pages write it: names with several values, pictures with properties after them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from htmlcard.links.reading.parts import MetaTag

_MEDIA = ("image", "video", "audio")
_ADDRESSES = ("secure_url", "url")

#: One picture, video or sound: its properties by full name, `og:image` itself among them.
Medium = dict[str, str]


def group_media(metas: Iterable[MetaTag], kind: str) -> list[Medium]:
    """The media of a kind (`image`) in order; of a property given twice, the first."""
    groups = group_tags(((name, meta) for meta in metas for name in meta.names), kind)
    return [{name: meta.content for name, meta in group.items()} for group in groups]


def group_tags(named: Iterable[tuple[str, MetaTag]], kind: str) -> list[dict[str, MetaTag]]:
    """The same of tags by their names, as tags.

    `og:image` starts one; `og:image:url` and `:secure_url` do where the last has that already.
    """
    root, groups = f"og:{kind}", list[dict[str, MetaTag]]()
    addresses = [f"{root}:{name}" for name in _ADDRESSES]
    for name, meta in named:
        starts = name in addresses and (not groups or name in groups[-1])
        if name == root or starts:
            groups.append({})
        if groups and (name == root or name.startswith(f"{root}:")):
            groups[-1].setdefault(name, meta)
    return groups


def list_open_graph(metas: Iterable[MetaTag]) -> dict[str, list[Any]]:
    """Every name after `og:` with its values in order; media as objects, `url` being the first."""
    metas = tuple(metas)
    listed: dict[str, list[Any]] = {}
    for meta in metas:
        for name in meta.names:
            prefix, _, rest = name.partition(":")
            if prefix == "og" and rest and rest.partition(":")[0] not in _MEDIA:
                listed.setdefault(rest, []).append(meta.content)
    for kind in _MEDIA:
        media = [_shorten(medium, f"og:{kind}") for medium in group_media(metas, kind)]
        if media:
            listed[kind] = media
    return listed


def _shorten(medium: Medium, root: str) -> Medium:
    short: Medium = {}
    for name, value in medium.items():
        short.setdefault("url" if name == root else name.removeprefix(f"{root}:"), value)
    return short
