"""The other commands: what they print, for people and for programs, and how they end."""

from __future__ import annotations

import json
import re
import socket

import pytest
from desk import Desk

from htmlcard import __version__
from htmlcard.cli import main
from htmlcard.config import SECRETS, Settings

from .conftest import RunHere

EVERY = ["serve", "dev", "render", "check", "audit", "unfurl", "templates", "sign", "keygen"]
EVERY += ["doctor", "install-browser", "config"]
#: Those that heed every setting.
COMMANDS = ["serve", "dev", "render", "templates list", "templates show", "doctor", "config"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_explains_every_flag(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--help` is the manual that is always at hand; settings are the same everywhere."""
    for columns in ("80", "300"):  # The latter counts, whatever was shown before.
        monkeypatch.setenv("COLUMNS", columns)
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([*command.split(), "--help"])
        assert ended.value.code == 0
    shown = " ".join(re.sub("[│╭╮╰╯─]", " ", capsys.readouterr().out).split())
    for name, info in Settings.model_fields.items():
        if name.endswith(SECRETS):
            assert f"--{name.replace('_', '-')}" not in shown
            continue
        assert f"--{name.replace('_', '-')} " in shown
        assert (info.description or "").replace("`", "") in shown


async def test_help_of_htmlcard_lists_every_command(run_here: RunHere) -> None:
    """A command nobody is told of is not there."""
    done = await run_here("--help")
    assert done.code == 0
    for command in EVERY:
        assert re.search(rf"{command} +[A-Z][a-z]+", done.stdout), "says what it does"
    assert (await run_here("--version")).stdout.strip() == __version__
    assert (await run_here("nosuch")).code == 2
    lost = await run_here("templates", "show", "nosuch")
    assert lost.code == 2
    assert "htmlcard templates list" in lost.stderr


async def test_templates_are_listed_and_broken_ones_are_findings(
    run_here: RunHere, desk: Desk
) -> None:
    """A build asks this before it publishes: a template that does not load must stop it."""
    done = await run_here("templates", "list", "--json")
    assert done.code == 1
    found = done.json
    names = {each["name"] for each in found["templates"]}
    assert {"nonce", "lang", "article"} <= names
    assert set(found["broken"]) == {"syntax"}
    people = await run_here("templates", "list")
    assert people.code == 1
    assert "nonce" in people.stdout
    assert "syntax.html:1" in people.stderr
    (desk.templates / "syntax.html").unlink()
    assert (await run_here("templates", "list")).code == 0


async def test_one_template_is_shown_with_a_command_that_draws_it(run_here: RunHere) -> None:
    """Copy, paste, see: the shortest way from a name to a picture."""
    shown = await run_here("templates", "show", "nonce")
    assert shown.code == 0
    for part in ("title", "number", "calm", "required", "square 400x400", "htmlcard render nonce"):
        assert part in shown.stdout
    schema = (await run_here("templates", "show", "nonce", "--json")).json
    assert schema["properties"]["mood"]["enum"] == ["calm", "loud"]
    unknown = await run_here("templates", "show", "nosuch")
    assert unknown.code == 2
    assert "nosuch" in unknown.stderr
    broken = await run_here("templates", "show", "syntax")
    assert broken.code == 1
    assert "syntax.html:1" in broken.stderr


def test_doctor_is_content_where_cards_can_be_drawn(desk: Desk) -> None:
    """The first command after an installation."""
    done = desk.run("doctor", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    verdicts = {(each["part"], each["verdict"]) for each in found}
    assert ("browser", "ok") in verdicts
    assert {"drawing", "isolation", "fonts", "templates", "cache"} <= {part for part, _ in verdicts}
    assert all(
        each["mend"] for each in found if each["part"] != "templates" and each["verdict"] != "ok"
    )


def test_doctor_without_chromium_is_exit_code_3_and_names_the_mend(desk: Desk) -> None:
    """It is asked when nothing works: it must itself work then."""
    done = desk.run("doctor", HTMLCARD_CHROMIUM="/nonexistent")
    assert done.returncode == 3
    assert "/nonexistent" in done.stdout.decode()
    assert "htmlcard install-browser" in done.stdout.decode()
    found = json.loads(desk.run("doctor", "--json", "--chromium", "/nonexistent").stdout)
    assert {each["verdict"] for each in found if each["part"] == "browser"} == {"error"}


@pytest.mark.parametrize("command", ["serve", "dev"])
def test_a_taken_port_is_exit_code_2_and_names_the_setting(desk: Desk, command: str) -> None:
    """The commonest failure of the first minute: another service on the same port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = desk.run(command, PORT=str(port))
    told = done.stderr.decode()
    assert done.returncode == 2
    assert str(port) in told
    assert "PORT" in told
    assert "Traceback" not in told
    assert [*desk.tmp.glob("htmlcard-run-*")] == []


def test_a_host_that_is_none_is_exit_code_2(desk: Desk) -> None:
    """A typo in HOST reads as a setting to mend, not as a fault of ours."""
    done = desk.run("serve", HOST="no host", PORT="0")
    told = done.stderr.decode()
    assert done.returncode == 2
    assert "HOST" in told
    assert "Traceback" not in told


def test_dev_refuses_to_be_seen_from_elsewhere(desk: Desk) -> None:
    """It has no guard of any kind, for it is for this machine alone."""
    done = desk.run("dev", HOST="0.0.0.0", PORT="0")
    assert done.returncode == 2
    assert "htmlcard serve" in done.stderr.decode()


def test_a_closed_pipe_is_no_failure(desk: Desk) -> None:
    """`htmlcard config | head -1` ends as every other command does there."""
    done = desk.run("config", "--json")
    first = done.stdout.splitlines()[0]
    assert first == b"{"
