"""What is not the card's is not on the card; `test_packets` proves that nothing is asked for."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from htmlcard.browser.binary import find_chromium
from htmlcard.browser.pool import BrowserPool

from .conftest import MakePool
from .documents import make_document
from .network_tries import GREEN_CARD
from .pictures import GREEN, shows
from .shooting import shoot

pytestmark = pytest.mark.browser


@pytest.fixture
def chromium() -> Path:
    """Found while PATH is whole."""
    return find_chromium(None).path


@pytest.fixture
def without_unshare(run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine where no network namespace can be had."""
    for name in ("setpriv", "sh"):
        if found := shutil.which(name):
            (run_folder / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(run_folder))


async def test_cards_are_drawn_without_a_network_namespace_too(
    chromium: Path, without_unshare: None, make_pool: MakePool
) -> None:
    """Containers often forbid namespaces; the dead proxy must then do what the namespace did."""
    pool = await make_pool(chromium=chromium)
    assert pool.launchpad.isolation == "B"
    assert pool.launchpad.cut_off is True
    assert shows(await shoot(pool, make_document(GREEN_CARD)), 9, 9, GREEN)


_PLACES = (
    "file:///etc/hostname",
    "FILE:///etc/passwd",
    "view-source:file:///etc/passwd",
    "chrome://version/",
    "blob:https://s1.card.invalid/x",
    "filesystem:file:///x",
    "javascript:1",
    "\\\\\\\\host\\\\share",
    "data:text/html,<body style='background:red'>",
)


async def test_local_files_and_pages_of_the_browser_are_not_shown(pool: BrowserPool) -> None:
    """`/etc/passwd` in an iframe would be a picture of `/etc/passwd`."""
    frames = "".join(f'<iframe src="{place}"></iframe>' for place in _PLACES)
    pictures = "".join(f'<img src="{place}" width=40 height=40>' for place in _PLACES)
    sheets = "".join(f'<link rel=stylesheet href="{place}">' for place in _PLACES)
    shown = await shoot(pool, make_document(GREEN_CARD + sheets + pictures))
    assert shows(shown, 9, 9, GREEN)

    blank = await shoot(
        pool, make_document("<style>iframe{border:0}</style>" + "<iframe></iframe>")
    )
    for place in _PLACES[:6]:
        body = f'<style>iframe{{border:0}}</style><iframe src="{place}"></iframe>'
        framed = await shoot(pool, make_document(body))
        assert framed.data == blank.data, place
    assert frames  # every place is also tried at once, below other content
    assert shows(await shoot(pool, make_document(GREEN_CARD + frames)), 9, 9, GREEN)
