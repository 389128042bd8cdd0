"""The worker's end of the wire: requests as lines of JSON on stdin, pictures on stdout.

`peers/wire.mjs` speaks the same. Workers are processes of their own, so that the
processor time of a tool can be told from that of the measuring.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Draw = Callable[[str, Mapping[str, Any], str], Awaitable[bytes]]


def _answer(head: dict[str, Any], body: bytes = b"") -> None:
    line = json.dumps({**head, "bytes": len(body)}).encode()
    sys.stdout.buffer.write(line + b"\n" + body)
    sys.stdout.buffer.flush()


async def serve(draw: Draw) -> None:
    """Answer until stdin ends; requests that come meanwhile are drawn side by side."""

    async def handle(request: dict[str, Any]) -> None:
        try:
            body = await draw(request["card"], request["fields"], request["format"])
        except Exception as error:
            _answer({"id": request["id"], "error": repr(error)})
        else:
            _answer({"id": request["id"]}, body)

    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    _answer({"id": "ready"})
    async with asyncio.TaskGroup() as group:
        while line := await reader.readline():
            group.create_task(handle(json.loads(line)))
