"""`card.toml`: what a template says about itself, checked whole.

Every mistake is collected, with its line, before anything is refused. The
manifest is optional; variables it does not declare are added by `loading`.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic import Field as Constraint
from pydantic_core import ErrorDetails

from htmlcard import urls
from htmlcard.card import DEFAULT_SIZE, DEFAULT_SIZE_NAME, Size
from htmlcard.templating.colors import parse_color
from htmlcard.templating.fields import (
    DEFAULT_MAX_LENGTH,
    Field,
    FieldType,
    Value,
    format_value,
    parse_value,
)
from htmlcard.templating.mistakes import Mistake, suggest
from htmlcard.templating.page_sources import find_problem
from htmlcard.templating.toml_lines import find_line, find_lines

#: Query names that mean something in every render URL.
QUERY_NAMES = urls.RESERVED_NAMES
#: Names that htmlcard or Jinja give to every template, or cannot be variables at all.
JINJA_NAMES = frozenset({"card", "brand"})
JINJA_NAMES |= {"loop", "self", "super", "caller", "varargs", "kwargs", "range", "dict", "lipsum"}
JINJA_NAMES |= {"cycler", "joiner", "namespace", "true", "false", "none", "True", "False", "None"}
JINJA_NAMES |= {"and", "or", "not", "if", "else", "in", "is"}
RESERVED_NAMES = QUERY_NAMES | JINJA_NAMES

MIN_SIDE_PX, MAX_SIDE_PX = 16, 4096
_SIZE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_TYPES_OF_KEY: Mapping[str, frozenset[FieldType]] = {
    "max_length": frozenset({FieldType.TEXT}),
    "choices": frozenset({FieldType.CHOICE}),
    "min": frozenset({FieldType.NUMBER}),
    "max": frozenset({FieldType.NUMBER}),
}


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


_T = TypeVar("_T", bound=_Table)


class BrandTable(_Table):
    """`[brand]`; what is missing comes from the service's brand. `logo` is a file of the
    template or a `/shared/…` path."""

    name: str | None = None
    color: str | None = None
    logo: str | None = None


_Side = Annotated[int, Constraint(ge=MIN_SIDE_PX, le=MAX_SIDE_PX)]


class _SizeTable(_Table):
    width: _Side
    height: _Side


_Raw = str | bool | int | float | dt.datetime | dt.date


class _FieldTable(_Table):
    type: Annotated[FieldType, Constraint(strict=False)] = FieldType.TEXT
    required: bool = False
    default: _Raw = ""
    max_length: Annotated[int, Constraint(ge=1, le=5000)] = DEFAULT_MAX_LENGTH
    choices: tuple[Annotated[str, Constraint(min_length=1)], ...] = Constraint((), strict=False)
    min: Annotated[float, Constraint(allow_inf_nan=False)] | None = None
    max: Annotated[float, Constraint(allow_inf_nan=False)] | None = None
    help: str = ""
    sample: _Raw | None = None
    sources: tuple[str, ...] = Constraint((), strict=False)


class _ManifestTable(_Table):
    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = Constraint((), strict=False)
    scripts: bool = False
    brand: BrandTable = BrandTable()
    sizes: dict[str, Any] = {}
    fields: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Manifest:
    """What `card.toml` says, in htmlcard's own nouns. `lines` serves later mistakes."""

    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    scripts: bool = False
    brand: BrandTable = field(default_factory=BrandTable)
    sizes: Mapping[str, Size] = field(default_factory=lambda: {DEFAULT_SIZE_NAME: DEFAULT_SIZE})
    fields: Mapping[str, Field] = field(default_factory=dict)
    lines: Mapping[tuple[str, ...], int] = field(default_factory=dict)


def parse_manifest(text: str, file: str) -> tuple[Manifest, list[Mistake]]:
    """The manifest in `text` and all mistakes in it; `file` is how they call it.

    With mistakes the manifest holds what could be used of it.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r" \(at line (\d+), column \d+\)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        message = str(error).partition(" (at ")[0]
        return Manifest(), [Mistake(file, line, f"not valid TOML: {message}")]
    except RecursionError:
        return Manifest(), [Mistake(file, 1, "not usable: nested too deeply")]
    return _Reader(file, find_lines(text)).read(raw)


class _Reader:
    """One reading of one manifest, collecting mistakes on the way."""

    def __init__(self, file: str, lines: Mapping[tuple[str, ...], int]) -> None:
        self._file = file
        self._lines = lines
        self._mistakes: list[Mistake] = []

    def read(self, raw: dict[str, Any]) -> tuple[Manifest, list[Mistake]]:
        table = self._validate(_ManifestTable, raw, ()) or _ManifestTable.model_validate({})
        # Read from `raw`, so that a mistake at the top does not hide those further down.
        sizes = {DEFAULT_SIZE_NAME: DEFAULT_SIZE, **self._read_sizes(_table_of(raw, "sizes"))}
        fields = {
            name: item
            for name, value in _table_of(raw, "fields").items()
            if (item := self._read_field(name, value)) is not None
        }
        if table.brand.color is not None:
            self._check_color(table.brand.color)
        manifest = Manifest(
            title=table.title,
            description=table.description,
            tags=table.tags,
            scripts=table.scripts,
            brand=table.brand,
            sizes=sizes,
            fields=fields,
            lines=self._lines,
        )
        return manifest, sorted(self._mistakes, key=lambda mistake: mistake.line)

    def _add(self, path: Sequence[str], message: str) -> None:
        name = ".".join(path)
        self._mistakes.append(
            Mistake(self._file, find_line(self._lines, path), f"{name}: {message}")
        )

    def _validate(self, model: type[_T], raw: object, path: tuple[str, ...]) -> _T | None:
        try:
            return model.model_validate(raw)
        except ValidationError as error:
            for details in error.errors():
                self._add_details(model, details, path)
            return None

    def _add_details(
        self, model: type[_Table], details: ErrorDetails, path: tuple[str, ...]
    ) -> None:
        place = tuple(str(part) for part in details["loc"] if isinstance(part, str))
        if model is _FieldTable and place[:1] in (("default",), ("sample",)):
            place = place[:1]  # without the names of the union's members
        if details["type"] == "extra_forbidden":
            owner = BrandTable if place[:1] == ("brand",) else model
            message = f"unknown key{suggest(place[-1], owner.model_fields)}"
        elif details["type"] == "model_type":
            message = "must be a table"
        else:
            message = details["msg"][:1].lower() + details["msg"][1:]
        if not any(
            mistake.message.startswith(f"{'.'.join(path + place)}: ") for mistake in self._mistakes
        ):
            self._add(path + place, message)

    def _read_sizes(self, raw: dict[str, Any]) -> dict[str, Size]:
        sizes: dict[str, Size] = {}
        for name, value in raw.items():
            if not _SIZE_NAME.fullmatch(name):
                self._add(("sizes", name), "a size's name is lower-case letters, digits, - and _")
            table = self._validate(_SizeTable, value, ("sizes", name))
            if table is not None:
                sizes[name] = Size(table.width, table.height)
        return sizes

    def _read_field(self, name: str, raw: object) -> Field | None:
        path = ("fields", name)
        if name in RESERVED_NAMES:
            self._add(path, "this name is reserved by htmlcard; choose another")
        elif not name.isidentifier() or name.startswith("__"):
            self._add(path, "a field's name is letters, digits and _, and no digit comes first")
        table = self._validate(_FieldTable, raw, path)
        if table is None:
            return None
        for key in table.model_fields_set & _TYPES_OF_KEY.keys():
            if table.type not in _TYPES_OF_KEY[key]:
                owner = "".join(_TYPES_OF_KEY[key])
                self._add((*path, key), f"only for fields of type {owner}, not {table.type}")
        for problem in filter(None, map(find_problem, table.sources)):
            self._add((*path, "sources"), problem)
        if table.type is FieldType.CHOICE and not table.choices:
            self._add(path, 'a choice needs choices = ["…", …]')
        if table.min is not None and table.max is not None and table.min > table.max:
            self._add((*path, "min"), f"min {table.min:g} is above max {table.max:g}")
        bare = Field(
            name=name,
            type=table.type,
            required=table.required,
            max_length=table.max_length,
            choices=table.choices,
            min=table.min,
            max=table.max,
            help=table.help,
            sources=table.sources,
        )
        return self._add_values(bare, table)

    def _add_values(self, bare: Field, table: _FieldTable) -> Field:
        default = self._read_value(bare, "default", table.default)
        if bare.type is FieldType.BOOLEAN and default == "":
            default = False
        if bare.type is FieldType.IMAGE and table.default != "":
            message = "an image has no default; draw a placeholder where it is empty"
            self._add(("fields", bare.name, "default"), message)
        if table.sample is None:
            return replace(bare, default=default)
        if bare.type is FieldType.IMAGE:
            sample: Value = str(table.sample)
        else:
            sample = self._read_value(bare, "sample", table.sample)
        return replace(bare, default=default, sample=sample)

    def _read_value(self, bare: Field, key: str, raw: _Raw) -> Value:
        """A TOML value as one of the field's type; TOML's own types count as well as text."""
        text = format_value(raw)
        if text == "" or bare.type is FieldType.IMAGE:
            return ""
        try:
            reading = parse_value(bare, text)
            if reading.note:
                raise ValueError(reading.note.rpartition(",")[0])
        except ValueError as error:
            self._add(("fields", bare.name, key), str(error))
            return ""
        return reading.value

    def _check_color(self, color: str) -> None:
        try:
            parse_color(color)
        except ValueError as error:
            self._add(("brand", "color"), str(error))


def _table_of(raw: dict[str, Any], key: str) -> dict[str, Any]:
    value = raw.get(key)
    return value if isinstance(value, dict) else {}
