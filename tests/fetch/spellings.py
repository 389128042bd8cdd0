"""Addresses nobody may be led to, in every spelling that some parser takes for one."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

#: One of each kind at least: own, private, carrier, link-local, metadata, reserved, multicast.
IPV4 = (
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
)

IPV6 = (
    "::",
    "::1",
    "0:0:0:0:0:0:0:1",
    "0000:0000:0000:0000:0000:0000:0000:0001",
    "64:ff9b:1::1",
    "100::1",
    "100:0:0:1::1",
    "2001::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2001:DB8::1",
    "2620:4f:8000::1",
    "3ffe::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fe80::1",
    "FE80::1",
    "febf::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
)

#: Addresses the wall must let through; in the tests' namespace they are local, too.
PUBLIC = ("93.184.216.34", "1.1.1.1", "2606:2800:220:1::1")


def embeddings(text: str) -> Iterator[str]:
    """IPv6 addresses that carry an IPv4 address."""
    number = int(IPv4Address(text))
    high, low = number >> 16, number & 0xFFFF
    yield f"::ffff:{text}"
    yield f"::ffff:{high:x}:{low:x}"
    yield f"0:0:0:0:0:FFFF:{high:X}:{low:X}"
    yield f"::{text}"
    yield f"::ffff:0:{high:x}:{low:x}"
    yield f"64:ff9b::{text}"
    yield f"64:ff9b:1::{high:x}:{low:x}"
    yield f"2002:{high:x}:{low:x}::1"
    yield f"2001:0:{high:x}:{low:x}::1"
    yield str(IPv6Address((0x20010000 << 96) | (0x5DB8D822 << 64) | (number ^ 0xFFFFFFFF)))
    yield f"2001:470:1:1:0:5efe:{high:x}:{low:x}"
    yield f"2001:470:1:1:200:5efe:{high:x}:{low:x}"


def _dotted(text: str) -> Iterator[str]:
    octets = [int(part) for part in text.split(".")]
    number = int(IPv4Address(text))
    yield text
    yield str(number)
    yield str(number + 2**32)
    yield hex(number)
    yield f"0X{number:X}"
    yield f"0x{number:016x}"
    yield f"0{number:o}"
    yield ".".join(map(hex, octets))
    yield ".".join(f"0{octet:o}" for octet in octets)
    yield ".".join(f"{octet:03d}" for octet in octets)
    yield f"{octets[0]}.{number & 0xFFFFFF}"
    yield f"{octets[0]}.{octets[1]}.{number & 0xFFFF}"
    yield f"0x{octets[0]:x}.0{octets[1]:o}.{octets[2]}.{octets[3]}"
    yield f"{text}."
    yield f"{text}.."
    yield text.replace(".", "。")
    yield text.replace(".", "．")
    yield text.replace(".", "｡")
    yield text.translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)})
    yield text.replace("1", "①").replace("2", "②")
    yield "".join(f"%{ord(char):02x}" for char in text)
    yield text.replace(".", "%2e")
    yield f"{text}%00.example.com"
    yield f"[{text}]"


def hosts() -> Iterator[str]:
    """Hosts as they stand in a URL."""
    for text in IPV4:
        yield from _dotted(text)
        for embedding in embeddings(text):
            yield f"[{embedding}]"
    for text in IPV6:
        yield f"[{text}]"
        yield f"[{text}%lo]"
        yield f"[{text}%25lo]"
    yield from ("localhost", "LOCALHOST", "localhost.", "LocalHost", "ⓛocalhost", "localhost%00")
    yield from ("[::1", "::1", "[::1].", "[::1]x", "", ".", "..", "[]", "%", "127.0.0.1%lo")


def urls() -> Iterator[str]:
    """Whole URLs: every host, and the tricks that are not in the host."""
    for host in hosts():
        yield f"http://{host}/"
    public, bad = PUBLIC[0], "169.254.169.254"
    for scheme in ("http", "https", "HTTP", "hTTps"):
        yield f"{scheme}://{bad}:80/"
        yield f"{scheme}://{bad}:443/"
        yield f"{scheme}://{bad}:080/"
        yield f"{scheme}://{bad}:٨٠/"
        yield f"{scheme}://{public}@{bad}/"
        yield f"{scheme}://{public}:80@{bad}/"
        yield f"{scheme}://@{bad}/"
        yield f"{scheme}://:@{bad}/"
        yield f"{scheme}://{public}%40{bad}/"
        yield f"{scheme}://{public}\\@{bad}/"
        yield f"{scheme}://{bad}\\.{public}/"
        yield f"{scheme}:\\\\{bad}/"
        yield f"{scheme}:/{bad}/"
        yield f"{scheme}:{bad}/"
        yield f"{scheme}:///{bad}/"
        yield f"{scheme}://{bad}#@{public}/"
        yield f"{scheme}://{bad}?@{public}/"
        yield f"{scheme}://{public} @{bad}/"
        yield f"{scheme}://{public}\t@{bad}/"
        yield f"{scheme}://{public}\n.{bad}/"
        yield f"{scheme}://16\t9.254.169.254/"
        yield f" {scheme}://{bad}/"
        yield f"\x00{scheme}://{bad}/"
        yield f"{scheme}://{bad}\x00.{public}/"
        yield f"{scheme}://[{public}]@{bad}/"
    for other in ("ftp", "file", "gopher", "ws", "view-source:http", "blob:http", "jar:http", ""):
        yield f"{other}://{bad}/"
    yield from (f"//{bad}/", f"\\\\{bad}\\share", "file:///etc/passwd", "FILE:/etc/passwd")
    yield from ("javascript:alert(1)", "data:text/html,x", "about:blank", bad, "http:", "")


def addresses() -> Iterator[str]:
    """Numeric addresses, as a name server may answer them."""
    yield from IPV4
    yield from IPV6
    for text in IPV4:
        yield from embeddings(text)
