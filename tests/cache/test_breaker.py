"""A slow disk is left alone, and found again."""

from __future__ import annotations

from htmlcard.cache.breaker import Breaker, BreakerState


def _opened() -> Breaker:
    breaker = Breaker(limit=3, pause_s=10)
    for now_s in (1, 2, 3):
        assert breaker.allows(now_s)
        breaker.record(success=False, now_s=now_s)
    return breaker


def test_opens_only_after_failures_in_a_row() -> None:
    """One slow read among good ones is no reason to go without a cache."""
    breaker = Breaker(limit=3, pause_s=10)
    for success in (False, False, True, False, False):
        breaker.record(success=success, now_s=1)
    assert breaker.state is BreakerState.CLOSED
    breaker.record(success=False, now_s=1)
    assert breaker.state is BreakerState.OPEN


def test_one_probe_at_a_time_pays_for_finding_out() -> None:
    """While the disk hangs, all but one caller per pause must miss without any wait."""
    breaker = _opened()
    assert not breaker.allows(12.9)
    assert [breaker.allows(13), breaker.allows(13), breaker.allows(22.9)] == [True, False, False]
    assert breaker.allows(23)


def test_a_good_probe_closes_and_a_bad_one_waits_again() -> None:
    """A disk that came back must be used at once, one that did not must cost little."""
    breaker = _opened()
    breaker.record(success=False, now_s=14)
    assert not breaker.allows(23.9)
    assert breaker.allows(24)
    breaker.record(success=True, now_s=24)
    assert all(breaker.allows(24) for _ in range(5))
