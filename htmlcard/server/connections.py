"""How many connections there may be, and how long one may keep us waiting."""

from __future__ import annotations

import asyncio
import contextlib
import resource
from typing import Protocol

#: A client that has not sent a whole request by then sends none.
REQUEST_WAIT_S = 10.0
#: A client that has not read anything for so long does not want its answer.
READ_WAIT_S = 20.0
#: Connections that are open at the same time: some 20 kB each.
MAX_CONNECTIONS = 4096
#: File descriptors for all the rest: templates, cache, browsers.
_SPARE_DESCRIPTORS = 256


class Connection(Protocol):
    """What is known of one connection."""

    def is_idle(self) -> bool: ...
    def abort(self) -> None: ...


class Connections:
    """All open connections. The oldest idle one makes room for a new one where all are taken."""

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit or min(MAX_CONNECTIONS, _raise_descriptor_limit() - _SPARE_DESCRIPTORS)
        self._open: dict[Connection, None] = {}

    def __len__(self) -> int:
        return len(self._open)

    def add(self, connection: Connection) -> None:
        """Take in a connection; it is dropped at once where all others are busy."""
        if len(self._open) >= self.limit:
            idle = next((each for each in self._open if each.is_idle()), connection)
            self._open.pop(idle, None)
            idle.abort()
            if idle is connection:
                return
        self._open[connection] = None

    def remove(self, connection: Connection) -> None:
        self._open.pop(connection, None)


class Patience:
    """Cuts a connection off that keeps us waiting."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._timer: asyncio.TimerHandle | None = None

    def wait(self, seconds: float) -> None:
        """Begin to wait, if nobody does already."""
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(seconds, self._connection.abort)

    def end(self) -> None:
        """What was waited for has come."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _raise_descriptor_limit() -> int:
    """Let this process open as many files as it may; how many that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_CONNECTIONS + _SPARE_DESCRIPTORS if soft == resource.RLIM_INFINITY else soft
