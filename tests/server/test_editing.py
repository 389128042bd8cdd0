"""Edits show on the next request, in exactly the cards that use what was edited."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from running import Site, is_near

FONTS = Path(__file__).parents[2] / "templates" / "_shared" / "fonts"
GREEN, RED, BLUE = (0, 255, 0), (255, 0, 0), (0, 0, 255)

#: Four quarters: own stylesheet, partial, shared file, picture.
USER = """\
<!doctype html><title>user</title>
<link rel="stylesheet" href="own.css"><link rel="stylesheet" href="/shared/edit.css">
<style>html, body { margin: 0 } body { height: 630px }
.q { position: absolute; width: 600px; height: 315px }</style>
<div class="q own" style="left: 0; top: 0"></div>
{% include "part.html" %}
<div class="q shared" style="left: 0; top: 315px"></div>
<img class="q" src="dot.png" style="left: 600px; top: 315px">
<p>{{ title }}</p>
"""
PART = '<div class="q" style="left: 600px; top: 0; background: {color}"></div>'
QUARTERS = {"own": (300, 200), "part": (900, 150), "shared": (300, 500), "picture": (900, 500)}


def dot(color: tuple[int, int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), color).save(out, "PNG")
    return out.getvalue()


async def colors(site: Site) -> dict[str, tuple[int, int, int]]:
    answer = await site.get("/render/user?title=x")
    assert answer.fallback == ""
    return {name: answer.pixel(*place) for name, place in QUARTERS.items()}


async def test_every_kind_of_file_changes_its_cards_and_no_others(site: Site) -> None:
    """Who edits must see it at once; who did not must keep the cache of a year."""
    site.write("_shared/edit.css", ".shared { background: #0f0 }")
    site.write("user/card.html", USER)
    site.write("user/own.css", ".own { background: #0f0 }")
    site.write("user/part.html", PART.format(color="#0f0"))
    site.write("user/dot.png", dot(GREEN))
    site.write("bystander.html", "<!doctype html><style>html{background:#00f}</style>{{ title }}")
    assert all(is_near(found, GREEN) for found in (await colors(site)).values())
    bystander = await site.get("/render/bystander?title=x")
    assert is_near(bystander.pixel(600, 600), BLUE)

    edits: dict[str, tuple[str, str | bytes]] = {
        "own": ("user/own.css", ".own { background: #f00 }"),
        "part": ("user/part.html", PART.format(color="#f00")),
        "shared": ("_shared/edit.css", ".shared { background: #f00 }"),
        "picture": ("user/dot.png", dot(RED)),
    }
    changed: set[str] = set()
    for name, (path, content) in edits.items():
        site.write(path, content)
        changed.add(name)
        for quarter, found in (await colors(site)).items():
            assert is_near(found, RED if quarter in changed else GREEN), (name, quarter)
        again = await site.get("/render/user?title=x")
        assert again.headers["Cache-Status"] == "htmlcard; hit"
    untouched = await site.get("/render/bystander?title=x")
    assert untouched.headers["Cache-Status"] == "htmlcard; hit"
    assert untouched.headers["ETag"] == bystander.headers["ETag"]


async def test_an_edited_template_changes_at_the_next_request(site: Site) -> None:
    """`make run`, edit, reload: without a restart, and under the same URL."""
    text = "<!doctype html><style>html{{background:{}}}</style>{{{{ title }}}}"
    site.write("draft.html", text.format("#0f0"))
    first = await site.get("/render/draft?title=x")
    site.write("draft.html", text.format("#f00"))
    second = await site.get("/render/draft?title=x", If_None_Match=first.headers["ETag"])
    assert is_near(first.pixel(600, 600), GREEN)
    assert second.status == 200
    assert is_near(second.pixel(600, 600), RED)


async def test_an_exchanged_font_changes_the_letters(site: Site) -> None:
    """A font under an old name would otherwise live on in the browser's memory."""
    site.write(
        "face.html",
        "<!doctype html><style>@font-face { font-family: F; src: url(/shared/face.woff2) }"
        "p { font: 120px F; margin: 100px }</style><p>{{ title }}</p>",
    )
    found = []
    fonts = ("inter/latin-opsz-normal.woff2", "instrument-serif/latin-400-normal.woff2")
    for font in (*fonts, fonts[0]):
        site.write("_shared/face.woff2", (FONTS / font).read_bytes())
        answer = await site.get("/render/face?title=Typeface")
        assert answer.fallback == ""
        found.append(answer.body)
    assert found[0] != found[1]
    assert found[0] == found[2]


async def test_a_template_can_come_and_go(site: Site) -> None:
    """New folders are there at once, and deleted ones are 404, not ghosts."""
    assert (await site.get("/render/guest")).status == 404
    path = site.write(
        "guest.html", "<!doctype html><style>html{background:#0f0}</style>{{ title }}"
    )
    assert is_near((await site.get("/render/guest?title=x")).pixel(600, 600), GREEN)
    path.unlink()
    assert (await site.get("/render/guest?title=x")).status == 404
