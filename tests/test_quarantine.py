"""Cards that cost two browsers are left alone, and no others are."""

from __future__ import annotations

import pytest

from htmlcard.errors import Quarantined
from htmlcard.quarantine import FIRST_S, LONGEST_S, STRIKES_WITHIN_S, Quarantine


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def quarantine(clock: Clock) -> Quarantine:
    return Quarantine(clock)


def test_one_browser_may_be_chance(quarantine: Quarantine) -> None:
    """Browsers die of themselves, too: whoever was being drawn is not to blame."""
    assert not quarantine.strike("t", "1", "card", 1)
    quarantine.admit("t", "1", "card")


def test_two_are_enough_for_this_card_alone(quarantine: Quarantine) -> None:
    """Another title of the same template may be drawn like any card."""
    quarantine.strike("t", "1", "card", 1)
    assert quarantine.strike("t", "1", "card", 1)
    with pytest.raises(Quarantined, match="cost 2 browsers"):
        quarantine.admit("t", "1", "card")
    quarantine.admit("t", "1", "another")
    quarantine.admit("u", "1", "card")
    assert quarantine.state() == {
        "cards": 1,
        "templates": {"t": {"cards": 1, "ends_in_s": FIRST_S}},
    }


def test_a_card_that_costs_both_in_one_try(quarantine: Quarantine) -> None:
    """A card whose browser died is drawn again at once, and that one may die of it, too."""
    assert quarantine.strike("t", "1", "card", 2)


def test_mending_the_template_ends_it(quarantine: Quarantine) -> None:
    """Whoever has found the fault wants to see the card now, not in ten minutes."""
    quarantine.strike("t", "1", "card", 2)
    quarantine.admit("t", "2", "card")
    assert quarantine.state() == {"cards": 0, "templates": {}}


def test_it_ends_by_itself_and_comes_back_for_longer(quarantine: Quarantine, clock: Clock) -> None:
    """Each try costs a browser: those that never work must cost one seldom."""
    wait_s = FIRST_S
    assert quarantine.strike("t", "1", "card", 2)
    for _ in range(6):
        with pytest.raises(Quarantined):
            quarantine.admit("t", "1", "card")
        clock.now_s += wait_s
        quarantine.admit("t", "1", "card")
        assert quarantine.strike("t", "1", "card", 1)
        wait_s = min(2 * wait_s, LONGEST_S)


def test_a_card_that_is_drawn_is_forgiven(quarantine: Quarantine) -> None:
    """It was the machine, then."""
    quarantine.strike("t", "1", "card", 1)
    quarantine.absolve("t", "card")
    assert not quarantine.strike("t", "1", "card", 1)


def test_strikes_far_apart_are_chance(quarantine: Quarantine, clock: Clock) -> None:
    """A popular card is drawn for months, and lives through many a browser."""
    for _ in range(5):
        assert not quarantine.strike("t", "1", "card", 1)
        clock.now_s += STRIKES_WITHIN_S + 1
