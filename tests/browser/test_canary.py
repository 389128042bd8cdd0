"""The proof that a browser is cut off, and that the proof can fail."""

from __future__ import annotations

import pytest

from htmlcard.browser import flags
from htmlcard.browser.isolation import IsolationLevel
from htmlcard.browser.launchpad import Launchpad
from htmlcard.browser.pool import BrowserPool
from htmlcard.errors import BrowserUnavailable
from htmlcard.images import compare

pytestmark = pytest.mark.browser

WALLS = ("--proxy", "--host-resolver-rules", "--force-webrtc")


@pytest.fixture
def without_walls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chromium's own walls taken down, so that only a network namespace is left."""
    kept = tuple(flag for flag in flags.COMMON_FLAGS if not flag.startswith(WALLS))
    assert len(kept) == len(flags.COMMON_FLAGS) - 4
    monkeypatch.setattr(flags, "COMMON_FLAGS", kept)


async def open_lane(level: IsolationLevel) -> bool | None:
    """Start a browser at one level; what its launchpad says of the network."""
    async with Launchpad(None, compare, allow_unsafe=True) as launchpad:
        launchpad._levels = [level]
        lane = await launchpad.open_lane()
        lane.retire("test")
        return launchpad.cut_off


async def test_browsers_are_proven_to_be_cut_off(pool: BrowserPool) -> None:
    """An operator reads it in `/health` instead of believing it."""
    assert pool.launchpad.cut_off is True


@pytest.mark.parametrize("level", [IsolationLevel.SANDBOX, IsolationLevel.SANDBOX_AND_NETNS])
async def test_each_level_cuts_off(level: IsolationLevel) -> None:
    """Level B has no namespace of its own: there the dead proxy and resolver must do."""
    assert await open_lane(level) is True


async def test_a_namespace_alone_is_enough(without_walls: None) -> None:
    """Level A holds even if a flag of Chromium's changes its meaning."""
    assert await open_lane(IsolationLevel.SANDBOX_AND_NETNS) is True


async def test_a_browser_that_gets_out_is_not_used(without_walls: None) -> None:
    """A card that reads from a private network would be served to the world."""
    with pytest.raises(BrowserUnavailable, match="reaches this machine's network"):
        await open_lane(IsolationLevel.SANDBOX)


async def test_without_a_sandbox_it_is_told_all_the_same(without_walls: None) -> None:
    """Who allows level C for his own templates still sees what he has."""
    assert await open_lane(IsolationLevel.NONE) is False
