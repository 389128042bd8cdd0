"""How much is measured: a quick look in under three minutes, or all of it in under 25."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Plan:
    """Counts and bounds of one run."""

    formats: tuple[str, ...]
    clients: tuple[int, ...]
    rounds: int
    warm_s: float
    """How long each contestant draws each kind of card before the race."""
    cell_s: float
    """How long one contestant draws one card, each round."""
    cell_cards: int
    """How many it draws at least, slow as it may be."""
    lanes: tuple[int, ...]
    """Numbers of browsers tried for htmlcard before all else; the fastest is measured."""
    starts: int
    hit_s: float
    entries: tuple[int, ...]
    entry_blocks: int
    """Blocks of 250 hits asked of each full cache, in turns."""
    soak_cards: int
    soak_s: float
    """The soak ends here, however many cards it has drawn."""

    def clients_for(self, format: str) -> tuple[int, ...]:
        """No bar is about WebP, so one look at it is enough."""
        return self.clients[-1:] if format == "webp" else self.clients


FULL = Plan(
    formats=("png", "jpeg", "webp"),
    clients=(1, 2, 4),
    rounds=3,
    warm_s=1.0,
    cell_s=0.7,
    cell_cards=4,
    lanes=(1, 2, 3, 4),
    starts=5,
    hit_s=4.0,
    entries=(1_000, 100_000, 1_000_000),
    entry_blocks=8,
    soak_cards=20_000,
    soak_s=420.0,
)
QUICK = Plan(
    formats=("png", "jpeg"),
    clients=(1, 4),
    rounds=1,
    warm_s=0.3,
    cell_s=0.4,
    cell_cards=4,
    lanes=(2, 3),
    starts=1,
    hit_s=1.0,
    entries=(1_000, 20_000),
    entry_blocks=3,
    soak_cards=400,
    soak_s=12.0,
)


def make_plan(
    *,
    quick: bool,
    rounds: int | None,
    cards: int | None,
    soak_cards: int | None,
    soak_s: float | None,
) -> Plan:
    """The plan asked for. With `cards`, each cell draws just so many, as fast as it goes."""
    plan = QUICK if quick else FULL
    if rounds is not None:
        plan = replace(plan, rounds=rounds)
    if cards is not None:
        plan = replace(plan, warm_s=0.0, cell_s=0.0, cell_cards=cards)
    if soak_cards is not None:
        plan = replace(plan, soak_cards=soak_cards)
    if soak_s is not None:
        plan = replace(plan, soak_s=soak_s)
    return plan
