"""Whether the crafted cases hold together, and the site sends what they say."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
import pytest
from PIL import Image

from htmlcard.fetch import AddressJudge, Fetcher, Limits

from .case import FOLDER, PLATFORMS, Case, Response, load_cases
from .picture import Picture, encode_picture
from .site import Site, open_site

RULES = frozenset(
    re.findall(r"^\| `([a-z0-9-]+)` \| [EWH]\b", (FOLDER / "RULES.md").read_text("utf-8"), re.M)
)
ORDER = ("ok", "hint", "warning", "error")
LIMITS = Limits(total_s=10, raw_bytes=20_000_000, decoded_bytes=20_000_000)
CASES = {case.name: case for case in load_cases()}


def test_there_are_enough_of_all_kinds() -> None:
    """Eighty are promised; all-green ones are what keeps a checker from crying wolf."""
    green = [case for case in CASES.values() if set(case.verdicts.values()) == {"ok"}]
    assert len(CASES) >= 80
    assert len(green) >= 12
    numbers = [name[:3] for name in CASES]
    assert len(set(numbers)) == len(numbers)


def test_every_rule_has_a_case_and_every_finding_a_rule() -> None:
    """A rule without a case is not checked; a finding without a rule cannot be worked out."""
    assert {finding.rule for case in CASES.values() for finding in case.findings} == RULES


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_verdicts_are_those_of_the_worst_findings(case: Case) -> None:
    """Verdicts and findings are written down apart, so that a slip in one shows."""
    worst = dict.fromkeys(PLATFORMS, "ok")
    seen = set()
    for finding in case.findings:
        assert finding.platforms
        for platform in finding.platforms:
            assert (finding.rule, platform) not in seen, "one platform, one severity of a rule"
            seen.add((finding.rule, platform))
            worst[platform] = max(worst[platform], finding.severity, key=ORDER.index)
    verdicts = {
        platform: "ok" if severity == "hint" else severity for platform, severity in worst.items()
    }
    assert case.verdicts == verdicts
    assert set(case.previews) == set(PLATFORMS)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_shown_fits_the_findings(case: Case) -> None:
    """Who got no page shows nothing, and who shows no picture has a finding that says why."""
    for platform, preview in case.previews.items():
        rules = {finding.rule for finding in case.findings if platform in finding.platforms}
        if not preview.title:
            assert rules, platform
        if not preview.image:
            assert rules, platform
            assert case.verdicts[platform] != "ok", platform


@asynccontextmanager
async def opened(case: Case) -> AsyncIterator[tuple[Site, Fetcher]]:
    async with (
        open_site(case) as site,
        Fetcher(AddressJudge(allow_private=True), lookup=site.lookup) as fetcher,
    ):
        yield site, fetcher


def crafted(**response: object) -> Case:
    page = Response(path="/post", **response)  # type: ignore[arg-type]
    return replace(CASES["001-article"], responses=(page,))


async def test_addresses_are_filled_in() -> None:
    """Tags must be absolute, and ports are free ones."""
    async with opened(CASES["001-article"]) as (site, fetcher):
        page = await fetcher.fetch(site.page, limits=LIMITS)
        assert page.status == 200
        assert f'content="{site.page.removesuffix("/post")}/card.png"'.encode() in page.body
        assert (await fetcher.fetch(site.fill("{http}/post"), limits=LIMITS)).body == page.body
        assert (await fetcher.fetch(site.fill("{origin}/robots.txt"), limits=LIMITS)).status == 404


async def test_https_is_spoken_to_who_trusts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Downgrades and secure pictures cannot be tried without."""
    async with opened(CASES["012-https"]) as (site, fetcher):
        monkeypatch.setattr("aiohttp.connector._SSL_CONTEXT_VERIFIED", site.trusting)
        page = await fetcher.fetch(site.page, limits=LIMITS)
        assert page.url == site.fill("{https}/post")
        picture = await fetcher.fetch(site.fill("{https}/card.png"), limits=LIMITS)
        assert picture.headers["Content-Type"] == "image/png"


async def test_what_comes_after_the_padding_starts_at_that_byte() -> None:
    """Byte windows are told by this."""
    async with opened(CASES["301-tags-past-32-kb"]) as (site, fetcher):
        body = (await fetcher.fetch(site.page, limits=LIMITS)).body
    assert body.index(b"-->") + 3 == 40_000
    assert body.index(b"og:title") > 40_000 > body.index(b"</title>")


async def test_user_agents_are_told_apart() -> None:
    """So a firewall is put together; what is not for somebody is passed over."""
    async with opened(CASES["506-facebook-blocked"]) as (site, fetcher):
        for name, status in (("facebookexternalhit/1.1", 403), ("Twitterbot/1.0", 200)):
            headers = {"User-Agent": name}
            page = await fetcher.fetch(site.page, limits=LIMITS, headers=headers)
            assert page.status == status
            assert site.hits["/post", name] == 1


async def test_a_length_is_kept_back_where_the_case_says_so() -> None:
    """Signal refuses such pictures."""
    async with opened(CASES["428-no-content-length"]) as (site, fetcher):
        picture = await fetcher.fetch(site.fill("{origin}/card.png"), limits=LIMITS)
        assert "Content-Length" not in picture.headers
        assert picture.body == encode_picture(Picture("png", 1200, 630))


async def test_a_connection_may_be_dropped() -> None:
    """Some firewalls do not even answer."""
    async with open_site(crafted(drop=True)) as site, aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await session.get(site.page)


async def test_charsets_and_headers_are_those_of_the_case() -> None:
    """What is declared wrongly must not be mended on the way."""
    case = crafted(body="é", encoding="windows-1252", headers=(("Content-Type", "text/html"),))
    async with opened(case) as (site, fetcher):
        page = await fetcher.fetch(site.page, limits=LIMITS)
        assert page.body == b"\xe9"
        assert page.headers["Content-Type"] == "text/html"


PICTURES = {
    response.picture
    for case in CASES.values()
    for response in case.responses
    if response.picture and response.picture.format != "svg"
}


@pytest.mark.parametrize("picture", sorted(PICTURES, key=str), ids=str)
def test_pictures_are_what_the_cases_say(picture: Picture) -> None:
    """Verdicts hang on their bytes and pixels."""
    data = encode_picture(picture)
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format or "").lower() == picture.format
        assert image.size == (picture.width, picture.height)
        assert (getattr(image, "n_frames", 1) > 1) == picture.animated
        image.load()
    if picture.bytes_at_least:
        assert picture.bytes_at_least <= len(data) < picture.bytes_at_least * 1.01
    else:
        assert len(data) < 300_000
