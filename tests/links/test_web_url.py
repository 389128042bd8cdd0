"""Addresses as browsers resolve them: a picture that a browser finds must be found."""

from __future__ import annotations

import pytest

from htmlcard.links.web_url import parse_web_url

BASE = "https://user.example:8443/a/b/page.html?q=1#top"


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("", "https://user.example:8443/a/b/page.html?q=1"),
        ("x.png", "https://user.example:8443/a/b/x.png"),
        ("?x", "https://user.example:8443/a/b/page.html?x"),
        ("#x", "https://user.example:8443/a/b/page.html?q=1#x"),
        ("?", "https://user.example:8443/a/b/page.html?"),
        ("/", "https://user.example:8443/"),
        ("//host", "https://host/"),
        ("\\\\host\\x", "https://host/x"),
        ("/..//x", "https://user.example:8443//x"),
        ("../../../x/", "https://user.example:8443/x/"),
        (".", "https://user.example:8443/a/b/"),
        ("..", "https://user.example:8443/a/"),
        ("%2E%2e/%2e/x", "https://user.example:8443/a/x"),
        ("c:/x", None),
        ("./c:/x", "https://user.example:8443/a/b/c:/x"),
        ("https:x", "https://user.example:8443/a/b/x"),
        ("https:/x", "https://user.example:8443/x"),
        ("http:x", "http://x/"),
        ("http:////x//y", "http://x//y"),
        (" \n ht\ntp://x/a\tb\x00 ", "http://x/ab"),
        ("http://x/a b?c d'e#f g`", "http://x/a%20b?c%20d%27e#f%20g%60"),
        ("http://x/ä^{}|?ä^{}|`#ä^{}|", "http://x/%C3%A4%5E%7B%7D|?%C3%A4^{}|`#%C3%A4^{}|"),
        ("http://x/%zz%", "http://x/%zz%"),
        ("http://x/a?b?c#d#e?f", "http://x/a?b?c#d#e?f"),
        ("http://x\ud800/", None),
        ("http://x/\ud800", "http://x/%EF%BF%BD"),
        ("http://EXAMPLE.com.:080/", "http://example.com./"),
        ("https://x:443/", "https://x/"),
        ("https://x:/", "https://x/"),
        ("https://x:65536/", None),
        ("https://x:8a/", None),
        ("https://x:８/", None),
        ("https://a@x/", None),
        ("https://:b@x/", None),
        ("https://@x/", "https://x/"),
        ("https:///x", "https://x/"),
        ("http://", None),
        ("http://%41%2e%62/", "http://a.b/"),
        ("http://a%00b/", None),
        ("http://a b/", None),
        ("http://a_b/", "http://a_b/"),
        ("http://☃.net/", "http://xn--n3h.net/"),
        ("http://faß.ExAmPlE/", "http://xn--fa-hia.example/"),
        ("http://ａ。ｂ/", "http://a.b/"),
        ("http://xn--/", None),
        ("http://xn--a-ä/", None),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://017700000001/", "http://127.0.0.1/"),
        ("http://1.2.3/", "http://1.2.0.3/"),
        ("http://256.1/", None),
        ("http://1.2.3.4.5/", None),
        ("http://1.2.3.08/", None),
        ("http://a.0x/", None),
        ("http://[::1]:80/", "http://[::1]/"),
        ("http://[1:0:0:2::]/", "http://[1:0:0:2::]/"),
        ("http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/"),
        ("http://[::1%25eth0]/", None),
        ("http://[::1/", None),
        ("javascript:alert(1)", None),
        ("data:image/png;base64,AA", None),
        ("ftp://x/", None),
    ],
)
def test_addresses_resolve_as_in_browsers(text: str, resolved: str | None) -> None:
    """Each row was worked out by the URL standard's steps."""
    url = parse_web_url(text, parse_web_url(BASE))
    assert (str(url) if url else None) == resolved


@pytest.mark.parametrize("text", ["", "x", "//x", "?x", "https:", "mailto:a@b"])
def test_without_a_base_only_absolute_addresses_are_any(text: str) -> None:
    """A final URL that is none must not become one."""
    assert parse_web_url(text) is None
