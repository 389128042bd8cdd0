"""Whatever happens to the disk, callers miss quickly and never see an exception.

The disks, locks and kills are real ones, made by `bad_disks` in other processes.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from htmlcard.cache.disk import DiskTier

_PROGRAM = [sys.executable, str(Path(__file__).with_name("bad_disks.py"))]
#: More than any look-up may take by far, less than SQLite's and diskcache's own patience.
_HANG_S = 2.5
#: `HTMLCARD_TEST_KILLS=200 pytest tests/cache -k killed` is the thorough run.
_KILLS = int(os.environ.get("HTMLCARD_TEST_KILLS", "30"))


@pytest.fixture
async def disk(folder: Path) -> AsyncIterator[DiskTier]:
    async with DiskTier(folder, 20_000_000) as disk:
        yield disk


@contextmanager
def _held(kind: str, folder: Path) -> Iterator[None]:
    with subprocess.Popen([*_PROGRAM, kind, str(folder)], stdout=subprocess.PIPE) as locker:
        try:
            assert locker.stdout is not None
            assert locker.stdout.readline() == b"ready\n"
            yield
        finally:
            locker.kill()


def _run(kind: str, folder: Path, *arguments: str, mounts: bool = False) -> dict[str, Any]:
    command = [*_PROGRAM, kind, str(folder), *arguments]
    if mounts:
        unshare = ["unshare", "--map-root-user", "--mount"]
        probe = "mount -t tmpfs tmpfs /mnt"
        if (
            not shutil.which("unshare")
            or subprocess.run(
                [*unshare, "sh", "-c", probe], capture_output=True, check=False
            ).returncode
        ):
            pytest.skip("needs the right to mount a small disk of its own (unshare --mount)")
        command = unshare + command
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


async def _stored(disk: DiskTier, make_entry, number: int) -> None:
    disk.put(make_entry(number))
    await _written(disk)


async def _written(disk: DiskTier) -> None:

    # Seen from outside on purpose: an event would have to be set by the code under test.
    while disk.state()["waiting_writes"]:  # noqa: ASYNC110
        await asyncio.sleep(0.005)
    # What went wrong is counted a moment after the thread is done.
    await asyncio.sleep(0.01)


async def test_a_locked_database_still_answers_and_drops_writes(
    disk: DiskTier, folder: Path, make_entry
) -> None:
    """A backup that holds the database must cost cards nothing but their place in the cache."""
    await _stored(disk, make_entry, 1)
    with _held("lock_database", folder):
        begin_s = time.monotonic()
        assert await disk.get(make_entry(1).identity)
        disk.put(make_entry(2))
        await _written(disk)
        assert await disk.get(make_entry(2).identity) is None
        assert time.monotonic() - begin_s < _HANG_S
    assert disk.state()["troubles"] == {"locked": 1}
    await _stored(disk, make_entry, 3)
    assert await disk.get(make_entry(3).identity)


async def test_a_disk_that_is_asked_for_much_at_once_answers_it_all(
    folder: Path, make_entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a restart nothing is in memory: what is not read is drawn again, at a hundred times
    the cost, while everybody is waiting.
    """
    # How long the last may take is this machine's business; what is asked at once, ours.
    monkeypatch.setattr("htmlcard.cache.lookups._PATIENCE_S", 30.0)
    async with DiskTier(folder, 20_000_000, read_budget_s=1.0) as disk:
        for number in range(60):
            disk.put(make_entry(number))
        await _written(disk)
        wanted = [make_entry(number % 60).identity for number in range(300)]
        found = await asyncio.gather(*map(disk.get, wanted))
        assert [entry and entry.identity for entry in found] == wanted
        assert disk.state()["troubles"] == {}


async def test_a_disk_that_hangs_readers_costs_one_budget_and_then_nothing(
    disk: DiskTier, folder: Path, make_entry
) -> None:
    """With all locks taken SQLite retries for ten seconds: callers must not."""
    await _stored(disk, make_entry, 1)
    with _held("lock_everything", folder):
        begin_s = time.monotonic()
        for _ in range(60):
            assert await disk.get(make_entry(1).identity) is None
        # Each of them waiting its 50 ms would be three seconds.
        assert time.monotonic() - begin_s < _HANG_S
        state = disk.state()
        assert state["breaker"] == "open"
        assert set(state["troubles"]) <= {"slow", "locked", "busy"}


async def test_a_hung_disk_is_used_again_when_it_recovers(
    folder: Path, make_entry, monkeypatch
) -> None:
    """Nobody restarts a service because a network disk had a bad minute."""
    monkeypatch.setattr("htmlcard.cache.lookups._BREAKER_PAUSE_S", 0.1)
    async with DiskTier(folder, 20_000_000) as disk:
        await _stored(disk, make_entry, 1)
        with _held("lock_everything", folder):
            for _ in range(10):
                assert await disk.get(make_entry(1).identity) is None

        until_s = time.monotonic() + 30
        while await disk.get(make_entry(1).identity) is None:
            assert time.monotonic() < until_s
            await asyncio.sleep(0.05)
        assert disk.state()["breaker"] == "closed"


async def test_closing_does_not_wait_for_a_locked_disk(folder: Path, make_entry) -> None:
    """SIGTERM must end the service within seconds whatever the disk does."""
    async with DiskTier(folder, 20_000_000) as disk:
        await _stored(disk, make_entry, 1)
        with _held("lock_database", folder):
            for number in range(40):
                disk.put(make_entry(number))
            begin_s = time.monotonic()
            await disk.aclose()
            assert time.monotonic() - begin_s < 5


async def test_a_database_locked_at_the_start_is_opened_later(
    folder: Path, make_entry, monkeypatch
) -> None:
    """The service starts uncached, and is cached as soon as it can be."""
    monkeypatch.setattr("htmlcard.cache.disk._REOPEN_PAUSE_S", 0.1)
    async with DiskTier(folder, 20_000_000) as first:
        await _stored(first, make_entry, 1)

    with _held("lock_database", folder):
        async with DiskTier(folder, 20_000_000) as disk:
            assert disk.state()["state"] == "unavailable"
            assert "locked" in disk.state()["reason"]
    async with DiskTier(folder, 20_000_000) as disk:
        until_s = time.monotonic() + 20
        while await disk.get(make_entry(1).identity) is None:
            assert time.monotonic() < until_s
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    "loss", ["folder deleted", "database deleted", "database overwritten", "database cut"]
)
async def test_a_cache_lost_while_running_is_made_anew(
    folder: Path, make_entry, monkeypatch, loss: str
) -> None:
    """`rm -rf` of a cache folder is what people do when they are told to clear the cache."""

    monkeypatch.setattr("htmlcard.cache.disk._REOPEN_PAUSE_S", 0.0)
    async with DiskTier(folder, 20_000_000) as disk:
        for number in range(20):
            await _stored(disk, make_entry, number)
        if loss == "folder deleted":
            shutil.rmtree(folder)
        elif loss == "database deleted":
            (folder / "cache.db").unlink()
        elif loss == "database cut":
            # Were the file mapped into memory, this would end the process by SIGBUS.
            os.truncate(folder / "cache.db", 8192)
        else:
            for name in ("cache.db", "cache.db-wal"):
                path = folder / name
                path.write_bytes(os.urandom(path.stat().st_size))
        until_s = time.monotonic() + 20
        while True:
            disk.put(make_entry(100))
            await _written(disk)
            for number in range(20):
                found = await disk.get(make_entry(number).identity)
                assert found is None or found.identity == make_entry(number).identity
            if disk.state()["state"] == "ready" and await disk.get(make_entry(100).identity):
                break
            assert time.monotonic() < until_s, disk.state()
            await asyncio.sleep(0.02)


def test_a_full_disk_drops_writes_and_leaves_nothing_behind(folder: Path) -> None:
    """A cache that fills its disk must not stop the service that draws the cards."""
    folder.mkdir()
    seen = _run("full_disk", folder, mounts=True)
    assert seen["early"]
    assert seen["wrong"] == 0
    assert seen["slowest_s"] < _HANG_S
    assert seen["state"]["troubles"].get("full", 0) > 0
    assert seen["orphans"] <= 0


def test_a_disk_that_refuses_writes_still_gives_what_it_has(folder: Path) -> None:
    """A dying or remounted disk often can still be read: hits stay hits, the rest is drawn."""
    seen = _run("refused_writes", folder)
    assert seen["early"]
    assert seen["wrong"] == 0
    assert seen["slowest_s"] < _HANG_S
    assert seen["state"]["troubles"].get("io", 0) > 0
    # The first write after the disk has healed must be kept, without any pause.
    assert seen["mended"]
    assert seen["orphans"] == 0


def test_a_read_only_folder_at_the_start_is_told_in_the_state(folder: Path) -> None:
    """Containers often run with a read-only file system and no volume for the cache."""
    folder.mkdir()
    seen = _run("read_only_start", folder, mounts=True)
    assert not seen["early"]
    assert seen["state"]["state"] == "unavailable"
    assert "Read-only" in seen["state"]["reason"]


def test_a_folder_without_permissions_is_a_miss(tmp_path: Path) -> None:
    """A chmod by mistake must not show to anyone but the operator."""
    if os.geteuid() == 0:
        for parent in (tmp_path, *tmp_path.parents):
            if parent.name.startswith(("pytest", "popen")):
                parent.chmod(0o755)
    seen = _run("denied_folder", tmp_path)
    assert seen["early"]
    assert seen["wrong"] == 0
    assert seen["slowest_s"] < _HANG_S
    assert seen["state"]["state"] == "unavailable"
    (tmp_path / "cards").chmod(0o700)


def test_nothing_decodes_wrong_after_writers_were_killed(folder: Path) -> None:
    """Out-of-memory kills come in the middle of writes, by nature."""
    seen = _run("write_until_killed", folder, str(_KILLS))
    assert seen["all_right"]
    assert seen["found"] > 0
    assert seen["set_aside"] == 0


async def test_two_services_share_one_folder(folder: Path, make_entry) -> None:
    """A rolling deploy runs old and new side by side on one volume."""
    async with DiskTier(folder, 20_000_000) as one, DiskTier(folder, 20_000_000) as other:
        for number in range(20):
            (one if number % 2 else other).put(make_entry(number))
        await _written(one)
        await _written(other)
        for number in range(20):
            assert await one.get(make_entry(number).identity)
            assert await other.get(make_entry(number).identity)
        assert await one.evict_template("article") == 20
        assert await other.get(make_entry(3).identity) is None
        assert one.state()["troubles"] == {}
        assert other.state()["troubles"] == {}
