"""`htmlcard templates new`: a starter that renders at once."""

from __future__ import annotations

import shlex
from pathlib import Path

from rich.console import Console

from htmlcard.cli.flags import SettingFlags, settings_of
from htmlcard.templating.starter import make_starter


def new(name: str, /, *, into: Path | None = None, flags: SettingFlags | None = None) -> int:
    """Make a new template: a folder with HTML, a stylesheet and a manifest, ready to draw.

    Parameters
    ----------
    name
        Name of the template, as it will stand in URLs: a-z, 0-9, - and _.
    into
        Folder of templates. Default: the first of HTMLCARD_TEMPLATES, else `./templates`.
    """
    settings = settings_of(flags).settings
    root = into or next(iter(settings.templates), Path("templates"))
    files = make_starter(name, root)
    # Roots that are looked at anyway need not be named in the commands.
    known = [*settings.templates, Path("templates")]
    option = "" if root in known else f" --templates {shlex.quote(str(root))}"
    console = Console(soft_wrap=True, highlight=False)
    for path in files:
        console.print(str(path), markup=False)
    lines = [
        f"htmlcard render {name} -p title=Hello -o {name}.png{option}",
        f"htmlcard dev{option}   and open http://127.0.0.1:{settings.port}/render/{name}?title=Hello",
        f"htmlcard templates test {name}{option}",
    ]
    console.print("\nNext:", *lines, sep="\n  ", markup=False)
    return 0
