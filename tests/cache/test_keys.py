"""Two requests share a key exactly when they ask for the same picture."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from htmlcard.cache.keys import card_identity, etag
from htmlcard.card import ImageFormat

_BASE: dict[str, Any] = {
    "template": "article",
    "params": [("title", "Hello"), ("author", "Ada")],
    "format": ImageFormat.PNG,
    "size": "og",
    "scale": 1,
    "lang": "en",
    "version": "",
}
_params = st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=4)


def test_the_order_of_params_does_not_change_the_key() -> None:
    """Crawlers and proxies reorder query strings."""
    swapped = {**_BASE, "params": list(reversed(_BASE["params"]))}
    assert card_identity(**swapped) == card_identity(**_BASE)


@pytest.mark.parametrize(
    "change",
    [
        {"template": "articles"},
        {"params": [("title", "Hello"), ("author", "Bob")]},
        {"params": [("title", "Hello")]},
        {"format": ImageFormat.WEBP},
        {"size": "square"},
        {"scale": 2},
        {"lang": "ja"},
        {"version": "2"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_each_part_of_the_request_changes_the_key(change: dict[str, Any]) -> None:
    """A part left out would serve one site's card to another."""
    assert card_identity(**{**_BASE, **change}) != card_identity(**_BASE)


@given(_params, _params)
def test_different_params_never_meet(one: dict[str, str], other: dict[str, str]) -> None:
    """Values come from strangers: no choice of letters may imitate another request."""
    assume(one != other)
    first = card_identity(**{**_BASE, "params": list(one.items())})
    second = card_identity(**{**_BASE, "params": list(other.items())})
    assert first != second


def test_text_cannot_move_between_neighboring_parts() -> None:
    """Joined without lengths these two would be one key."""
    one = card_identity(**{**_BASE, "params": [("ab", "c"), ("d", "e")]})
    other = card_identity(**{**_BASE, "params": [("a", "bc"), ("d", "e")]})
    assert one != other


def test_an_edited_template_changes_the_etag_and_not_the_identity() -> None:
    """The picture is replaced in place, and browsers must still notice."""
    identity = card_identity(**_BASE)
    tags = {etag(identity, "before"), etag(identity, "after"), etag(identity[:-1] + "x", "after")}
    assert len(tags) == 3
    for tag in tags:
        assert tag.startswith('"')
        assert tag.endswith('"')
        assert '"' not in tag[1:-1]
