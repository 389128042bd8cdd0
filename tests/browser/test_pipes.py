"""Messages over pipes: cut and joined right, however they come."""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path

import pytest

from htmlcard.browser import cbor, pipes
from htmlcard.browser.pipes import (
    CborCutter,
    Cutter,
    MessageReader,
    MessageWriter,
    NulCutter,
    open_to_read,
    open_to_write,
)

from .shooting import until


class _Inbox:
    """What a reader has told."""

    def __init__(self, fd: int, cutter: Cutter | None = None) -> None:
        self.messages: list[bytes] = []
        self.ends = 0
        self.reader = MessageReader(fd, cutter or NulCutter(), self.messages.append, self._end)

    def _end(self) -> None:
        self.ends += 1

    async def has(self, count: int) -> None:
        await until(lambda: len(self.messages) >= count, f"{count} messages")


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    path = tmp_path / "fifo"
    os.mkfifo(path, 0o600)
    return path


async def test_messages_may_be_split_anywhere(fifo: Path) -> None:
    """A pipe knows no messages: where one ends within a read is chance."""
    inbox = _Inbox(open_to_read(fifo))
    out = open_to_write(fifo)
    said = [b"", b"a", b"{}", "é".encode(), b"x" * 300, b""]
    data = b"".join(message + b"\0" for message in said)
    for cut in range(len(data)):
        inbox.messages.clear()
        os.write(out, data[:cut])
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        os.write(out, data[cut:])
        await inbox.has(len(said))
        assert inbox.messages == said
    inbox.reader.close()
    os.close(out)


async def test_a_message_without_measure_is_the_end(
    fifo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A card's script may send off all it likes: the service must not hold it for it."""
    monkeypatch.setattr(pipes, "_MAX_MESSAGE_BYTES", 1000)
    inbox = _Inbox(open_to_read(fifo))
    out = open_to_write(fifo)
    for _ in range(4):
        os.write(out, b"x" * 900 + b"\0" + b"y" * 100)
        await asyncio.sleep(0.01)
    await inbox.has(4)
    assert inbox.ends == 0
    while not inbox.ends:
        os.write(out, b"x" * 400)
        await asyncio.sleep(0.01)
    assert len(inbox.messages) == 4
    os.close(out)


def test_messages_with_a_length_may_be_split_anywhere() -> None:
    """Even their length may come in two parts; and a NUL within them is nothing special."""
    said = [cbor.encode({"a": text}) for text in ("", "b\0", "c" * 300, "\ud800")]
    data = b"".join(said)
    cutter = CborCutter()
    for cut in range(len(data)):
        assert [*cutter.cut(data[:cut]), *cutter.cut(data[cut:])] == said
    for size in (1, 2, 7, 8, 100):
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        assert [message for piece in pieces for message in cutter.cut(piece)] == said


@pytest.mark.parametrize("begin", [b'{"id":1}\0', b"\xd8\x18\x5a\xff\xff\xff\xff"])
async def test_a_length_that_is_none_or_without_measure_is_the_end(
    fifo: Path, begin: bytes
) -> None:
    """Where the next message would begin is not known any more."""
    inbox = _Inbox(open_to_read(fifo), CborCutter())
    out = open_to_write(fifo)
    os.write(out, cbor.encode({}))
    await inbox.has(1)
    os.write(out, begin)
    await until(lambda: inbox.ends == 1, "the end")
    assert inbox.messages == [cbor.encode({})]
    os.close(out)


async def test_large_messages_with_a_length_and_small_ones(fifo: Path) -> None:
    """Pictures come in several pieces, with small news before and after them in the same ones."""
    inbox = _Inbox(open_to_read(fifo), CborCutter())
    writer = MessageWriter(open_to_write(fifo))
    said = [cbor.encode({"x": "y" * size}) for size in (0, 1, 900_000, 5, 7_000_000, 0, 3)]
    for message in said:
        writer.write(message)
    await inbox.has(len(said))
    assert inbox.messages == said
    writer.close()
    await until(lambda: inbox.ends == 1, "the end")


async def test_many_messages_in_one_read(fifo: Path) -> None:
    """A busy page tells a hundred things in a moment."""
    inbox = _Inbox(open_to_read(fifo))
    out = open_to_write(fifo)
    said = [b"%d" % number for number in range(5000)]
    os.write(out, b"".join(message + b"\0" for message in said))
    await inbox.has(len(said))
    assert inbox.messages == said
    inbox.reader.close()
    os.close(out)


async def test_large_messages_and_small_ones_keep_their_order(fifo: Path) -> None:
    """A photo in a document is megabytes, and a pipe holds one at the most."""
    inbox = _Inbox(open_to_read(fifo))
    writer = MessageWriter(open_to_write(fifo), b"\0")
    random.seed(7)
    said = [random.randbytes(size).replace(b"\0", b"-") for size in (10_000_000, 3, 2_000_000, 0)]
    for message in said:
        writer.write(message)
    await asyncio.sleep(0)
    writer.write(b"late")
    await inbox.has(5)
    assert inbox.messages == [*said, b"late"]
    writer.close()
    await until(lambda: inbox.ends == 1, "the end")


async def test_the_end_is_told_once_and_half_a_message_is_none(fifo: Path) -> None:
    """Whoever dies in the midst of a word has not said it."""
    inbox = _Inbox(open_to_read(fifo))
    out = open_to_write(fifo)
    os.write(out, b"whole\0half")
    os.close(out)
    await until(lambda: inbox.ends > 0, "the end")
    await asyncio.sleep(0.01)
    assert inbox.messages == [b"whole"]
    assert inbox.ends == 1
    inbox.reader.close()


async def test_writing_to_somebody_who_has_gone_is_no_error(fifo: Path) -> None:
    """That they have gone is told by the other direction, and before it is, much may be said."""
    reader = open_to_read(fifo)
    writer = MessageWriter(open_to_write(fifo), b"\0")
    writer.write(b"x" * 3_000_000)
    await asyncio.sleep(0.01)
    os.close(reader)
    await asyncio.sleep(0.01)
    writer.write(b"more")
    await asyncio.sleep(0.01)
    writer.close()
    writer.close()


async def test_a_reader_closed_by_what_it_tells_stops_there(fifo: Path) -> None:
    """What comes after the last word is nobody's."""
    said: list[bytes] = []

    def hear(message: bytes) -> None:
        said.append(message)
        reader.close()

    reader = MessageReader(open_to_read(fifo), NulCutter(), hear, lambda: said.append(b"end"))
    out = open_to_write(fifo)
    os.write(out, b"one\0two\0")
    await until(lambda: bool(said), "a message")
    await asyncio.sleep(0.01)
    assert said == [b"one"]
    os.close(out)
