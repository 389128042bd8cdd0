"""`/templates`: the catalogue for programs."""

from __future__ import annotations

from running import Site


async def test_the_list_names_every_template_and_a_url_that_works(site: Site) -> None:
    """A CMS plug-in offers this list: each entry must lead to a card."""
    found = (await site.get("/templates")).json
    by_name = {each["name"]: each for each in found["templates"]}
    assert {"nonce", "article", "hello", "lang"} <= by_name.keys()
    assert "syntax" not in by_name
    assert "syntax.html" in found["broken"]["syntax"]
    sample = await site.get(by_name["article"]["sample_url"])
    assert sample.fallback == ""
    assert sample.picture.size == (1200, 630)


async def test_one_template_is_described_as_json_schema(site: Site) -> None:
    """Forms are made from it: types, bounds and defaults must be the template's own."""
    found = (await site.get("/templates/nonce")).json
    assert found["sizes"] == {
        "og": {"width": 1200, "height": 630},
        "square": {"width": 400, "height": 400},
    }
    schema = found["fields"]
    assert schema["type"] == "object"
    assert schema["required"] == ["must"]
    fields = schema["properties"]
    assert fields["mood"]["enum"] == ["calm", "loud"]
    assert (fields["count"]["minimum"], fields["count"]["maximum"]) == (1, 9)
    assert fields["nonce"]["default"] == "#808080"
