"""Bodies as they come: unpacked piece by piece, with a cap on what they may become."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Protocol

import brotli  # type: ignore[import-untyped]

from htmlcard.errors import AnswerTooLarge, BadAnswer

#: What a page is asked for with; pictures are packed already.
ACCEPTED_ENCODINGS = "gzip, deflate, br"
_MAX_LAYERS = 2
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


class _Unpacker(Protocol):
    def unpack(self, data: bytes, limit_bytes: int) -> bytes:
        """All that comes of `data`, or more than `limit_bytes` of it."""
        ...

    @property
    def finished(self) -> bool: ...


class _Zlib:
    """gzip, and deflate with or without its header: servers send both (RFC 9110, 8.4.1.2)."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._stream = zlib.decompressobj(window)
        self._started = False

    def unpack(self, data: bytes, limit_bytes: int) -> bytes:
        if self._stream.eof:
            # zlib would keep what follows, and copy all of it for every further piece.
            return b""
        if data and not self._started:
            self._started = True
            # A zlib header's first byte says "deflate" in its low half (RFC 1950, section 2.2).
            if self._window == zlib.MAX_WBITS and data[0] & 0x0F != 8:
                self._stream = zlib.decompressobj(-zlib.MAX_WBITS)
        return self._stream.decompress(data, limit_bytes + 1)

    @property
    def finished(self) -> bool:
        return self._stream.eof


class _Brotli:
    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    def unpack(self, data: bytes, limit_bytes: int) -> bytes:
        parts = [self._stream.process(data, output_buffer_limit=limit_bytes + 1)]
        size = len(parts[0])
        while size <= limit_bytes and not self._stream.can_accept_more_data():
            parts.append(self._stream.process(b"", output_buffer_limit=limit_bytes + 1 - size))
            size += len(parts[-1])
        return b"".join(parts)

    @property
    def finished(self) -> bool:
        return bool(self._stream.is_finished())


_UNPACKERS: dict[str, Callable[[], _Unpacker]] = {
    "gzip": lambda: _Zlib(_GZIP_WINDOW),
    "x-gzip": lambda: _Zlib(_GZIP_WINDOW),
    "deflate": lambda: _Zlib(zlib.MAX_WBITS),
    "br": _Brotli,
}


class BodyDecoder:
    """Takes a body apart as its `Content-Encoding` says.

    Raises BadAnswer for unknown encodings, more than two of them and damaged bodies,
    AnswerTooLarge at the cap; with `cut` the body is full there instead.
    """

    def __init__(self, encoding: str, limit_bytes: int, *, cut: bool = False) -> None:
        names = [name.strip().lower() for name in encoding.split(",")]
        names = [name for name in names if name not in ("", "identity")]
        if len(names) > _MAX_LAYERS or any(name not in _UNPACKERS for name in names):
            raise BadAnswer("its content encoding is not one we know")
        self._layers = [_UNPACKERS[name]() for name in reversed(names)]
        self._limit_bytes = limit_bytes
        self._cut = cut
        self.is_full = False
        self._parts: list[bytes] = []
        self._size = 0
        self._is_empty = True

    def feed(self, data: bytes) -> None:
        """The next piece of the raw body."""
        self._is_empty = self._is_empty and not data
        for layer in self._layers:
            try:
                data = layer.unpack(data, self._limit_bytes - self._size)
            except (zlib.error, brotli.error) as error:
                raise BadAnswer("its body is not packed as it says") from error
            data = self._cap(data)
        data = self._cap(data)
        self._size += len(data)
        self._parts.append(data)

    def _cap(self, data: bytes) -> bytes:
        room = self._limit_bytes - self._size
        if len(data) <= room:
            return data
        if not self._cut:
            raise AnswerTooLarge
        self.is_full = True
        return data[:room]

    def take(self) -> bytes:
        """As much of the body as there is by now."""
        return b"".join(self._parts)

    def finish(self) -> bytes:
        """The whole body."""
        # Whoever sends nothing need not pack it (304, say).
        if not self._is_empty and not all(layer.finished for layer in self._layers):
            raise BadAnswer("its body ends too early")
        return self.take()
