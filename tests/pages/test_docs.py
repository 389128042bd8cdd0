from __future__ import annotations

from docs.pages import TEMPLATES, names_in

from htmlcard.templating.fields import Field, FieldType
from htmlcard.templating.page_sources import PAGE_VALUES, VOCABULARIES, find_problem, sources_of


def test_the_sources_listed_are_the_sources_there_are() -> None:
    """A template's author has no other list."""
    listed = [name for row in TEMPLATES.table("source", "gives") for name in names_in(row[0])]
    prefixes = {name.removesuffix(":…") for name in listed if name.endswith(":…")}
    assert prefixes == {*VOCABULARIES, "meta", "json-ld"} - {"htmlcard"}
    assert {name for name in listed if ":" not in name} == set(PAGE_VALUES)
    examples = [name for row in TEMPLATES.table("source", "gives") for name in names_in(row[1])]
    assert [find_problem(name) for name in examples if ":" in name] == [""] * 3


def test_the_names_listed_need_no_sources() -> None:
    for row in TEMPLATES.table("name", "source"):
        kind = FieldType.IMAGE if "type image" in row[0] else FieldType.TEXT
        for name in names_in(row[0]):
            assert sources_of(Field(name, type=kind))[1:] == tuple(
                f"meta:{source}" if ":" in source else source for source in names_in(row[1])
            )
