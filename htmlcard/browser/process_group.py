"""The processes of one browser, as the system's process table shows them.

Listing them means reading all of /proc, which is done seldom and in a thread; looking at those
listed takes microseconds each, and is what the watchdog does four times a second.
"""

from __future__ import annotations

import contextlib
import os
import time

import psutil

from htmlcard.browser.census import kill_group

_NOT_RUNNING = (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
_STATES = {
    b"T": psutil.STATUS_STOPPED,
    b"Z": psutil.STATUS_ZOMBIE,
    b"X": psutil.STATUS_DEAD,
}
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class ProcessGroup:
    """A process group that we started. Only `refresh` and `weigh` take longer than moments."""

    def __init__(self, group_id: int) -> None:
        self.group_id = group_id
        self._members: tuple[psutil.Process, ...] = ()
        self._outdated = True
        self.listed_s = 0.0
        """When they were listed, on the clock of `time.monotonic`."""

    @property
    def outdated(self) -> bool:
        """Whether a process was seen to have gone, or none has been listed yet."""
        return self._outdated

    def refresh(self) -> None:
        """List the processes that run (tens of milliseconds)."""
        found = []
        self.listed_s = time.monotonic()
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                ours = os.getpgid(process.pid) == self.group_id
                if ours and _read_stat(process.pid)[0] not in _NOT_RUNNING:
                    found.append(process)
        self._members = tuple(found)
        self._outdated = False

    def weigh(self) -> int:
        """Proportional memory of all of them, bytes; 0 where it cannot be told. Refreshes."""
        self.refresh()
        total = 0
        for process in self._members:
            with contextlib.suppress(psutil.Error, OSError, AttributeError):
                total += process.memory_full_info().pss
        return total

    def is_stopped(self) -> bool:
        """Whether one of those listed is stopped: it keeps its connections, and does nothing."""
        states = [_read_stat(process.pid)[0] for process in self._members]
        self._outdated = self._outdated or any(state in _NOT_RUNNING for state in states)
        return psutil.STATUS_STOPPED in states

    def is_dead(self) -> bool:
        """Whether the browser itself is dead, whoever has been told of it yet."""
        return _read_stat(self.group_id)[0] in _NOT_RUNNING

    def has_lost_one(self) -> bool:
        """Whether one of those listed is dead; pages that come and go do that, too."""
        return any(_read_stat(process.pid)[0] in _NOT_RUNNING for process in self._members)

    def cpu_s(self) -> dict[int, float]:
        """Processor time that each of those listed has used, by its id."""
        return {process.pid: _read_stat(process.pid)[1] for process in self._members}

    def largest_bytes(self) -> int:
        """Resident memory of the largest of those listed; 0 where none is."""
        largest = 0
        for process in self._members:
            with contextlib.suppress(psutil.Error, OSError):
                largest = max(largest, process.memory_info().rss)
        return largest

    def is_gone(self) -> bool:
        """Whether nothing of it runs any more; what only waits to be collected does not run."""
        try:
            os.killpg(self.group_id, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        self.refresh()
        return not self._members

    def kill(self) -> None:
        """End all of it now; safe to call twice."""
        kill_group(self.group_id)


def _read_stat(pid: int) -> tuple[str, float]:
    """The state of a process, as psutil names it, and its processor time; dead where it is gone."""
    try:
        if not psutil.LINUX:
            process = psutil.Process(pid)
            return process.status(), sum(process.cpu_times()[:2])
        # psutil parses all of it, which takes too long for four times a second.
        file = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
        try:
            # proc(5): the state follows the name, which stands in brackets and may hold others.
            stat = os.read(file, 512).rpartition(b") ")[2].split()
        finally:
            os.close(file)
    except (psutil.Error, OSError):
        return psutil.STATUS_DEAD, 0.0
    if len(stat) < 13:
        return psutil.STATUS_DEAD, 0.0
    ticks = int(stat[11]) + int(stat[12])
    return _STATES.get(stat[0], psutil.STATUS_RUNNING), ticks / _TICKS_PER_S
