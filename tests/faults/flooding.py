"""Clients who ask for new cards without end: `python flooding.py PORT CLIENTS`.

In a process of their own, so that who measures beside them is not made late by them. One line is
printed for each answer.
"""

from __future__ import annotations

import asyncio
import itertools
import sys


async def crawl(port: int, numbers: itertools.count[int]) -> None:
    for number in numbers:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        path = f"/render/nonce?must=1&title=Flood%20{number}"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read(-1)
        sys.stdout.write(answer[9:12].decode() + "\n")
        sys.stdout.flush()
        writer.close()


async def main(port: int, clients: int) -> None:
    numbers = itertools.count()
    await asyncio.gather(*(crawl(port, numbers) for _ in range(clients)))


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
