"""`POST /render`: the same card from JSON, and no forgiveness."""

from __future__ import annotations

import io
import json

import pytest
from running import Site


async def test_post_draws_the_card_of_get(site: Site) -> None:
    """A program that tries a card by POST must see what crawlers get by its URL."""
    got = await site.get("/render/nonce.webp?title=Same&nonce=%23ff0000&count=7&must=1&scale=1")
    posted = await site.ask(
        "POST",
        "/render/nonce.webp",
        json={"title": "Same", "nonce": "#ff0000", "count": 7, "must": "1"},
    )
    assert posted.status == 200
    assert posted.fallback == ""
    assert posted.body == got.body
    assert posted.headers["ETag"] == got.headers["ETag"]


async def test_all_problems_of_a_body_are_listed_at_once(site: Site) -> None:
    """Mending one mistake per attempt is how an afternoon is lost."""
    body = {"titel": "x", "count": "7", "mood": "wild", "nonce": "no color", "title": 5}
    answer = await site.ask("POST", "/render/nonce?scale=3&size=huge", json=body)
    assert answer.status == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    found = answer.json
    assert found["code"] == "invalid_params"
    fields = {error["field"] for error in found["errors"]}
    assert fields == {"titel", "count", "mood", "nonce", "title", "must", "scale", "size"}
    assert all(error["message"] for error in found["errors"])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"title=x", 400),
        (b"\xff\xfe{}", 400),
        (b"[]", 422),
        (b'"text"', 422),
        (b"[" * 100_000, 400),
        (b'{"title":' * 100_000, 400),
        (b"[" * 100_000 + b"]" * 100_000, 400),
        (b'{"count": NaN, "must": "1"}', 422),
        (b'{"count": 1e999, "must": "1"}', 422),
        (b'{"count": ' + b"9" * 10_000 + b"}", 400),
    ],
)
async def test_bodies_that_are_no_object_of_fields_are_refused(
    site: Site, body: bytes, status: int
) -> None:
    """Hostile and mistaken bodies end as a problem, never as a crash or a card of nothing."""
    answer = await site.ask("POST", "/render/nonce", data=body)
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "Traceback" not in answer.body.decode()


async def test_a_lone_surrogate_in_json_is_dropped(site: Site) -> None:
    """JavaScript cuts emoji in half; no encoder down the line takes such a half."""
    plain = await site.ask("POST", "/render/nonce", json={"title": "half ", "must": "1"})
    answer = await site.ask("POST", "/render/nonce", data=b'{"title": "half \\ud83d", "must": "1"}')
    assert answer.status == 200
    assert answer.headers["ETag"] == plain.headers["ETag"]


async def test_a_surrogate_in_a_field_name_is_reported(site: Site) -> None:
    """The report of a mistake must not fail on the mistake."""
    answer = await site.ask("POST", "/render/nonce", data=b'{"x\\ud83d": "1", "must": "1"}')
    assert answer.status == 422
    assert len(answer.json["errors"]) == 1


async def test_large_bodies_are_refused(site: Site) -> None:
    """A hundred megabytes of JSON must not end up in memory."""
    body = json.dumps({"title": "x" * 2_000_000, "must": "1"}).encode()
    answer = await site.ask("POST", "/render/nonce", data=io.BytesIO(body))
    assert answer.status == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["code"] == "body_too_large"
