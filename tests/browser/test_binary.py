"""Finding Chromium: the right one of several, and words that help where there is none."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from htmlcard.browser.binary import SYSTEM_NAMES, find_chromium
from htmlcard.errors import EnvironmentLacking

MakeProgram = Callable[[Path, str], Path]


@pytest.fixture
def make_program() -> MakeProgram:
    def make(path: Path, script: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    return make


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing on PATH, nothing downloaded; the folder returned is PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "playwright"))
    return folder


def get_playwright_folder(root: Path) -> Path:
    spec = find_spec("playwright")
    assert spec is not None
    assert spec.origin is not None
    browsers_json = Path(spec.origin).parent / "driver/package/browsers.json"
    for browser in json.loads(browsers_json.read_text())["browsers"]:
        if browser["name"] == "chromium-headless-shell":
            return root / f"chromium_headless_shell-{browser['revision']}"
    raise AssertionError("this Playwright has no headless shell")


@pytest.mark.browser
def test_the_chromium_of_this_machine_is_found() -> None:
    """Everything else rests on it; set-up promised that there is one."""
    found = find_chromium(None)

    assert os.access(found.path, os.X_OK)
    assert int(found.version.split(".")[0]) >= 100


def test_a_bare_machine_is_told_every_place_and_every_way_out(bare_machine: Path) -> None:
    """The message is all an operator has at three in the morning."""
    with pytest.raises(EnvironmentLacking) as raised:
        find_chromium(None)

    message = str(raised.value)
    assert str(get_playwright_folder(bare_machine.parent / "playwright")) in message
    for name in SYSTEM_NAMES:
        assert f"{name} on PATH" in message
    for way_out in ("htmlcard install-browser", "apt-get install", "HTMLCARD_CHROMIUM="):
        assert way_out in message


def test_the_headless_shell_is_preferred_to_full_browsers(
    bare_machine: Path, make_program: MakeProgram
) -> None:
    """Only the shell draws frames on demand: the wrong choice costs most of the speed."""
    make_program(bare_machine / "google-chrome", "echo Google Chrome 150.0.1.2")
    full = find_chromium(None)
    make_program(bare_machine / "chromium-headless-shell", "echo Chromium 149.0.3.4")
    shell = find_chromium(None)

    assert (full.path.name, full.version, full.headless_shell) == (
        "google-chrome",
        "150.0.1.2",
        False,
    )
    assert (shell.path.name, shell.version, shell.headless_shell) == (
        "chromium-headless-shell",
        "149.0.3.4",
        True,
    )


def test_playwrights_own_download_comes_first(
    bare_machine: Path, make_program: MakeProgram
) -> None:
    """It is the version Playwright was tested with."""
    make_program(bare_machine / "chromium-headless-shell", "echo Chromium 149.0.3.4")
    folder = get_playwright_folder(bare_machine.parent / "playwright")
    shell = folder / "chrome-headless-shell-linux64" / "chrome-headless-shell"
    make_program(shell, "echo Google Chrome for Testing 159.0.8154.6")
    (folder / "INSTALLATION_COMPLETE").touch()

    found = find_chromium(None)

    assert found.path == shell
    assert found.version == "159.0.8154.6"
    assert found.headless_shell


@pytest.mark.parametrize(
    ("complete", "script"),
    [
        (False, "echo Google Chrome for Testing 159.0.8154.6"),
        (True, "echo error while loading shared libraries: libnss3.so >&2; exit 127"),
    ],
    ids=["cut short", "libraries missing"],
)
def test_a_broken_download_is_passed_over(
    bare_machine: Path, make_program: MakeProgram, complete: bool, script: str
) -> None:
    """Both happen on servers: an interrupted set-up, and a download without its libraries."""
    system = make_program(bare_machine / "chromium", "echo Chromium 149.0.3.4")
    folder = get_playwright_folder(bare_machine.parent / "playwright")
    make_program(folder / "chrome-headless-shell-linux64" / "chrome-headless-shell", script)
    if complete:
        (folder / "INSTALLATION_COMPLETE").touch()

    assert find_chromium(None).path == system


def test_why_a_program_was_passed_over_is_told(
    bare_machine: Path, make_program: MakeProgram
) -> None:
    """Ubuntu's `chromium-browser` is a script that asks for a snap; "not found" would mislead."""
    make_program(bare_machine / "chromium-browser", "echo requires the chromium snap; exit 1")

    with pytest.raises(EnvironmentLacking, match="requires the chromium snap"):
        find_chromium(None)


@pytest.mark.parametrize(
    ("name", "why"),
    [("missing", "does not exist"), ("folder", "is a folder"), ("text", "is not executable")],
)
def test_a_setting_that_names_no_program_is_an_error(tmp_path: Path, name: str, why: str) -> None:
    """Falling through to another browser would hide the typing error for months."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("no program")

    with pytest.raises(EnvironmentLacking, match=f"HTMLCARD_CHROMIUM .*{why}"):
        find_chromium(str(tmp_path / name))


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo Mozilla Firefox 140.0", "Mozilla Firefox"),
        ("exit 1", "is not Chromium"),
        ("while :; do echo yes; done", "is not Chromium"),
    ],
    ids=["another browser", "exits at once", "prints without end"],
)
def test_a_setting_that_names_another_program_is_an_error(
    tmp_path: Path, make_program: MakeProgram, script: str, why: str
) -> None:
    """Found out at the start with the setting's name, not at the first card."""
    program = make_program(tmp_path / "program", script)

    with pytest.raises(EnvironmentLacking, match=f"HTMLCARD_CHROMIUM .*{why}"):
        find_chromium(str(program))


def test_a_program_that_never_answers_is_ended_with_its_children(
    tmp_path: Path, make_program: MakeProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrapper's child that stays behind would burn a core for ever."""
    monkeypatch.setattr("htmlcard.browser.version.VERSION_TIMEOUT_S", 1.0)
    child = tmp_path / "child"
    program = make_program(tmp_path / "program", f"sleep 300 &\necho $! >{child}\nwait")

    with pytest.raises(EnvironmentLacking, match="did not answer --version within 1 s"):
        find_chromium(str(program))

    # A signal is delivered when the kernel next runs the process, not when it is sent.
    patience_ends_s = time.monotonic() + 10
    while _runs(child.read_text().strip()) and time.monotonic() < patience_ends_s:
        time.sleep(0.02)
    assert not _runs(child.read_text().strip())


def _runs(pid: str) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.browser
def test_a_setting_may_name_a_wrapper_by_a_link(tmp_path: Path) -> None:
    """Links such as /opt/chromium/current are how such binaries are usually named."""
    link = tmp_path / "current"
    real = find_chromium(None)
    link.symlink_to(real.path)

    found = find_chromium(str(link))

    assert found.path == link
    assert found.origin == "HTMLCARD_CHROMIUM"
    assert (found.version, found.headless_shell) == (real.version, real.headless_shell)
