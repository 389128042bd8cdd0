"""Gives memory back to the system that glibc's allocator would keep for later.

Pictures come and go in several threads, megabytes each. With an arena to each
thread, every arena stays as large as the worst that thread has met.
"""

from __future__ import annotations

import asyncio
import ctypes
import platform

#: Threads that decode pictures are few, and wait for each other's arena only for moments.
_ARENAS = 2
#: From `malloc.h` of glibc.
_M_ARENA_MAX = -8
_TRIM_EVERY_S = 30.0


def limit_arenas() -> None:
    """To be called before threads start; does nothing where the C library is another."""
    if library := _find_glibc():
        library.mallopt(_M_ARENA_MAX, _ARENAS)


async def keep_trimming() -> None:
    """Give back now and then what is free; for ever, or not at all with another C library."""
    library = _find_glibc()
    while library:
        await asyncio.sleep(_TRIM_EVERY_S)
        # Milliseconds, in which the interpreter's lock is free.
        await asyncio.to_thread(library.malloc_trim, 0)


def _find_glibc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None
