from __future__ import annotations

import time

import pytest

from htmlcard.templating.references import find_references


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('<img src="/shared/a.png">', "/shared/a.png"),
        ("<img src=logo.svg>", "logo.svg"),
        ("<IMG SRC='my%20logo.svg?x=1'>", "my logo.svg"),
        ('<link href="/shared/base.css" rel=stylesheet>', "/shared/base.css"),
        ('<use xlink:href="icons.svg#star"/>', "icons.svg"),
        ('<video poster="p.jpg">', "p.jpg"),
        ("src: url( 'fonts/Große Schrift.woff2' )", "fonts/Große Schrift.woff2"),
        ("background:url(/shared/bg.png)", "/shared/bg.png"),
        ('@import "theme.css";', "theme.css"),
        ("{% set font = '/shared/f.woff2' %}", "/shared/f.woff2"),
        ('<img src="a&amp;b.png">', "a&b.png"),
        ('<img src="a.png?v={{ n }}">', "a.png"),
        ('style="background:url(&quot;/shared/q.png&quot;)"', "/shared/q.png"),
    ],
)
def test_every_way_to_name_a_file_is_seen(text: str, path: str) -> None:
    """A reference that is missed serves a stale card after an edit, and no file at all."""
    assert (path, False) in [(found.path, found.dynamic) for found in find_references(text)]


def test_srcset_names_several() -> None:
    """Each candidate may be the one that is drawn."""
    found = find_references('<img srcset="a.png 1x, b.png 2x">')
    assert [reference.path for reference in found] == ["a.png", "b.png"]


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ('<img src="/shared/icons/{{ icon }}.svg">', "/shared/icons/"),
        ('<img src="/shared/{{ a }}/{{ b }}.svg">', "/shared/"),
        ('<img src="art/{% if x %}a{% endif %}.svg">', "art/"),
    ],
)
def test_a_computed_reference_means_all_below_its_fixed_part(text: str, prefix: str) -> None:
    """Which file it is is known only when the card is drawn."""
    assert [(found.path, found.dynamic) for found in find_references(text)] == [(prefix, True)]


@pytest.mark.parametrize(
    "url", ["https://x.test/a.png", "//x.test/a.png", "data:image/png;base64,AA", "#top", "{{ u }}"]
)
def test_other_origins_are_no_files(url: str) -> None:
    """Cards are drawn without a network; these name nothing on disk."""
    assert find_references(f'<img src="{url}">') == []


@pytest.mark.parametrize("piece", ['src="', "url('", '@import "', "/shared/'", "\"'", "srcset='"])
def test_hostile_text_is_searched_quickly(piece: str) -> None:
    """A template of 300 kB must not hold up the service while it is loaded."""
    started = time.perf_counter()
    find_references(piece * (300_000 // len(piece)))
    assert time.perf_counter() - started < 10
