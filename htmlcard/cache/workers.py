"""A few threads for work that may hang, with a bound on how much of it is outstanding.

Not `ThreadPoolExecutor`: the interpreter joins its threads at exit, so one hung
disk call would keep the whole service from stopping. These are daemons.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


class Workers:
    """`threads` daemons that share one queue; `limit` counts running and waiting work.

    `at_exit` runs in each thread before it ends.
    """

    def __init__(self, name: str, *, threads: int, limit: int, at_exit: Callable[[], None]) -> None:
        self._limit = limit
        self._at_exit = at_exit
        self._lock = threading.Lock()
        self._outstanding = 0
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._serve, name=f"{name}-{number}", daemon=True)
            for number in range(threads)
        ]

    @property
    def outstanding(self) -> int:
        return self._outstanding

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def submit(self, work: Callable[[], T]) -> Future[T] | None:
        """The future of `work`, or None at once where too much is outstanding.

        Cancelling the future takes back work that has not begun.
        """
        with self._lock:
            if self._outstanding >= self._limit:
                return None
            self._outstanding += 1
        future: Future[T] = Future()
        self._jobs.put(lambda: self._run(future, work))
        return future

    def stop(self) -> None:
        """Let the threads end after the work already submitted."""
        for _ in self._threads:
            self._jobs.put(None)

    def join(self, timeout_s: float) -> bool:
        """Wait for the threads after `stop`; False where one is still at work."""
        until_s = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, until_s - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
        self._at_exit()

    def _run(self, future: Future[T], work: Callable[[], T]) -> None:
        try:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = work()
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)
        finally:
            with self._lock:
                self._outstanding -= 1
