"""Whoever closes leaves nothing: no process, folder or file descriptor, nor old runs theirs."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import psutil
import pytest

from htmlcard.browser.census import RUN_FOLDER_PREFIX, create_run_folder
from htmlcard.browser.driver import Driver
from htmlcard.browser.launchpad import Launchpad
from htmlcard.browser.pool import BrowserPool
from htmlcard.images import compare

from .conftest import ROOMY
from .documents import make_document
from .processes import is_gone, naming
from .shooting import ready, shoot, until

pytestmark = pytest.mark.browser

StartWaiting = Callable[..., subprocess.Popen[bytes]]


def _run_folders(tmp: Path) -> list[Path]:
    return list(tmp.glob(f"{RUN_FOLDER_PREFIX}*"))


def _children() -> set[int]:
    """Ids of all descendants of this process, dead ones that nobody collected among them."""
    return {child.pid for child in psutil.Process().children(recursive=True)}


async def test_a_closed_pool_leaves_nothing(private_tmp: Path) -> None:
    """Deployments restart services daily: what each leaves behind fills a disk in a year."""
    before = _children()
    pool = BrowserPool(Launchpad(None, compare, allow_unsafe=False), lanes=2, **ROOMY)
    async with pool:
        await ready(pool, lanes=2)
        await shoot(pool, make_document("x"))
        groups = [lane.group_id for lane in pool.supervisor.lanes]
        assert _run_folders(private_tmp)

    for group_id in groups:
        await until(partial(is_gone, group_id), "the end of a browser")
    await until(lambda: _children() <= before, "the end of every child process")
    assert not _run_folders(private_tmp)


async def test_a_closed_pool_leaves_no_folder_of_its_driver(private_tmp: Path) -> None:
    """Each one is empty, and each restart adds some: in the end /tmp cannot be listed."""
    pool = BrowserPool(Launchpad(None, compare, allow_unsafe=False), lanes=1, **ROOMY)
    async with pool:
        await ready(pool, lanes=1)
    await until(lambda: not list(private_tmp.iterdir()), "an empty TMPDIR")


async def test_closing_while_lanes_open_leaves_nothing(private_tmp: Path) -> None:
    """A service that is stopped right after its start is the usual case of a broken deployment."""
    before = _children()
    for delay_s in (0.0, 0.1, 0.4):
        pool = BrowserPool(Launchpad(None, compare, allow_unsafe=False), lanes=2, **ROOMY)
        async with pool:
            await asyncio.sleep(delay_s)
    await until(lambda: not naming(private_tmp), "the end of half-started browsers")
    await until(lambda: _children() <= before, "the end of every child process")
    assert not _run_folders(private_tmp)


async def test_a_driver_that_is_given_up_while_it_starts_leaves_nothing(private_tmp: Path) -> None:
    """It is started ahead of all else, so whatever stops a start meets it half-way."""
    before = _children()
    for delay_s in (0.0, 0.02, 0.1, 0.3):
        driver = Driver()
        driver.start_soon()
        await asyncio.sleep(delay_s)
        await driver.close()
    await until(lambda: _children() <= before, "the end of every driver")
    assert not _run_folders(private_tmp)


async def _cycle(times: int) -> None:
    async with Launchpad(None, compare, allow_unsafe=False) as launchpad:
        counts = []
        for _ in range(times):
            lane = await launchpad.open_lane()
            await shoot(lane, make_document("x"))
            group_id = lane.group_id
            lane.retire("test")
            await until(partial(is_gone, group_id), "the end of a browser")
            pid = launchpad.driver_pid
            assert pid is not None
            ours, drivers = [], []
            for _ in range(5):  # A moment's thread or socket is in one of them at the most.
                await asyncio.sleep(0.05)
                ours.append(psutil.Process().num_fds())
                drivers.append(psutil.Process(pid).num_fds())
            counts.append((min(ours), min(drivers)))
    # The first may set up what is kept.
    assert counts[-1][0] < counts[1][0] + 3
    assert counts[-1][1] < counts[1][1] + 3


async def test_lanes_that_come_and_go_leave_no_descriptor() -> None:
    """Lanes are replaced for ever, and the limit of open files ends a service for good."""
    await _cycle(6)


@pytest.mark.soak
async def test_many_lanes_that_come_and_go_leave_no_descriptor() -> None:
    """A leak of one in ten shows only here."""
    await _cycle(60)


@pytest.fixture
def start(private_tmp: Path) -> Iterator[StartWaiting]:
    """Starts a process that only waits, with given words in its command line, in its own group."""
    with ExitStack() as stack:

        def start_waiting(*words: str) -> subprocess.Popen[bytes]:
            process = subprocess.Popen(
                [sys.executable, "-c", "import time; time.sleep(60)", *words],
                start_new_session=True,
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        yield start_waiting


def _old_run(tmp: Path, owner_pid: int, group_id: int) -> Path:
    folder = tmp / f"{RUN_FOLDER_PREFIX}{owner_pid}-abc"
    browser = folder / "browser-1"
    (browser / "home").mkdir(parents=True)
    (browser / "pid").write_text(f"{group_id}\n")
    return folder


def _dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_what_a_killed_run_left_is_cleaned_up(private_tmp: Path, start: StartWaiting) -> None:
    """After a SIGKILL nobody could; its browsers would run on beside those of the next run."""
    home = private_tmp / f"{RUN_FOLDER_PREFIX}{(dead := _dead_pid())}-abc" / "browser-1" / "home"
    orphan = start(f"--user-data-dir={home}")
    old = _old_run(private_tmp, dead, orphan.pid)

    fresh = create_run_folder()

    assert orphan.wait(timeout=5) == -signal.SIGKILL
    assert not old.exists()
    assert fresh.is_dir()
    assert fresh.stat().st_mode & 0o777 == 0o711
    assert fresh.name.startswith(f"{RUN_FOLDER_PREFIX}{os.getpid()}-")


def test_a_number_that_is_someone_elses_by_now_is_left_alone(
    private_tmp: Path, start: StartWaiting
) -> None:
    """Process ids are used again: a stale file must never end a stranger's process."""
    stranger = start("--user-data-dir=/somewhere/else")
    old = _old_run(private_tmp, _dead_pid(), stranger.pid)

    create_run_folder()

    assert stranger.poll() is None
    assert not old.exists()


def test_a_run_that_is_alive_keeps_its_folder_and_browsers(
    private_tmp: Path, start: StartWaiting
) -> None:
    """Two services on one machine share a temporary folder and nothing else."""
    owner = start("another service")
    home = private_tmp / f"{RUN_FOLDER_PREFIX}{owner.pid}-abc" / "browser-1" / "home"
    browser = start(f"--user-data-dir={home}")
    old = _old_run(private_tmp, owner.pid, browser.pid)

    create_run_folder()

    assert old.is_dir()
    assert browser.poll() is None


def test_odd_folders_stop_nobody(private_tmp: Path) -> None:
    """Anyone may write into /tmp, so whatever lies there must not keep a service from starting."""
    (private_tmp / f"{RUN_FOLDER_PREFIX}word-abc").mkdir()
    (private_tmp / f"{RUN_FOLDER_PREFIX}").mkdir()
    (private_tmp / f"{RUN_FOLDER_PREFIX}{2**70}-abc").mkdir()
    (private_tmp / f"{RUN_FOLDER_PREFIX}-1-abc").mkdir()
    (private_tmp / f"{RUN_FOLDER_PREFIX}{_dead_pid()}-file").write_text("a file")
    half = _old_run(private_tmp, _dead_pid(), 0)
    (half / "browser-1" / "pid").write_text("")
    zero = _old_run(private_tmp, _dead_pid(), 0)
    (zero / "browser-1" / "pid").write_text("0\n")

    assert create_run_folder().is_dir()
    assert not half.exists()
    assert not zero.exists()
