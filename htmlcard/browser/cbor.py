"""CDP messages in binary: CBOR (RFC 8949) as Chromium's debugging pipe speaks it.

Its dialect (crdtp/cbor.h of Chromium's inspector_protocol): maps and arrays have no stated length,
and each stands in an envelope (tag 24 around a byte string, whose length has four bytes). Text is
UTF-8, or UTF-16 in a byte string, whose surrogates need not be paired. Bytes have tag 22.
"""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

_UINT, _NEGATIVE, _BYTES, _TEXT = 0x00, 0x20, 0x40, 0x60
_MAP, _ARRAY, _STOP = 0xBF, 0x9F, 0xFF
_FALSE, _TRUE, _NULL, _DOUBLE = 0xF4, 0xF5, 0xF6, 0xFB
_BINARY_TAG = 0xD6
_ENVELOPE = b"\xd8\x18\x5a"
_LENGTH = struct.Struct(">I")
_FLOAT = struct.Struct(">d")
#: Of the first bytes of a message, as many as tell how long it is.
HEADER_BYTES = len(_ENVELOPE) + _LENGTH.size
#: Numbers that Chromium takes for whole; larger ones go as floating point.
_MOST = 2**31 - 1
_SIMPLE = {_FALSE: False, _TRUE: True, _NULL: None}
#: How many more bytes tell a length, by the lower bits of the first.
_WIDTHS = {24: 1, 25: 2, 26: 4, 27: 8}


def encode(value: Any) -> bytes:
    """A message, or a part of one: what JSON has, and bytes.

    Raises:
        TypeError: there is something else in it.
    """
    if isinstance(value, str):
        try:
            text = value.encode()
        except UnicodeEncodeError:
            units = value.encode("utf-16-le", "surrogatepass")
            return _head(_BYTES, len(units)) + units
        return _head(_TEXT, len(text)) + text
    if isinstance(value, dict):
        entries = [part for key, each in value.items() for part in (encode(key), encode(each))]
        return _envelop(_MAP, entries)
    if value is None or isinstance(value, bool):
        return bytes([_NULL if value is None else _TRUE if value else _FALSE])
    if isinstance(value, int) and -_MOST <= value <= _MOST:
        return _head(_UINT, value) if value >= 0 else _head(_NEGATIVE, -1 - value)
    if isinstance(value, int | float):
        return bytes([_DOUBLE]) + _FLOAT.pack(value)
    if isinstance(value, list | tuple):
        return _envelop(_ARRAY, [encode(each) for each in value])
    if isinstance(value, bytes):
        return bytes([_BINARY_TAG]) + _head(_BYTES, len(value)) + value
    raise TypeError(f"a message cannot hold {type(value).__name__}")


def decode(message: bytes) -> Any:
    """What `encode` was given. Raises ValueError where it is no such message."""
    value, end = _decode(message, 0)
    if end != len(message):
        raise ValueError("the message goes on after its end")
    return value


def read_value(message: bytes, at: int) -> Any:
    """The value that begins at a place within a message. Raises ValueError where none does."""
    return _decode(message, at)[0]


def to_json(message: bytes) -> bytes:
    """The message as Chromium would have said it in JSON, where bytes are base64.

    Raises:
        ValueError: it is none.
    """
    return json.dumps(decode(message), default=_to_base64).encode()


def read_length(header: bytes) -> int:
    """How long the message is that begins with these `HEADER_BYTES`, header included.

    Raises:
        ValueError: no message begins so.
    """
    if not header.startswith(_ENVELOPE):
        raise ValueError(f"no message begins with {header.hex()}")
    length: int = _LENGTH.unpack_from(header, len(_ENVELOPE))[0]
    return HEADER_BYTES + length


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major | number])
    for more, width in _WIDTHS.items():
        if number >> (8 * width) == 0:
            return bytes([major | more]) + number.to_bytes(width, "big")
    raise ValueError(f"{number} is too large")


def _envelop(kind: int, parts: list[bytes]) -> bytes:
    body = b"".join([bytes([kind]), *parts, bytes([_STOP])])
    return _ENVELOPE + _LENGTH.pack(len(body)) + body


def _decode(message: bytes, at: int) -> tuple[Any, int]:
    """The value that begins at `at`, and where the next one would."""
    try:
        return _decode_value(message, at)
    except (IndexError, struct.error, RecursionError) as error:
        raise ValueError("the message is cut off, or nested without end") from error


def _decode_value(message: bytes, at: int) -> tuple[Any, int]:
    first = message[at]
    if message.startswith(_ENVELOPE, at):
        end = at + read_length(message[at : at + HEADER_BYTES])
        kind, at = message[at + HEADER_BYTES], at + HEADER_BYTES + 1
        values: list[Any] = []
        # Right here, for each call more would halve the depth of pages that can be told of.
        while message[at] != _STOP:
            value, at = _decode_value(message, at)
            values.append(value)
        if at + 1 != end:
            raise ValueError("an envelope is not as long as it says")
        return _make_container(kind, values), end
    if first in _SIMPLE:
        return _SIMPLE[first], at + 1
    if first == _DOUBLE:
        return _FLOAT.unpack_from(message, at + 1)[0], at + 1 + _FLOAT.size
    is_binary = first == _BINARY_TAG
    major, number, at = _decode_head(message, at + is_binary)
    if major == _UINT:
        return number, at
    if major == _NEGATIVE:
        return -1 - number, at
    content = message[at : at + number]
    if len(content) < number:
        raise ValueError("the message is cut off")
    if major == _TEXT:
        return content.decode(), at + number
    if major == _BYTES:
        return content if is_binary else content.decode("utf-16-le", "surrogatepass"), at + number
    raise ValueError(f"{first:#x} is of no known type")


def _make_container(kind: int, values: list[Any]) -> dict[str, Any] | list[Any]:
    if kind == _ARRAY:
        return values
    if kind != _MAP or len(values) % 2 or not all(isinstance(key, str) for key in values[::2]):
        raise ValueError("an envelope holds neither map nor array")
    return dict(zip(values[::2], values[1::2], strict=True))


def _decode_head(message: bytes, at: int) -> tuple[int, int, int]:
    """Type, number or length, and where what follows begins."""
    first = message[at]
    small = first & 0x1F
    at += 1
    if small < 24:
        return first & 0xE0, small, at
    width = _WIDTHS.get(small, 0)
    if not width or at + width > len(message):
        raise ValueError(f"{first:#x} is of no known type")
    return first & 0xE0, int.from_bytes(message[at : at + width], "big"), at + width


def _to_base64(value: object) -> str:
    if not isinstance(value, bytes):
        raise TypeError(f"a message cannot hold {type(value).__name__}")
    return base64.b64encode(value).decode("ascii")
