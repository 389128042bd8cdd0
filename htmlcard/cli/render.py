"""`htmlcard render`: one card, no server."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from htmlcard.assembly import load_catalogue, open_service
from htmlcard.card import FORMAT_BY_EXTENSION, ImageFormat
from htmlcard.card_request import CardRequest, read_lenient
from htmlcard.cli.flags import SettingFlags, settings_of
from htmlcard.config import Settings
from htmlcard.errors import InputError, InvalidParams, InvalidRequest
from htmlcard.pages import NO_PAGE, PageFill
from htmlcard.pictures import PictureHosts
from htmlcard.telemetry.logs import configure_logs
from htmlcard.telemetry.timings import Timings
from htmlcard.templating.template import Template
from htmlcard.urls import RESERVED_NAMES, Target

#: Without a crawler waiting there is no hurry: a cold machine may take its time.
_DEADLINE_MS = 20_000
_IMAGE_WAIT_MS = 12_000


def render(
    template: str,
    /,
    *,
    param: Annotated[list[str] | None, Parameter(name=["-p", "--param"], negative=())] = None,
    output: Annotated[
        # `-` is a value here, not the beginning of a flag.
        str | None, Parameter(name=["-o", "--output"], allow_leading_hyphen=True)
    ] = None,
    size: str = "og",
    scale: int = 1,
    lang: str | None = None,
    url: str | None = None,
    flags: SettingFlags | None = None,
) -> int:
    """Draw one card into a file.

    Parameters
    ----------
    template
        Name of the template.
    param
        A field and its value, `title=Hello`; repeatable. An image field takes a URL or a file.
    output
        File to write, its ending chooses the format; `-` is standard output as PNG.
        Default: `<template>.png`.
    size
        A size the template declares.
    scale
        1 or 2.
    lang
        Language of the card, BCP 47.
    url
        A page that fills in the fields `-p` does not give.
    """
    loaded = settings_of(flags)
    configure_logs(
        "warning" if loaded.origins["log_level"] == "default" else loaded.settings.log_level,
        loaded.settings.log_format,
    )
    query = [_split(pair) for pair in param or []]
    query += [("size", size), ("scale", str(scale)), *([("lang", lang)] if lang else [])]
    query += [("url", url)] if url else []
    output = output or f"{template}.png"
    settings = loaded.settings.model_copy(
        update={
            "lanes": 1,
            "cache_bytes": 0,
            "deadline_ms": _DEADLINE_MS,
            "image_wait_ms": _IMAGE_WAIT_MS,
        }
    )
    data = asyncio.run(_draw(settings, template, _format_of(output), query))
    if output == "-":
        sys.stdout.buffer.write(data)
    else:
        _write(Path(output), data)
        print(f"{output}  {len(data):,} bytes", file=sys.stderr)
    return 0


async def _draw(
    settings: Settings, name: str, format: ImageFormat, query: list[tuple[str, str]]
) -> bytes:
    template = load_catalogue(settings).get_template(name)
    has_page = any(name == "url" for name, _ in query)
    # Judged before anything is started, where that can be: a mistake is told at once.
    request = None if has_page else _read(template, format, query)
    async with open_service(settings, local_files=True) as service:
        if request is None:
            deadline_s = asyncio.get_running_loop().time() + _DEADLINE_MS / 1000
            page = await service.pages.fill(template, query, deadline_s)
            request = _read(template, format, query, page)
        rendered = await service.renderer.render(request, Timings(), fall_back=False)
        for warning in rendered.warnings:
            print(f"htmlcard: {warning}", file=sys.stderr)
        return rendered.data


def _read(
    template: Template,
    format: ImageFormat,
    query: list[tuple[str, str]],
    page: PageFill = NO_PAGE,
) -> CardRequest:
    """Whoever types a command wants to know of a mistake, not to be forgiven."""
    # Whoever sits here may read their own files, and vouches for the URLs they type.
    hosts, target = PictureHosts(local_files=True), Target(template.name, format)
    request, options, warnings = read_lenient(
        template, target, query, hosts, signed=True, page=page
    )
    known = f"template {template.name!r} has no such field; it has {_list(template.fields)}"
    mistakes = [
        InputError(name, known)
        for name, _ in query
        if name not in template.fields and name not in RESERVED_NAMES
    ]
    if mistakes or options.errors:
        raise InvalidParams("some values cannot be used", [*mistakes, *options.errors])
    for warning in warnings:
        print(f"htmlcard: {warning}", file=sys.stderr)
    return request


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise InvalidRequest(f"{path} cannot be written: {error.strerror}") from error


def _list(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def _split(pair: str) -> tuple[str, str]:
    name, found, value = pair.partition("=")
    if not found or not name:
        raise InvalidRequest(f"-p wants name=value, got {pair!r}")
    return name, value


def _format_of(output: str) -> ImageFormat:
    extension = Path(output).suffix.lower().lstrip(".")
    if output == "-":
        return ImageFormat.PNG
    if extension not in FORMAT_BY_EXTENSION:
        raise InvalidRequest(f"-o must end in {', '.join(FORMAT_BY_EXTENSION)}, got {output!r}")
    return FORMAT_BY_EXTENSION[extension]
