"""A built folder answers as the host will that gets it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from htmlcard.errors import AnswerTooLarge, BadAnswer, RefusedTarget
from htmlcard.fetch import Fetched, Limits
from htmlcard.links.audits.audited_site import find_site
from htmlcard.links.audits.base_url import find_base_url
from htmlcard.links.audits.folder import BuiltSite, find_address, list_pages
from htmlcard.links.reading.parsing import parse_page
from htmlcard.links.reading.reader import PageReader

BASE = "https://example.com/docs/"
LIMITS = Limits()


class NoWeb:
    """The web beyond the folder: notes who was asked for, and has nothing."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def fetch(
        self,
        url: str,
        *,
        limits: Limits,
        headers: Mapping[str, str] | None = None,
        allow_downgrade: bool = False,
    ) -> Fetched:
        self.asked.append(url)
        raise RefusedTarget


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "index.html": "home",
        "404.html": "gone",
        "about.html": "about",
        "blog/index.html": "blog",
        "blog/post/index.html": "post",
        "blog/Über uns & 100%?.html": "odd",
        "blog/404.html": "about the number",
        ".git/index.html": "hidden",
        "blog/.draft.html": "hidden",
        "og/card.png": "picture",
        "notes.txt": "no page",
    }
    site = tmp_path / "site"
    for name, text in files.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text)
    (tmp_path / "secret.html").write_text("secret")
    (site / "link.html").symlink_to(tmp_path / "secret.html")
    (site / "loop").symlink_to(site)
    (site / "circle").symlink_to("circle")
    return site


def test_pages_get_the_addresses_they_will_have(folder: Path) -> None:
    """Findings and baselines name pages by these; pages nobody can share are left out."""
    site = BuiltSite(folder, BASE, NoWeb())
    assert [site.url_of(path) for path in list_pages(folder)] == [
        BASE + tail
        for tail in (
            "about.html",
            "",
            "link.html",
            "blog/404.html",
            "blog/",
            "blog/%C3%9Cber%20uns%20&%20100%25%3F.html",
            "blog/post/",
        )
    ]


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("", "home"),
        ("index.html", "home"),
        ("?utm_source=x#top", "home"),
        ("about.html", "about"),
        ("about", "about"),
        ("blog", "blog"),
        ("blog/", "blog"),
        ("blog/post", "post"),
        ("blog/./post/../post/", "post"),
        ("blog/%C3%9Cber%20uns%20&%20100%25%3F.html", "odd"),
        ("og/card.png?v=3", "picture"),
    ],
)
async def test_addresses_lead_to_files_as_static_hosts_do_it(
    folder: Path, address: str, text: str
) -> None:
    """Hosts differ in what they let people leave out; none of it is a dead link."""
    web = NoWeb()
    site = BuiltSite(folder, BASE, web)
    fetched = await site.fetch(BASE + address, limits=LIMITS)
    assert (fetched.status, fetched.body.decode()) == (200, text)
    assert fetched.headers["content-length"] == str(len(text))
    assert not web.asked


@pytest.mark.parametrize(
    "address",
    [
        "nothing.png",
        "about.html/",
        "og/",
        "link.html",
        "circle",
        "%2e%2e/secret.html",
        "blog/%2e%2e%2f%2e%2e%2fsecret.html",
        "..%2f..%2f..%2f..%2fetc/passwd",
        "%2Fetc%2Fpasswd",
        "a%00b",
        "x" * 300,
        "loop/../../secret.html",
    ],
)
async def test_nothing_outside_the_folder_is_read(folder: Path, address: str) -> None:
    """A page under audit names what it likes, and reports quote what was found."""
    site = BuiltSite(folder, BASE, NoWeb())
    try:
        fetched = await site.fetch(BASE + address, limits=LIMITS)
    except RefusedTarget:
        return  # Dots were resolved before: it is not below the base any more.
    assert (fetched.status, fetched.body) == (404, b"")


async def test_other_hosts_are_the_webs_business(folder: Path) -> None:
    """Pictures on a CDN are fetched; the same path elsewhere is not the folder's."""
    web = NoWeb()
    site = BuiltSite(folder, BASE, web)
    elsewhere = [
        "https://cdn.example.com/docs/about.html",
        "http://example.com/docs/about.html",
        "https://example.com:8443/docs/about.html",
        "https://example.com/docs-old/about.html",
        "https://example.com/about.html",
    ]
    for url in elsewhere:
        with pytest.raises(RefusedTarget):
            await site.fetch(url, limits=LIMITS)
    assert web.asked == elsewhere
    assert (await site.fetch("HTTPS://EXAMPLE.com:443/docs/about", limits=LIMITS)).status == 200


async def test_limits_are_those_of_a_fetch(folder: Path) -> None:
    """A video named as og:image must not be read whole, from disk neither."""
    (folder / "large.png").write_bytes(bytes(2_000))
    site = BuiltSite(folder, BASE, NoWeb())
    limits = Limits(raw_bytes=1_000, decoded_bytes=1_000)
    with pytest.raises(AnswerTooLarge):
        await site.fetch(f"{BASE}large.png", limits=limits)
    cut = await site.fetch(
        f"{BASE}large.png", limits=Limits(raw_bytes=1_000, decoded_bytes=1_000, cut=True)
    )
    assert (len(cut.body), cut.is_cut) == (1_000, True)
    assert cut.headers["Content-Length"] == "2000"


async def test_what_is_no_file_is_not_waited_for(folder: Path) -> None:
    """A pipe without a writer would block for ever."""
    os.mkfifo(folder / "pipe.png")
    site = BuiltSite(folder, BASE, NoWeb())
    assert (await site.fetch(f"{BASE}pipe.png", limits=LIMITS)).status == 404


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
async def test_a_file_that_cannot_be_read_is_a_failure_with_its_reason(folder: Path) -> None:
    """So that it becomes a finding like any other."""
    (folder / "about.html").chmod(0)
    site = BuiltSite(folder, BASE, NoWeb())
    with pytest.raises(BadAnswer, match="Permission denied"):
        await site.fetch(f"{BASE}about.html", limits=LIMITS)


async def test_a_link_out_of_the_folder_does_not_say_where_it_will_be(folder: Path) -> None:
    """A stranger's build must not have us read other files, nor wait for a pipe for ever."""
    for name in ("index.html", "about.html", "blog/index.html", "blog/404.html"):
        (folder / name).unlink()
    (folder.parent / "secret.html").write_text(canonical("https://inside.example/link.html"))
    os.mkfifo(folder / "pipe.html")
    async with PageReader() as reader, asyncio.timeout(30):
        site = await find_site(str(folder), NoWeb(), reader)
    assert site.base_url == "http://localhost/"


def find_base(*pages: tuple[str, str]) -> str | None:
    return find_base_url((path, parse_page(html.encode(), "text/html")) for path, html in pages)


def canonical(url: str) -> str:
    return f'<link rel="canonical" href="{url}">'


def og_url(url: str) -> str:
    return f'<meta property="og:url" content="{url}">'


@pytest.mark.parametrize(
    ("path", "html", "base"),
    [
        ("index.html", canonical("https://example.com"), "https://example.com/"),
        ("index.html", canonical("https://example.com/docs/"), BASE),
        ("index.html", canonical("https://example.com/docs/index.html"), BASE),
        ("blog/post/index.html", canonical(f"{BASE}blog/post/"), BASE),
        ("blog/post/index.html", canonical(f"{BASE}blog/post"), BASE),
        ("blog/post/index.html", og_url(f"{BASE}blog/post/"), BASE),
        ("about.html", canonical(f"{BASE}about"), BASE),
        ("about.html", canonical(f"{BASE}about/"), BASE),
        ("about.html", canonical(f"{BASE}about.html?x#y"), BASE),
        ("ü.html", canonical(f"{BASE}ü.html"), BASE),
        ("about.html", canonical("https://elsewhere.example/x") + og_url(f"{BASE}about"), BASE),
        ("about.html", canonical("/about"), None),
        ("about.html", canonical("https://example.com/all-about"), None),
        ("about.html", "no word of it", None),
    ],
)
def test_a_page_tells_where_the_folder_will_be(path: str, html: str, base: str | None) -> None:
    """So that relative addresses and og:url are judged for where people will see them."""
    assert find_base((path, html)) == base


def test_pages_must_agree() -> None:
    """A wrong guess would look for the site's own pictures on the web."""
    home, about = ("index.html", canonical("https://example.com/")), ("about.html", "")
    assert find_base(home, about) == "https://example.com/"
    elsewhere = ("about.html", canonical("https://www.example.com/about"))
    assert find_base(home, elsewhere) is None
    syndicated = ("about.html", canonical("https://medium.example/p/123"))
    assert find_base(home, syndicated) == "https://example.com/"


def test_listing_does_not_follow_links(folder: Path) -> None:
    """A link to the folder itself would make a site without an end."""
    assert not [path for path in list_pages(folder) if path.startswith("loop")]
    assert find_address("a b/index.html") == "a%20b/"
