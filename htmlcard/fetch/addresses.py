"""Which addresses may be dialled: a table of our own, since `ipaddress.is_global` is about
routing and lets through what leads home (NAT64, 6to4, multicast, site-local, Azure's host).

Sources: IANA's IPv4 and IPv6 special-purpose address registries (RFC 6890, as of 2025-10),
IANA's IPv6 global unicast assignments, and the manuals of the clouds.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import psutil

DEFAULT_PORTS = (80, 443)

FORBIDDEN_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network (RFC 791); Linux connects 0.0.0.0 to itself
        "10.0.0.0/8",  # private (RFC 1918)
        "100.64.0.0/10",  # carrier NAT (RFC 6598); Alibaba's metadata are at 100.100.100.200
        "127.0.0.0/8",  # loopback (RFC 1122)
        "168.63.129.16/32",  # Azure's host, on a public address
        "169.254.0.0/16",  # link-local (RFC 3927); metadata of most clouds
        "172.16.0.0/12",  # private (RFC 1918)
        "192.0.0.0/24",  # IETF protocols (RFC 6890); Oracle's metadata are at 192.0.0.192
        "192.0.2.0/24",  # documentation (RFC 5737)
        "192.31.196.0/24",  # AS112 (RFC 7535)
        "192.52.193.0/24",  # AMT (RFC 7450)
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "192.168.0.0/16",  # private (RFC 1918)
        "192.175.48.0/24",  # AS112 (RFC 7534)
        "198.18.0.0/15",  # benchmarks (RFC 2544)
        "198.51.100.0/24",  # documentation (RFC 5737)
        "203.0.113.0/24",  # documentation (RFC 5737)
        "224.0.0.0/4",  # multicast (RFC 5771)
        "240.0.0.0/4",  # reserved (RFC 1112), broadcast (RFC 919)
    )
)

#: All that is assigned as global unicast lies in here. Outside: loopback, IPv4-mapped and
#: -compatible, NAT64 (64:ff9b::/96, 64:ff9b:1::/48), discard, SRv6, unique-local (with the
#: metadata of AWS and Google), link-local, site-local, multicast.
GLOBAL_V6 = IPv6Network("2000::/3")
FORBIDDEN_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # IETF protocols (RFC 2928): Teredo, benchmarks, ORCHID, AS112, AMT
        "2001:db8::/32",  # documentation (RFC 3849)
        "2002::/16",  # 6to4 (RFC 3056): carries an IPv4 address
        "2620:4f:8000::/48",  # AS112 (RFC 7534)
        "3ffe::/16",  # the 6bone of old (RFC 3701)
        "3fff::/20",  # documentation (RFC 9637)
    )
)
#: ISATAP (RFC 5214, section 6.1) carries an IPv4 address behind one of these, below any prefix.
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether a packet to this address can only end up on the public internet.

    Addresses that carry an IPv4 address are none, whichever they carry: no picture needs them.
    """
    if isinstance(address, IPv4Address):
        return not any(address in network for network in FORBIDDEN_V4)
    if address.scope_id is not None or address not in GLOBAL_V6:
        return False
    if int(address) >> 32 & 0xFFFFFFFF in _ISATAP:
        return False
    return not any(address in network for network in FORBIDDEN_V6)


class AddressJudge:
    """Says yes or no to an address with its port, and to a port alone; never why.

    `allow_private` is for local work: it lifts the rules on addresses and ports. What never goes
    is `own_port` on an address of this machine: a card that is drawn from itself.
    """

    def __init__(
        self,
        *,
        allow_private: bool = False,
        ports: Iterable[int] = DEFAULT_PORTS,
        own_port: int = 0,
    ) -> None:
        self._allow_private = allow_private
        self._ports = frozenset(ports)
        self._own_port = own_port

    def allows_port(self, port: int) -> bool:
        """Whether any address may be dialled at this port."""
        return 0 < port < 65536 and (self._allow_private or port in self._ports)

    def allows(self, address: str, port: int) -> bool:
        """Whether this numeric address, as a socket has it, may be dialled at this port."""
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        if not self.allows_port(port) or (port == self._own_port and _is_ours(parsed)):
            return False
        return self._allow_private or is_public(parsed)


def _is_ours(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address, or what is mapped into it, belongs to this machine."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_loopback or address.is_unspecified:
        return True
    ours = {
        item.address.partition("%")[0]
        for items in psutil.net_if_addrs().values()
        for item in items
        if item.family in (socket.AF_INET, socket.AF_INET6)
    }
    return str(address).partition("%")[0] in ours
