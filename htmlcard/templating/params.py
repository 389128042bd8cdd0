"""What a caller sent, judged against a template's fields.

Queries are read leniently, since crawlers and marketing tools rewrite URLs;
JSON bodies strictly, since a program wrote them. One field's value is `fields`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from htmlcard.errors import InputError, InvalidParams
from htmlcard.templating.fields import (
    Field,
    FieldType,
    Value,
    clamp_number,
    format_value,
    normalize_number,
    parse_value,
)
from htmlcard.templating.mistakes import suggest
from htmlcard.templating.template import Template
from htmlcard.templating.text import clean_text, is_blank
from htmlcard.urls import first_values

#: Looking for the nearest name is slow; thousands of unknown ones get no suggestion.
_MAX_SUGGESTIONS = 20


@dataclass(frozen=True, slots=True)
class Params:
    """Validated values of one card.

    `values` has every field of the template, '' for the empty ones. `canonical`
    has (name, text) of those that differ from the default, sorted by name: two
    requests for the same card have equal ones. `warnings` go to the caller.
    """

    values: Mapping[str, Value]
    canonical: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = field(default=(), compare=False)
    pictures: Mapping[str, str] = field(default_factory=dict, compare=False)
    """URLs of the image fields that have one, by name."""

    def with_pictures(self, paths: Mapping[str, str]) -> Params:
        """The same with what a document has in the place of the URLs of image fields."""
        return replace(self, values=MappingProxyType({**self.values, **paths}))


#: Judges the text of an image field: the URL of its picture, or a ValueError that says why not.
AdmitPicture = Callable[[str], str]


def admit_none(raw: str) -> str:
    """For who has nobody to fetch pictures."""
    raise ValueError("pictures are not fetched here")


def parse_query(
    template: Template, query: Iterable[tuple[str, str]], admit: AdmitPicture = admit_none
) -> Params:
    """The fields of a decoded query string; never fails.

    Unknown names are ignored, the first of repeated ones wins, and what cannot
    be used becomes the field's default with a warning that names the field.
    """
    raw = first_values(query, template.fields)
    values: dict[str, Value] = {}
    warnings: list[str] = []
    for item in template.fields.values():
        values[item.name], warning = _read_leniently(item, raw.get(item.name), admit)
        if warning:
            warnings.append(f"{item.name}: {warning}")
    return _finish(template, values, warnings)


def _read_leniently(item: Field, raw: str | None, admit: AdmitPicture) -> tuple[Value, str]:
    outcome = "default used" if item.default != "" else "left empty"
    if item.type is FieldType.IMAGE:
        outcome = "placeholder drawn"
    if raw is None or _is_missing(raw):
        return item.default, f"missing, {outcome}" if item.required else ""
    try:
        if item.type is FieldType.IMAGE:
            return admit(raw), ""
        reading = parse_value(item, raw)
    except ValueError as error:
        return item.default, f"{error}, {outcome}"
    return reading.value, reading.note


def parse_json(template: Template, body: object, admit: AdmitPicture = admit_none) -> Params:
    """The fields of a decoded JSON body. Raises InvalidParams with all that is wrong.

    Over-long text is no mistake: `max_length` says where it is cut, which is a warning.
    """
    if not isinstance(body, Mapping):
        raise InvalidParams("The body is not a JSON object of fields.")
    errors = _check_unknown(template, body)
    values: dict[str, Value] = {}
    warnings: list[str] = []
    for item in template.fields.values():
        values[item.name] = item.default
        try:
            if item.name in body:
                values[item.name], note = _read_strictly(item, body[item.name], admit)
                if note:
                    warnings.append(f"{item.name}: {note}")
            elif item.required:
                raise ValueError("missing, but required")
        except ValueError as error:
            errors.append(InputError(item.name, str(error)))
    if errors:
        count = "1 field" if len(errors) == 1 else f"{len(errors)} fields"
        raise InvalidParams(f"{count} of template {template.name!r} cannot be used.", errors)
    return _finish(template, values, warnings)


def _check_unknown(template: Template, body: Mapping[str, object]) -> list[InputError]:
    errors: list[InputError] = []
    for name in body:
        if name not in template.fields:
            near = suggest(name[:64], template.fields) if len(errors) < _MAX_SUGGESTIONS else ""
            errors.append(InputError(clean_text(name, 64)[:64], f"unknown field{near}"))
    return errors


def _read_strictly(item: Field, raw: object, admit: AdmitPicture) -> tuple[Value, str]:
    if item.type is FieldType.NUMBER:
        if isinstance(raw, bool) or not isinstance(raw, int | float):
            raise ValueError("must be a JSON number")
        try:
            reading = clamp_number(item, normalize_number(float(raw)))
        except OverflowError:
            raise ValueError("not a finite number") from None
        if reading.out_of_bounds:
            raise ValueError(reading.note.partition(",")[0])
        return reading.value, ""
    if item.type is FieldType.BOOLEAN:
        if not isinstance(raw, bool):
            raise ValueError("must be true or false")
        return raw, ""
    if not isinstance(raw, str):
        raise ValueError("must be a JSON string")
    if _is_missing(raw):
        if item.required:
            raise ValueError("empty, but required")
        return item.default, ""
    if item.type is FieldType.IMAGE:
        return admit(raw), ""
    reading = parse_value(item, raw)
    return reading.value, reading.note


def _is_missing(raw: str) -> bool:
    return is_blank(clean_text(raw, 300))


def _finish(template: Template, values: dict[str, Value], warnings: list[str]) -> Params:
    canonical = sorted(
        (name, format_value(value))
        for name, value in values.items()
        if format_value(value) != format_value(template.fields[name].default)
    )
    pictures = {
        name: str(value)
        for name, value in values.items()
        if value and template.fields[name].type is FieldType.IMAGE
    }
    return Params(MappingProxyType(values), tuple(canonical), tuple(warnings), pictures)
