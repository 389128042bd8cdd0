"""Programs that spoil a cache folder, run as processes of their own by the tests.

`python bad_disks.py NAME FOLDER`: lockers say "ready" and wait to be killed, the
others print what they saw as JSON.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import resource
import signal
import sqlite3
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from htmlcard.cache import CacheEntry, CardCache
from htmlcard.cache.store import CardStore
from htmlcard.card import ImageFormat, Size

_HUNG_S = 20


def entry(number: int, size_bytes: int = 50_000) -> CacheEntry:
    # The picture follows from the number, so that a reader can tell a wrong one.
    data = bytes([number % 251]) * size_bytes
    size = Size(1200, 630)
    return CacheEntry(
        f"{number:064x}", "now", "article", ImageFormat.PNG, size, "lossless", data, float(number)
    )


def lock_database(folder: Path) -> None:
    """Nobody else may write."""
    connection = sqlite3.connect(folder / "cache.db", isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    _ready()


def lock_everything(folder: Path) -> None:
    """Nobody else may even read: all lock bytes of SQLite's write-ahead log index
    (https://www.sqlite.org/walformat.html#the_locks) but the one all users share."""
    with (folder / "cache.db-shm").open("r+b") as file:
        lock = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, 120, 8, 0)
        fcntl.fcntl(file, fcntl.F_SETLKW, lock)
        _ready()


def _ready() -> None:
    _say("ready")
    time.sleep(_HUNG_S * 3)


def write_until_killed(folder: Path) -> None:
    """Forks a writer again and again, kills it in the middle, then reads everything."""
    kills = int(sys.argv[3])
    for kill in range(kills):
        child = os.fork()
        if child == 0:
            store = CardStore(folder, 3_000_000)
            store.open()
            number = kill
            while True:
                # The same few cards over and over: rows are replaced, files deleted.
                store.put(entry(number % 90, 10_000 + 1_000 * (number % 90)))
                number += 1
        time.sleep(0.012 + 0.0007 * (kill % 30))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    store = CardStore(folder, 3_000_000)
    store.open()
    found = [store.get(entry(number).identity) for number in range(90)]
    right = [e is None or e == entry(n, 10_000 + 1_000 * n) for n, e in enumerate(found)]
    store.close_here()
    _answer(
        found=sum(e is not None for e in found),
        all_right=all(right),
        set_aside=len(list(folder.glob("*.broken-*"))),
    )


def full_disk(folder: Path) -> None:
    """On a disk of 2 MB with a cache that may have 50."""
    _mount(folder, "size=2m")
    asyncio.run(_use(folder, lambda: None))


def refused_writes(folder: Path) -> None:
    """Every write fails while the cache is in use, as on a disk that is dying; then it heals."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(limit_bytes: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))

    # Values still fit, the write-ahead log does not: it is the database that fails.
    asyncio.run(_use(folder, lambda: limit(60_000), lambda: limit(hard)))


def read_only_start(folder: Path) -> None:
    """The disk is read-only from the start."""
    _mount(folder, "size=20m,ro")
    asyncio.run(_use(folder, lambda: None))


def denied_folder(folder: Path) -> None:
    """As nobody: the folder loses all its permissions while the cache is in use."""
    if os.geteuid() == 0:
        # All code is loaded now: nobody may not be let into the interpreter's folder.
        asyncio.run(_use(folder / "before", lambda: None))
        os.chown(folder, 65534, 65534)
        os.setgid(65534)
        os.setuid(65534)
    asyncio.run(_use(folder / "cards", lambda: (folder / "cards").chmod(0)))


def _mount(folder: Path, options: str) -> None:
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True, timeout=20
    )


async def _use(
    folder: Path, spoil: Callable[[], object], mend: Callable[[], object] = lambda: None
) -> None:
    """Fifty cards before the spoiling and fifty after it; all must be findable or missed."""
    slowest_s = 0.0
    wrong = 0
    async with CardCache(folder, memory_bytes=0, disk_bytes=50_000_000) as cache:
        for number in range(100):
            if number == 50:
                await asyncio.sleep(0.2)
                early = await cache.find(entry(3).identity)
                spoil()
            cache.put(entry(number))
            begin_s = time.perf_counter()
            found = await cache.find(entry(number).identity)
            slowest_s = max(slowest_s, time.perf_counter() - begin_s)
            wrong += found is not None and found[0] != entry(number)
            await asyncio.sleep(0.002)
        await asyncio.sleep(0.2)
        state = cache.state()["disk"]
        mend()
        cache.put(entry(200))
        await asyncio.sleep(0.2)
        mended = await cache.find(entry(200).identity) is not None
        purged = await cache.clear()
    # Only a purge that went through shows what was left over.
    orphans = _values(folder) if purged.complete else 0
    _answer(
        early=early is not None,
        mended=mended,
        wrong=wrong,
        slowest_s=slowest_s,
        state=state,
        orphans=orphans,
    )


def _values(folder: Path) -> int:
    return len(list(folder.glob("??/*.val")))


def _answer(**answer: object) -> None:
    _say(json.dumps(answer))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    globals()[sys.argv[1]](Path(sys.argv[2]))
