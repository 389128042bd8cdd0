"""What a tree of processes costs: processor time and memory; and how one is ended."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress

import psutil

_STOP_S = 15.0


def list_tree(pids: Iterable[int]) -> list[psutil.Process]:
    """The processes and all below them, each once."""
    found: dict[int, psutil.Process] = {}
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            root = psutil.Process(pid)
            found |= {one.pid: one for one in (root, *root.children(recursive=True))}
    return [*found.values()]


def find_naming(text: str) -> list[int]:
    """Processes with a text in their command line."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if any(text in part for part in process.info["cmdline"] or ())
    ]


def read_cpu_ms(pids: Iterable[int]) -> float:
    """User and system time of the trees so far, ended children that were waited for included."""
    total_s = 0.0
    for process in list_tree(pids):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total_s += times.user + times.system + times.children_user + times.children_system
    return total_s * 1000


def read_pss_bytes(pids: Iterable[int]) -> int:
    """Memory of the trees; pages shared by several processes count once."""
    total = 0
    for process in list_tree(pids):
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            total += process.memory_full_info().pss
    return total


def list_names(pids: Iterable[int]) -> set[str]:
    """What the processes of the trees are called."""
    names = set()
    for process in list_tree(pids):
        with suppress(psutil.NoSuchProcess):
            names.add(process.name())
    return names


async def stop_tree(process: asyncio.subprocess.Process) -> None:
    """Wait for a process that was told to end, and end by force what is left of its tree."""
    tree = list_tree([process.pid])
    try:
        async with asyncio.timeout(_STOP_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
    for straggler in tree:
        with suppress(psutil.NoSuchProcess):
            # psutil compares start times, so a process id given to somebody else is safe.
            straggler.kill()
