"""What is asked of everything that is measured."""

from __future__ import annotations

from typing import Protocol


class ContestantFailed(Exception):  # noqa: N818 - reads like the errors of the product
    """A tool does not start, or did not draw a card. The message says why."""


class Contestant(Protocol):
    """A tool that draws the cards of the corpus, several at a time where it can."""

    @property
    def name(self) -> str: ...

    @property
    def formats(self) -> tuple[str, ...]:
        """Of `png`, `jpeg` and `webp` those the tool makes."""
        ...

    def find_obstacle(self) -> str | None:
        """Why it cannot run on this machine; None where it can."""
        ...

    def find_version(self) -> str:
        """Its version, in words."""
        ...

    async def start(self) -> None:
        """Start it and wait until it would draw. Raises ContestantFailed."""
        ...

    async def draw(self, card: str, number: int, format: str) -> bytes:
        """One card. Raises ContestantFailed."""
        ...

    def processes(self) -> list[int]:
        """The ids of its processes that are nobody's child here: their trees are its cost."""
        ...

    async def stop(self) -> None: ...
