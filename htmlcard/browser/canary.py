"""Proves that a browser is cut off: it is told to knock at a door of ours, and must not get there.

The door is on this machine's loopback, which a browser in a network namespace of its own does
not share, and which a dead proxy keeps all others from. Requests of documents never get that
far, for `origin` answers them; sockets are what no interception sees.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from importlib.resources import files

#: Refusals come at once; what is dropped without a word is waited for so long.
_WAIT_MS = 300
#: What a visitor takes from the kernel's queue to us.
_ARRIVE_S = 0.01


class _Door(asyncio.DatagramProtocol):
    """Counts who comes, by TCP and by UDP."""

    def __init__(self) -> None:
        self.visits = 0

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.visits += 1

    def let_in(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.visits += 1
        writer.close()


async def reaches_out(evaluate: Callable[[str], Awaitable[object]]) -> bool:
    """Whether a page gets to this machine's network. `evaluate` runs JavaScript in the page.

    Raises what `evaluate` does.
    """
    loop = asyncio.get_running_loop()
    door = _Door()
    server = await asyncio.start_server(door.let_in, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    udp, _ = await loop.create_datagram_endpoint(lambda: door, local_addr=("127.0.0.1", port))
    try:
        knock_js = files("htmlcard.browser.stage").joinpath("knock.js").read_text(encoding="utf-8")
        await evaluate(f"({knock_js})({port}, {_WAIT_MS})")
        await asyncio.sleep(_ARRIVE_S)
    finally:
        udp.close()
        server.close()
    return door.visits > 0
