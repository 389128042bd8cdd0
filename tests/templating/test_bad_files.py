"""Every way to break a template: where it is wrong, how to mend it, and that cards go on."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from running import Site

from htmlcard.errors import TemplateFailed
from htmlcard.templating.catalogue import Catalogue

from .conftest import Write
from .files import tiny_font, tiny_png

CARD = """\
<!doctype html><html>
<link rel="stylesheet" href="style.css">
<img src="logo.png"><img src="art.svg">
{% include "part.html" %}
<h1>{{ title }}</h1></html>
"""
STYLE = "h1 { color: red }\n@font-face { font-family: F; src: url(face.woff2) }\n"
FILES: dict[str, str | bytes] = {
    "t/card.html": CARD,
    "t/card.toml": '[brand]\nlogo = "logo.png"\n',
    "t/style.css": STYLE,
    "t/part.html": "<p>part</p>",
    "t/face.woff2": tiny_font(b"face"),
    "t/logo.png": tiny_png(b"logo"),
    "t/art.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
}

#: What is done, the file it is done to, and all that the author is told.
MISTAKES: list[tuple[str, str, str | bytes, str]] = [
    ("bad TOML", "t/card.toml", 'a = 1\ntitle = "x\n', "t/card.toml:2: not valid TOML: "),
    (
        "unknown key",
        "t/card.toml",
        "[fields.title]\nmax_lenght = 3",
        "t/card.toml:2: fields.title.max_lenght: unknown key; did you mean max_length?",
    ),
    (
        "wrong type",
        "t/card.toml",
        'scripts = "yes"',
        "t/card.toml:1: scripts: input should be a valid boolean",
    ),
    (
        "reserved name",
        "t/card.toml",
        "\n[fields.size]",
        "t/card.toml:2: fields.size: this name is reserved by htmlcard; choose another",
    ),
    (
        "logo that is not there",
        "t/card.toml",
        '[brand]\nlogo = "lgo.png"',
        "t/card.toml:2: brand.logo: no such picture in the template's folder or /shared/",
    ),
    ("manifest in Latin-1", "t/card.toml", b'title = "\xe9"', "t/card.toml: is not UTF-8 text "),
    ("manifest cut in UTF-16", "t/card.toml", b"\xff\xfea", "t/card.toml: is not UTF-16-LE text "),
    ("empty HTML", "t/card.html", " \n", "t/card.html: is empty"),
    ("half-written HTML", "t/card.html", CARD[:90], "t/card.html: looks half-written: </html>"),
    ("bad Jinja", "t/card.html", "<p>\n{% if title %}</p>", "t/card.html:2: Unexpected end of "),
    (
        "bad Jinja in a partial",
        "t/part.html",
        "\n\n{{ title",
        "t/part.html:3: unexpected end of template",
    ),
    (
        "unknown filter",
        "t/part.html",
        "{{ title | truncate_grapheme(3) }}",
        "t/part.html:1: there is no filter 'truncate_grapheme'; did you mean truncate_graphemes?",
    ),
    (
        "unknown test",
        "t/part.html",
        "{% if title is defind %}{% endif %}",
        "t/part.html:1: there is no test 'defind'; did you mean defined?",
    ),
    (
        "partial that is not there",
        "t/card.html",
        "{% include 'prat.html' %}",
        "t/card.html:1: partial 'prat.html' does not exist; write it, or mend the name",
    ),
    (
        "include loop",
        "t/part.html",
        "<i></i>\n{% include 'card.html' %}",
        "t/part.html:2: includes itself without end (card.html > part.html > card.html); take",
    ),
    (
        "extends loop",
        "t/part.html",
        "{% extends 'part.html' %}",
        "t/part.html:1: includes itself without end (part.html > part.html); take one of them out",
    ),
    (
        "truncated font",
        "t/face.woff2",
        tiny_font(b"face")[:-2],
        "t/style.css:2: refers to face.woff2, which ends early; save or copy it again",
    ),
    (
        "font that is a page",
        "t/face.woff2",
        "<!doctype html>Not found",
        "t/style.css:2: refers to face.woff2, which is no font, whatever its name says; save or",
    ),
    (
        "truncated picture",
        "t/logo.png",
        tiny_png(b"logo")[:-5],
        "t/card.toml:2: brand.logo: logo.png ends early; save or copy it again",
    ),
    (
        "picture that is text",
        "t/logo.png",
        "version 1",
        "t/card.html:3: refers to logo.png, which is no picture, whatever its name says; save",
    ),
    ("empty picture", "t/logo.png", b"", "t/card.html:3: refers to logo.png, which is empty; "),
    (
        "drawing half edited",
        "t/art.svg",
        "<svg>\n<g></svg>",
        "t/card.html:3: refers to art.svg, which is no SVG a browser can draw (its line 2: mism",
    ),
    ("stylesheet that is a picture", "t/style.css", b"\x89PNG", "t/style.css: is not UTF-8 text "),
]

#: The card can still be drawn, so these are told without holding anything back.
NOTICES: list[tuple[str, str, str, str]] = [
    (
        "stylesheet that is not there",
        "t/style.css",
        '@import "tokens.css";',
        "t/style.css:1: refers to tokens.css, which does not exist; put it there, or mend the",
    ),
    (
        "picture with another name",
        "t/card.html",
        "<p>{{ title }}</p>\n<img src='logos.png'>",
        "t/card.html:2: refers to logos.png, which does not exist; did you mean logo.png?",
    ),
    (
        "partial that some cards need",
        "t/part.html",
        "{% if title %}{% include 'x.html' %}{% endif %}",
        "t/part.html:1: partial 'x.html' does not exist; write it, or mend the name",
    ),
    (
        "stray picture",
        "t/stray.png",
        "no picture, and used by nobody",
        "t/stray.png: is no picture, whatever its name says; save or copy it again",
    ),
]


@pytest.fixture
def good(write: Write, catalogue: Catalogue) -> Catalogue:
    for name, content in FILES.items():
        write(name, content)
    assert catalogue.get_template("t").title == "T"
    assert catalogue.problems("t") == ()
    return catalogue


@pytest.mark.parametrize(
    ("path", "content", "told"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES]
)
def test_a_mistake_is_told_and_the_last_good_version_stays(
    good: Catalogue, write: Write, root: Path, path: str, content: str | bytes, told: str
) -> None:
    """A broken save must not reach a crawler, and its author needs file, line and mend."""
    before = good.get_template("t")
    write(path, content)
    assert good.get_template("t") is before
    problems = good.problems("t")
    assert any(problem.startswith(told) for problem in problems), problems
    # Without a good version to go on with, the same is the answer.
    with pytest.raises(TemplateFailed) as caught:
        Catalogue([root]).get_template("t")
    assert told in str(caught.value)
    # And what is mended is in service at once.
    write(path, FILES[path])
    assert good.problems("t") == ()
    assert good.get_template("t").fingerprint == before.fingerprint


@pytest.mark.parametrize(
    ("path", "content", "told"), [n[1:] for n in NOTICES], ids=[n[0] for n in NOTICES]
)
def test_what_does_not_stop_a_card_is_told_too(
    good: Catalogue, write: Write, path: str, content: str, told: str
) -> None:
    """It is in service, but looks unlike what was meant."""
    before = good.get_template("t")
    write(path, content)
    assert good.get_template("t").fingerprint != before.fingerprint
    problems = good.problems("t")
    assert any(problem.startswith(told) for problem in problems), problems


def link_out(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/hostname")


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("replace", "told"),
    [
        (link_out, "t/logo.png: is a link out of the template root; copy the file instead"),
        (pipe, "t/logo.png: is not a regular file"),
    ],
)
def test_what_is_no_file_is_told_and_the_last_good_version_stays(
    good: Catalogue, root: Path, replace: Callable[[Path], None], told: str
) -> None:
    """Links lead to secrets, and pipes never end."""
    before = good.get_template("t")
    replace(root / "t" / "logo.png")
    assert good.get_template("t") is before
    assert told in good.problems("t")


def test_conditions_may_end_what_includes_itself(write: Write, catalogue: Catalogue) -> None:
    """Trees are drawn so; only a loop that cannot end is a mistake."""
    write("t/card.html", "{% set depth = (depth or 0) + 1 %}x{% include 'branch.html' %}")
    write("t/branch.html", "{% if depth < 3 %}{% include 'card.html' %}{% endif %}")
    catalogue.get_template("t")
    assert catalogue.problems("t") == ()


async def test_the_service_goes_on_with_the_last_good_version(site: Site) -> None:
    """The same mistakes as a crawler meets them: it gets the card, and the operator the reason."""
    for name, content in FILES.items():
        site.write(name.replace("t/", "served/"), content)
    good = await site.get("/render/served?title=x")
    for number, (_, path, content, told) in enumerate(MISTAKES):
        site.write(path.replace("t/", "served/"), content)
        card = await site.get(f"/render/served?title=x&v={number}")
        assert (card.status, card.fallback) == (200, ""), told
        assert card.body == good.body, told
        problems = site.service.catalogue.problems("served")
        assert any(each.startswith(told.replace("t/", "served/", 1)) for each in problems), told
        site.write(path.replace("t/", "served/"), FILES[path])
