"""Messages over pipes, as CDP has them: JSON that ends in NUL, written and read without waiting."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
from collections.abc import Callable
from pathlib import Path

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


class MessageReader:
    """Cuts what comes out of a pipe into messages; their NUL is not handed on."""

    def __init__(
        self, fd: int, on_message: Callable[[bytes], None], on_end: Callable[[], None]
    ) -> None:
        """It owns the descriptor. `on_end` is told once: nobody writes any more, or too much."""
        self._fd = fd
        self._on_message = on_message
        self._on_end = on_end
        self._begun: list[bytes] = []
        self._begun_bytes = 0
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
            data = os.read(self._fd, _READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data or self._begun_bytes > _MAX_MESSAGE_BYTES:
            self.close()
            self._on_end()
            return
        start = 0
        while (end := data.find(b"\0", start)) >= 0:
            message = data[start:end]
            if self._begun:
                message = b"".join([*self._begun, message])
                self._begun.clear()
                self._begun_bytes = 0
            start = end + 1
            self._on_message(message)
            if self._fd < 0:
                return
        if start < len(data):
            self._begun.append(data[start:])
            self._begun_bytes += len(data) - start


class MessageWriter:
    """Writes messages; those of one turn of the event loop go out together."""

    def __init__(self, fd: int) -> None:
        """It owns the descriptor."""
        self._fd = fd
        self._waiting: list[bytes | memoryview] = []
        self._scheduled = False
        self._full = False
        self._loop = asyncio.get_running_loop()

    def write(self, message: bytes) -> None:
        """Write a message when there is room; one for somebody who has gone is lost."""
        if self._fd < 0:
            return
        self._waiting += (message, b"\0")
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
