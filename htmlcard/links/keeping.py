"""What was found on the web, kept for a while: whoever asks meanwhile shares one search.

Kept as JSON, so that its size is known and nobody can change what others get.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import TypeAdapter

from htmlcard.cache.flight import Flights
from htmlcard.errors import FetchFailed, Overloaded

T = TypeVar("T")

FOUND_S = 3600.0
FAILED_S = 300.0
#: What an entry costs beside key and value: objects and a dictionary's slot, rounded up.
_OVERHEAD_BYTES = 1024


@dataclass(frozen=True, slots=True)
class _Kept:
    until_s: float
    found: bytes | FetchFailed

    @property
    def cost_bytes(self) -> int:
        return _OVERHEAD_BYTES + (len(self.found) if isinstance(self.found, bytes) else 0)


class Keeper(Generic[T]):
    """Values of a kind by key, good for an hour; failures for five minutes.

    At most `limit_bytes` of them, what was not asked for longest goes first. `clock` tells
    seconds, from wherever.
    """

    def __init__(self, kind: type[T], limit_bytes: int, clock: Callable[[], float]) -> None:
        self._adapter: TypeAdapter[T] = TypeAdapter(kind)
        self._limit_bytes = limit_bytes
        self._clock = clock
        self._flights: Flights[_Kept] = Flights()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self.used_bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    async def aclose(self) -> None:
        """Gives up the searches under way."""
        await self._flights.drain(0)

    async def get(self, key: str, search: Callable[[], Awaitable[T]]) -> T:
        """The value of `key`, from `search()` where there is none. It goes on for the others when
        a caller stops waiting.

        Raises:
            FetchFailed: the search did, now or a while ago.
        """
        kept = self._find(key)
        if kept is None:
            kept, _ = await self._flights.share(key, lambda: self._search(key, search))
        if isinstance(kept.found, FetchFailed):
            # Raised again and again it must not gather who did.
            raise kept.found.with_traceback(None)
        return self._adapter.validate_json(kept.found)

    def _find(self, key: str) -> _Kept | None:
        kept = self._kept.get(key)
        if kept is None or kept.until_s <= self._clock():
            return None
        self._kept.move_to_end(key)
        return kept

    async def _search(self, key: str, search: Callable[[], Awaitable[T]]) -> _Kept:
        try:
            found = self._adapter.dump_json(await search())
            kept = _Kept(self._clock() + FOUND_S, found)
        except Overloaded as error:
            return _Kept(self._clock(), strip(error))
        except FetchFailed as error:
            kept = _Kept(self._clock() + FAILED_S, strip(error))
        self._put(key, kept)
        return kept

    def _put(self, key: str, kept: _Kept) -> None:
        self._remove(key)
        self._kept[key] = kept
        self.used_bytes += len(key) + kept.cost_bytes
        while self.used_bytes > self._limit_bytes:
            self._remove(next(iter(self._kept)))

    def _remove(self, key: str) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self.used_bytes -= len(key) + kept.cost_bytes


def strip(error: FetchFailed) -> FetchFailed:
    """A failure to be kept, without what it came from: the frames of a fetch hold whole bodies."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)
