from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Mapping
from functools import partial
from urllib.parse import quote, unquote_to_bytes

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from htmlcard.errors import InvalidParams
from htmlcard.pictures import PictureHosts
from htmlcard.templating.catalogue import Catalogue
from htmlcard.templating.fields import format_value
from htmlcard.templating.params import Params, parse_json, parse_query
from htmlcard.templating.template import Template

from .conftest import Write

MANIFEST = """
[fields.title]
required = true
max_length = 20
[fields.kicker]
default = "News"
[fields.price]
type = "number"
min = 0
max = 100
default = 5
[fields.big]
type = "number"
[fields.dark]
type = "boolean"
[fields.accent]
type = "color"
default = "#4f46e5"
[fields.theme]
type = "choice"
choices = ["light", "dark"]
default = "light"
[fields.when]
type = "date"
[fields.cover]
type = "image"
"""


@pytest.fixture
def template(write: Write, catalogue: Catalogue) -> Template:
    write("t/card.html", "{{ title }}")
    write("t/card.toml", MANIFEST)
    return catalogue.get_template("t")


def parse(template: Template, **query: str) -> Params:
    return parse_query(template, [("title", "T"), *query.items()])


@pytest.mark.parametrize(
    ("field", "raw", "value"),
    [
        ("price", "7", 7),
        ("price", "7.0", 7),
        ("price", "007.50", 7.5),
        ("price", " +1e1 ", 10),
        ("price", "-0", 0),
        ("price", ".5", 0.5),
        ("dark", "YES", True),
        ("dark", "off", False),
        ("accent", "F00", "#ff0000"),
        ("accent", "tomato", "#ff6347"),
        ("theme", "dark", "dark"),
        ("when", "2026-03-05", dt.date(2026, 3, 5)),
        ("when", "20260305", dt.date(2026, 3, 5)),
        ("when", "2026-03-05T18:30:00Z", dt.datetime(2026, 3, 5, 18, 30, tzinfo=dt.UTC)),
        ("kicker", "  a\tb  ", "a b"),
        ("title", "ab\x00c", "abc"),
    ],
)
def test_values_are_read_by_type(template: Template, field: str, raw: str, value: object) -> None:
    """Templates see real numbers, booleans and dates, not what was typed."""
    params = parse_query(template, [(field, raw), ("title", "T")])
    assert params.values[field] == value
    assert type(params.values[field]) is type(value)
    assert params.warnings == ()


@pytest.mark.parametrize(
    ("field", "raw", "value", "warning"),
    [
        ("price", "many", 5, "price: not a number, default used"),
        ("price", "0x10", 5, "price: not a number, default used"),
        ("price", "NaN", 5, "price: not a number, default used"),
        ("price", "inf", 5, "price: not a number, default used"),
        ("price", "1e309", 5, "price: not a finite number, default used"),
        ("price", "9" * 100, 5, "price: not a number, default used"),
        ("price", "1_000", 5, "price: not a number, default used"),
        ("price", "٣", 5, "price: not a number, default used"),
        ("price", "-3", 0, "price: below 0, 0 used"),
        ("price", "101", 100, "price: above 100, 100 used"),
        ("big", "x", "", "big: not a number, left empty"),
        ("theme", "blue", "light", "theme: not one of light, dark, default used"),
        (
            *("when", "31.12.2026", ""),
            "when: not an ISO 8601 date such as 2026-01-31, left empty",
        ),
        (
            *("accent", "red;}body{background:url(//127.0.0.1:1)", "#4f46e5"),
            "accent: not a color (#rgb, #rrggbb, #rrggbbaa or a CSS color name), default used",
        ),
        ("title", "x" * 21, "x" * 19 + "…", "title: longer than 20 characters, cut"),
        (
            *("cover", "https://x.test/a.png", ""),
            "cover: pictures are not fetched here, placeholder drawn",
        ),
    ],
)
def test_unusable_values_become_the_default_with_a_warning(
    template: Template, field: str, raw: str, value: object, warning: str
) -> None:
    """A crawler cannot mend its URL, so it gets a card; the author sees the header."""
    params = parse_query(template, [(field, raw), ("title", "T")])
    assert params.values[field] == value
    assert params.warnings == (warning,)


@pytest.mark.parametrize("raw", ["", "  ", "\u200b\u2060", "\u00a0", "\u3164", "\x00\ud800"])
def test_blank_counts_as_missing(template: Template, raw: str) -> None:
    """`?kicker=` is what a form with an empty box sends: the default is meant."""
    params = parse_query(template, [("kicker", raw), ("title", raw)])
    assert params.values["kicker"] == "News"
    assert params.warnings == ("title: missing, left empty",)
    assert params.canonical == ()


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "\\\\host\\share",
        "view-source:https://x.test",
        "blob:https://x.test/1",
        "//x.test/a.png",
        "https:\\\\x.test",
        "http://",
        "http://[",
    ],
)
def test_images_from_odd_places_leave_the_placeholder(template: Template, url: str) -> None:
    """What is no URL of a picture is nothing to fetch, nor to tell cards apart by."""
    hosts = PictureHosts(["x.test", "host"])
    for signed in (False, True):
        admit = partial(hosts.admit, signed=signed)
        params = parse_query(template, [("title", "T"), ("cover", url)], admit)
        assert params.values["cover"] == ""
        assert params.pictures == {}
        assert params.canonical == (("title", "T"),)
        assert params.warnings == ("cover: not an http(s) URL, placeholder drawn",)


def test_an_admitted_picture_is_part_of_the_card(template: Template) -> None:
    """Two pictures are two cards; in the document the URL makes way for a file of ours."""
    admit = PictureHosts(["x.test"]).admit
    params = parse_query(template, [("title", "T"), ("cover", " https://x.test/a.png ")], admit)
    assert params.pictures == {"cover": "https://x.test/a.png"}
    assert ("cover", "https://x.test/a.png") in params.canonical
    assert params.warnings == ()
    drawn = params.with_pictures({"cover": "/picture/1.png"})
    assert drawn.values["cover"] == "/picture/1.png"
    assert drawn.values["title"] == "T"
    composed, decomposed = (
        parse_query(template, [("cover", f"https://x.test/{name}.png")], admit).canonical
        for name in ("\u00e9", "e\u0301")
    )
    assert composed == decomposed


def test_the_first_of_repeated_parameters_wins_and_junk_is_ignored(template: Template) -> None:
    """Proxies append; thousands of `utm_…` must not make thousands of renders."""
    query = [("title", "first"), ("title", "second")]
    junk = [(f"utm_{number}", "x" * 50) for number in range(5000)]
    assert parse_query(template, [*junk, *query, *junk]) == parse_query(template, query[:1])
    assert parse_query(template, query).values["title"] == "first"


def test_a_value_equal_to_the_default_is_the_same_card(template: Template) -> None:
    """Spelling out the default must not draw and store the card twice."""
    spelled = parse(template, kicker="News", price="5.0", accent="4F46E5", dark="0", theme="light")
    assert spelled.canonical == parse(template).canonical == (("title", "T"),)


values = st.dictionaries(
    st.sampled_from(["title", "kicker", "price", "big", "dark", "accent", "theme", "when", "utm"]),
    st.one_of(
        st.text(max_size=30),
        st.sampled_from(["1", "2.50", "true", "#abc", "dark", "2026-01-31", "é e\u0301 한"]),
        st.floats(allow_nan=True).map(str),
    ),
)
on_one_template = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@on_one_template
@given(query=values, data=st.data())
def test_one_card_has_one_key(
    template: Template, query: dict[str, str], data: st.DataObject
) -> None:
    """Order, repetition, encoding and normal form differ between crawlers; the picture must be
    drawn once."""
    items = data.draw(st.permutations(list(query.items())))
    expected = parse_query(template, query.items()).canonical
    assert parse_query(template, [*items, *query.items()]).canonical == expected
    for form in ("NFC", "NFD"):
        other = [(name, unicodedata.normalize(form, text)) for name, text in items]
        assert parse_query(template, other).canonical == expected
    encoded = [(name, quote(text, errors="ignore")) for name, text in items]
    decoded = [(name, unquote_to_bytes(text).decode()) for name, text in encoded]
    assert parse_query(template, decoded).canonical == expected


@on_one_template
@given(query=values)
def test_the_canonical_form_names_the_card_itself(
    template: Template, query: dict[str, str]
) -> None:
    """URLs are rebuilt from it: it must read back as the same values, without warnings but for
    what is missing."""
    params = parse_query(template, query.items())
    again = parse_query(template, params.canonical)
    assert again.values == params.values
    assert again.canonical == params.canonical
    assert all("missing" in warning for warning in again.warnings)
    assert params.canonical == tuple(sorted(params.canonical))


def test_params_cannot_be_changed(template: Template) -> None:
    """They are shared between a flight's callers and the cache."""
    with pytest.raises(TypeError):
        parse(template).values["title"] = "other"  # type: ignore[index]


def test_json_takes_json_types(template: Template) -> None:
    """The same card as by GET, so the same key."""
    body: dict[str, str | float | bool] = {
        "title": "T",
        "price": 7.0,
        "dark": True,
        "accent": "red",
        "when": "2026-03-05",
    }
    query = {name: format_value(value) for name, value in body.items()}
    assert parse_json(template, body) == parse_query(template, query.items())


def test_json_tells_all_problems_at_once(template: Template) -> None:
    """A program's author mends a body once, not field by field."""
    body: Mapping[str, object] = {
        "tittle": "x",
        "price": "7",
        "big": float("inf"),
        "dark": 1,
        "accent": "reddish",
        "theme": None,
        "when": "soon",
        "kicker": 3,
        "cover": "file:///etc/passwd",
    }
    with pytest.raises(InvalidParams) as caught:
        parse_json(template, body, PictureHosts(["x.test"]).admit)
    assert {error.field: error.message for error in caught.value.errors} == {
        "tittle": "unknown field; did you mean title?",
        "title": "missing, but required",
        "price": "must be a JSON number",
        "big": "not a finite number",
        "dark": "must be true or false",
        "accent": "not a color (#rgb, #rrggbb, #rrggbbaa or a CSS color name)",
        "theme": "must be a JSON string",
        "when": "not an ISO 8601 date such as 2026-01-31",
        "kicker": "must be a JSON string",
        "cover": "not an http(s) URL",
    }
    assert caught.value.detail == "10 fields of template 't' cannot be used."


@pytest.mark.parametrize("number", [101, -1, 10**400, True])
def test_json_numbers_out_of_bounds_are_problems(template: Template, number: object) -> None:
    """Strict means that nothing is clamped behind a program's back."""
    with pytest.raises(InvalidParams):
        parse_json(template, {"title": "T", "price": number})


@pytest.mark.parametrize("body", [None, [], "title", 3])
def test_a_json_body_that_is_no_object_is_a_problem(template: Template, body: object) -> None:
    """Anything may be posted."""
    with pytest.raises(InvalidParams, match="not a JSON object"):
        parse_json(template, body)


def test_odd_keys_of_a_json_body_are_told_safely(template: Template) -> None:
    """Keys are echoed into JSON and logs; a surrogate or line break would break those."""
    with pytest.raises(InvalidParams) as caught:
        parse_json(template, {"title": "T", "a\r\nb\ud800" + "x" * 1000: 1})
    field = caught.value.errors[0].field
    assert field.startswith("a b")
    assert len(field.encode()) <= 64
