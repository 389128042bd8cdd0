"""Every label of the corpus has the shape that README.md gives, or the score means nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .generate import PAGES

FOLDER = Path(__file__).parent
NAMES = sorted(label.stem for label in FOLDER.glob("*.json"))
VALUES = {
    *("charset", "title", "description", "image", "images", "favicon", "site_name"),
    *("type", "lang", "author", "published", "sources"),
}
MAX_PAGE_BYTES = 12_000


@pytest.mark.parametrize("name", NAMES)
def test_a_label_is_whole(name: str) -> None:
    """A key left out or misspelled would count as "nothing expected" and pass."""
    label = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    expected = label["expected"]
    assert set(label) - {"note"} == {"url", "content_type", "expected"}
    assert set(expected) == VALUES
    assert set(expected["sources"]) == {"title", "description", "image"}
    for key, source in expected["sources"].items():
        assert (expected[key] is None) == (source is None), key
    assert expected["images"][:1] == ([expected["image"]] if expected["image"] else [])
    if name not in PAGES:
        assert 0 < (FOLDER / f"{name}.html").stat().st_size <= MAX_PAGE_BYTES


def test_the_corpus_is_as_large_as_promised() -> None:
    """At least 120 pages, each one labeled; a glob that finds nothing would pass all else."""
    assert len(NAMES) >= 120
    assert {page.stem for page in FOLDER.glob("*.html")} | set(PAGES) == set(NAMES)
