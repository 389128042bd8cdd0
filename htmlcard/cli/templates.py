"""`htmlcard templates list` and `show`."""

from __future__ import annotations

import json

from cyclopts import App
from rich.console import Console
from rich.table import Table

from htmlcard.assembly import load_catalogue
from htmlcard.cli.flags import SettingFlags, settings_of
from htmlcard.errors import TemplateFailed
from htmlcard.telemetry.logs import configure_logs
from htmlcard.templating.schema import build_schema, sample_params

app = App(name="templates", help="The templates that can be drawn.")

#: These commands print what does not load themselves; the log would say it twice.
_LOG_LEVEL = "critical"


@app.command(name="list")
def list_(*, json_: bool = False, flags: SettingFlags | None = None) -> int:
    """List all templates; exit code 1 if one of them does not load."""
    configure_logs(_LOG_LEVEL, "auto")
    catalogue = load_catalogue(settings_of(flags).settings)
    rows, broken = [], {}
    for name in catalogue.names():
        try:
            template = catalogue.get_template(name)
        except TemplateFailed as error:
            broken[name] = str(error)
            continue
        rows.append(
            {
                "name": name,
                "title": template.title,
                "fields": list(template.fields),
                "sizes": {size: str(value) for size, value in template.sizes.items()},
            }
        )
    if json_:
        print(json.dumps({"templates": rows, "broken": broken}, indent=2, ensure_ascii=False))
        return int(bool(broken))
    table = Table("Name", "What for", "Fields", "Sizes", box=None, header_style="bold")
    for row in rows:
        table.add_row(
            str(row["name"]), str(row["title"]), ", ".join(row["fields"]), ", ".join(row["sizes"])
        )
    Console().print(table)
    for name, problem in broken.items():
        Console(stderr=True).print(f"\n{name} does not load:\n{problem}", style="red", markup=False)
    return int(bool(broken))


@app.command
def show(name: str, /, *, json_: bool = False, flags: SettingFlags | None = None) -> int:
    """Show a template's fields, sizes and a command that draws it."""
    configure_logs(_LOG_LEVEL, "auto")
    template = load_catalogue(settings_of(flags).settings).get_template(name)
    schema = build_schema(template)
    if json_:
        print(json.dumps(schema, indent=2, ensure_ascii=False))
        return 0
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
    console.print(
        f"Try:   htmlcard render {name}{flag} -o {name}.png", markup=False, highlight=False
    )
    return 0
