"""A template that fails again and again is tried seldom; nobody else notices."""

from __future__ import annotations

import pytest

from htmlcard.errors import BreakerOpen
from htmlcard.template_breakers import LIMIT, PAUSE_S, TemplateBreakers


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breakers(clock: Clock) -> TemplateBreakers:
    """Of which one is open: `bad`."""
    breakers = TemplateBreakers(clock)
    opened = [breakers.note_failure("bad", "1") for _ in range(LIMIT)]
    assert opened == [False] * (LIMIT - 1) + [True]
    return breakers


def test_it_is_open_for_this_template_alone(breakers: TemplateBreakers) -> None:
    """One bad template in the gallery must not take the others down."""
    with pytest.raises(BreakerOpen, match="bad"):
        breakers.admit("bad", "1")
    breakers.admit("good", "1")
    assert breakers.state() == {"bad": "open"}


def test_one_card_is_tried_every_few_seconds(breakers: TemplateBreakers, clock: Clock) -> None:
    """Whatever was wrong may be over, and somebody has to find out at his cost."""
    for _ in range(3):
        clock.now_s += PAUSE_S
        breakers.admit("bad", "1")
        for _ in range(5):
            with pytest.raises(BreakerOpen):
                breakers.admit("bad", "1")
        breakers.note_failure("bad", "1")


def test_a_card_that_is_drawn_closes_it(breakers: TemplateBreakers, clock: Clock) -> None:
    """The cause is gone: all cards come again."""
    clock.now_s += PAUSE_S
    breakers.admit("bad", "1")
    breakers.note_success("bad")
    for _ in range(5):
        breakers.admit("bad", "1")
    assert breakers.state() == {}


def test_a_change_of_the_template_closes_it(breakers: TemplateBreakers) -> None:
    """Who has mended it reloads at once."""
    breakers.admit("bad", "2")
    breakers.admit("bad", "2")
