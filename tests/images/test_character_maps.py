"""What fonts cover is read once, in a process of its own, and is then known to all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from htmlcard import fallbacks
from htmlcard.card import DEFAULT_SIZE, Brand
from htmlcard.children.process import ChildDied, ChildKind, ChildProcess
from htmlcard.children.service import OUT_OF_MEMORY
from htmlcard.errors import EnvironmentLacking
from htmlcard.fallbacks import FallbackLadder
from htmlcard.images import character_maps
from htmlcard.images.character_maps import MAPS
from htmlcard.images.fonts import FontShelf
from htmlcard.telemetry.metrics import Metrics

#: One of each script that Debian's fonts cover, and one that no font has.
CHARS = "aЖΩ漢ñ한あเक😀مא\U0010fffd"


def _faces(shelf: FontShelf) -> list[tuple[str, int] | None]:
    found = [shelf.find_face(char, lang) for char in CHARS for lang in ("ja", "zh", "en")]
    return [face and (face.path, face.index) for face in found]


async def test_fonts_read_in_a_child_are_those_read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The picture must not depend on who has read the fonts."""
    here, told = FontShelf(), FontShelf()
    here.warm()
    monkeypatch.setattr(fallbacks, "INSTALLED", told)
    assert told.unread()
    async with FallbackLadder(Brand(), 300_000, Metrics()) as ladder:
        await ladder.prepare([DEFAULT_SIZE])
    assert told.unread() == []
    assert _faces(told) == _faces(here)


@pytest.mark.parametrize("error", [EnvironmentLacking("no process"), ChildDied(), TimeoutError()])
async def test_where_no_child_can_be_had_fonts_are_read_here(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """A machine that is out of processes still has its titles."""

    async def start(kind: ChildKind) -> ChildProcess:
        raise error

    shelf = FontShelf()
    monkeypatch.setattr(fallbacks, "INSTALLED", shelf)
    monkeypatch.setattr(ChildProcess, "start", start)
    async with FallbackLadder(Brand(), 300_000, Metrics()) as ladder:
        await ladder.prepare([DEFAULT_SIZE])
    assert shelf.unread() == []
    assert shelf.find_face("漢", "ja") is not None


@pytest.mark.parametrize(
    "answer", [(OUT_OF_MEMORY, b""), (MAPS, b"no JSON"), (MAPS, b"[]"), (MAPS, b"[[[1],[-1]]]")]
)
async def test_a_child_that_answers_nonsense_is_done_without(
    monkeypatch: pytest.MonkeyPatch, answer: tuple[bytes, bytes]
) -> None:
    """It may have had too little memory, or be killed half-way."""

    async def exchange(
        child: ChildProcess, payload: bytes, timeout_s: float
    ) -> tuple[bytes, bytes]:
        return answer

    shelf = FontShelf()
    monkeypatch.setattr(fallbacks, "INSTALLED", shelf)
    monkeypatch.setattr(ChildProcess, "exchange", exchange)
    async with FallbackLadder(Brand(), 300_000, Metrics()) as ladder:
        await ladder.prepare([DEFAULT_SIZE])
    assert shelf.unread() == []
    assert shelf.find_face("漢", "ja") is not None


def test_a_shelf_in_use_learns_the_rest_in_its_order(tmp_path: Path) -> None:
    """Cards that come while the fonts are being read have some of them read at once."""
    shelf, whole = FontShelf(), FontShelf()
    whole.warm()
    paths = shelf.unread()
    assert shelf.find_face("a", "en") is not None
    assert len(shelf.unread()) < len(paths)
    shelf.learn({path: character_maps.read_map(path) for path in paths})
    assert shelf.unread() == []
    assert _faces(shelf) == _faces(whole)

    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"\x00\x01\x00\x00junk")
    shelf = FontShelf((str(tmp_path),))
    assert shelf.unread() == [str(broken)]
    kind, said = character_maps._read_maps(json.dumps(shelf.unread()).encode())
    assert (kind, json.loads(said)) == (character_maps.MAPS, [None])
    shelf.learn({str(broken): None})
    assert shelf.unread() == []
    assert shelf.find_face("日", "ja") is None
