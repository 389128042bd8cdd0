"""The memory tier keeps its cap and what is used."""

from __future__ import annotations

from htmlcard.cache.memory import ENTRY_OVERHEAD_BYTES, MemoryTier

_COST = 10_000 + ENTRY_OVERHEAD_BYTES


def test_the_least_recently_used_leaves_first(make_entry) -> None:
    """A card that is asked for all day must outlive yesterday's burst."""
    tier = MemoryTier(3 * _COST)
    for number in range(3):
        tier.put(make_entry(number, size_bytes=10_000))
    assert tier.find(make_entry(0).identity)
    tier.put(make_entry(3, size_bytes=10_000))
    present = [tier.find(make_entry(number).identity) is not None for number in range(4)]
    assert present == [True, False, True, True]


def test_bytes_are_counted_through_every_kind_of_change(make_entry) -> None:
    """A count that drifts makes the cap meaningless after a week."""
    tier = MemoryTier(20 * _COST)
    for number in range(60):
        tier.put(make_entry(number % 25, size_bytes=5_000 + 300 * number))
        assert tier.used_bytes <= tier.limit_bytes
    tier.put(make_entry(100, size_bytes=1, template="other"))
    tier.remove(make_entry(100).identity)
    assert tier.evict_template("article") > 0
    assert (len(tier), tier.used_bytes) == (0, 0)


def test_a_card_larger_than_the_tier_does_not_empty_it(make_entry) -> None:
    """One huge picture must not push out all the others and then itself."""
    tier = MemoryTier(2 * _COST)
    tier.put(make_entry(1, size_bytes=10_000))
    tier.put(make_entry(2, size_bytes=10 * _COST))
    assert tier.find(make_entry(1).identity)
    assert tier.find(make_entry(2).identity) is None


def test_an_outdated_picture_does_not_survive_a_replacement_too_large_to_keep(make_entry) -> None:
    """Better no picture in memory than the one that was to be replaced."""
    tier = MemoryTier(2 * _COST)
    tier.put(make_entry(1, size_bytes=10_000, mark="old"))
    tier.put(make_entry(1, size_bytes=10 * _COST, mark="new"))
    assert tier.find(make_entry(1).identity) is None


def test_purging_a_template_leaves_the_others(make_entry) -> None:
    """Purge is used on live services: only what was named may go."""
    tier = MemoryTier(100 * _COST)
    tier.put(make_entry(1))
    tier.put(make_entry(2, template="event"))
    assert tier.evict_template("article") == 1
    assert tier.find(make_entry(2).identity)
    assert tier.clear() == 1
    assert tier.used_bytes == 0
