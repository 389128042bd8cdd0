"""`htmlcard render`: one card into a file, and plain words where that cannot be."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from desk import Desk
from PIL import Image

from .conftest import RunHere

NO_CHROMIUM = {"HTMLCARD_CHROMIUM": "/nonexistent"}


def opened(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return image


@pytest.mark.parametrize(
    ("output", "format"),
    [("card.jpeg", "JPEG"), ("x.y.webp", "WEBP")],
)
def test_the_file_name_chooses_the_format(desk: Desk, output: str, format: str) -> None:
    """What scripts expect of every picture tool."""
    done = desk.run("render", "nonce", "-p", "nonce=#00ff00", "-p", "title=Hi = ho", "-o", output)
    assert done.returncode == 0, done.stderr
    assert done.stdout == b""
    picture = opened((desk.folder / output).read_bytes())
    assert (picture.format, picture.size) == (format, (1200, 630))


def test_a_dash_writes_the_picture_and_nothing_else(desk: Desk) -> None:
    """`htmlcard render … -o - | upload` must carry pure bytes; warnings go to stderr."""
    done = desk.run("render", "nonce", "-p", "count=99", "-o", "-", "--size=square", "--scale=2")
    assert done.returncode == 0, done.stderr
    picture = opened(done.stdout)
    assert (picture.format, picture.size) == ("PNG", (800, 800))
    assert b"count: " in done.stderr
    assert b"must: " in done.stderr


def test_without_a_name_the_file_is_called_like_the_template(desk: Desk) -> None:
    """The shortest command there is does something sensible, and leaves nothing else."""
    before = {path.name for path in desk.folder.iterdir()}
    done = desk.run("render", "lang")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in desk.folder.iterdir()} - before == {"lang.png"}
    assert [*desk.tmp.glob("htmlcard-run-*")] == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nonce", "-p", "title"], "name=value"),
        (["nonce", "-p", "=x"], "name=value"),
        (["nonce", "-p", "titel=x", "-p", "colour=red"], "titel colour"),
        (["nonce", "--size=huge", "--scale=3", "--lang=no such"], "size scale lang"),
        (["nonce", "-o", "card.gif"], ".gif"),
        (["nonce", "-o", "nowhere/card.png"], "nowhere"),
        (["nosuch"], "nosuch"),
        (["../nonce"], "template"),
        ([], "TEMPLATE"),
        (["nonce", "--nosuch"], "--nosuch"),
        (["nonce", "--templates", "nowhere"], "nowhere"),
    ],
)
async def test_wrong_usage_is_exit_code_2_and_says_what(
    run_here: RunHere, desk: Desk, arguments: list[str], told: str
) -> None:
    """A script that goes on after a typo publishes the wrong picture."""
    done = await run_here("render", *arguments)
    assert done.code == 2
    for word in told.split():
        assert word in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert [*desk.folder.glob("*.png")] == []


def test_without_chromium_it_is_exit_code_3_and_names_the_mend(desk: Desk, tmp_path: Path) -> None:
    """Nobody waits for a crawler here: a fallback in a file would be a trap."""
    done = desk.run("render", "nonce", **NO_CHROMIUM)
    assert done.returncode == 3
    assert b"/nonexistent" in done.stderr
    assert b"htmlcard doctor" in done.stderr
    assert b"Traceback" not in done.stderr
    assert not (desk.folder / "nonce.png").exists()


@pytest.mark.parametrize("name", ["syntax", "crash"])
def test_a_broken_template_is_exit_code_1_with_its_line(desk: Desk, name: str) -> None:
    """Neither the command nor the machine is wrong: the finding is in the template."""
    done = desk.run("render", name, "-p", "title=x")
    assert done.returncode == 1
    assert b"htmlcard: template" in done.stderr
    assert f"{name}.html:1" in done.stderr.decode()
