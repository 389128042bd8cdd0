"""What the shipped templates make of their fields; how they look is for the template tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from htmlcard.card import Size
from htmlcard.templating.catalogue import Catalogue
from htmlcard.templating.document import build_document
from htmlcard.templating.params import parse_query
from htmlcard.templating.workers import WorkerPool

_TEMPLATES = Path(__file__).parents[2] / "templates"
_CATALOGUE = Catalogue([_TEMPLATES])
_FOLDERS = [name for name in _CATALOGUE.names() if (_TEMPLATES / name).is_dir()]
_SIZES = {
    "og": Size(1200, 630),
    "x": Size(1200, 600),
    "square": Size(1080, 1080),
    "portrait": Size(1000, 1500),
}


async def _body(pool: WorkerPool, name: str, lang: str = "en", **query: str) -> str:
    """The words of a card, without its head and tags."""
    template = _CATALOGUE.get_template(name)
    params = parse_query(template, list(query.items()))
    document = await build_document(pool, template, params, lang=lang, timeout_s=5.0)
    body = document.html.partition("<body")[2].partition(">")[2]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


@pytest.mark.parametrize("name", _FOLDERS)
def test_each_has_the_four_sizes_and_a_theme_and_an_accent(name: str) -> None:
    """Whoever changes `template=` in a URL must not lose the size or the colors asked for."""
    template = _CATALOGUE.get_template(name)
    assert _SIZES.items() <= dict(template.sizes).items()
    assert {"title", "accent", "theme"} <= set(template.fields)
    assert template.title
    assert template.description
    assert template.tags


def test_the_fonts_stay_small() -> None:
    """They are in every wheel and container."""
    fonts = [*(_TEMPLATES / "_shared" / "fonts").rglob("*.woff2")]
    assert sum(font.stat().st_size for font in fonts) < 3_000_000
    for font in fonts:
        assert (font.parent / "OFL.txt").is_file(), "a font must come with its license"


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("en-GB", "18 Mar 2025"),
        ("ja", "2025年3月18日"),
        ("zh-Hant", "2025年3月18日"),
        ("ko", "2025년 3월 18일"),
        ("fr", "18.03.2025"),
    ],
)
async def test_dates_are_written_as_the_language_does(
    pool: WorkerPool, lang: str, expected: str
) -> None:
    """An English month in a Japanese card looks like a mistake."""
    assert expected in await _body(pool, "article", lang, title="x", published="2025-03-18")


async def test_a_release_has_up_to_four_changes_each_with_its_kind(pool: WorkerPool) -> None:
    """Changelogs are written by hand: gaps, colons and full-width marks are everyday."""
    changes = "Added: Tags; ;修正：題名；No kind here; Fixed: Ratio 1:2; Removed: fifth"
    body = await _body(pool, "release", title="Edge", version="2.4", changes=changes)
    assert body.endswith("2.4 Edge Added Tags 修正 題名 No kind here Fixed Ratio 1:2")


async def test_a_release_without_number_shouts_its_title(pool: WorkerPool) -> None:
    """The poster must not be empty where only the page's title is known."""
    assert (await _body(pool, "release", title="Edge", site="Lantern")).endswith("Lantern Edge")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"title": "kelp/lantern"}, "kelp / lantern"),
        ({"title": "lantern", "owner": "kelp"}, "kelp / lantern"),
        ({"title": "a/b", "owner": "kelp"}, "kelp / a/b"),
        ({"title": "/lantern"}, "/lantern"),
        ({"title": "x", "stars": "0"}, "x 0"),
        ({"title": "x", "stars": "999"}, "x 999"),
        ({"title": "x", "stars": "18342"}, "x 18.3k"),
        ({"title": "x", "stars": "99949"}, "x 99.9k"),
        ({"title": "x", "stars": "99960"}, "x 100k"),
        ({"title": "x", "stars": "999600"}, "x 1M"),
        ({"title": "x", "languages": "C++ 40%, Objective C 9.5, nonsense, Go 999"}, None),
    ],
)
async def test_a_repository_reads_names_numbers_and_shares(
    pool: WorkerPool, query: dict[str, str], expected: str | None
) -> None:
    """They come from an API or are typed by hand; what makes no sense is left out."""
    body = await _body(pool, "repository", site="s", **query)
    assert body.endswith(expected or "x C++ 40% Objective C 9.5%")
