"""`htmlcard templates new` and the contact sheet, as processes."""

from __future__ import annotations

import json
import shlex

import pytest
from desk import Desk
from PIL import Image

from htmlcard.errors import InvalidRequest
from htmlcard.templating.starter import make_starter

FILES = {"card.html", "card.toml", "style.css"}


@pytest.mark.browser
def test_a_new_template_renders_at_once_and_passes_its_test(desk: Desk) -> None:
    """The first minute of a designer: three commands, copied from what is printed."""
    made = desk.run("templates", "new", "my-card")
    assert made.returncode == 0
    assert {path.name for path in (desk.templates / "my-card").iterdir()} == FILES
    commands = [line.strip() for line in made.stdout.decode().splitlines() if "htmlcard " in line]
    assert "http://127.0.0.1:8080/render/my-card?title=Hello" in commands[1]
    assert desk.run(*shlex.split(commands[0])[1:]).returncode == 0
    with Image.open(desk.folder / "my-card.png") as picture:
        assert picture.size == (1200, 630)
        assert len(picture.convert("RGB").getcolors(1 << 24) or ()) > 20
    fixtures = [f"--fixture={name}" for name in ("sample", "long")]
    tested = desk.run(*shlex.split(commands[2])[1:], *fixtures, "--json")
    assert tested.returncode == 0, tested.stdout.decode()
    cases = json.loads(tested.stdout)["templates"][0]["cases"]
    assert {case["size"] for case in cases} == {"og", "x", "square", "portrait"}
    assert [case["findings"] for case in cases if case["fixture"] == "sample"] == [[]] * 4


def test_a_new_template_overwrites_nothing(desk: Desk) -> None:
    """Hours of somebody's work may be in there."""
    (desk.templates / "mine.html").write_text("precious")
    (desk.templates / "folder").mkdir()
    (desk.templates / "link").symlink_to("/nonexistent")
    for name in ("mine", "folder", "link"):
        with pytest.raises(InvalidRequest, match="is there already"):
            make_starter(name, desk.templates)
    assert (desk.templates / "mine.html").read_text() == "precious"
    assert not [*(desk.templates / "folder").iterdir()]


@pytest.mark.parametrize(
    ("name", "mend"),
    [("My Card!", "'my-card' would do"), ("../up", "'up' would do"), ("日本", "a-z"), ("", "a-z")],
)
def test_a_bad_name_says_why_and_offers_a_good_one(desk: Desk, name: str, mend: str) -> None:
    """The name becomes part of every URL, which nobody thinks of at first."""
    before = sorted(desk.folder.rglob("*"))
    with pytest.raises(InvalidRequest, match="part of the URL") as refused:
        make_starter(name, desk.templates)
    assert mend in str(refused.value)
    assert sorted(desk.folder.rglob("*")) == before


def test_it_goes_where_it_is_told_to(desk: Desk) -> None:
    """Commands that are printed must find it there."""
    into = desk.run("templates", "new", "one", "--into", "deep/cards")
    assert (desk.folder / "deep/cards/one/card.html").is_file()
    assert "-o one.png --templates deep/cards" in into.stdout.decode()
    (desk.folder / "file").write_text("")
    done = desk.run("templates", "new", "three", "--into", "file")
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


@pytest.mark.browser
def test_the_sheet_shows_every_size_of_every_template(desk: Desk) -> None:
    """One picture to look at before a release."""
    done = desk.run("templates", "show", "nonce", "lang", "--sheet", "sheet.png")
    assert done.returncode == 0, done.stderr
    assert b"sheet.png" in done.stderr
    with Image.open(desk.folder / "sheet.png") as sheet:
        colors = {color: count for count, color in sheet.convert("RGB").getcolors(1 << 24) or ()}
    # Half of each card of `nonce` is gray, wide and square; half of `lang` is green.
    assert colors[128, 128, 128] > 257 * 270 + 135 * 270 - 3000
    assert colors[0, 255, 0] > 257 * 270 - 3000


def test_a_sheet_that_cannot_be_is_exit_code_2(desk: Desk) -> None:
    """Told before a browser is started."""
    for arguments in (("--sheet", "sheet.gif"), ("nosuch", "--sheet", "sheet.png")):
        done = desk.run("templates", "show", *arguments)
        assert done.returncode == 2
        assert b"Traceback" not in done.stderr
