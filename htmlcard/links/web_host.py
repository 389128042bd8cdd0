"""Hosts as the WHATWG URL standard parses them (section 3.5): names, odd IPv4 addresses, IPv6."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import unquote_to_bytes

import idna

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f#%/:<>?@\[\\\]^|]")
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")
_MAX_NAME_LENGTH = 1000  # far above DNS's 253; what is longer costs time and leads nowhere


def parse_host(text: str) -> str | None:
    """The host as serialized, in ASCII; None where the standard fails, or it is empty."""
    if text.startswith("["):
        return _parse_ipv6(text)
    if len(text) > _MAX_NAME_LENGTH:
        return None
    # Nearly all hosts: nothing to decode or to map.
    name = text.lower() if re.fullmatch(r"[A-Za-z0-9.-]*", text) else _decode_name(text)
    if not name or _FORBIDDEN.search(name) or not all(map(_is_label, name.split("."))):
        return None
    last = name.removesuffix(".").rpartition(".")[2]
    return _parse_ipv4(name) if _NUMBER.fullmatch(last) else name


def _decode_name(text: str) -> str | None:
    """Domain to ASCII (Unicode TS #46, not transitional), as lenient as the standard asks."""
    decoded = unquote_to_bytes(text).decode("utf-8", "replace")
    try:
        mapped = idna.uts46_remap(decoded, std3_rules=False, transitional=False)
        return ".".join(map(_encode_label, mapped.split(".")))
    except (idna.IDNAError, UnicodeError):
        return None


def _encode_label(label: str) -> str:
    if label.isascii():
        return label
    if label.startswith("xn--"):
        raise UnicodeError("what says that it is Punycode must be ASCII")
    return "xn--" + label.encode("punycode").decode()


def _is_label(label: str) -> bool:
    """Whether a label that says it is Punycode is."""
    if not label.startswith("xn--"):
        return True
    try:
        return not label[4:].encode().decode("punycode").isascii()
    except UnicodeError:
        return False


def _parse_ipv4(name: str) -> str | None:
    """Dotted, short, octal and hexadecimal addresses, as the standard's IPv4 parser."""
    parts = name.removesuffix(".").split(".")
    numbers = [_parse_number(part) for part in parts]
    if len(parts) > 4 or None in numbers:
        return None
    *high, low = [number for number in numbers if number is not None]
    if any(number > 0xFF for number in high) or low >= 256 ** (5 - len(parts)):
        return None
    return str(IPv4Address(low + sum(n << 8 * (3 - place) for place, n in enumerate(high))))


def _parse_number(part: str) -> int | None:
    radix, digits = 10, part
    if part.startswith("0x"):
        radix, digits = 16, part[2:]
    elif part.startswith("0"):
        radix, digits = 8, part[1:]
    allowed = "0123456789abcdef"[:radix]
    if not part or digits.strip(allowed) or len(digits.lstrip("0")) > 11:
        return None
    return int(digits or "0", radix)


def _parse_ipv6(text: str) -> str | None:
    inner = text[1:-1]
    if not text.endswith("]") or "%" in inner:
        return None
    try:
        address = IPv6Address(inner)
    except AddressValueError:
        return None
    mapped = address.ipv4_mapped
    # Python 3.13 began to write these with dots; the standard does not.
    if mapped is None:
        return f"[{address}]"
    return f"[::ffff:{int(mapped) >> 16:x}:{int(mapped) & 0xFFFF:x}]"
