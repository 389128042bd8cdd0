"""Threads that may hang must neither pile up work nor hold up the exit."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from htmlcard.cache.workers import Workers


def _started(limit: int, at_exit=lambda: None) -> Workers:
    workers = Workers("test", threads=1, limit=limit, at_exit=at_exit)
    workers.start()
    return workers


def test_a_hung_call_refuses_what_comes_after_it() -> None:
    """Each caller queued behind a hung disk would wait for its whole budget."""
    gate = threading.Event()
    workers = _started(limit=3)
    try:
        futures = [workers.submit(gate.wait) for _ in range(3)]
        assert None not in futures
        assert workers.submit(gate.wait) is None
    finally:
        gate.set()
    assert [future.result(10) for future in futures if future] == [True] * 3
    workers.stop()
    assert workers.join(10)
    assert workers.outstanding == 0


def test_work_nobody_waits_for_any_more_is_not_done() -> None:
    """After a hang the thread must not first work off requests that timed out long ago."""
    gate, ran = threading.Event(), threading.Event()
    workers = _started(limit=3)
    workers.submit(gate.wait)
    waiting = workers.submit(ran.set)
    assert waiting is not None
    assert waiting.cancel()
    gate.set()
    workers.stop()
    assert workers.join(10)
    assert not ran.is_set()
    assert workers.outstanding == 0


def test_a_failure_goes_to_its_caller_and_the_thread_lives_on() -> None:
    """One bad read must not end the only thread."""
    closed = threading.Event()
    workers = _started(limit=3, at_exit=closed.set)
    failed = workers.submit(lambda: 1 // 0)
    assert failed is not None
    with pytest.raises(ZeroDivisionError):
        failed.result(10)
    done = workers.submit(lambda: 42)
    assert done is not None
    assert done.result(10) == 42
    workers.stop()
    assert workers.join(10)
    assert closed.is_set()


def test_the_interpreter_exits_while_a_call_hangs() -> None:
    """SIGTERM must end the service also when its cache lies on a dead network disk."""
    program = (
        "import threading\n"
        "from htmlcard.cache.workers import Workers\n"
        "workers = Workers('test', threads=1, limit=1, at_exit=lambda: None)\n"
        "workers.start()\n"
        "workers.submit(threading.Event().wait)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)
