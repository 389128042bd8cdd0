"""The web as the pages of one audit share it: what many of them name is fetched once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Self

from htmlcard.cache import Flights
from htmlcard.errors import FetchFailed, FetchTimedOut
from htmlcard.fetch import Fetched, Limits
from htmlcard.links.keeping import strip
from htmlcard.links.web import Web

#: Of bodies kept. Those that many pages name stay, those of one page go first.
MAX_KEPT_BYTES = 64_000_000
#: What an answer takes beside its body, and a failure in all.
_OVERHEAD_BYTES = 4_000
_PATIENCE_S = 10.0


class SharedWeb:
    """Keeps answers and failures; use `async with`. One event loop only.

    Those of `pages` are not kept, for each is asked for once anyway.
    """

    def __init__(self, web: Web, pages: Collection[str], limit_bytes: int = MAX_KEPT_BYTES) -> None:
        self._web = web
        self._pages = pages
        self._limit_bytes = limit_bytes
        self._kept: OrderedDict[str, Fetched | FetchFailed] = OrderedDict()
        self._kept_bytes = 0
        self._flights: Flights[Fetched | FetchFailed] = Flights()

    @property
    def kept_bytes(self) -> int:
        """How much is kept by now."""
        return self._kept_bytes

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._flights.drain(0)

    async def fetch(
        self,
        url: str,
        *,
        limits: Limits,
        headers: Mapping[str, str] | None = None,
        allow_downgrade: bool = False,
    ) -> Fetched:
        """As `Fetcher.fetch`. Raises FetchFailed."""
        if url in self._pages:
            return await self._web.fetch(
                url, limits=limits, headers=headers, allow_downgrade=allow_downgrade
            )
        sizes = (limits.raw_bytes, limits.decoded_bytes, limits.cut)
        key = repr((url, sizes, sorted((headers or {}).items()), allow_downgrade))
        # One page's patience may be nearly used up; what another gets must not hang on that.
        patient = replace(limits, total_s=max(limits.total_s, _PATIENCE_S))

        async def get() -> Fetched | FetchFailed:
            try:
                answer: Fetched | FetchFailed = await self._web.fetch(
                    url, limits=patient, headers=headers, allow_downgrade=allow_downgrade
                )
            except FetchFailed as error:
                answer = strip(error)
            self._keep(key, answer)
            return answer

        answer = self._kept.get(key)
        if answer is None:
            try:
                async with asyncio.timeout(limits.total_s):
                    answer, _ = await self._flights.share(key, get)
            except TimeoutError as error:
                raise FetchTimedOut(f"it was not here within {limits.total_s:g} s") from error
        else:
            self._kept.move_to_end(key)
        if isinstance(answer, FetchFailed):
            raise answer.with_traceback(None)
        return answer

    def _keep(self, key: str, answer: Fetched | FetchFailed) -> None:
        self._kept[key] = answer
        self._kept_bytes += _size_of(answer)
        while self._kept_bytes > self._limit_bytes:
            _, oldest = self._kept.popitem(last=False)
            self._kept_bytes -= _size_of(oldest)


def _size_of(answer: Fetched | FetchFailed) -> int:
    return _OVERHEAD_BYTES + (len(answer.body) if isinstance(answer, Fetched) else 0)
