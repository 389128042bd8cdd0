"""Messages over pipes, written and read without waiting.

CDP has two kinds: JSON that ends in NUL (the driver's), and CBOR that begins with its length.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from htmlcard.browser import cbor

#: A picture is through in one turn; it is also the most that an ordinary user may ask for.
_PIPE_BYTES = 2**20
_READ_BYTES = 2**18
#: Several times the largest picture. What a card's own script sends off comes as one message, too.
_MAX_MESSAGE_BYTES = 2**26


def open_to_read(fifo: Path) -> int:
    """Our end of a FIFO that somebody else writes to, or will."""
    return _enlarge(os.open(fifo, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))


def open_to_write(fifo: Path) -> int:
    """Our end of a FIFO that somebody else will read from."""
    # Without waiting, the end to write can only be had where one to read is open.
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return _enlarge(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC))
    finally:
        os.close(reader)


def _enlarge(fd: int) -> int:
    # A user has only so many large pipes; small ones take more turns.
    with contextlib.suppress(OSError):
        fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return fd


class Cutter(Protocol):
    """Makes messages of what comes in pieces of any size."""

    def cut(self, piece: bytes) -> Iterator[bytes]:
        """The messages that end in this piece. Raises ValueError where what comes is none."""


class NulCutter:
    """For messages that end in NUL, which is not part of them."""

    def __init__(self) -> None:
        self._begun: list[bytes] = []
        self._begun_bytes = 0

    def cut(self, piece: bytes) -> Iterator[bytes]:
        if self._begun_bytes > _MAX_MESSAGE_BYTES:
            raise ValueError("a message without measure")
        start = 0
        while (end := piece.find(b"\0", start)) >= 0:
            message = piece[start:end]
            if self._begun:
                message = b"".join([*self._begun, message])
                self._begun.clear()
                self._begun_bytes = 0
            start = end + 1
            yield message
        if start < len(piece):
            self._begun.append(piece[start:])
            self._begun_bytes += len(piece) - start


class CborCutter:
    """For messages that say at first how long they are."""

    def __init__(self) -> None:
        self._begun: list[bytes] = []
        self._begun_bytes = 0
        self._wanted_bytes = cbor.HEADER_BYTES

    def cut(self, piece: bytes) -> Iterator[bytes]:
        self._begun.append(piece)
        self._begun_bytes += len(piece)
        if self._begun_bytes < self._wanted_bytes:
            return
        data, start = b"".join(self._begun), 0
        length = cbor.HEADER_BYTES
        while len(data) - start >= cbor.HEADER_BYTES:
            length = cbor.read_length(data[start : start + cbor.HEADER_BYTES])
            if length > _MAX_MESSAGE_BYTES:
                raise ValueError("a message without measure")
            if len(data) - start < length:
                break
            yield data[start : start + length]
            start, length = start + length, cbor.HEADER_BYTES
        self._begun, self._begun_bytes = [data[start:]], len(data) - start
        self._wanted_bytes = length


class MessageReader:
    """Hands on the messages that come out of a pipe."""

    def __init__(
        self,
        fd: int,
        cutter: Cutter,
        on_message: Callable[[bytes], None],
        on_end: Callable[[], None],
    ) -> None:
        """It owns the descriptor. `on_end` is told once: nobody writes any more, or too much."""
        self._fd = fd
        self._cutter = cutter
        self._on_message = on_message
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(fd, self._read)

    def close(self) -> None:
        """Stop reading; safe to call twice."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            if not self._loop.is_closed():
                self._loop.remove_reader(fd)
            os.close(fd)

    def _read(self) -> None:
        try:
            piece = os.read(self._fd, _READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        try:
            messages = [*self._cutter.cut(piece)]
        except ValueError:
            piece = b""
        if not piece:
            self.close()
            self._on_end()
            return
        for message in messages:
            self._on_message(message)
            if self._fd < 0:
                return


class MessageWriter:
    """Writes messages; those of one turn of the event loop go out together."""

    def __init__(self, fd: int, end: bytes = b"") -> None:
        """It owns the descriptor. `end` is written behind each message."""
        self._fd = fd
        self._end = end
        self._waiting: list[bytes | memoryview] = []
        self._scheduled = False
        self._full = False
        self._loop = asyncio.get_running_loop()

    @property
    def closed(self) -> bool:
        return self._fd < 0

    def write(self, message: bytes) -> None:
        """Write a message when there is room; one for somebody who has gone is lost."""
        if self._fd < 0:
            return
        self._waiting += (message, self._end) if self._end else (message,)
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._flush)

    def close(self) -> None:
        """Let go of the pipe, with what was not written; safe to call twice."""
        fd, self._fd = self._fd, -1
        self._waiting.clear()
        if fd >= 0:
            if self._full and not self._loop.is_closed():
                self._loop.remove_writer(fd)
            os.close(fd)

    def _flush(self) -> None:
        if self._fd < 0:
            return
        data = self._waiting[0] if len(self._waiting) == 1 else b"".join(self._waiting)
        try:
            written = os.write(self._fd, data)
        except BlockingIOError:
            written = 0
        except OSError:
            # Whoever read it has gone, which the pipe in the other direction tells.
            self.close()
            return
        self._waiting = [memoryview(data)[written:]] if written < len(data) else []
        if self._waiting and not self._full:
            self._loop.add_writer(self._fd, self._flush)
        elif self._full and not self._waiting:
            self._loop.remove_writer(self._fd)
        self._scheduled = self._full = bool(self._waiting)
