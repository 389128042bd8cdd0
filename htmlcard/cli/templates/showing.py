"""`htmlcard templates show`: fields and sizes, or all of it in one picture."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from htmlcard.assembly import load_catalogue, open_service
from htmlcard.cli.flags import SettingFlags, settings_of
from htmlcard.cli.progress import show_progress
from htmlcard.cli.templates import LOG_LEVEL
from htmlcard.config import Settings
from htmlcard.errors import InvalidRequest
from htmlcard.telemetry.logs import configure_logs
from htmlcard.template_tests.sheet import draw_sheet
from htmlcard.templating.schema import build_schema, sample_params
from htmlcard.templating.template import Template


def show(
    *names: str,
    sheet: Path | None = None,
    json_: bool = False,
    flags: SettingFlags | None = None,
) -> int:
    """Show templates: their fields, sizes and a command that draws them.

    Parameters
    ----------
    names
        Templates; with `--sheet` none means all.
    sheet
        PNG file to draw instead: every template in every size, filled with its samples.
    json_
        Print the JSON Schema of one template's fields.
    """
    configure_logs(LOG_LEVEL, "auto")
    settings = settings_of(flags).settings
    catalogue = load_catalogue(settings)
    if sheet is not None:
        if sheet.suffix.lower() != ".png":
            raise InvalidRequest(f"--sheet must end in .png, got {str(sheet)!r}")
        templates = [catalogue.get_template(name) for name in names]
        return _draw(settings, templates or [*catalogue.list_templates()], sheet)
    if not names or (json_ and len(names) > 1):
        wanted = "exactly one name" if json_ else "a name, or --sheet FILE for a picture of all"
        raise InvalidRequest(f"templates show needs {wanted}; there are {_list(settings)}")
    for template in [catalogue.get_template(name) for name in names]:
        if json_:
            print(json.dumps(build_schema(template), indent=2, ensure_ascii=False))
        else:
            _print(template)
    return 0


def _list(settings: Settings) -> str:
    return ", ".join(load_catalogue(settings).names())


def _draw(settings: Settings, templates: list[Template], path: Path) -> int:
    async def draw() -> bytes:
        quiet = settings.model_copy(update={"cache_bytes": 0})
        cards = sum(len(template.sizes) for template in templates)
        async with open_service(quiet) as service:
            with show_progress("Drawing", cards) as advance:
                return await draw_sheet(service, templates, advance)

    data = asyncio.run(draw())
    try:
        path.write_bytes(data)
    except OSError as error:
        raise InvalidRequest(f"{path} cannot be written: {error.strerror}") from error
    print(f"{path}  {len(data):,} bytes", file=sys.stderr)
    return 0


def _print(template: Template) -> None:
    console = Console()
    console.print(f"[bold]{template.name}[/bold]  {template.title}", highlight=False)
    if template.description:
        console.print(template.description, markup=False, highlight=False)
    table = Table("Field", "Type", "Default", "Help", box=None, header_style="bold")
    for field in template.fields.values():
        kind = field.type.value + (" (required)" if field.required else "")
        table.add_row(field.name, kind, str(field.default), field.help)
    console.print(table)
    sizes = ", ".join(f"{size} {value}" for size, value in template.sizes.items())
    console.print(f"Sizes: {sizes}", highlight=False)
    sample = next(((k, v) for k, v in sample_params(template).items() if v != ""), None)
    flag = f' -p {sample[0]}="{sample[1]}"' if sample else ""
    command = f"htmlcard render {template.name}{flag} -o {template.name}.png"
    # A line break of ours would get into what is copied.
    console.print(f"Try:   {command}", markup=False, highlight=False, soft_wrap=True)
