from __future__ import annotations

import pytest

from htmlcard.pictures.freshness import (
    DEFAULT_FRESH_S,
    MAX_FRESH_S,
    MIN_FRESH_S,
    read_freshness,
)

DATE = "Thu, 01 Jan 2026 00:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, DEFAULT_FRESH_S),
        ({"Cache-Control": "max-age=600"}, 600),
        ({"Cache-Control": "public, MAX-AGE=600, immutable"}, 600),
        ({"Cache-Control": "max-age=600, s-maxage=900"}, 900),
        ({"Cache-Control": "max-age=600", "Age": "200"}, 400),
        ({"Cache-Control": "max-age=600", "Age": "900"}, MIN_FRESH_S),
        ({"Cache-Control": "max-age=31536000"}, MAX_FRESH_S),
        ({"Cache-Control": "max-age=0"}, MIN_FRESH_S),
        ({"Cache-Control": "no-store"}, MIN_FRESH_S),
        ({"Cache-Control": "private, max-age=600"}, MIN_FRESH_S),
        ({"Cache-Control": "max-age=-5"}, MIN_FRESH_S),
        ({"Cache-Control": "max-age=" + "9" * 400}, MIN_FRESH_S),
        ({"Cache-Control": "public"}, DEFAULT_FRESH_S),
        ({"Expires": "Thu, 01 Jan 2026 00:10:00 GMT", "Date": DATE}, 600),
        ({"Expires": "Thu, 01 Jan 2026 00:10:00 GMT"}, MIN_FRESH_S),
        ({"Expires": "0", "Date": DATE}, MIN_FRESH_S),
        ({"Expires": "Thu, 01 Jan 2026 00:10:00", "Date": DATE}, MIN_FRESH_S),
    ],
)
def test_servers_decide_within_bounds(headers: dict[str, str], seconds: float) -> None:
    """A server that says never must not be asked for each card, nor one that says always not
    at all; and no header may fail."""
    assert read_freshness(headers).fresh_s == seconds


def test_a_304_keeps_what_it_does_not_repeat() -> None:
    """Or every second question is one without validators, and brings the whole picture again."""
    before = read_freshness({"ETag": '"a"', "Last-Modified": DATE, "Cache-Control": "max-age=600"})
    after = read_freshness({"Cache-Control": "max-age=900"}).over(before)
    assert (after.fresh_s, after.validators) == (900, before.validators)
    changed = read_freshness({"ETag": '"b"'}).over(before)
    assert changed.validators == {"If-None-Match": '"b"', "If-Modified-Since": DATE}


def test_only_what_can_be_sent_back_is_kept() -> None:
    """What we send as a validator is what a stranger wrote."""
    odd = {"ETag": 'W/"a\x01"', "Last-Modified": "x" * 1000}
    assert read_freshness(odd).validators == {}
    plain = {"ETag": '"a"', "Last-Modified": DATE}
    assert read_freshness(plain).validators == {"If-None-Match": '"a"', "If-Modified-Since": DATE}
