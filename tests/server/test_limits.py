"""Budgets of clients: what counts, who is who, and that a lost Redis limits nobody."""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict
from running import MakeSite

from htmlcard.errors import TooManyRequests
from htmlcard.server.clients import CRAWLER_NETWORKS, client_key, find_client, is_known_crawler
from htmlcard.server.limits import Budgets

FACEBOOK = "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"
PROXIES = [ip_network("127.0.0.1"), ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")]


async def test_only_drawing_counts(make_site: MakeSite) -> None:
    """Readers of a popular page must never be refused its picture, which is there already."""
    site = await make_site(rate_limit="2/hour", deadline_ms=15_000)
    for title in ("one", "two"):
        assert (await site.get(f"/render/nonce?title={title}")).status == 200
    refused = await site.get("/render/nonce?title=three")
    assert refused.status == 429
    assert refused.json["code"] == "too_many_requests"
    assert 0 < int(refused.headers["Retry-After"]) <= 3600
    for _ in range(20):
        assert (await site.get("/render/nonce?title=one&utm_source=x")).status == 200
    assert await site.metric("htmlcard_requests_total", result="limited") == 1
    assert (await site.get("/render/nosuch")).status == 404


async def test_clients_behind_a_trusted_proxy_have_budgets_of_their_own(
    make_site: MakeSite,
) -> None:
    """Behind a proxy all come from one address; one of them must not use up the others' cards."""
    site = await make_site(rate_limit="1/hour", trusted_proxies="127.0.0.1", deadline_ms=15_000)
    for number, client in enumerate(("192.0.2.1", "192.0.2.2", "2001:db8:1::1")):
        path = f"/render/nonce?title=p{number}"
        assert (await site.get(path, X_Forwarded_For=client)).status == 200
        assert (await site.get(path + "x", X_Forwarded_For=client)).status == 429
    spoofed = "198.51.100.7, 192.0.2.1"
    assert (await site.get("/render/nonce?title=q", X_Forwarded_For=spoofed)).status == 429
    crawler = {"X_Forwarded_For": "173.252.64.10", "User_Agent": FACEBOOK}
    for number in range(3):
        assert (await site.get(f"/render/nonce?title=f{number}", **crawler)).status == 200
    pretender = {"X_Forwarded_For": "192.0.2.1", "User_Agent": FACEBOOK}
    assert (await site.get("/render/nonce?title=g", **pretender)).status == 429


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.9", ["198.51.100.1"], "192.0.2.9"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["192.0.2.1"], "192.0.2.1"),
        ("127.0.0.1", ["6.6.6.6, 192.0.2.1"], "192.0.2.1"),
        ("127.0.0.1", ["6.6.6.6, 192.0.2.1, 10.1.2.3"], "192.0.2.1"),
        ("127.0.0.1", ["6.6.6.6", "192.0.2.1", "10.1.2.3"], "192.0.2.1"),
        ("127.0.0.1", ["192.0.2.1:4711"], "192.0.2.1"),
        ("127.0.0.1", ["[2001:db9::7]:4711"], "2001:db9::7"),
        ("127.0.0.1", ["2001:db9::7"], "2001:db9::7"),
        ("127.0.0.1", ["::ffff:192.0.2.1"], "192.0.2.1"),
        ("::ffff:127.0.0.1", ["192.0.2.1"], "192.0.2.1"),
        ("127.0.0.1", ["192.0.2.1, unknown, 10.0.0.1"], "10.0.0.1"),
        ("127.0.0.1", ["10.0.0.2, 10.0.0.1"], "10.0.0.2"),
        ("127.0.0.1", ["", " , "], "127.0.0.1"),
    ],
)
def test_who_the_client_is(peer: str, forwarded: list[str], client: str) -> None:
    """Whoever writes its own address has no limit; whoever passes for a proxy shares one."""
    headers = CIMultiDict([("X-Forwarded-For", each) for each in forwarded])
    request = make_mocked_request("GET", "/", headers).clone(remote=peer)
    assert find_client(request, PROXIES) == ip_address(client)


def test_an_ipv6_network_is_one_client() -> None:
    """Every server has 2^64 addresses of its own to ask from."""
    assert client_key(ip_address("2001:db8::1")) == client_key(ip_address("2001:db8::ffff:1"))
    assert client_key(ip_address("2001:db8::1")) != client_key(ip_address("2001:db8:0:1::1"))
    assert client_key(ip_address("192.0.2.1")) != client_key(ip_address("192.0.2.2"))
    assert client_key(None)


def test_crawlers_are_known_by_agent_and_address() -> None:
    """A user agent alone can be claimed by anybody, and other bots share the address ranges."""
    for word, networks in CRAWLER_NETWORKS.items():
        for network in networks:
            assert network.is_global, network
            assert is_known_crawler(network[1], f"Mozilla/5.0 (compatible; {word.title()}/1.0)")
            assert not is_known_crawler(network[1], "curl/8")
        assert not is_known_crawler(ip_address("192.0.2.1"), word)
    assert not is_known_crawler(None, FACEBOOK)


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A real Redis on a free port, and its URL."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not on this machine")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    process = subprocess.Popen([program, *options], stdout=subprocess.PIPE)
    assert process.stdout
    while b"Ready to accept" not in (line := process.stdout.readline()):
        assert line, "redis-server ended"
    yield f"redis://127.0.0.1:{port}/0", process
    process.send_signal(signal.SIGCONT)
    process.kill()
    process.wait()
    process.stdout.close()


async def test_instances_count_together_in_redis(
    redis_server: tuple[str, subprocess.Popen[bytes]],
) -> None:
    """A limit that grows with every instance is none."""
    url, process = redis_server
    one, other = Budgets("3/hour", "9/hour", url), Budgets("3/hour", "9/hour", url)
    for budgets in (one, other, one):
        await budgets.spend("192.0.2.1", crawler=False)
    for budgets in (one, other):
        with pytest.raises(TooManyRequests):
            await budgets.spend("192.0.2.1", crawler=False)
    await other.spend("192.0.2.2", crawler=False)
    # It hangs, and then is gone: nobody is refused, and nobody waits.
    process.send_signal(signal.SIGSTOP)
    async with asyncio.timeout(60):
        for _ in range(100):
            await one.spend("192.0.2.1", crawler=False)
    process.kill()
    process.wait()
    await other.spend("192.0.2.1", crawler=False)
