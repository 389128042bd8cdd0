"""Runs in a network namespace in which every address there is leads here, and listens to all.

Started by `test_wall` under `unshare`; prints what came through as JSON. So the true classifier
is at work, and whatever it lets through is heard.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from html import escape
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, unquote

from spellings import PUBLIC, addresses, urls

from htmlcard.errors import FetchFailed, RefusedTarget
from htmlcard.fetch import AddressJudge, Fetched, Fetcher, Limits
from htmlcard.links.reading.reader import PageReader
from htmlcard.links.unfurling import Unfurler

PORTS = (80, 443, 8080)
LIMITS = Limits(total_s=3, connect_s=1, raw_bytes=10_000, decoded_bytes=10_000)
REBINDING_TRIES = 1000
#: Browsers take digits behind a zero for octal ones. In a page we do likewise, so that these are
#: what 010.000.000.001 and its like lead to: nobody's private addresses.
OCTAL = ("8.0.0.1", "100.52.0.1", "168.51.129.14", "172.14.0.1", "198.41.100.7")
#: All that a page may name and somebody may fetch, with the URL as a page can write it.
PAGES = {
    "/page/": '<base href="{own}"><meta property="og:image" content="{url}">'
    '<meta name="twitter:image" content="{url}"><link rel="icon" href="{url}">'
    '<link rel="canonical" href="{url}"><link rel="image_src" href="{url}">'
    '<link rel="alternate" type="application/json+oembed" href="{url}">'
    '<meta http-equiv="refresh" content="0;url={url}"><img src="{url}">',
    "/below/": '<base href="{url}"><meta property="og:image" content="picture.png">',
}


def set_up() -> None:
    """Every address of both families is local: what is dialled is accepted."""
    for command in (
        "ip link set lo up",
        "ip route add local 0.0.0.0/0 dev lo table local",
        "ip -6 route add local ::/0 dev lo table local",
    ):
        subprocess.run(command.split(), check=True, capture_output=True)


class Listener:
    """Accepts everything on all addresses, and notes to whom it was said."""

    def __init__(self) -> None:
        self.heard: Counter[str] = Counter()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard[str(ip_address(writer.get_extra_info("sockname")[0].partition("%")[0]))] += 1
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split()[1].decode()
            if path.startswith("/to/"):
                place = unquote(path.removeprefix("/to/"), errors="surrogateescape")
                answer = f"HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n"
            elif page := next((page for page in PAGES if path.startswith(page)), None):
                url = escape(unquote(path.removeprefix(page), errors="surrogateescape"))
                body = PAGES[page].format(url=url, own=f"http://{PUBLIC[0]}/")
                answer = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{body}"
            else:
                answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
            writer.write(answer.encode("utf-8", "surrogateescape"))
            await writer.drain()
        writer.close()

    def trespassers(self) -> dict[str, int]:
        return {address: n for address, n in self.heard.items() if address not in (*PUBLIC, *OCTAL)}


def answers_with(*answers: str) -> Any:
    """A name server that gives these for every name."""

    def lookup(host: str, port: int, **_: Any) -> list[Any]:
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (address, port, 0, 0) if ":" in address else (address, port),
            )
            for address in answers
        ]

    return lookup


async def fetches(url: str, lookup: Any = socket.getaddrinfo) -> str:
    """How it ended: `ok`, `refused` or another reason."""
    try:
        async with Fetcher(AddressJudge(), lookup=lookup) as fetcher:
            answer = await fetcher.fetch(url, limits=LIMITS)
            assert isinstance(answer, Fetched)
            return "ok"
    except RefusedTarget:
        return "refused"
    except FetchFailed as error:
        return error.reason


async def unfurls(unfurler: Unfurler, url: str) -> str:
    """How it ended with the picture of a page: `ok`, `refused`, `none` or another end."""
    found = await unfurler.unfurl(url)
    if found.image is None:
        return "none"
    if found.image.bytes == len("ok"):
        return "ok"
    return "refused" if str(RefusedTarget()) in found.warnings[-1] else found.warnings[-1]


async def unfurl_all(tried: list[str]) -> dict[str, Any]:
    """Every spelling where a page may name it; first what may be had, to show that it is asked."""
    async with (
        Fetcher(AddressJudge()) as fetcher,
        PageReader() as reader,
        Unfurler(fetcher, reader) as unfurler,
    ):
        turns = asyncio.Semaphore(4)

        async def ask(page: str, place: str) -> str:
            async with turns:
                return await unfurls(unfurler, f"http://{PUBLIC[0]}{page}{quote(place, safe='')}")

        ends: dict[str, Any] = {}
        for page in PAGES:
            places = [f"http://{PUBLIC[1]}/", *tried]
            found = await asyncio.gather(*(ask(page, place) for place in places))
            ends[page] = {"control": found[0], "ends": Counter(found[1:])}
        return ends


async def rebind() -> Counter[str]:
    """A name that is somebody else at every look."""
    choice = random.Random(7)
    forbidden = list(addresses())

    def lookup(host: str, port: int, **_: Any) -> list[Any]:
        pool = [choice.choice(PUBLIC[:2]), choice.choice(PUBLIC[:2]), choice.choice(forbidden)]
        return answers_with(*choice.sample(pool, choice.randint(1, 2)))(host, port)

    ends: Counter[str] = Counter()
    async with Fetcher(AddressJudge(), lookup=lookup) as fetcher:
        for _ in range(REBINDING_TRIES):
            try:
                await fetcher.fetch("http://rebinding.test/", limits=LIMITS)
                ends["ok"] += 1
            except FetchFailed as error:
                ends[error.reason] += 1
    return ends


async def main() -> None:
    set_up()
    listener = Listener()
    servers = [
        await asyncio.start_server(listener.accept, host, port)
        for host in ("0.0.0.0", "::")
        for port in PORTS
    ]
    report: dict[str, Any] = {"controls": [], "ends": {}}
    for address in PUBLIC:
        literal = f"[{address}]" if ":" in address else address
        report["controls"].append(await fetches(f"http://{literal}/"))
        report["controls"].append(await fetches("http://name.test/", answers_with(address)))
        report["controls"].append(await fetches(f"http://{PUBLIC[0]}/to/http://{literal}/x"))
    tried = list(dict.fromkeys(urls()))
    direct = Counter([await fetches(url) for url in tried])
    redirected = Counter(
        [await fetches(f"http://{PUBLIC[0]}/to/{quote(url, safe=':/@')}") for url in tried]
    )
    named: Counter[str] = Counter()
    for address in dict.fromkeys(addresses()):
        named[await fetches("http://name.test/", answers_with(address))] += 1
        named[await fetches("http://name.test/", answers_with(PUBLIC[0], address))] += 1
    report["ends"] = {"direct": direct, "redirected": redirected, "named": named}
    report["in a page"] = await unfurl_all(tried)
    report["rebinding"] = await rebind()
    report["ports"] = [await fetches(f"http://{PUBLIC[0]}:{port}/") for port in (8080, 22, 0, 1)]
    report["tried"] = len(tried)
    report["trespassers"] = listener.trespassers()
    report["unguarded"] = await unguarded(listener)
    for server in servers:
        server.close()
    json.dump(report, sys.stdout)


async def unguarded(listener: Listener) -> int:
    """How many forbidden addresses answer whoever is not guarded: the wall is what stops us."""
    before = sum(listener.trespassers().values())
    judge = AddressJudge(allow_private=True)
    async with Fetcher(judge) as fetcher:
        for address in ("127.0.0.1", "10.0.0.1", "169.254.169.254", "[fd00:ec2::254]"):
            await fetcher.fetch(f"http://{address}/", limits=LIMITS)
    return sum(listener.trespassers().values()) - before


if __name__ == "__main__":
    asyncio.run(main())
