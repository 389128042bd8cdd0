"""Finished cards, kept in memory and on disk; the only door to diskcache.

`tiers` is the whole cache, `keys` says what a card is filed under, `flight`
lets many callers share one render, `entry` is what is kept.
"""

from htmlcard.cache.entry import CacheEntry
from htmlcard.cache.flight import Flights
from htmlcard.cache.keys import card_identity, etag
from htmlcard.cache.tiers import CardCache, Purged, Tier

__all__ = ["CacheEntry", "CardCache", "Flights", "Purged", "Tier", "card_identity", "etag"]
