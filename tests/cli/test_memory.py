"""Memory that is free goes back to the system, whatever threads did with it."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator")

_COUNT_ARENAS = """
import ctypes, sys, threading
from htmlcard.cli.memory import limit_arenas
if sys.argv[1] == "limited":
    limit_arenas()
together = threading.Barrier(8)
def work():
    together.wait(20)
    kept = [bytes(2000) for _ in range(1000)]
    together.wait(20)
threads = [threading.Thread(target=work) for _ in range(8)]
for each in threads: each.start()
for each in threads: each.join()
ctypes.CDLL(None).malloc_stats()
"""

_TRIM = """
import asyncio, ctypes
from htmlcard.cli import memory
memory._TRIM_EVERY_S = 0.05
library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
library.free.argtypes = [ctypes.c_void_p]

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

async def main():
    blocks = [library.malloc(60_000) for _ in range(2000)]
    for each in blocks: ctypes.memset(each, 1, 60_000)
    # The last stays: what is below it can only be given back by a trim.
    for each in blocks[:-1]: library.free(each)
    full = resident()
    trimming = asyncio.create_task(memory.keep_trimming())
    for _ in range(400):
        await asyncio.sleep(0.05)
        if full - resident() > 100_000_000: break
    trimming.cancel()
    print(full - resident())
asyncio.run(main())
"""


def _run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def test_threads_share_few_arenas() -> None:
    """Each arena keeps as much as its largest picture took: eight of them are 60 MB for nothing."""
    assert _run(_COUNT_ARENAS, "unlimited").stderr.count("Arena ") > 2
    assert _run(_COUNT_ARENAS, "limited").stderr.count("Arena ") <= 2


def test_what_is_free_is_given_back() -> None:
    """After a flood a service must not stay as large as the flood has made it."""
    assert int(_run(_TRIM).stdout) > 100_000_000
