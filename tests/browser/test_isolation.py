"""What stands between a template and the machine, as the kernel tells it.

A machine that cannot do this must say so: these tests fail there, they do not skip.
"""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from htmlcard.browser import isolation
from htmlcard.browser.driver import Driver
from htmlcard.browser.isolation import NOBODY_ID
from htmlcard.browser.pool import BrowserPool

from .conftest import MakePool
from .processes import browser_of, group, renderers
from .shooting import until

pytestmark = pytest.mark.browser

_SECRET = "canary-7f3a91"


def _read(process: psutil.Process, name: str) -> str:
    return Path(f"/proc/{process.pid}/{name}").read_text()


def _namespace(process: psutil.Process, kind: str) -> str:
    return str(Path(f"/proc/{process.pid}/ns/{kind}").readlink())


def _status(process: psutil.Process, name: str) -> list[str]:
    for line in _read(process, "status").splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return value.split()
    raise AssertionError(f"the kernel does not tell {name}")


def _members(pool: BrowserPool) -> list[psutil.Process]:
    found = [one for lane in pool.supervisor.lanes for one in group(lane.group_id)]
    assert len(found) >= 6
    return found


async def test_the_strictest_level_is_reached(pool: BrowserPool) -> None:
    """Everything below rests on it, and a fall to a lower one would go unseen for months."""
    assert pool.launchpad.isolation == "A"
    assert {lane.isolation for lane in pool.supervisor.lanes} == {"A"}


async def test_no_process_is_of_our_own_user_when_we_are_root(pool: BrowserPool) -> None:
    """Whoever breaks out of Chromium's sandbox should find an account that owns nothing."""
    wanted = NOBODY_ID if os.geteuid() == 0 else os.geteuid()
    for process in _members(pool):
        assert process.uids() == (wanted, wanted, wanted), process.cmdline()[:2]
        assert process.gids()[:3] == ((wanted,) * 3 if os.geteuid() == 0 else process.gids()[:3])
        if os.geteuid() == 0:
            assert set(_status(process, "Groups")) <= {str(NOBODY_ID)}
            assert _status(process, "CapInh") == ["0" * 16]


async def test_the_service_goes_first(make_pool: MakePool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hits would wait their turn behind all that is being drawn."""
    monkeypatch.setattr(isolation, "NICENESS", 10)
    ours = psutil.Process().nice()
    assert {process.nice() for process in _members(await make_pool())} == {ours + 10}


async def test_there_is_no_network_to_speak_to(pool: BrowserPool) -> None:
    """Interception and flags can have holes; an interface that is not there cannot."""
    ours = _namespace(psutil.Process(), "net")
    for process in _members(pool):
        lines = _read(process, "net/dev").splitlines()[2:]
        interfaces = {line.split(":")[0].strip(): line.split(":")[1].split() for line in lines}
        assert set(interfaces) <= {"lo"}
        # A packet on `lo` would mean that it is up.
        assert all(counts[1] == counts[9] == "0" for counts in interfaces.values())
        assert not _read(process, "net/route").splitlines()[1:]
        assert _namespace(process, "net") != ours


async def test_renderers_are_in_chromiums_sandbox(pool: BrowserPool) -> None:
    """Templates are parsed and drawn there: system calls are filtered, namespaces are its own."""
    for lane in pool.supervisor.lanes:
        found = renderers(lane)
        assert found
        for renderer in found:
            assert _status(renderer, "Seccomp") == ["2"]
            assert _status(renderer, "NoNewPrivs") == ["1"]
            assert _status(renderer, "CapEff") == ["0" * 16]
            browser = browser_of(lane)
            for kind in ("pid", "user"):
                assert _namespace(renderer, kind) != _namespace(browser, kind)
        command = " ".join(part for one in group(lane.group_id) for part in one.cmdline())
        assert "--no-sandbox" not in command


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("HTMLCARD_SIGNING_KEYS", _SECRET)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", _SECRET)
    return _SECRET


async def test_no_secret_of_the_service_reaches_a_browser(secret: str, make_pool: MakePool) -> None:
    """A renderer that is broken into can read its own environment before anything else."""
    pool = await make_pool(lanes=2)
    for process in _members(pool):
        environ = _read(process, "environ")
        assert secret not in environ
        names = {entry.partition("=")[0] for entry in environ.split("\0") if "=" in entry}
        assert not {name for name in names if name.startswith(("HTMLCARD_", "AWS_"))}


async def test_no_secret_reaches_the_driver_and_none_is_hidden_meanwhile(secret: str) -> None:
    """Playwright hands its driver all there is; and while it starts, other parts go on reading."""
    kept = dict(os.environ)
    driver = Driver()
    driver.start_soon()
    hidden: set[str] = set()

    def runs() -> bool:
        hidden.update(name for name in kept if name not in os.environ)
        return driver.pid is not None

    try:
        await until(runs, "a driver")
        environ = _read(psutil.Process(driver.pid), "environ")
    finally:
        await driver.close()
    assert dict(os.environ) == kept
    assert not hidden
    assert secret not in environ
    names = {entry.partition("=")[0] for entry in environ.split("\0") if entry}
    assert {"PATH", "HOME", "TMPDIR"} <= names
    assert not {name for name in names if name.startswith(("HTMLCARD_", "AWS_"))}


async def test_a_browser_writes_nowhere_but_into_its_own_home(pool: BrowserPool) -> None:
    """Beside it lie the homes of other lanes and the launchers that we run."""
    for lane in pool.supervisor.lanes:
        launcher = lane._process.launcher
        owner = NOBODY_ID if os.geteuid() == 0 else os.geteuid()
        assert launcher.home.stat().st_uid == owner
        assert launcher.home.stat().st_mode & 0o077 == 0
        assert launcher.script.stat().st_uid == os.geteuid()
        assert launcher.folder.stat().st_mode & 0o022 == 0
        assert launcher.folder.parent.stat().st_mode & 0o022 == 0
        for path in browser_of(lane).open_files():
            if path.mode != "r":
                assert Path(path.path).is_relative_to(launcher.home), path
