"""What is needed of the web: something that answers like `fetch.Fetcher`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from htmlcard.fetch import Fetched, Limits


class Web(Protocol):
    """Answers URLs; raises FetchFailed where it cannot."""

    async def fetch(
        self,
        url: str,
        *,
        limits: Limits,
        headers: Mapping[str, str] | None = None,
        allow_downgrade: bool = False,
    ) -> Fetched: ...
