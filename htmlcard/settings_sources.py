"""Settings from flags, environment and file: the only place that reads them.

Flags beat environment beats file beats default.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from htmlcard.config import PREFIX, SECRETS, Settings, variable_name
from htmlcard.errors import InvalidSettings

FILE_NAME = "htmlcard.toml"


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, and where each value is from: `flag`, `environment`, the file or `default`."""

    settings: Settings
    origins: Mapping[str, str]


def load_settings(
    flags: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Loaded:
    """Read flags, environment and `htmlcard.toml`.

    `flags` holds only what was given on the command line; `folder` is where
    the file is looked for (default: the current one).

    Raises:
        InvalidSettings: unknown names or bad values, all of them in one message.
    """
    mistakes: list[str] = []
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    sources = (
        (FILE_NAME, _load_file((folder or Path.cwd()) / FILE_NAME, mistakes)),
        ("environment", _read_environment(os.environ if environ is None else environ, mistakes)),
        ("flag", dict(flags or {})),
    )
    for origin, found in sources:
        for name, value in found.items():
            if name not in Settings.model_fields:
                mistakes.append(f"{origin}: unknown setting {name!r}{_suggest(name)}")
                continue
            values[name] = value
            origins[name] = origin
    try:
        settings = Settings(**values)
    except ValidationError as error:
        for item in error.errors():
            if not item["loc"]:  # A mistake of several settings together names them itself.
                mistakes.append(item["msg"])
                continue
            name = str(item["loc"][0])
            shown = "" if name.endswith(SECRETS) else f" (got {str(item['input'])[:60]!r})"
            mistakes.append(
                f"{origins.get(name, 'default')}: {variable_name(name)}: {item['msg']}{shown}"
            )
    if mistakes:
        raise InvalidSettings(
            "settings are wrong:\n"
            + "\n".join(f"  - {mistake}" for mistake in mistakes)
            + "\n`htmlcard config --help` lists all settings."
        )
    all_origins = {name: origins.get(name, "default") for name in Settings.model_fields}
    return Loaded(settings, all_origins)


def _read_environment(environ: Mapping[str, str], mistakes: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    by_variable = {variable_name(field): field for field in Settings.model_fields}
    for name, value in environ.items():
        if not value:
            continue  # Compose files leave unset variables empty.
        if name in by_variable:
            found[by_variable[name]] = value
        elif name.startswith(PREFIX) and name.removesuffix("_FILE") in by_variable:
            try:
                found[by_variable[name.removesuffix("_FILE")]] = Path(value).read_text().strip()
            except OSError as error:
                mistakes.append(f"environment: {name}: cannot read {value}: {error.strerror}")
            except UnicodeDecodeError:
                mistakes.append(f"environment: {name}: {value} is not UTF-8 text")
        elif name.startswith(PREFIX):
            mistakes.append(
                f"environment: unknown variable {name}{_suggest(name.removeprefix(PREFIX).lower())}"
            )
    return found


def _load_file(path: Path, mistakes: list[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        mistakes.append(f"{path.name}: cannot be read: {error}")
        return {}


def _suggest(name: str) -> str:
    near = get_close_matches(name, Settings.model_fields, n=1)
    return f"; did you mean {variable_name(near[0])}?" if near else ""
