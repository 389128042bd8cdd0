"""Settings: which source wins, and that every mistake is told before the port opens."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from desk import Desk

from htmlcard.config import PLAIN_NAMES, PREFIX, Settings, variable_name
from htmlcard.errors import InvalidSettings
from htmlcard.settings_sources import load_settings

ROOT = Path(__file__).parent.parent


def test_flags_beat_environment_beats_file_beats_default(tmp_path: Path) -> None:
    """The nearer to the person who starts it, the stronger; and `config` can tell why."""
    (tmp_path / "htmlcard.toml").write_text("lanes = 3\nqueue = 30\ndeadline_ms = 3000\n")
    environ = {"HTMLCARD_LANES": "4", "HTMLCARD_QUEUE": "40", "PATH": "/bin"}
    loaded = load_settings({"lanes": 5}, environ, tmp_path)
    settings, origins = loaded.settings, loaded.origins
    assert (settings.lanes, origins["lanes"]) == (5, "flag")
    assert (settings.queue, origins["queue"]) == (40, "environment")
    assert (settings.deadline_ms, origins["deadline_ms"]) == (3000, "htmlcard.toml")
    assert (settings.max_bytes, origins["max_bytes"]) == (300_000, "default")


def test_names_that_others_use_mean_what_they_mean_elsewhere(tmp_path: Path) -> None:
    """Platforms set PORT; a service that does not listen there is restarted for ever."""
    environ = {"PORT": "9090", "HOST": "0.0.0.0", "LOG_LEVEL": "error", "NO_COLOR": "1"}
    settings = load_settings({}, environ, tmp_path).settings
    assert (settings.port, settings.host, settings.log_level) == (9090, "0.0.0.0", "error")


def test_all_mistakes_are_told_in_one_message(tmp_path: Path) -> None:
    """A deployment that fails five times for five typos is five deployments."""
    (tmp_path / "htmlcard.toml").write_text('colour = "red"\nmax_age_s = -1\n')
    environ = {
        "HTMLCARD_LANE": "2",
        "HTMLCARD_DEADLINE_MS": "soon",
        "HTMLCARD_BRAND_COLOR": "blue",
        "HTMLCARD_ADMIN_TOKEN_FILE": str(tmp_path / "nosuch"),
        "PORT": "99999",
    }
    with pytest.raises(InvalidSettings) as caught:
        load_settings({"queue": -5}, environ, tmp_path)
    told = str(caught.value)
    for part in ("colour", "HTMLCARD_MAX_AGE_S", "HTMLCARD_LANE;", "did you mean HTMLCARD_LANES?"):
        assert part in told
    for part in ("HTMLCARD_DEADLINE_MS", "'soon'", "HTMLCARD_BRAND_COLOR", "'blue'", "PORT"):
        assert part in told
    for part in ("HTMLCARD_ADMIN_TOKEN_FILE", "nosuch", "HTMLCARD_QUEUE", "flag: "):
        assert part in told


@pytest.mark.parametrize("content", ["lanes = ", "\xff", "[lanes]\nx = 1"])
def test_a_file_that_cannot_be_used_is_a_mistake_too(tmp_path: Path, content: str) -> None:
    """Going on with the defaults would be a service that nobody configured."""
    (tmp_path / "htmlcard.toml").write_bytes(content.encode("latin-1"))
    with pytest.raises(InvalidSettings, match=r"htmlcard\.toml"):
        load_settings({}, {}, tmp_path)


def test_secrets_may_stand_in_a_file(tmp_path: Path) -> None:
    """Orchestrators mount them, so that they are in no process list."""
    secret = tmp_path / "token"
    secret.write_text("s3cret\n")
    environ = {"HTMLCARD_ADMIN_TOKEN_FILE": str(secret)}
    token = load_settings({}, environ, tmp_path).settings.admin_token
    assert token is not None
    assert token.get_secret_value() == "s3cret"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00hunter2", None], ids=["binary", "folder"])
def test_a_secret_file_that_cannot_be_read_is_named_and_never_shown(
    tmp_path: Path, content: bytes | None
) -> None:
    """A folder or a binary file under that name is a mistake of the deployment."""
    secret = tmp_path / "token"
    secret.mkdir() if content is None else secret.write_bytes(content)
    with pytest.raises(InvalidSettings) as caught:
        load_settings({}, {"HTMLCARD_ADMIN_TOKEN_FILE": str(secret)}, tmp_path)
    assert "HTMLCARD_ADMIN_TOKEN_FILE" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_template_folders_are_split_like_a_path(tmp_path: Path) -> None:
    """Several folders in one variable, as in PATH."""
    environ = {"HTMLCARD_TEMPLATES": "/a:/b::"}
    assert load_settings({}, environ, tmp_path).settings.templates == [Path("/a"), Path("/b")]


def test_every_setting_has_a_variable_of_its_own_and_help() -> None:
    """The reference and `--help` are made of these; a gap would be a setting nobody finds."""
    names = [variable_name(name) for name in Settings.model_fields]
    assert len(set(names)) == len(names)
    plain = set(PLAIN_NAMES.values())
    assert all(name.startswith(PREFIX) or name in plain for name in names)
    assert all(info.description for info in Settings.model_fields.values())


def test_config_masks_secrets_and_tells_origins(desk: Desk) -> None:
    """People paste this output into bug reports."""
    (desk.folder / "htmlcard.toml").write_text("queue = 30\n")
    secret = {"HTMLCARD_ADMIN_TOKEN": "tops3cret", "HTMLCARD_QUEUE": "40"}
    for arguments in (["config"], ["config", "--json"]):
        done = desk.run(*arguments, "--lanes", "3", **secret)
        assert done.returncode == 0
        assert b"tops3cret" not in done.stdout + done.stderr
        assert b"***" in done.stdout
    shown = json.loads(done.stdout)
    assert shown["HTMLCARD_LANES"] == {"value": 3, "origin": "flag"}
    assert shown["HTMLCARD_QUEUE"] == {"value": 40, "origin": "environment"}
    assert shown["HTMLCARD_ADMIN_TOKEN"]["value"] == "***"
    assert shown["HTMLCARD_ADMIN_TOKEN"]["origin"] == "environment"


@pytest.mark.parametrize("command", ["serve", "dev", "config", "doctor"])
def test_wrong_settings_stop_every_command_with_exit_code_2(desk: Desk, command: str) -> None:
    """An orchestrator must see at once that this will never start, and say why."""
    variables = {"HTMLCARD_LANSE": "2", "PORT": "x", "HTMLCARD_ADMIN_TOKEN": "tops3cret"}
    done = desk.run(command, **variables)
    told = done.stderr.decode()
    assert done.returncode == 2
    assert "HTMLCARD_LANSE" in told
    assert "PORT" in told
    assert "Traceback" not in told
    assert "tops3cret" not in told


def test_the_reference_of_settings_is_up_to_date(desk: Desk) -> None:
    """`docs/settings.md` is made by this command; `htmlcard config --markdown` mends it."""
    done = desk.run("config", "--markdown")
    assert done.returncode == 0
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == done.stdout.decode()
