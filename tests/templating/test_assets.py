"""What a template may load, and that exactly its own edits change it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from htmlcard.errors import TemplateFailed, UnknownTemplate
from htmlcard.templating import assets
from htmlcard.templating.catalogue import Catalogue

from .conftest import Write
from .files import tiny_font, tiny_png

FONT = tiny_font()


@pytest.fixture
def shop(write: Write, catalogue: Catalogue) -> Catalogue:
    """Two folder templates and a single file that share some files and not others."""
    write("_shared/base.css", '@import "type.css"; body { background: url(img/bg.png) }')
    write("_shared/type.css", "@font-face { src: url('fonts/one.woff2') }")
    write("_shared/fonts/one.woff2", FONT)
    write("_shared/fonts/two.woff2", tiny_font(b"2"))
    write("_shared/img/bg.png", tiny_png())
    write("_shared/icons/a.svg", "<svg/>")
    write("_shared/base.html", "<html>{% block body %}{% endblock %}</html>")
    write("_shared/other.html", "<p>other</p>")
    write("a/card.html", '<link href="/shared/base.css"><img src="logo.png">{{ title }}')
    write("a/logo.png", tiny_png(b"logo"))
    write("a/deep/er/pic one.webp", tiny_png(b"not by name"))
    write("a/notes.md", "notes")
    write("a/part.html", "<p>part</p>")
    write("a/card.toml", 'title = "A"')
    write(
        "b/card.html",
        '{% extends "_shared/base.html" %}{% block body %}<img src="/shared/'
        'icons/{{ icon }}.svg">{% include part %}{% endblock %}',
    )
    write("solo.html", '<img src="solo.png"><img src="art/{{ n }}.png"><img src="a/logo.png">')
    write("solo.png", tiny_png(b"solo"))
    write("art/1.png", tiny_png(b"1"))
    write("unused.png", tiny_png(b"unused"))
    return catalogue


def test_a_folder_has_its_own_files_and_the_shared_ones_it_refers_to(shop: Catalogue) -> None:
    """What is not here does not exist for the browser; what is here costs memory."""
    served = shop.get_template("a").assets
    assert sorted(served) == [
        "/shared/base.css",
        "/shared/fonts/one.woff2",
        "/shared/img/bg.png",
        "/shared/type.css",
        "/template/a/deep/er/pic one.webp",
        "/template/a/logo.png",
    ]
    assert served["/shared/base.css"].content_type == "text/css; charset=utf-8"
    assert served["/shared/fonts/one.woff2"].content_type == "font/woff2"
    assert served["/shared/fonts/one.woff2"].data == FONT


def test_a_single_file_has_only_what_it_names(shop: Catalogue) -> None:
    """It lives among other templates, whose files are none of its business."""
    assert sorted(shop.get_template("solo").assets) == [
        "/template/solo/a/logo.png",
        "/template/solo/art/1.png",
        "/template/solo/solo.png",
    ]


def test_templates_share_the_bytes_of_a_file(shop: Catalogue, write: Write) -> None:
    """A dozen templates with one font hold it once."""
    write("c/card.html", '<link href="/shared/base.css">')
    path = "/shared/fonts/one.woff2"
    assert shop.get_template("a").assets[path] is shop.get_template("c").assets[path]


EDITS = [
    ("_shared/base.css", "a"),
    ("_shared/type.css", "a"),
    ("_shared/fonts/one.woff2", "a"),
    ("_shared/fonts/two.woff2", ""),
    ("_shared/fonts/new.woff2", ""),
    ("_shared/img/bg.png", "a"),
    ("_shared/icons/a.svg", "b"),
    ("_shared/icons/new.svg", "b"),
    ("_shared/base.html", "b"),
    ("_shared/other.html", "b"),
    ("_shared/new.html", "b"),
    ("a/card.html", "a"),
    ("a/card.toml", "a"),
    ("a/deep/er/pic one.webp", "a"),
    ("a/deep/er/new.png", "a"),
    ("a/deep/new/er/new.png", "a"),
    ("a/notes.md", ""),
    ("b/card.html", "b"),
    ("b/card.toml", "b"),
    ("b/part.html", "b"),
    ("solo.html", "solo"),
    ("solo.png", "solo"),
    ("art/2.png", "solo"),
    ("a/logo.png", "a solo"),
    ("unused.png", ""),
]


@pytest.mark.parametrize(("path", "changed"), EDITS, ids=[path for path, _ in EDITS])
def test_an_edit_changes_exactly_the_cards_that_use_the_file(
    shop: Catalogue, root: Path, write: Write, path: str, changed: str
) -> None:
    """Too few and crawlers see stale cards; too many and one edit redraws the whole site."""
    names = ("a", "b", "solo")
    before = {name: shop.get_template(name) for name in names}
    old = (root / path).read_bytes() if (root / path).exists() else b""
    write(path, old + (b'\ndescription = "x"' if path.endswith(".toml") else b" "))
    after = {name: shop.get_template(name) for name in names}
    assert {n for n in names if after[n].fingerprint != before[n].fingerprint} == {*changed.split()}
    assert all(after[name] is before[name] for name in names if name not in changed.split())


def test_deleting_a_file_is_an_edit(shop: Catalogue, root: Path) -> None:
    """A picture that is gone must not stay on new cards; the card itself is still drawn."""
    before = shop.get_template("a")
    (root / "_shared/fonts/one.woff2").unlink()
    after = shop.get_template("a")
    assert after.fingerprint != before.fingerprint
    told = "_shared/type.css:1: refers to fonts/one.woff2, which does not exist; "
    assert shop.problems("a") == (told + "put it there, or mend the path",)


def test_edits_of_the_same_size_and_moment_are_noticed(
    write: Write, root: Path, catalogue: Catalogue
) -> None:
    """Build tools write twice within one tick of the file system's clock, or set the time back."""
    for number in range(100, 200):
        write("t.html", f"<p>{number}</p>")
        os.utime(root / "t.html", ns=(10**18, 10**18))
        assert catalogue.get_template("t").sources["t.html"] == f"<p>{number}</p>"


def test_the_fingerprint_is_that_of_the_files(root: Path, shop: Catalogue) -> None:
    """Two processes, or one restarted, must find each other's cards in the cache."""
    other = Catalogue([root])
    for name in ("a", "b", "solo"):
        assert other.get_template(name).fingerprint == shop.get_template(name).fingerprint


@pytest.mark.parametrize(
    "link",
    ["t/card.html", "t/logo.png", "t/card.toml", "_shared/base.css", "_shared/part.html"],
)
def test_links_out_of_the_root_are_refused(
    tmp_path: Path, root: Path, write: Write, catalogue: Catalogue, link: str
) -> None:
    """A link to a secret would print it on a card."""
    secret = tmp_path / "secret"
    secret.write_text("<p>canary</p>")
    html = '<link href="/shared/base.css">{% include "_shared/part.html" %}'
    write("t/card.html", html)
    write("_shared/part.html", "<p>part</p>")
    path = root / link
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(secret)
    with pytest.raises(TemplateFailed, match="link out of the template root") as caught:
        catalogue.get_template("t")
    assert "canary" not in str(caught.value)
    path.unlink()
    write(link, html if link.endswith("card.html") else b"")
    assert b"canary" not in b"".join(a.data for a in catalogue.get_template("t").assets.values())


def test_a_linked_folder_out_of_the_root_is_refused(
    tmp_path: Path, root: Path, write: Write, catalogue: Catalogue
) -> None:
    """Also by way of a folder: as the template, as its assets, as `_shared`."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "card.html").write_text("<p>canary</p>")
    (outside / "x.png").write_bytes(b"canary")
    (root / "linked").symlink_to(outside)
    with pytest.raises(TemplateFailed, match="out of the template root"):
        catalogue.get_template("linked")
    write("t/card.html", '<img src="/shared/x.png">')
    (root / "t" / "assets").symlink_to(outside)
    (root / "_shared").symlink_to(outside)
    with pytest.raises(TemplateFailed) as caught:
        catalogue.get_template("t")
    assert str(caught.value).count("out of the template root") == 2


def test_links_within_the_root_and_loops_are_fine(
    root: Path, write: Write, catalogue: Catalogue
) -> None:
    """Shared art is often linked; a folder linked into itself must not be walked for ever."""
    write("art/logo.png", tiny_png(b"logo"))
    write("t/card.html", "<img src=logo.png>")
    (root / "t" / "logo.png").symlink_to(root / "art" / "logo.png")
    (root / "t" / "loop").symlink_to(root / "t")
    assert catalogue.get_template("t").assets["/template/t/logo.png"].data == tiny_png(b"logo")
    write("art/logo.png", tiny_png(b"new logo"))
    assert catalogue.get_template("t").assets["/template/t/logo.png"].data == tiny_png(b"new logo")


@pytest.mark.parametrize(
    "reference",
    [
        "../secret.png",
        "/shared/../secret.png",
        "%2e%2e/secret.png",
        "/shared/%2e%2e/secret.png",
        "..%2fsecret.png",
        "/etc/hostname.png",
        "\\..\\secret.png",
        "a%00.png",
        "/template/b/x.png",
    ],
)
@pytest.mark.parametrize("name", ["t/card.html", "solo.html"])
def test_references_cannot_leave_their_place(
    tmp_path: Path, write: Write, catalogue: Catalogue, reference: str, name: str
) -> None:
    """Paths in HTML are as untrusted as links."""
    (tmp_path / "secret.png").write_bytes(b"canary")
    write("secret.png", b"canary")
    write("b/x.png", b"canary")
    write(name, f'<img src="{reference}">')
    assert catalogue.get_template(name.split("/")[0].removesuffix(".html")).assets == {}


@pytest.mark.parametrize("partial", ["/etc/passwd", "../secret.html", "_shared/../../secret.html"])
def test_partials_cannot_leave_their_place(
    tmp_path: Path, write: Write, catalogue: Catalogue, partial: str
) -> None:
    """An include prints what it reads."""
    (tmp_path / "secret.html").write_text("canary")
    write("secret.html", "canary")
    write("t/card.html", f"<p>{{% include {partial!r} %}}")
    with pytest.raises(TemplateFailed, match="does not exist") as caught:
        catalogue.get_template("t")
    assert "canary" not in str(caught.value)


def test_a_pipe_among_the_assets_does_not_hang(
    root: Path, write: Write, catalogue: Catalogue
) -> None:
    """Opening a named pipe waits for a writer who never comes."""
    write("t/card.html", "x")
    os.mkfifo(root / "t" / "logo.png")
    with pytest.raises(TemplateFailed, match=r"t/logo\.png: is not a regular file"):
        catalogue.get_template("t")


def test_oversize_assets_are_told(
    write: Write, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Assets are held in memory, so a stray video must not get there."""
    write("t/card.html", "x")
    write("t/a.png", b"0" * 600)
    write("t/b.png", b"0" * 600)
    monkeypatch.setattr(assets, "MAX_TOTAL_BYTES", 1000)
    with pytest.raises(TemplateFailed, match="brings the template over 1,000 bytes"):
        catalogue.get_template("t")
    monkeypatch.setattr(assets, "MAX_FILE_BYTES", 500)
    write("t/b.png", b"0" * 601)
    with pytest.raises(TemplateFailed, match=r"t/a\.png: is over 500 bytes; make it smaller"):
        catalogue.get_template("t")


def test_names_in_any_script_are_decoded(write: Write, catalogue: Catalogue) -> None:
    """URLs are percent-encoded, files are not."""
    write("solo.html", '<img src="%E6%97%A5%E6%9C%AC%20%231.png"><img src="größe.png">')
    write("日本 #1.png", tiny_png(b"1"))
    write("größe.png", tiny_png(b"2"))
    served = catalogue.get_template("solo").assets
    assert sorted(served) == ["/template/solo/größe.png", "/template/solo/日本 #1.png"]


def test_an_unknown_template_needs_no_root(tmp_path: Path) -> None:
    """`./templates` need not exist; it is looked at again on every request."""
    catalogue = Catalogue([tmp_path / "later"])
    with pytest.raises(UnknownTemplate):
        catalogue.get_template("t")
    assert catalogue.names() == ()
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "t.html").write_text("x")
    assert catalogue.get_template("t").name == "t"
