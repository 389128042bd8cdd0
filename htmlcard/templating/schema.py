"""A template's fields for those who call it: JSON Schema, and values to try it with."""

from __future__ import annotations

from typing import Any

from htmlcard.templating.colors import parse_color
from htmlcard.templating.fields import Field, FieldType, format_value
from htmlcard.templating.template import Template

_COLOR_PATTERN = "^(#?([0-9A-Fa-f]{3}|[0-9A-Fa-f]{4}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})|[A-Za-z]+)$"


def build_schema(template: Template) -> dict[str, Any]:
    """JSON Schema (2020-12) of the object `parse_json` takes.

    Text has no `maxLength`: longer text is cut, and JSON Schema counts code
    points where fields count grapheme clusters. The count is `x-max-characters`.
    """
    fields = template.fields.values()
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": template.title,
        "type": "object",
        "properties": {item.name: _describe(item) for item in fields},
        "required": [item.name for item in fields if item.required],
        "additionalProperties": False,
    }
    if template.description:
        schema["description"] = template.description
    return schema


def _describe(item: Field) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    match item.type:
        case FieldType.TEXT:
            schema["x-max-characters"] = item.max_length
        case FieldType.NUMBER:
            schema["type"] = "number"
            bounds = {"minimum": item.min, "maximum": item.max}
            schema |= {key: value for key, value in bounds.items() if value is not None}
        case FieldType.BOOLEAN:
            schema["type"] = "boolean"
        case FieldType.COLOR:
            schema |= {"x-type": "color", "pattern": _COLOR_PATTERN}
        case FieldType.CHOICE:
            schema["enum"] = list(item.choices)
        case FieldType.IMAGE:
            schema |= {"x-type": "image", "format": "uri", "pattern": "^https?://"}
        case FieldType.DATE:
            schema["x-type"] = "date"
    if item.help:
        schema["description"] = item.help
    if item.default != "":
        schema["default"] = to_json(item.default)
    if item.sample not in (None, ""):
        schema["examples"] = [to_json(item.sample)]
    return schema


def to_json(value: object) -> str | int | float | bool:
    """A field's value as JSON knows it: dates as ISO 8601 text."""
    if isinstance(value, str | bool | int | float):
        return value
    return format_value(value)  # type: ignore[arg-type]


def sample_params(template: Template) -> dict[str, str | int | float | bool]:
    """A body for `parse_json` that shows the template well: samples, else sensible values.

    A text whose sample is empty is left out, too: its author wants to show the card without it.
    Images are left out, so that the template shows its placeholder.
    """
    values: dict[str, str | int | float | bool] = {}
    for item in template.fields.values():
        if item.type is FieldType.IMAGE:
            continue
        value = item.sample if item.sample not in (None, "") else item.default
        if value == "" and not (item.sample == "" and item.type is FieldType.TEXT):
            value = _invent(item, template)
        if value != "":
            values[item.name] = to_json(value)
    return values


def _invent(item: Field, template: Template) -> str | int | float:
    match item.type:
        case FieldType.TEXT:
            return item.name.replace("_", " ").capitalize()
        case FieldType.NUMBER:
            low, high = item.min, item.max
            return next((bound for bound in (low, high) if bound is not None), 42)
        case FieldType.CHOICE:
            return item.choices[0]
        case FieldType.COLOR:
            return parse_color(template.brand.color)
        case FieldType.DATE:
            return "2026-01-31"
        case _:
            return ""
