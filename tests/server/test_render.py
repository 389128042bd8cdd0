"""`/render` on its good days: formats, sizes, headers, conditions."""

from __future__ import annotations

import pytest
from running import Site, is_near

IMMUTABLE = "public, max-age=31536000, immutable, no-transform"
A_DAY = "public, max-age=86400, stale-while-revalidate=604800, stale-if-error=604800, no-transform"


@pytest.mark.parametrize(
    ("extension", "content_type", "file_name"),
    [
        ("", "image/png", "nonce.png"),
        (".png", "image/png", "nonce.png"),
        (".jpg", "image/jpeg", "nonce.jpg"),
        (".jpeg", "image/jpeg", "nonce.jpg"),
        (".webp", "image/webp", "nonce.webp"),
    ],
)
async def test_a_card_has_every_header_of_the_contract(
    site: Site, extension: str, content_type: str, file_name: str
) -> None:
    """Crawlers and CDNs act on each of them: a missing one is a preview that does not show."""
    answer = await site.get(f"/render/nonce{extension}?title=Headers&nonce=%2312ab56&must=1")
    assert answer.status == 200
    assert answer.fallback == ""
    assert answer.picture.size == (1200, 630)
    assert is_near(answer.pixel(300, 300), (0x12, 0xAB, 0x56), by=6)
    headers = answer.headers
    assert headers["Content-Type"] == content_type
    assert headers["Content-Length"] == str(len(answer.body))
    assert headers["ETag"].startswith('"')
    assert headers["ETag"].endswith('"')
    assert headers["Content-Disposition"] == f'inline; filename="{file_name}"'
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["X-Request-Id"]
    assert "total;dur=" in headers["Server-Timing"]
    assert headers["Cache-Control"] == A_DAY
    assert headers["Cache-Status"].startswith("htmlcard; ")
    assert "X-Htmlcard-Warnings" not in headers


async def test_cache_status_tells_a_first_drawing_from_a_second_look(site: Site) -> None:
    """Whoever debugs a CDN needs to know which of the two caches answered."""
    path = "/render/nonce?title=status&must=1"
    assert (await site.get(path)).headers["Cache-Status"] == "htmlcard; fwd=miss; stored"
    assert (await site.get(path)).headers["Cache-Status"] == "htmlcard; hit"


async def test_a_version_makes_a_card_immutable_and_a_card_of_its_own(site: Site) -> None:
    """`v` is how sites refresh a picture that crawlers hold for a year."""
    first = await site.get("/render/nonce?title=v&v=1&must=1")
    second = await site.get("/render/nonce?title=v&v=2&must=1")
    assert first.headers["Cache-Control"] == second.headers["Cache-Control"] == IMMUTABLE
    assert first.headers["ETag"] != second.headers["ETag"]
    unusable = await site.get("/render/nonce?title=v&v=no%20such&must=1")
    assert unusable.headers["Cache-Control"] == A_DAY
    assert "v: " in unusable.headers["X-Htmlcard-Warnings"]


@pytest.mark.parametrize(
    ("query", "size"),
    [
        ("scale=2", (2400, 1260)),
        ("size=square", (400, 400)),
        ("size=square&scale=2", (800, 800)),
        ("size=nonsense&scale=7", (1200, 630)),
    ],
)
async def test_size_and_scale_decide_the_pixels(
    site: Site, query: str, size: tuple[int, int]
) -> None:
    """A picture of another size than its `og:image:width` is cropped by platforms."""
    answer = await site.get(f"/render/nonce?title=size&must=1&nonce=%23ff0000&{query}")
    assert answer.picture.size == size
    assert is_near(answer.pixel(size[0] // 4, size[1] // 2), (255, 0, 0))
    assert not is_near(answer.pixel(size[0] * 3 // 4, size[1] - 5), (255, 0, 0))


async def test_head_has_the_headers_of_get_and_no_body(site: Site) -> None:
    """LinkedIn and others ask HEAD first, and give up where length or type are missing."""
    path = "/render/nonce.webp?title=head&must=1"
    got = await site.get(path)
    head = await site.ask("HEAD", path)
    assert head.status == 200
    assert head.body == b""
    for name in ("Content-Type", "Content-Length", "ETag", "Cache-Control", "Content-Disposition"):
        assert head.headers[name] == got.headers[name], name


async def test_if_none_match_is_answered_before_any_drawing(site: Site) -> None:
    """Crawlers ask again for years; an ETag that is known must not cost a browser's time."""
    path = "/render/nonce?title=conditional&must=1"
    etag = (await site.get(path)).headers["ETag"]
    purged = await site.ask(
        "POST", "/purge", json={"all": True}, headers={"Authorization": "Bearer letmein"}
    )
    assert purged.status == 200
    before = await site.renders()
    for header in (etag, f"W/{etag}", f'"other", {etag}', f'W/"x" , W/{etag}', "*"):
        answer = await site.get(path, If_None_Match=header)
        assert (answer.status, answer.body) == (304, b""), header
        assert answer.headers["ETag"] == etag
        assert answer.headers["Cache-Control"] == A_DAY
        assert answer.headers["X-Request-Id"]
    assert await site.renders() == before
    for header in ('"other"', etag.strip('"'), ""):
        assert (await site.get(path, If_None_Match=header)).status == 200, header
    assert await site.renders() == before + 1


async def test_range_requests_get_the_whole_picture_or_a_right_part(site: Site) -> None:
    """A part of a picture labeled as the whole would be cached broken."""
    path = "/render/nonce?title=range&must=1"
    whole = await site.get(path)
    part = await site.get(path, Range="bytes=0-99")
    assert part.status == 200
    assert part.body == whole.body


@pytest.mark.parametrize("extension", ["png", "jpg", "webp"])
async def test_every_format_keeps_the_byte_budget(site: Site, extension: str) -> None:
    """WhatsApp drops pictures above 300 kB without a word."""
    answer = await site.get(f"/render/noise.{extension}")
    assert answer.fallback == ""
    assert len(answer.body) <= 300_000
    assert answer.picture.size == (1200, 630)
    left, right = answer.pixel(5, 5), answer.pixel(1190, 600)
    assert not is_near(left, right, by=40)
