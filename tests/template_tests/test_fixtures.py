"""What templates are tried with follows from their fields."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from PIL import Image

from htmlcard.images.specimens import Specimen, draw_specimen
from htmlcard.template_tests.cases import list_cases
from htmlcard.template_tests.fixtures import Fixture, list_fixtures
from htmlcard.template_tests.words import INJECTED, LONGEST_WORD
from htmlcard.templating.catalogue import Catalogue
from htmlcard.templating.graphemes import iter_clusters
from htmlcard.templating.params import parse_query
from htmlcard.templating.template import Template

MANIFEST = """
[sizes.square]
width = 1080
height = 1080
[fields.title]
required = true
max_length = 90
sample = "Hello"
[fields.note]
max_length = 500
sample = "A sentence that is long enough to tell what the field is for."
[fields.theme]
type = "choice"
choices = ["light", "dark", "sepia"]
default = "light"
[fields.badge]
type = "boolean"
default = true
[fields.stars]
type = "number"
min = 0
max = 5
[fields.day]
type = "date"
[fields.accent]
type = "color"
sample = "#0e7490"
[fields.cover]
type = "image"
"""


@pytest.fixture
def full(tmp_path: Path) -> Template:
    """A template with a field of every type."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "card.html").write_text("<h1>{{ title }}</h1>")
    (tmp_path / "full" / "card.toml").write_text(MANIFEST)
    return Catalogue([tmp_path]).get_template("full")


def by_name(template: Template) -> dict[str, Fixture]:
    return {fixture.name: fixture for fixture in list_fixtures(template)}


def test_every_kind_of_trouble_is_there(full: Template) -> None:
    """This list is what "checked before it ships" means."""
    names = by_name(full).keys()
    scripts = {"arabic", "hebrew", "thai", "hindi", "chinese", "japanese", "korean", "vietnamese"}
    assert {"sample", "title-only", "empty", "long", "one-word", "one-letter"} <= names
    assert {"hostile", "controls", "emoji", "cyrillic", *scripts} <= names
    assert {"theme-dark", "theme-sepia", "badge-false", "numbers-low", "numbers-high"} <= names
    assert {f"picture-{specimen}" for specimen in Specimen} <= names
    assert {
        "color-white-light",
        "color-white-dark",
        "color-black-light",
        "color-neon-dark",
    } <= names
    assert len(names) == len(list_fixtures(full))


def test_a_template_without_fields_is_tried_too(tmp_path: Path) -> None:
    """A card that is always the same can still be wrong in some size."""
    (tmp_path / "plain.html").write_text("<h1>Hello</h1>")
    template = Catalogue([tmp_path]).get_template("plain")
    assert [*by_name(template)] == ["sample", "empty"]


def test_layouts_are_tried_in_every_size(full: Template) -> None:
    """A title that fits in the wide card may not fit in the square one."""
    cases = list_cases(full)
    drawn = {(case.fixture.name, case.size_name) for case in cases}
    for fixture in ("sample", "empty", "long", "one-word", "arabic", "theme-dark"):
        assert {(fixture, "og"), (fixture, "square")} <= drawn
    assert len({case.name for case in cases}) == len(cases)
    assert all(re.fullmatch(r"[\w.-]+", case.name) for case in cases)


def test_long_means_as_long_as_the_manifest_allows(full: Template) -> None:
    """The limit is a promise to callers; the template has to keep it."""
    values = parse_query(full, by_name(full)["long"].values.items()).values
    assert len([*iter_clusters(str(values["note"]))]) >= 495
    assert len([*iter_clusters(str(values["title"]))]) >= 85
    assert len(LONGEST_WORD) == 80


def test_fixtures_are_read_as_requests_are(full: Template) -> None:
    """Values that the service would refuse say nothing about a template."""
    for fixture in list_fixtures(full):
        warnings = parse_query(full, fixture.values.items()).warnings
        unusable = [each for each in warnings if "cut" not in each and "missing" not in each]
        assert not [each for each in unusable if not each.startswith("stars")], fixture.name
    hostile = parse_query(full, by_name(full)["hostile"].values.items()).values
    assert INJECTED in str(hostile["title"])


def test_extreme_colors_are_tried_on_every_theme(full: Template) -> None:
    """White on light paper and black on dark vanish, each only on one of the two."""
    white = by_name(full)["color-white-dark"].values
    assert (white["accent"], white["theme"]) == ("#ffffff", "dark")


@pytest.mark.parametrize("specimen", Specimen)
def test_pictures_are_what_their_name_says(specimen: Specimen) -> None:
    """A giant that is none would prove nothing."""
    data = draw_specimen(specimen)
    assert draw_specimen(specimen) is data
    with Image.open(io.BytesIO(data)) as picture:
        width, height = picture.size
        dark, light = picture.convert("L").resize((64, 64)).getextrema()
    match specimen:
        case Specimen.WIDE:
            assert width >= 8 * height
        case Specimen.TALL:
            assert height >= 8 * width
        case Specimen.GIANT:
            assert width * height >= 24_000_000
            assert light - dark > 60
        case Specimen.WHITE:
            assert dark > 240
        case Specimen.BLACK:
            assert light < 16
