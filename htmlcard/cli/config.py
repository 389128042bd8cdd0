"""`htmlcard config`: every setting, its value and where it came from."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from htmlcard.cli.flags import SettingFlags, settings_of
from htmlcard.config import Settings, variable_name


def config(
    *, json_: bool = False, markdown: bool = False, flags: SettingFlags | None = None
) -> int:
    """Show every setting with its origin; secrets are masked.

    Parameters
    ----------
    json_
        As JSON.
    markdown
        The reference of all settings, as in `docs/settings.md`.
    """
    if markdown:
        print(settings_reference(), end="")
        return 0
    loaded = settings_of(flags)
    rows = {
        variable_name(name): {"value": _plain(getattr(loaded.settings, name)), "origin": origin}
        for name, origin in loaded.origins.items()
    }
    if json_:
        print(json.dumps(rows, indent=2))
        return 0
    table = Table("Setting", "Value", "From", box=None, header_style="bold")
    for name, row in rows.items():
        table.add_row(name, _text(row["value"]), str(row["origin"]))
    Console().print(table)
    return 0


def settings_reference() -> str:
    """All settings as Markdown: the whole of `docs/settings.md`."""
    lines = [
        "# Settings",
        "",
        "Every setting is an environment variable, a line in `htmlcard.toml` (lower case, without",
        "`HTMLCARD_`) and a flag of `serve`, `dev` and `render` (`--cache-dir`). Flags beat the",
        "environment, which beats the file. Secrets may stand in a file named by `…_FILE`.",
        "`htmlcard config` shows what is in force and where it came from. Made by",
        "`htmlcard config --markdown`.",
        "",
        "| variable | default | what it does |",
        "|---|---|---|",
    ]
    for name, info in Settings.model_fields.items():
        lines.append(f"| `{variable_name(name)}` | {_default(name)} | {info.description} |")
    return "\n".join(lines) + "\n"


#: Defaults that depend on the machine, in words.
_DEFAULTS_IN_WORDS = {"lanes": "number of cores", "cache_dir": "`~/.cache/htmlcard`"}


def _default(name: str) -> str:
    if name in _DEFAULTS_IN_WORDS:
        return _DEFAULTS_IN_WORDS[name]
    default = Settings.model_fields[name].get_default(call_default_factory=True)
    return "" if default in (None, []) else f"`{_text(_plain(default))}`"


def _plain(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return "***"
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        paths = any(isinstance(item, Path) for item in value)
        return (os.pathsep if paths else ",").join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
