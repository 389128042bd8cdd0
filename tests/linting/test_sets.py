"""The two figures a linter lives by: what it finds, and how often it cries wolf."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from htmlcard.card import Document
from htmlcard.linting.rules import RULES

from .broken import BROKEN
from .conftest import Lint
from .good import GOOD

pytestmark = pytest.mark.browser


async def _lint_all(lint: Lint, cards: Mapping[str, Document]) -> dict[str, list[str]]:
    """What was found in each, as readable lines that start with the rule."""

    async def lint_one(name: str, card: Document) -> tuple[str, list[str]]:
        linted = await lint(card)
        return name, [f"{found.rule} {found.message}" for found in linted.findings]

    return dict(await asyncio.gather(*(lint_one(*item) for item in cards.items())))


async def test_nearly_all_that_is_broken_is_found(lint: Lint) -> None:
    """What the lint misses, somebody's readers find."""
    found = await _lint_all(lint, {name: card for name, (card, _) in BROKEN.items()})
    seeds = [(name, rule) for name, (_, rules) in BROKEN.items() for rule in sorted(rules)]
    missed = [
        (name, rule)
        for name, rule in seeds
        if not any(line.startswith(f"{rule} ") for line in found[name])
    ]

    assert len(BROKEN) >= 40
    assert {rule for _, rule in seeds} == set(RULES), "every rule is tried"
    assert len(missed) <= 0.05 * len(seeds), missed


@pytest.mark.parametrize(
    "every", [pytest.param(4, id="quick"), pytest.param(1, id="all", marks=pytest.mark.soak)]
)
async def test_good_cards_are_left_in_peace(lint: Lint, every: int) -> None:
    """A lint that complains of what is right is switched off, and then finds nothing."""
    found = await _lint_all(lint, dict(list(GOOD.items())[::every]))
    alarms = {name: lines for name, lines in found.items() if lines}

    assert len({card.html for card in GOOD.values()}) == len(GOOD) == 100
    assert len(alarms) <= 0.05 * len(found), alarms
