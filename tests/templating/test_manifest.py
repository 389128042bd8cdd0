from __future__ import annotations

import datetime as dt
from textwrap import dedent

import pytest

from htmlcard.card import Size
from htmlcard.templating.fields import FieldType
from htmlcard.templating.manifest import RESERVED_NAMES, parse_manifest
from htmlcard.templating.toml_lines import find_lines

FULL = """
title = "Event"
description = "A date and a place"
tags = ["talk", "meetup"]
scripts = true

[brand]
name = "Acme"
color = "rebeccapurple"

[sizes.og]
width = 1000
height = 500
[sizes.square]
width = 1080
height = 1080

[fields.title]
required = true
max_length = 80
sample = "Hello"
sources = ["og:title", "title"]
[fields.when]
type = "date"
default = 2026-03-01
[fields.price]
type = "number"
min = 0
max = 10
default = 5
[fields.theme]
type = "choice"
choices = ["light", "dark"]
default = "light"
[fields.dark]
type = "boolean"
"""

WRONG = """\
title = 3
colour = "red"

[brand]
color = "reddish"

[sizes.huge]
width = 5000
height = 600

[fields.title]
type = "txt"
max_lenght = 12

[fields.lang]

[fields.theme]
type = "choice"

[fields.price]
type = "number"
max_length = 5
min = 10
max = 1
default = "many"
"""

GOLDEN = """\
t/card.toml:1: title: input should be a valid string
t/card.toml:2: colour: unknown key
t/card.toml:8: sizes.huge.width: input should be less than or equal to 4096
t/card.toml:12: fields.title.type: input should be 'text', 'number', 'boolean', 'color', \
'choice', 'image' or 'date'
t/card.toml:13: fields.title.max_lenght: unknown key; did you mean max_length?
t/card.toml:15: fields.lang: this name is reserved by htmlcard; choose another
t/card.toml:17: fields.theme: a choice needs choices = ["…", …]
t/card.toml:22: fields.price.max_length: only for fields of type text, not number
t/card.toml:23: fields.price.min: min 10 is above max 1
t/card.toml:25: fields.price.default: not a number
"""


def test_a_full_manifest_is_read() -> None:
    """Every documented key arrives with its type."""
    manifest, mistakes = parse_manifest(FULL, "card.toml")
    assert mistakes == []
    assert (manifest.title, manifest.tags, manifest.scripts) == ("Event", ("talk", "meetup"), True)
    assert manifest.sizes == {"og": Size(1000, 500), "square": Size(1080, 1080)}
    fields = manifest.fields
    assert list(fields) == ["title", "when", "price", "theme", "dark"]
    assert fields["title"].required
    assert fields["title"].max_length == 80
    assert fields["title"].sources == ("og:title", "title")
    assert fields["when"].default == dt.date(2026, 3, 1)
    assert (fields["price"].type, fields["price"].default) == (FieldType.NUMBER, 5)
    assert fields["dark"].default is False


def test_no_manifest_means_one_size_and_no_fields() -> None:
    """Zero configuration is a supported way to work."""
    manifest, mistakes = parse_manifest("", "card.toml")
    assert (manifest.sizes, manifest.fields, mistakes) == ({"og": Size(1200, 630)}, {}, [])


def test_all_mistakes_are_told_at_once_with_their_lines() -> None:
    """Mending one mistake to be told the next is what makes people give up."""
    _, mistakes = parse_manifest(WRONG, "t/card.toml")
    assert "".join(f"{mistake}\n" for mistake in mistakes) == GOLDEN


def test_a_wrong_color_and_field_name_are_mistakes() -> None:
    """The brand's color goes into CSS, a field's name into Jinja."""
    text = '[brand]\ncolor = "reddish"\n[fields."my field"]\nrequired = "yes"\n'
    _, mistakes = parse_manifest(text, "c")
    assert [(mistake.line, mistake.message.partition(":")[0]) for mistake in mistakes] == [
        (2, "brand.color"),
        (3, "fields.my field"),
        (4, "fields.my field.required"),
    ]


@pytest.mark.parametrize("name", sorted(RESERVED_NAMES))
def test_reserved_names_are_refused(name: str) -> None:
    """A field called `size` could never be set from a URL, one called `card` hides ours."""
    _, mistakes = parse_manifest(f'[fields."{name}"]\n', "c")
    assert "reserved" in mistakes[0].message


@pytest.mark.parametrize(
    ("text", "line"), [("a = 1\nb =\n", 2), ("x = [1,\n2\n", 3), ("a = 1\na = 2\n", 2)]
)
def test_broken_toml_is_told_with_its_line(text: str, line: int) -> None:
    """An editor shows the spot only if we know it."""
    _, mistakes = parse_manifest(text, "c")
    assert [mistake.line for mistake in mistakes] == [line]


def test_lines_are_found_through_everything_toml_allows() -> None:
    """Strings and arrays over several lines must not shift or fake a key's line."""
    text = dedent('''
        a.b = """
        [not.a.table]
        fake = 1
        """
        list = [
          "x # no comment", # comment ]
          { in = 1 },
        ]
        ["quoted.key".inner] # [comment]
        'single' = 1
        [[many]]
        z = 2
    ''').lstrip()
    assert find_lines(text) == {
        ("a",): 1,
        ("a", "b"): 1,
        ("list",): 5,
        ("quoted.key", "inner"): 9,
        ("quoted.key", "inner", "single"): 10,
        ("many",): 11,
        ("many", "z"): 12,
    }
