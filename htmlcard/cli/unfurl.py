"""`htmlcard unfurl`: what a page says about itself, for people or as JSON."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from htmlcard.assembly import open_links
from htmlcard.cli.flags import SettingFlags, settings_of
from htmlcard.config import Settings
from htmlcard.errors import FetchFailed, RefusedTarget
from htmlcard.links.reading.metadata import Metadata, MetadataImage
from htmlcard.links.reports.visible import escape_in_json, make_visible
from htmlcard.telemetry.logs import configure_logs

#: Faster answers need no word of comfort.
_PATIENCE_S = 1.0
_LABEL_WIDTH = 13
#: Wider lines are hard to read.
_MAX_WIDTH = 100


def unfurl(
    url: str,
    /,
    *,
    as_json: Annotated[bool, Parameter(name="--json", negative=())] = False,
    flags: SettingFlags | None = None,
) -> int:
    """Show what a page says about itself: title, description, picture and the rest.

    Leaves with 1 where the page cannot be had.

    Parameters
    ----------
    url
        The page: `https://example.org/post`. One on this machine needs `--allow-private`.
    as_json
        Print JSON, for programs.
    """
    loaded = settings_of(flags)
    configure_logs(
        "warning" if loaded.origins["log_level"] == "default" else loaded.settings.log_level,
        loaded.settings.log_format,
    )
    try:
        metadata = asyncio.run(_unfurl(loaded.settings, url))
    except FetchFailed as error:
        print(f"htmlcard: {make_visible(url)} cannot be had: {error}", file=sys.stderr)
        if not isinstance(error, RefusedTarget):
            return 1
        print(
            "Give a whole URL, https://… or http://…, of a page on the web; "
            "for pages of this machine and its network add --allow-private.",
            file=sys.stderr,
        )
        return 2
    if as_json:
        print("\n".join(map(escape_in_json, _as_json(metadata).split("\n"))))
    else:
        print_metadata(metadata, Console(highlight=False))
    return 0


async def _unfurl(settings: Settings, url: str) -> Metadata:
    async with open_links(settings) as links, _show_patience(url):
        return await links.unfurler.unfurl(url)


@asynccontextmanager
async def _show_patience(url: str) -> AsyncIterator[None]:
    """A moving sign on stderr while it takes long; none where stderr is no terminal."""

    async def show() -> None:
        await asyncio.sleep(_PATIENCE_S)
        with Console(stderr=True).status(Text(f"Waiting for {make_visible(url)}")):
            await asyncio.Event().wait()

    showing = asyncio.create_task(show()) if sys.stderr.isatty() else None
    try:
        yield
    finally:
        if showing:
            showing.cancel()
            with suppress(asyncio.CancelledError):
                await showing


def _as_json(metadata: Metadata) -> str:
    return json.dumps(metadata.as_dict(), ensure_ascii=False, indent=2)


def print_metadata(metadata: Metadata, console: Console) -> None:
    """Title and description as a preview has them, then the rest, then what is wrong."""
    width = min(console.width, _MAX_WIDTH)
    console.print(_text(metadata.title or "(no title)", "bold" if metadata.title else "dim"))
    if metadata.description:
        console.print(_text(metadata.description), width=width)
    console.print()
    for label, value, note in _rows(metadata):
        _print_row(console, width, label, value, note)
    if metadata.warnings:
        console.print()
    for warning in metadata.warnings:
        _print_row(console, width, "! warning", warning, "", style="yellow")


def _rows(metadata: Metadata) -> Iterator[tuple[str, str, str]]:
    """Label, value, and what to say of it."""
    yield "Page", metadata.final_url, ""
    if metadata.final_url != metadata.url:
        yield "Asked for", metadata.url, ""
    if metadata.sources:
        yield "Found as", ", ".join(f"{k}: {v}" for k, v in metadata.sources.items()), ""
    if metadata.image:
        yield "Picture", metadata.image.url, _describe(metadata.image)
    if len(metadata.images) > 1:
        yield "", f"and {len(metadata.images) - 1} more", ""
    for label, value in (
        ("Icon", metadata.favicon),
        ("Site", metadata.site_name),
        ("Type", metadata.type),
        ("Language", metadata.lang),
        ("Author", metadata.author),
        ("Published", metadata.published),
        ("oEmbed", metadata.oembed),
    ):
        if value:
            yield label, value, ""


def _describe(image: MetadataImage) -> str:
    sides = f"{image.width} x {image.height} px" if image.width and image.height else ""
    size = f"{max(1, round(image.bytes / 1000)):,} kB" if image.bytes else ""
    return ", ".join(part for part in (sides, image.type, size) if part)


def _print_row(
    console: Console, width: int, label: str, value: str, note: str, style: str = ""
) -> None:
    if value.startswith(("http://", "https://")):
        # Not wrapped: a URL in two pieces can neither be clicked nor copied.
        line = Text.assemble((label.ljust(_LABEL_WIDTH), "dim"), _text(value))
        console.print(line, soft_wrap=True)
    else:
        _print_beside(console, width, _text(label, style or "dim"), _text(value))
    if note:
        _print_beside(console, width, Text(), _text(note, "dim"))


def _print_beside(console: Console, width: int, label: Text, value: Text) -> None:
    row = Table.grid()
    row.add_column(width=_LABEL_WIDTH)
    row.add_column(width=max(20, width - _LABEL_WIDTH), overflow="fold")
    row.add_row(label, value)
    console.print(row)


def _text(text: str, style: str = "") -> Text:
    """A stranger's text on one line, without a way to steer the terminal."""
    return Text(make_visible(" ".join(text.split())), style)
