"""`htmlcard templates …`: what there is, a new one, and whether they are any good."""

from __future__ import annotations

from cyclopts import App

app = App(name="templates", help="The templates that can be drawn.")
app.command(
    "htmlcard.cli.templates.listing:list_templates", name="list", help="List all templates."
)
app.command(
    "htmlcard.cli.templates.showing:show",
    name="show",
    help="Show fields and sizes, or all of it in one picture.",
)
app.command(
    "htmlcard.cli.templates.starting:new",
    name="new",
    help="Make a new template that draws at once.",
)
app.command(
    "htmlcard.cli.templates.testing:try_templates",
    name="test",
    help="Try templates with hard values: lint, goldens, a report.",
)

#: These commands print what does not load themselves; the log would say it twice.
LOG_LEVEL = "critical"
