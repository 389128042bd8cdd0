from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from htmlcard.card import Brand
from htmlcard.errors import TemplateFailed, UnknownTemplate
from htmlcard.templating.catalogue import Catalogue

from .conftest import Load, Write

PAGE = "<html><body>{{ title }}</body></html>"


@pytest.mark.parametrize(
    "name",
    [
        *("", "..", "../t", "t/../t", "T", "t.html", "t\x00", "%2e%2e", "_shared", "a" * 65),
        *("a" * 300, "-t", "t ", "é", "/etc/passwd", "t\n"),
    ],
)
def test_names_that_cannot_be_are_unknown(write: Write, catalogue: Catalogue, name: str) -> None:
    """A name comes from the URL and ends in a path."""
    write("t/card.html", PAGE)
    write("_shared/card.html", PAGE)
    with pytest.raises(UnknownTemplate):
        catalogue.get_template(name)


def test_bad_names_open_nothing(
    tmp_path: Path, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check comes before the disk, whatever the disk holds."""
    touched: list[object] = []
    monkeypatch.setattr(os, "stat", lambda *args, **_: touched.append(args))
    monkeypatch.setattr(os, "open", lambda *args, **_: touched.append(args))
    with pytest.raises(UnknownTemplate):
        catalogue.get_template("../../etc/passwd")
    assert touched == []


def test_a_folder_and_a_single_file_are_templates(write: Write, catalogue: Catalogue) -> None:
    """Both shapes of the contract, listed by name; partials, notes and hidden files are none."""
    write("folder/card.html", PAGE)
    write("single.html", PAGE)
    write("_shared/base.html", PAGE)
    write("notes.txt", "x")
    write("empty/readme.md", "x")
    write(".hidden.html", PAGE)
    assert catalogue.names() == ("folder", "single")
    assert [template.name for template in catalogue.list_templates()] == ["folder", "single"]
    with pytest.raises(UnknownTemplate):
        catalogue.get_template("empty")


def test_the_first_root_wins_and_is_watched(tmp_path: Path) -> None:
    """Users put their own version before the built-in one, also while the service runs."""
    for place in ("own", "builtin"):
        (tmp_path / place).mkdir()
    (tmp_path / "builtin" / "t.html").write_text("<p>builtin</p>")
    catalogue = Catalogue([tmp_path / "own", tmp_path / "missing", tmp_path / "builtin"])
    assert "builtin" in catalogue.get_template("t").sources["t.html"]
    (tmp_path / "own" / "t").mkdir()
    (tmp_path / "own" / "t" / "card.html").write_text("<p>own</p>")
    assert "own" in catalogue.get_template("t").sources["card.html"]
    shutil.rmtree(tmp_path / "own" / "t")
    assert "builtin" in catalogue.get_template("t").sources["t.html"]


def test_undeclared_variables_become_optional_text(write: Write, load: Load) -> None:
    """A file that says `{{ title }}` works without a manifest, through its partials too."""
    write("_shared/base.html", "<html>{% block body %}{% endblock %}{{ footer }}</html>")
    write("t/byline.html", "{{ author.name }} {{ local }}")
    write("t/macros.html", "{% macro m(x) %}{{ x }}{{ unseen }}{% endmacro %}")
    template = load(
        '{% extends "_shared/base.html" %}{% from "macros.html" import m %}{% block body %}'
        "{{ title }}{{ card.width }}{{ brand.name }}{% for i in range(3) %}{{ loop.index }}{{ i }}"
        '{% endfor %}{% set local = 1 %}{% include "byline.html" %}{{ price }}{% endblock %}',
        '[fields.price]\ntype = "number"\n',
    )
    assert list(template.fields) == ["price", "title", "footer", "author"]
    assert template.fields["price"].type == "number"
    assert not template.fields["title"].required


def test_reserved_variables_are_told(load: Load, catalogue: Catalogue) -> None:
    """`{{ url }}` can never be given by URL; its author should hear of it, not wonder."""
    template = load("<p>\n{{ url }}</p>")
    assert "url" not in template.fields
    assert catalogue.problems("t") == (
        "t/card.html:2: 'url' is a reserved name, which is always empty here",
    )


def test_analysis_never_evaluates(load: Load) -> None:
    """Jinja folds constants while it compiles; in the service's own process that would be the
    end of it."""
    template = load(
        "{{ 10**(10**9) }}{% set x = 'a'|center(10**10) %}{% autoescape 9**(9**9) %}"
        "{% endautoescape %}{% if 9**(9**9) %}{{ y }}{% endif %}"
    )
    assert list(template.fields) == ["y"]


BROKEN = {
    "syntax": "<p>{% if %}</p>",
    "filter": "<p>{{ title|shout }}</p>",
    "empty": "",
    "blank": " \n",
    "half": "<html><body>{{ title }}",
    "bytes": b"<p>caf\xe9</p>",
    "utf16": b"\xff\xfe<\x00p\x00>",
    "depth": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "number": "{{ " + "9" * 5000 + " }}",
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_edit_leaves_the_last_good_version(
    load: Load, write: Write, catalogue: Catalogue, broken: str | bytes
) -> None:
    """Crawlers come while a designer saves; they get the card of a moment ago, and the log and
    studio tell what is wrong, once."""
    good = load(PAGE)
    write("t/card.html", broken)
    with capture_logs() as logs:
        for _ in range(3):
            assert catalogue.get_template("t") is good
    assert [(entry["event"], entry["in_service"]) for entry in logs] == [
        ("template_broken", "last good version")
    ]
    (problem,) = catalogue.problems("t")
    assert problem.startswith("t/card.html")
    assert "\n" not in problem
    write("t/card.html", PAGE + "<!-- mended -->")
    assert catalogue.get_template("t") is not good
    assert catalogue.problems("t") == ()


def test_a_template_that_never_was_good_fails_with_all_mistakes(
    write: Write, catalogue: Catalogue
) -> None:
    """It exists, so it is no 404; the message is what its author needs, with file and line."""
    write("t/card.html", "<p>\n{{ title|shout }}")
    write("t/card.toml", "[fields.title]\nmax = 3\ncolour = 1\n[sizes.og]\nwidth=1\nheight=630\n")
    with pytest.raises(TemplateFailed) as caught:
        catalogue.get_template("t")
    assert str(caught.value) == (
        "template 't' has 3 mistakes:\n"
        "  t/card.toml:3: fields.title.colour: unknown key\n"
        "  t/card.toml:5: sizes.og.width: input should be greater than or equal to 16\n"
        "  t/card.html:2: there is no filter 'shout'; did you mean sort?"
    )


def test_deleting_the_html_keeps_the_card_deleting_the_template_does_not(
    root: Path, load: Load, catalogue: Catalogue
) -> None:
    """Editors delete and rename while they save; a folder that is gone was meant to go."""
    good = load(PAGE)
    (root / "t" / "card.html").unlink()
    assert catalogue.get_template("t") is good
    assert catalogue.problems("t") == ("t/card.html: does not exist",)
    shutil.rmtree(root / "t")
    with pytest.raises(UnknownTemplate):
        catalogue.get_template("t")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_editors_encodings_are_read(write: Write, catalogue: Catalogue, encoding: str) -> None:
    """Windows editors write BOMs and UTF-16; a BOM in the middle of HTML draws a gap."""
    write("t/card.html", "<p>\r\n{{ título }} 日本</p>".encode(encoding))
    write("t/card.toml", 'title = "Größe"'.encode(encoding))
    template = catalogue.get_template("t")
    assert template.sources["card.html"] == "<p>\n{{ título }} 日本</p>"
    assert template.title == "Größe"
    assert list(template.fields) == ["título"]


def test_an_unchanged_template_is_the_same_object(
    load: Load, write: Write, catalogue: Catalogue
) -> None:
    """Compiled sources, baked backgrounds and keys hang on it; noise must not renew it."""
    good = load(PAGE)
    write("t/.card.html.swp", "x")
    write("t/card.html~", "x")
    os.utime(write("t/card.html", PAGE))
    assert catalogue.get_template("t") is good


def test_names_strangers_make_up_are_not_kept(catalogue: Catalogue) -> None:
    """A scan over a million names must not fill the memory."""
    for number in range(100):
        with pytest.raises(UnknownTemplate):
            catalogue.get_template(f"scan-{number}")
    assert "0 loaded" in repr(catalogue)


def test_a_templates_brand_goes_over_the_services(root: Path, write: Write) -> None:
    """One service draws for several brands; what a template does not say is the service's."""
    png = b"\x89PNG\r\n\x1a\n" + b"0" * 20
    write("own/card.html", PAGE)
    write("own/card.toml", '[brand]\nname = "Own"\ncolor = "tomato"\nlogo = "logo.svg"\n')
    write("own/logo.svg", "<svg/>")
    write("plain.html", PAGE)
    catalogue = Catalogue([root], Brand("Service", "#123456", png))
    own, plain = catalogue.get_template("own"), catalogue.get_template("plain")
    assert own.brand == Brand("Own", "#ff6347", None)
    assert own.brand_context == {"name": "Own", "color": "#ff6347", "logo": "/brand/logo"}
    assert own.assets["/brand/logo"].content_type == "image/svg+xml"
    assert plain.brand == Brand("Service", "#123456", png)
    assert plain.assets["/brand/logo"].data == png
    bare = Catalogue([root], Brand("Service", "#123456")).get_template("plain")
    assert bare.brand_context["logo"] == ""
    assert bare.fingerprint != plain.fingerprint


def test_a_missing_logo_is_a_mistake_with_its_line(write: Write, catalogue: Catalogue) -> None:
    """A logo that is declared is meant to be seen."""
    write("t/card.html", PAGE)
    write("t/card.toml", '[brand]\nname = "x"\nlogo = "../../etc/logo.png"\n')
    with pytest.raises(TemplateFailed, match=r"t/card\.toml:3: brand\.logo: no such picture"):
        catalogue.get_template("t")
