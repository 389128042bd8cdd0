"""Who asks: the client's address behind trusted proxies, and whether it is a crawler we know.

A user agent can be claimed by anybody; an address cannot. `limits` decides by both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from aiohttp import web

from htmlcard.config import Network

Address = IPv4Address | IPv6Address

#: A household or server has a /64; budgets for single IPv6 addresses would be endless.
_IPV6_PREFIX = 64

#: Where link preview crawlers come from, by a word of their user agent. Only what their owners
#: publish themselves and have kept for years: a range that is missing costs a crawler nothing but
#: the larger budget. Sources, in order: whois.radb.net, origin AS32934, as the documentation of
#: Meta's crawlers says; X, "Troubleshooting cards"; core.telegram.org/resources/cidr.txt;
#: Pinterest help, "Pinterest crawler"; support.apple.com/119829.
CRAWLER_NETWORKS: Mapping[str, Sequence[Network]] = {
    word: tuple(map(ip_network, networks.split()))
    for word, networks in {
        "facebookexternalhit": "31.13.24.0/21 31.13.64.0/18 66.220.144.0/20 69.63.176.0/20 "
        "69.171.224.0/19 74.119.76.0/22 102.132.96.0/20 103.4.96.0/22 129.134.0.0/17 "
        "157.240.0.0/17 173.252.64.0/18 179.60.192.0/22 185.60.216.0/22 204.15.20.0/22 "
        "2a03:2880::/32",
        "twitterbot": "199.16.156.0/22 199.59.148.0/22",
        "telegrambot": "149.154.160.0/20 91.108.4.0/22 91.108.8.0/22 91.108.12.0/22 "
        "91.108.16.0/22 91.108.20.0/22 91.108.56.0/22 95.161.64.0/20 185.76.151.0/24 "
        "2001:67c:4e8::/48 2001:b28:f23c::/46",
        "pinterest": "54.236.1.0/24",
        "applebot": "17.0.0.0/8",
    }.items()
}


def find_client(request: web.Request, trusted: Sequence[Network]) -> Address | None:
    """The address of whoever asks; None where the connection has none.

    `X-Forwarded-For` is believed as far as trusted proxies wrote it: read from its end, the
    first address that is none of theirs is the client. What stands before is the client's text.
    """
    address = _parse_address(request.remote or "")
    if address is None or not _is_in(address, trusted):
        return address
    hops = ",".join(request.headers.getall("X-Forwarded-For", ())).split(",")
    for hop in reversed(hops):
        before = _parse_address(hop)
        if before is None:
            break
        address = before
        if not _is_in(address, trusted):
            break
    return address


def is_known_crawler(address: Address | None, user_agent: str) -> bool:
    """Whether this is a link preview crawler, at an address of its owner's."""
    if address is None:
        return False
    claimed = user_agent.lower()
    return any(
        word in claimed and _is_in(address, networks) for word, networks in CRAWLER_NETWORKS.items()
    )


def client_key(address: Address | None) -> str:
    """What a client's budget is kept under: an IPv4 address, or an IPv6 network of 64 bits."""
    if isinstance(address, IPv6Address):
        return str(ip_network((address, _IPV6_PREFIX), strict=False))
    return str(address or "unknown")


def _parse_address(text: str) -> Address | None:
    """An address as proxies write it: `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[…]:4711`."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
