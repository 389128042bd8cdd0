"""`htmlcard templates list`."""

from __future__ import annotations

import json

from rich.console import Console
from rich.table import Table

from htmlcard.assembly import load_catalogue
from htmlcard.cli.flags import SettingFlags, settings_of
from htmlcard.cli.templates import LOG_LEVEL
from htmlcard.errors import TemplateFailed
from htmlcard.telemetry.logs import configure_logs


def list_templates(*, json_: bool = False, flags: SettingFlags | None = None) -> int:
    """List all templates; exit code 1 if one of them does not load."""
    configure_logs(LOG_LEVEL, "auto")
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
