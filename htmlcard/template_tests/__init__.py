"""Tries templates before strangers do: hard fixtures, lint, goldens, a report.

`fixtures` derives what to try from a template's fields, `cases` turns that into
cards, `runner` draws and judges them, `report` and `junit` tell. It stands on
`templating`, `browser`, `linting` and `images`, beside `server`; only the
command line calls it.
"""
