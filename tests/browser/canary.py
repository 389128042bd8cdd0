"""A server that must never be spoken to: it counts connections and datagrams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Canary(asyncio.DatagramProtocol):
    """Listens on one port of 127.0.0.1, for TCP and UDP alike."""

    def __init__(self) -> None:
        self.port = 0
        self.heard: list[bytes] = []

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.heard.append(b"udp " + data[:80])

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard.append(b"tcp")
        self.heard[-1] += b" " + await reader.read(80)
        writer.close()


@asynccontextmanager
async def open_canary() -> AsyncIterator[Canary]:
    """A canary that has been seen to hear what is said to it."""
    canary = Canary()
    server = await asyncio.start_server(canary.accept, "127.0.0.1", 0)
    canary.port = server.sockets[0].getsockname()[1]
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: canary, local_addr=("127.0.0.1", canary.port)
    )
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", canary.port)
        writer.write(b"hello")
        await writer.drain()
        sender, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=("127.0.0.1", canary.port)
        )
        sender.sendto(b"hello")
        await asyncio.sleep(0.1)
        assert sorted(canary.heard) == [b"tcp hello", b"udp hello"]
        sender.close()
        writer.close()
        canary.heard.clear()
        yield canary
    finally:
        transport.close()
        server.close()
