"""A new template to begin with, copied from the folder `starter` beside this file."""

from __future__ import annotations

import re
from pathlib import Path

from htmlcard.errors import InvalidRequest
from htmlcard.templating.catalogue import TEMPLATE_NAME

_STARTER = Path(__file__).with_name("starter")
_TITLE = "{title}"


def make_starter(name: str, root: Path) -> list[Path]:
    """Writes template `name` into a folder of its own below `root`; answers its files.

    Raises InvalidRequest for names no template can have, names that are taken in
    `root`, and where nothing can be written.
    """
    _check_name(name)
    folder = root / name
    for taken in (folder, root / f"{name}.html"):
        if taken.exists() or taken.is_symlink():
            raise InvalidRequest(f"{taken} is there already; choose another name or remove it")
    title = name.replace("-", " ").replace("_", " ").capitalize()
    written = []
    try:
        folder.mkdir(parents=True)
        for source in sorted(_STARTER.iterdir()):
            text = source.read_text(encoding="utf-8")
            path = folder / source.name
            path.write_text(text.replace(_TITLE, title), encoding="utf-8")
            written.append(path)
    except OSError as error:
        message = f"{error.filename or folder} cannot be written: {error.strerror}"
        raise InvalidRequest(message) from error
    return written


def _check_name(name: str) -> None:
    if TEMPLATE_NAME.fullmatch(name):
        return
    usable = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_")[:64]
    hint = f"; {usable!r} would do" if TEMPLATE_NAME.fullmatch(usable) else ""
    raise InvalidRequest(
        f"{name!r} cannot be a template's name: it is part of the URL, so it is made of a-z, "
        f"0-9, - and _, up to 64 of them, and starts with a letter or digit{hint}"
    )
