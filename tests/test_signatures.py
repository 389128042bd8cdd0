"""Signatures: the published vectors, and that nothing but what was signed is ever good."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from htmlcard.card import ImageFormat
from htmlcard.card_request import read_lenient
from htmlcard.errors import SignatureRefused
from htmlcard.signatures import KeyRing, generate_key, recognized
from htmlcard.templating.catalogue import Catalogue
from htmlcard.templating.template import Template
from htmlcard.urls import Target, encode_query, parse_query

KEY, OLD_KEY = "k" * 32, "o" * 32
NOW_S = 1_700_000_000
VECTORS = json.loads(
    (Path(__file__).parents[1] / "docs/signing-vectors.json").read_text(encoding="utf-8")
)
#: What a URL can carry: everything but lone surrogates, which no UTF-8 has.
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
queries = st.dictionaries(st.sampled_from(["title", "author", "v", "lang", "größe"]), texts)


@pytest.fixture(scope="session")
def card(tmp_path_factory: pytest.TempPathFactory) -> Template:
    root = tmp_path_factory.mktemp("signed")
    (root / "card.html").write_text("{{ title }} {{ größe }} {{ K }}", encoding="utf-8")
    return Catalogue([root]).get_template("card")


def read(url: str) -> tuple[str, list[tuple[str, str]]]:
    path, _, query = url.partition("?")
    return path, parse_query(query)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["what"])
def test_the_published_vectors_hold(vector: dict[str, Any]) -> None:
    """Signers in other languages are written against these."""
    ring = KeyRing([vector["key"]])
    path, query = read(vector["signed"])
    assert ring.sign(vector["path"], list(vector["params"].items())) == dict(query)["sig"]
    ring.verify(path, query, NOW_S)


@given(queries, st.randoms())
def test_order_escaping_and_additions_change_nothing(query: dict[str, str], random: Any) -> None:
    """Marketing tools rewrite URLs; a card that breaks by it is a card nobody sees."""
    ring = KeyRing([KEY])
    pairs = [*query.items()]
    signed = [*pairs, ("sig", ring.sign("/render/a", pairs)), ("utm_source", "x")]
    random.shuffle(signed)
    query_text = (
        encode_query(signed)
        if random.random() < 0.5
        else "&".join(f"{n}={''.join(f'%{b:02x}' for b in v.encode())}" for n, v in signed)
    )
    came = parse_query(query_text.replace("%20", "+"))
    known = recognized([*came, ("title", "a second title")], {"title", "author", "größe"})
    if "title" not in query:  # Then the addition is the first of its name.
        known = [pair for pair in known if pair[0] != "title"]
    ring.verify("/render/a", known, NOW_S)


@given(queries, queries)
def test_no_other_parameters_are_good(signed: dict[str, str], other: dict[str, str]) -> None:
    """This is all a signature is for."""
    ring = KeyRing([KEY])
    sig = ring.sign("/render/a", [*signed.items()])
    same = {n: unicodedata.normalize("NFC", v) for n, v in other.items()} == signed
    if other == signed or same:
        ring.verify("/render/a", [*other.items(), ("sig", sig)], NOW_S)
        return
    with pytest.raises(SignatureRefused):
        ring.verify("/render/a", [*other.items(), ("sig", sig)], NOW_S)


names = st.sampled_from(
    ["title", "größe", "gro\u0308ße", "\u212a", "K", "Title", "size", "lang", "v", "scale"]
) | st.text(st.characters(exclude_categories=("Cs",)), max_size=300)


@given(st.lists(st.tuples(names, texts), max_size=12))
def test_whatever_is_drawn_is_covered(card: Template, query: list[tuple[str, str]]) -> None:
    """A parameter that counts for the picture and not for the signature would be anybody's."""
    target = Target(card.name, ImageFormat.PNG)
    covered = recognized(query, card.fields)
    assert read_lenient(card, target, covered) == read_lenient(card, target, query)


def test_endless_names_and_values_are_not_composed() -> None:
    """It takes time by the square of their length, and costs a stranger a single URL."""
    marks = "\u0301\u0316" * 1_000_000
    ring = KeyRing([KEY])
    query = recognized([("a" + marks, "x"), ("title", "a" + marks)], {"title"})
    with pytest.raises(SignatureRefused):
        ring.verify("/render/a", [*query, ("sig", "x")], NOW_S)
    assert [name for name, _ in query] == ["title"]


def test_decomposed_accents_are_recomposed() -> None:
    """A file system or editor may take a URL's accents apart on its way into a page."""
    ring = KeyRing([KEY])
    sig = ring.sign("/render/a", [("title", "caf\u00e9")])
    ring.verify("/render/a", [("title", "cafe\u0301"), ("sig", sig)], NOW_S)


@pytest.mark.parametrize(
    "sig", ["", "x", "é", "=", "\udcff", "A" * 43, "A" * 10_000, "%00"], ids=repr
)
def test_nonsense_is_refused(sig: str) -> None:
    """Whatever is sent as a signature, it is judged and never an error of ours."""
    with pytest.raises(SignatureRefused):
        KeyRing([KEY]).verify("/render/a", [("title", "x"), ("sig", sig)], NOW_S)


def test_path_and_format_are_signed() -> None:
    """A signed card of one template says nothing about another."""
    ring = KeyRing([KEY])
    sig = [("sig", ring.sign("/render/a", []))]
    ring.verify("/render/a", sig, NOW_S)
    for path in ("/render/b", "/render/a.jpg", "/render/A", "/tags/a", ""):
        with pytest.raises(SignatureRefused):
            ring.verify(path, sig, NOW_S)


def test_an_old_key_verifies_until_it_is_taken_away() -> None:
    """Pages made with the old key are out there while a new one comes into use."""
    query = [("title", "x")]
    signed = [*query, ("sig", KeyRing([OLD_KEY]).sign("/render/a", query))]
    both = KeyRing([KEY, OLD_KEY])
    both.verify("/render/a", signed, NOW_S)
    assert both.sign("/render/a", query) == KeyRing([KEY]).sign("/render/a", query)
    with pytest.raises(SignatureRefused):
        KeyRing([KEY]).verify("/render/a", signed, NOW_S)


@pytest.mark.parametrize("expiry", [str(NOW_S), str(NOW_S - 1), "0", "-5", "soon", "", "٩" * 10])
def test_an_end_that_is_past_or_no_time_is_the_end(expiry: str) -> None:
    """A link that was to last a week must not last for ever because its end cannot be read."""
    ring = KeyRing([KEY])
    query = [("exp", expiry)]
    signed = [*query, ("sig", ring.sign("/render/a", query))]
    with pytest.raises(SignatureRefused, match="expired"):
        ring.verify("/render/a", signed, NOW_S)


def test_the_end_is_told() -> None:
    """Caches may keep the card until then, and no longer."""
    ring = KeyRing([KEY])
    query = [("exp", str(NOW_S + 60))]
    signed = [*query, ("sig", ring.sign("/render/a", query))]
    assert ring.verify("/render/a", signed, NOW_S).expires_at_s == NOW_S + 60


def test_keys_are_fresh_and_long() -> None:
    """256 bits, none twice."""
    keys = {generate_key() for _ in range(100)}
    assert len(keys) == 100
    assert {len(key) for key in keys} == {43}
