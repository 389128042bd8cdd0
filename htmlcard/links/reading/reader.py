"""Pages read in child processes: a stranger's bytes may hang or break a parser, never the service.

The children (`worker`) start with the first page, and answer in JSON: what has read
hostile bytes is not believed more than that.
"""

from __future__ import annotations

import asyncio
import json
from typing import Self, TypeVar

from pydantic import TypeAdapter, ValidationError

from htmlcard.children.pool import ChildLate, ChildPool, NoChildFree
from htmlcard.children.process import ChildDied, ChildKind
from htmlcard.children.service import OUT_OF_MEMORY, READY
from htmlcard.errors import Overloaded, UnreadablePage
from htmlcard.links.reading import worker
from htmlcard.links.reading.metadata import Metadata
from htmlcard.links.reading.parts import PageParts

T = TypeVar("T")

_CHILDREN = 2

_READER = ChildKind(
    name="page reader",
    module="htmlcard.links.reading.worker",
    max_answer_bytes=worker.MAX_ANSWER_BYTES,
    answers=frozenset({READY, OUT_OF_MEMORY, worker.FOUND, worker.ERROR}),
)
_PARTS = TypeAdapter(PageParts)
_METADATA = TypeAdapter(Metadata)


class PageReader:
    """Reads pages; use `async with`.

    Both methods take the body and its Content-Type header as they came, and a deadline by the
    event loop's clock. What is too much of a page is left out, with a warning (`trimming`).
    """

    def __init__(self) -> None:
        self._children = ChildPool(_READER, _CHILDREN, on_demand=True)

    async def __aenter__(self) -> Self:
        await self._children.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._children.aclose()

    @property
    def pids(self) -> frozenset[int]:
        """Process ids of the children running now."""
        return self._children.pids

    async def read(self, data: bytes, content_type: str | None, deadline_s: float) -> PageParts:
        """The parts of a page.

        Raises:
            UnreadablePage: it takes too much time or memory.
            Overloaded: nobody was free to read it by then.
        """
        return _parse(_PARTS, await self._ask(data, content_type, None, deadline_s))

    async def read_metadata(
        self, data: bytes, content_type: str | None, url: str, deadline_s: float
    ) -> Metadata:
        """What the page at `url` says about itself; raises what `read` does."""
        return _parse(_METADATA, await self._ask(data, content_type, url, deadline_s))

    async def _ask(
        self, data: bytes, content_type: str | None, url: str | None, deadline_s: float
    ) -> bytes:
        # Headers may hold bytes that are no text.
        kind = content_type and content_type.encode("utf-8", "replace").decode()
        asked = json.dumps({"content_type": kind, "url": url}).encode()
        request = worker.LENGTH.pack(len(asked)) + asked + data
        left_s = max(0.0, deadline_s - asyncio.get_running_loop().time())
        try:
            outcome, said = await self._children.run(
                lambda child: child.exchange(request, left_s), deadline_s
            )
        except NoChildFree:
            raise Overloaded from None
        except ChildLate:
            raise UnreadablePage("reading it takes too long") from None
        except ChildDied:
            raise UnreadablePage("it takes down whoever reads it") from None
        if outcome == OUT_OF_MEMORY:
            raise UnreadablePage("reading it takes too much memory")
        if outcome == worker.ERROR:
            raise UnreadablePage("it cannot be read")
        return said


def _parse(adapter: TypeAdapter[T], said: bytes) -> T:
    try:
        return adapter.validate_json(said)
    except ValidationError:
        raise UnreadablePage("it cannot be read") from None
