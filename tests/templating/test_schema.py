from __future__ import annotations

import json

from htmlcard.templating.params import parse_json
from htmlcard.templating.schema import build_schema, sample_params

from .conftest import Load
from .test_params import MANIFEST


def test_the_schema_says_what_json_takes(load: Load) -> None:
    """Clients and the studio build their forms from it."""
    schema = build_schema(load("{{ extra }}", 'title = "Card"\n' + MANIFEST))
    assert json.loads(json.dumps(schema)) == schema
    assert (schema["title"], schema["required"]) == ("Card", ["title"])
    assert schema["additionalProperties"] is False
    properties = schema["properties"]
    assert list(properties)[-1] == "extra"
    assert properties["title"] == {"type": "string", "x-max-characters": 20}
    assert properties["price"] == {"type": "number", "minimum": 0, "maximum": 100, "default": 5}
    assert properties["theme"] == {
        "type": "string",
        "enum": ["light", "dark"],
        "default": "light",
    }
    assert properties["dark"] == {"type": "boolean", "default": False}


def test_samples_are_a_card_without_warnings(load: Load) -> None:
    """The gallery's thumbnails, the readiness check and the sample URL are made of them."""
    template = load(
        "{{ extra_words }}", MANIFEST + '[fields.day]\ntype="date"\nsample=2026-05-01\n'
    )
    samples = sample_params(template)
    assert samples == {
        "title": "Title",
        "kicker": "News",
        "price": 5,
        "big": 42,
        "dark": False,
        "accent": "#4f46e5",
        "theme": "light",
        "when": "2026-01-31",
        "day": "2026-05-01",
        "extra_words": "Extra words",
    }
    assert parse_json(template, samples).warnings == ()


def test_an_empty_sample_is_shown_as_nothing(load: Load) -> None:
    """Else the gallery's pictures read “Credit” and “Value 4” where designers left room."""
    template = load("{{ title }}", '[fields.title]\nsample = "Hi"\n[fields.credit]\nsample = ""\n')
    assert sample_params(template) == {"title": "Hi"}
