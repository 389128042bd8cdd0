"""Entries and folders for the cache's tests; every disk is a real one."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from htmlcard.cache.entry import CacheEntry
from htmlcard.card import ImageFormat, Size

MakeEntry = Callable[..., CacheEntry]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Not made yet: making it is the cache's business."""
    return tmp_path / "cards"


@pytest.fixture
def make_entry() -> MakeEntry:
    def make(
        number: int = 0, *, size_bytes: int = 50_000, template: str = "article", mark: str = "now"
    ) -> CacheEntry:
        return CacheEntry(
            identity=f"{number:064x}",
            fingerprint=mark,
            template=template,
            format=ImageFormat.PNG,
            size_px=Size(1200, 630),
            encoding="lossless",
            data=os.urandom(size_bytes),
            stored_at_s=1_700_000_000.5,
        )

    return make
