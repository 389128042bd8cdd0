"""The labeled pages of `tests/links/corpus`, as cases: an address, what it answers, what is right.

Their hosts end in `.example`, which metascraper does not take for an address. So that it is not
judged by that, all are given an ending that exists and is as long, in pages and labels alike.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from htmlcard.links.web_url import parse_web_url
from tests.links.test_corpus import CORPUS, NAMES, page_of

_ENDING, _OTHER_ENDING = ".example", ".website"


@dataclass(frozen=True)
class Case:
    """One page; `expected` is its label's, `url` as clients write it."""

    name: str
    url: str
    content_type: str | None
    expected: dict[str, Any]
    body: bytes = field(repr=False)


def load_cases() -> list[Case]:
    """All of them, by name."""
    return [_load(name) for name in NAMES]


def _load(name: str) -> Case:
    text = (CORPUS / f"{name}.json").read_text(encoding="utf-8")
    label = json.loads(text.replace(_ENDING, _OTHER_ENDING))
    url = resolve(label["url"])
    assert url is not None, label["url"]
    return Case(name, url, label["content_type"], label["expected"], _rename(page_of(name)))


def _rename(page: bytes) -> bytes:
    for old, new in ((_ENDING, _OTHER_ENDING), (_ENDING.upper(), _OTHER_ENDING.upper())):
        for encoding in ("ascii", "utf-16-le", "utf-16-be"):
            page = page.replace(old.encode(encoding), new.encode(encoding))
    return page


def resolve(text: str, base: str | None = None) -> str | None:
    """An address as the URL standard writes it; None for what is none."""
    url = parse_web_url(text, parse_web_url(base) if base else None)
    return str(url) if url else None
