"""A flag for every setting, made from the settings themselves: same names, same help."""

from __future__ import annotations

from dataclasses import field, fields, make_dataclass
from typing import Annotated, Any

from cyclopts import Parameter

from htmlcard.config import SECRETS, Settings
from htmlcard.settings_sources import Loaded, load_settings


def _make_flags() -> type:
    members = []
    for name, info in Settings.model_fields.items():
        if name.endswith(SECRETS):
            continue  # A command line is seen by everybody on the machine.
        kind: Any = info.annotation
        # No `--empty-templates`: leaving the flag out says the same.
        shown = Parameter(help=info.description, group="Settings", negative_iterable=())
        members.append((name, Annotated[kind | None, shown], field(default=None)))
    # Python 3.11 says "types" where no module is given, and cyclopts looks away from such classes.
    namespace = {"__module__": __name__}
    return make_dataclass("SettingFlags", members, kw_only=True, frozen=True, namespace=namespace)


SettingFlags: Any = Parameter(name="*")(_make_flags())


def settings_of(flags: Any) -> Loaded:
    """The settings with these flags on top.

    Raises:
        InvalidSettings: anything is wrong with flags, environment or file.
    """
    given = {}
    if flags is not None:
        given = {each.name: getattr(flags, each.name) for each in fields(flags)}
    return load_settings({name: value for name, value in given.items() if value is not None})
