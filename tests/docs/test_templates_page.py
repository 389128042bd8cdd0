"""`docs/templates.md` against the code: its templates draw, its lists are whole."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
from pathlib import Path

import pytest
from running import Site

from docs.pages import README, ROOT, TEMPLATES, Block, names_in
from htmlcard.cli.templates.testing import try_templates
from htmlcard.template_tests.fixtures import list_fixtures
from htmlcard.template_tests.suite import DEFAULT_TOLERANCE
from htmlcard.templating.assets import CONTENT_TYPES, MAX_TOTAL_BYTES
from htmlcard.templating.catalogue import Catalogue
from htmlcard.templating.disk import MAX_FILE_BYTES
from htmlcard.templating.document import build_document
from htmlcard.templating.environment import Environment
from htmlcard.templating.fields import DEFAULT_MAX_LENGTH, Field, FieldType
from htmlcard.templating.filters import FILTERS
from htmlcard.templating.manifest import (
    MAX_SIDE_PX,
    MIN_SIDE_PX,
    QUERY_NAMES,
    BrandTable,
    Manifest,
    parse_manifest,
)
from htmlcard.templating.params import parse_query
from htmlcard.templating.workers import WorkerPool

DRAWN = ROOT / "docs" / "images" / "templates"
FILES = [block for block in TEMPLATES.blocks if block.file]


@pytest.mark.parametrize("block", FILES, ids=lambda block: block.file)
def test_pictures_are_drawn_from_the_code_shown(block: Block) -> None:
    """A reader compares the picture with what comes out; both must be of the same file."""
    assert (DRAWN / block.file).read_text(encoding="utf-8") == block.text


@pytest.mark.browser
@pytest.mark.parametrize("name", ["step1", "step2", "step3", "mine"])
async def test_templates_shown_really_draw(site: Site, name: str) -> None:
    """The first thing anybody does is paste them."""
    shown = [*FILES, *(block for block in README.blocks if block.file)]
    written = [block for block in shown if re.split(r"[/.]", block.file)[0] == name]
    assert written
    for block in written:
        site.write(block.file, block.text)
    if name == "step3":
        site.write("step3/fog.svg", (DRAWN / "step3" / "fog.svg").read_bytes())
    answer = await site.get(f"/render/{name}?title=A%20lighthouse%20keeper&author=Ines%20Berg")
    assert answer.status == 200
    assert not answer.fallback
    assert answer.picture.size == (1200, 630)
    assert len(answer.picture.convert("RGB").getcolors(1 << 24) or ()) > 10
    assert site.service.catalogue.problems(name) == ()


def test_the_manifest_shown_has_no_mistakes() -> None:
    """A manifest with a mistake takes the whole template out of service."""
    [block] = [block for block in FILES if block.language == "toml"]
    assert parse_manifest(block.text, block.file)[1] == []


def test_filters_are_all_listed_and_do_what_the_table_says() -> None:
    """Designers find filters here or not at all."""
    rows = TEMPLATES.table("filter", "example", "result")
    assert {names_in(row[0])[0].partition("(")[0] for row in rows} == FILTERS.keys()
    for row in rows:
        example, wanted = names_in(row[1])[0], names_in(row[2])[0]
        assert Environment({"example": example}).get_template("example").render() == wanted


def test_manifest_keys_are_all_listed() -> None:
    """An unknown key is a mistake, so a key that is not listed cannot be found by trying."""
    listed = {name for row in TEMPLATES.table("key", "meaning") for name in names_in(row[0])}
    keys = {field.name for field in dataclasses.fields(Manifest)} - {"lines"}
    tables = {"brand": "[brand]", "sizes": "[sizes.<name>]", "fields": "[fields.<name>]"}
    assert listed == {tables.get(key, key) for key in keys}
    [brand] = [row for row in TEMPLATES.table("key", "meaning") if row[0] == "`[brand]`"]
    assert BrandTable.model_fields.keys() <= set(names_in(brand[1]))


def test_field_keys_and_types_are_all_listed() -> None:
    """The reference is read by people who look for the one key they need."""
    rows = TEMPLATES.table("key of a field", "for", "meaning")
    listed = {name for row in rows for name in names_in(row[0])}
    assert listed == {field.name for field in dataclasses.fields(Field)} - {"name"}
    types = [names_in(row[0])[0] for row in TEMPLATES.table("type", "takes", "in the template")]
    assert sorted(types) == sorted(FieldType)


def test_fixtures_and_flags_are_all_listed(tmp_path: Path) -> None:
    """Who reads that `long.og` failed looks here for what was in it."""
    (tmp_path / "all").mkdir()
    (tmp_path / "all" / "card.html").write_text("{{ title }}")
    kinds = {kind: f'[fields.{kind}]\ntype = "{kind}"\n' for kind in FieldType}
    kinds[FieldType.CHOICE] = '[fields.theme]\ntype = "choice"\nchoices = ["light", "dark"]\n'
    (tmp_path / "all" / "card.toml").write_text("".join(kinds.values()))
    fixtures = list_fixtures(Catalogue([tmp_path]).get_template("all"))
    names = {re.sub(r"^(color-\w+)-(light|dark)$", r"\1", fixture.name) for fixture in fixtures}
    choices = {"theme-dark", "boolean-true"}
    listed = {name for row in TEMPLATES.table("fixture", "fills in") for name in names_in(row[0])}
    assert listed - {"<field>-<choice>"} == names - choices
    flags = {name for row in TEMPLATES.table("flag", "does") for name in names_in(row[0])}
    taken = inspect.signature(try_templates).parameters.keys() - {"names", "flags"}
    assert flags == {f"--{name.rstrip('_')}" for name in taken}
    prose = " ".join(TEMPLATES.prose.split())
    for wanted in ("every", "usual"):
        kept = {fixture.name for fixture in fixtures if fixture.goldens == wanted}
        assert kept == {"every": {"sample", "theme-dark"}, "usual": {"long", "arabic"}}[wanted]
    assert f"default {DEFAULT_TOLERANCE * 100:g}, which is 22 pixels" in prose
    assert int(DEFAULT_TOLERANCE * 1200 * 630) == 22


async def test_card_and_brand_hold_what_is_listed(tmp_path: Path) -> None:
    """A name that is not there draws as nothing, without a word."""
    (tmp_path / "all.html").write_text("{{ card | tojson }}|{{ brand | tojson }}")
    template = Catalogue([tmp_path]).get_template("all")
    async with WorkerPool(1) as pool:
        document = await build_document(pool, template, parse_query(template, []))
    card, _, brand = re.sub("<[^>]+>", "", document.html).partition("|")
    holds = {f"card.{key}" for key in json.loads(card)} | {
        f"brand.{key}" for key in json.loads(brand)
    }
    rows = TEMPLATES.table("name", "holds")
    assert {name for row in rows for name in names_in(row[0])} == holds


def test_reserved_names_are_all_listed() -> None:
    """A field with such a name never gets a value."""
    sentence = TEMPLATES.prose.partition("Not available")[2].partition("Jinja")[0]
    assert set(names_in(sentence.replace("\n", " "))) == QUERY_NAMES | {"card", "brand"}


def test_limits_are_the_ones_in_the_code() -> None:
    """A designer over a limit loses the card, and comes here to learn why."""
    text = " ".join(TEMPLATES.prose.split())
    [endings] = re.findall(r"Loaded are `([^`]+)`", text)
    assert endings.split() == [*CONTENT_TYPES]
    assert f"up to {MAX_FILE_BYTES // 1_000_000} MB a file" in text
    assert f"and {MAX_TOTAL_BYTES // 1_000_000} MB a template" in text
    assert f"in pixels, {MIN_SIDE_PX} to {MAX_SIDE_PX}" in text
    assert f"default {DEFAULT_MAX_LENGTH};" in text
