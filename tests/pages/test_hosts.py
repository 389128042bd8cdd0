from __future__ import annotations

import pytest

from htmlcard.pages import PageHosts
from htmlcard.pictures import PictureHosts

HOSTS = PictureHosts(["blog.test", "*.shop.test"])


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("https://blog.test/a", "https://blog.test/a"),
        (" https://BLOG.test./a?b=1#top ", "https://blog.test./a?b=1"),
        ("https://blog.test/a?utm_source=x&id=7&fbclid=y", "https://blog.test/a?id=7"),
        ("https://blog.test/a?UTM_Medium=x", "https://blog.test/a"),
        ("https://blog.test/a?ref=x&utmost=1&q=utm_source", None),
        ("http://eu.shop.test:8080/é?q=ü", "http://eu.shop.test:8080/%C3%A9?q=%C3%BC"),
    ],
)
def test_a_page_has_one_spelling(given: str, asked: str | None) -> None:
    """What networks add to links is not for the page; everything else may choose it."""
    assert PageHosts(HOSTS).admit(given) == (asked or given)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("https://shop.test/", "pages of this host"),
        ("https://blog.test.evil.test/", "pages of this host"),
        ("https://evilblog.test/", "pages of this host"),
        ("https://user@blog.test/", "not an http"),
        ("//blog.test/", "not an http"),
        ("file:///etc/passwd", "not an http"),
        ("https://blog.test\\@evil.test/", "not an http"),
        ("https://blog.test/" + "a" * 2000, "not an http"),
        ("\ud800", "not an http"),
    ],
)
def test_other_pages_are_refused(given: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        PageHosts(HOSTS).admit(given)


def test_nothing_is_read_where_no_host_is_named() -> None:
    """The default: a service that reads pages for strangers is nobody's wish."""
    with pytest.raises(ValueError, match="HTMLCARD_PAGE_HOSTS"):
        PageHosts(PictureHosts()).admit("https://blog.test/")


def test_our_own_cards_are_no_pages() -> None:
    """A card of a card of a card would keep us busy; the site around it may be read."""
    hosts = PageHosts(HOSTS, own_url="https://blog.test/cards/")
    for url in ("https://blog.test/cards/render/x?url=1", "http://BLOG.test:80/cards/render/x"):
        with pytest.raises(ValueError, match="pages of this host"):
            hosts.admit(url)
    assert hosts.admit("https://blog.test/render/x") == "https://blog.test/render/x"


@pytest.mark.parametrize(
    ("picture", "is_card"),
    [
        ("https://og.test/render/article.png?size=og&url=https%3A%2F%2Fblog.test%2Fa", True),
        ("https://og.test/x/render/a?url=https://blog.test/a%3Futm_source=y&sig=1", True),
        ("https://blog.test/cards/render/article?title=x", True),
        ("https://og.test/render/article?url=https%3A%2F%2Fblog.test%2Fb", False),
        ("https://og.test/render/article?title=x", False),
        ("https://og.test/render/a/b.png?url=https%3A%2F%2Fblog.test%2Fa", False),
        ("https://og.test/cover.png", False),
        ("https://og.test/render/article?url=", False),
    ],
)
def test_the_card_of_a_page_is_known_by_its_address(picture: str, is_card: bool) -> None:
    """It is what the page names as its picture, and must not be drawn into itself."""
    hosts = PageHosts(HOSTS, own_url="https://blog.test/cards")
    assert hosts.is_card(picture, "https://blog.test/a") is is_card


def test_a_command_may_read_every_page() -> None:
    hosts = PageHosts(PictureHosts(), anywhere=True)
    assert hosts.admit("https://other.test/") == "https://other.test/"
    with pytest.raises(ValueError, match="not an http"):
        hosts.admit("file:///etc/passwd")
