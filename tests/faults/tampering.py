"""Chromium with somebody in its pipe who spoils pictures: `python tampering.py FOLDER CHROMIUM …`.

`FOLDER/mode` says how, anew for each picture; without it all pass as they are. Runs in the
browser's place, with its rights, so it needs the standard library alone.
"""

from __future__ import annotations

import base64
import itertools
import os
import re
import struct
import sys
import threading
import zlib
from pathlib import Path

#: A PNG as the protocol carries it: in base64, as a JSON string or the end of one.
_PNG = re.compile(rb"iVBORw0KGgo[A-Za-z0-9+/]{400,}={0,2}")
#: By Playwright's and Chromium's agreement (`--remote-debugging-pipe`).
_COMMANDS, _ANSWERS = 3, 4


def blank_png(width: int, height: int) -> bytes:
    """A white picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\xff" * (3 * width)) * height)
    parts = [chunk(b"IHDR", head), chunk(b"IDAT", rows), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def spoil(mode: str, picture: bytes) -> bytes:
    """What is put in the place of a picture."""
    width, height = struct.unpack(">II", picture[16:24])
    return {
        "empty": b"",
        "truncated": picture[: len(picture) // 2],
        "flipped": picture[:60] + bytes([picture[60] ^ 255]) + picture[61:],
        "no picture": b"<!doctype html>" + picture[15:],
        "wrong size": blank_png(width // 2, height // 2),
        "blank": blank_png(width, height),
    }[mode]


class Spoiler:
    """Spoils every picture, or with `every other ` before the mode each second one."""

    def __init__(self, folder: Path) -> None:
        self._mode = folder / "mode"
        self._turns = itertools.count()

    def __call__(self, found: re.Match[bytes]) -> bytes:
        try:
            mode = self._mode.read_text()
        except OSError:
            return found[0]
        if mode.startswith("every other ") and next(self._turns) % 2:
            return found[0]
        picture = base64.b64decode(found[0])
        return base64.b64encode(spoil(mode.removeprefix("every other "), picture))


def pass_on(source: int, sink: int) -> None:
    """Pass bytes on as they come, to the end."""
    while data := os.read(source, 2**16):
        write_all(sink, data)
    os.close(sink)


def write_all(sink: int, data: bytes) -> None:
    while data:
        data = data[os.write(sink, data) :]


def pass_messages(source: int, sink: int, spoiler: Spoiler) -> None:
    """The same by messages, which end in NUL, with their pictures spoiled."""
    rest = b""
    while data := os.read(source, 2**20):
        *whole, rest = (rest + data).split(b"\0")
        for message in whole:
            write_all(sink, _PNG.sub(spoiler, message) + b"\0")


def main(folder: str, chromium: str, *arguments: str) -> None:
    if "--version" in arguments:
        os.execv(chromium, [chromium, *arguments])
    commands, answers = os.pipe(), os.pipe()
    if os.fork() == 0:
        # Moved out of the way first, or one of them may stand where another belongs.
        read, write = os.dup(commands[0]), os.dup(answers[1])
        os.dup2(read, _COMMANDS)
        os.dup2(write, _ANSWERS)
        os.closerange(_ANSWERS + 1, 64)
        os.execv(chromium, [chromium, *arguments])
    os.close(commands[0])
    os.close(answers[1])
    threading.Thread(target=pass_on, args=(_COMMANDS, commands[1]), daemon=True).start()
    pass_messages(answers[0], _ANSWERS, Spoiler(Path(folder)))


if __name__ == "__main__":
    main(*sys.argv[1:])
