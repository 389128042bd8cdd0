"""The labels of `corpus/`, written by hand, against what we read from its pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from htmlcard.links import parse_page, read_metadata

from .corpus.generate import PAGES

CORPUS = Path(__file__).parent / "corpus"
NAMES = sorted(label.stem for label in CORPUS.glob("*.json"))
MIN_SHARE = 0.98


def page_of(name: str) -> bytes:
    return PAGES[name]() if name in PAGES else (CORPUS / f"{name}.html").read_bytes()


def read(name: str, label: dict[str, Any]) -> dict[str, Any]:
    """What we make of a page, in the shape of a label."""
    parts = parse_page(page_of(name), label["content_type"])
    found = read_metadata(parts, label["url"]).as_dict()
    keys = label["expected"].keys() - {"charset", "sources"}
    return {
        **{key: found[key] for key in keys},
        "charset": parts.charset,
        "image": found["image"] and found["image"]["url"],
        **{f"source of {key}": found["sources"].get(key) for key in label["expected"]["sources"]},
    }


@pytest.fixture(scope="module")
def fields() -> list[tuple[str, str, Any, Any]]:
    """Page, field, expected and found, for every field of every page."""

    def compared() -> Iterator[tuple[str, str, Any, Any]]:
        for name in NAMES:
            label = json.loads((CORPUS / f"{name}.json").read_text(encoding="utf-8"))
            expected = dict(label["expected"])
            sources = expected.pop("sources")
            expected |= {f"source of {key}": source for key, source in sources.items()}
            found = read(name, label)
            for field in expected:
                yield name, field, expected[field], found[field]

    return list(compared())


def table(misses: list[tuple[str, str, Any, Any]]) -> str:
    lines = (f"{page:32} {field:22} {want!r}\n{'':55} {got!r}" for page, field, want, got in misses)
    return "\n".join(["page, field, expected and found:", *lines])


def test_every_charset_is_right(fields: list[tuple[str, str, Any, Any]]) -> None:
    """In the wrong charset all else is noise, however well it was found."""
    charsets = [row for row in fields if row[1] == "charset"]
    misses = [row for row in charsets if row[2] != row[3]]
    assert len(charsets) == len(NAMES)
    assert not misses, table(misses)


def test_nearly_every_field_is_right(fields: list[tuple[str, str, Any, Any]]) -> None:
    """What a preview shows must be what the page says, on pages of every shape."""
    misses = [row for row in fields if row[2] != row[3]]
    share = 1 - len(misses) / len(fields)
    assert share >= MIN_SHARE, f"{share:.2%} of {len(fields)} fields\n{table(misses)}"
