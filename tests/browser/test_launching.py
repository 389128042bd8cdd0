"""Browsers that do not start: told in words, within a time, with nothing left behind."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import psutil
import pytest

from htmlcard.browser import launchpad as launchpad_module
from htmlcard.browser import process as process_module
from htmlcard.browser.binary import find_chromium
from htmlcard.browser.census import RUN_FOLDER_PREFIX
from htmlcard.browser.launchpad import Launchpad
from htmlcard.errors import BrowserUnavailable
from htmlcard.images import compare

from .documents import make_document
from .pictures import GREEN, is_all
from .processes import naming, write_stand_in
from .shooting import shoot, until

pytestmark = pytest.mark.browser

_GREEN = make_document("<div style='position:fixed;inset:0;background:rgb(20,180,20)'></div>")


@pytest.fixture(autouse=True)
def _short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What hangs is waited for in full, once per level of isolation."""
    monkeypatch.setattr(process_module, "LAUNCH_TIMEOUT_S", 1.0)


async def _open(chromium: str | Path) -> str:
    """What is said when no lane can be opened."""
    async with Launchpad(str(chromium), compare, allow_unsafe=False) as launchpad:
        with pytest.raises(BrowserUnavailable) as raised:
            await launchpad.open_lane()
    return str(raised.value)


_STAND_INS = {
    "exits at once": "exit 3",
    "dies of a signal": "kill -SEGV $$",
    "hangs silently": "exec sleep 300",
    "hangs with a child": "sleep 300 & sleep 300",
    "prints garbage": "yes garbage | head -c 200000; exec sleep 300",
    "answers garbage": "printf 'not JSON\\0' >&4; exec sleep 300",
    "closes its pipes": "exec 3<&- 4>&-; exec sleep 300",
    "complains of a library": "echo 'error while loading libraries: libnss3.so' >&2; exit 127",
}


@pytest.mark.parametrize("name", ["chromium", "chromium-headless-shell"])
@pytest.mark.parametrize("script", _STAND_INS.values(), ids=_STAND_INS)
async def test_a_browser_that_does_not_start(
    run_folder: Path, private_tmp: Path, script: str, name: str
) -> None:
    """The message is what an operator has to go by, and each try leaves as much as the next.

    The shell gets pipes of ours, which must go, too.
    """
    path = write_stand_in(run_folder, script, name=name)
    descriptors = psutil.Process().num_fds()
    began_s = time.monotonic()
    message = await _open(path)

    assert str(path) in message
    assert "HTMLCARD_UNSAFE_BROWSER" in message
    assert time.monotonic() - began_s < 15.0
    await until(lambda: not naming(run_folder), "the end of the stand-in")
    await until(lambda: not naming(private_tmp), "the end of its launcher")
    await until(lambda: not list(private_tmp.glob(f"{RUN_FOLDER_PREFIX}*")), "no run's folder")
    await until(lambda: psutil.Process().num_fds() <= descriptors, "no descriptor")


async def test_a_browser_that_hangs_leaves_no_folder(run_folder: Path, private_tmp: Path) -> None:
    """The next try is a second away, and a temporary folder has only so much room."""
    await _open(write_stand_in(run_folder, _STAND_INS["hangs silently"]))
    await until(lambda: not list(private_tmp.iterdir()), "an empty TMPDIR")


async def test_a_driver_that_does_not_start_leaves_nothing(
    private_tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried for as long as it takes: descriptors would run out, and then all stands still."""
    broken = write_stand_in(private_tmp, "exit 1", name="node")
    monkeypatch.setenv("PLAYWRIGHT_NODEJS_PATH", str(broken))
    async with Launchpad(None, compare, allow_unsafe=False) as launchpad:
        for tries in range(3):
            with pytest.raises(BrowserUnavailable):
                await launchpad.open_lane()
            if not tries:
                before = psutil.Process().num_fds()
        await until(lambda: psutil.Process().num_fds() <= before, "no descriptor")
        folders = f"{RUN_FOLDER_PREFIX}*/browser-*"
        await until(lambda: not list(private_tmp.glob(folders)), "no folder")


async def test_the_browsers_own_last_words_are_passed_on(run_folder: Path) -> None:
    """`libnss3.so is missing` mends itself in a minute, `does not start` in an afternoon."""
    message = await _open(write_stand_in(run_folder, _STAND_INS["complains of a library"]))
    assert "libnss3.so" in message


async def test_what_is_no_browser_at_all(run_folder: Path) -> None:
    """A wrong setting is named with its value, before anything is launched."""
    plain = run_folder / "plain"
    plain.write_text("text")
    for path, reason in (
        (plain, "not executable"),
        (run_folder / "nowhere", "does not exist"),
        (run_folder, "is a folder"),
        ("/bin/echo", "not Chromium"),
    ):
        message = await _open(path)
        assert str(path) in message
        assert reason in message
        assert "HTMLCARD_CHROMIUM" in message


async def test_a_browser_installed_later_is_found_without_a_restart(
    run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever runs `install-browser` beside a service that lacks one expects cards."""
    monkeypatch.setattr(process_module, "LAUNCH_TIMEOUT_S", 60.0)
    path = run_folder / "chromium-headless-shell"
    async with Launchpad(str(path), compare, allow_unsafe=False) as launchpad:
        with pytest.raises(BrowserUnavailable):
            await launchpad.open_lane()
        real = find_chromium("/usr/bin/chromium-headless-shell").path
        write_stand_in(run_folder, f'exec {real} "$@"', name=path.name)
        lane = await launchpad.open_lane()
        assert is_all(await shoot(lane, _GREEN), GREEN)
        lane.retire("test")


async def test_an_opening_that_is_cancelled_leaves_no_browser(
    private_tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service stopped while it starts must not leave browsers to the machine."""
    monkeypatch.setattr(process_module, "LAUNCH_TIMEOUT_S", 60.0)
    for delay_s in (0.05, 0.15, 0.3, 0.5):
        async with Launchpad(None, compare, allow_unsafe=False) as launchpad:
            task = asyncio.create_task(launchpad.open_lane())
            await asyncio.sleep(delay_s)
            task.cancel()
            done = await asyncio.gather(task, return_exceptions=True)
            if not isinstance(done[0], BaseException):
                done[0].retire("test")
        await until(lambda: not naming(private_tmp), "the end of the half-started browser")


async def test_frames_on_demand_that_never_come_lead_to_the_portable_way(
    run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A distribution may ship the shell without what the fast way needs: slow beats nothing."""
    monkeypatch.setattr(process_module, "LAUNCH_TIMEOUT_S", 60.0)
    monkeypatch.setattr(launchpad_module, "PROBE_ATTEMPTS", 2)
    real = find_chromium("/usr/bin/chromium-headless-shell").path
    script = (
        'for word; do shift; case "$word" in --enable-blink-features=CanvasDrawElement) ;; '
        f'*) set -- "$@" "$word" ;; esac; done\nexec {real} "$@"'
    )
    path = write_stand_in(run_folder, script, name="chromium-headless-shell")
    async with Launchpad(str(path), compare, allow_unsafe=False) as launchpad:
        for _ in range(2):
            with pytest.raises(BrowserUnavailable, match="does not draw"):
                await launchpad.open_lane()
        lane = await launchpad.open_lane()
        shot = await shoot(lane, _GREEN)
        lane.retire("test")

    assert lane.path == shot.path == "portable"
    assert is_all(shot, GREEN)


def test_stand_ins_can_be_reached_by_the_browsers_user(run_folder: Path) -> None:
    """Were they not, every test above would see `permission denied` and nothing else."""
    path = write_stand_in(run_folder, "exit 0")
    assert run_folder.stat().st_mode & 0o001
    assert path.stat().st_mode & 0o005 == 0o005
