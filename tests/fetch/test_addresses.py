from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from htmlcard.errors import RefusedTarget
from htmlcard.fetch.addresses import AddressJudge, is_public
from htmlcard.fetch.target import parse_redirect, parse_target

from .spellings import IPV4, IPV6, PUBLIC, embeddings


def test_the_table_knows_every_kind_and_its_edges() -> None:
    """Networks are refused from their first address to their last, and not one further."""
    for text in (*IPV4, *IPV6):
        assert not is_public(ip_address(text)), text
        if "." in text:
            for embedding in embeddings(text):
                assert not is_public(ip_address(embedding)), embedding
    for first, last in (
        ("10.0.0.0", "10.255.255.255"),
        ("100.64.0.0", "100.127.255.255"),
        ("172.16.0.0", "172.31.255.255"),
        ("198.18.0.0", "198.19.255.255"),
        ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("3ffe::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ):
        low, high = ip_address(first), ip_address(last)
        assert not is_public(low)
        assert not is_public(high)
        assert is_public(low - 1)
        assert is_public(high + 1)


def test_ordinary_addresses_are_public() -> None:
    """A wall that refuses everybody's pictures would be safe, too."""
    ordinary = ("8.8.8.8", "151.101.1.69", "168.63.129.15", "2001:4860:4860::8888", "2a04:4e42::81")
    for text in (*PUBLIC, *ordinary):
        assert is_public(ip_address(text)), text


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_what_python_calls_private_is_never_public(address: IPv4Address | IPv6Address) -> None:
    """Two tables by two hands: ours may refuse more, and must not refuse less."""
    if is_public(address):
        assert address.is_global
        assert not address.is_multicast


def test_for_local_work_everything_may_be_dialled_but_ourselves() -> None:
    """`HTMLCARD_ALLOW_PRIVATE` is for a picture server on the next port."""
    judge = AddressJudge(allow_private=True, own_port=8080)
    assert judge.allows("127.0.0.1", 3000)
    assert judge.allows("10.0.0.1", 8080)
    assert not judge.allows("127.0.0.1", 8080)
    assert not judge.allows("::1", 8080)
    assert not judge.allows("not an address", 80)
    strict = AddressJudge(ports=[80, 443, 8443])
    assert strict.allows(PUBLIC[0], 8443)
    assert not strict.allows(PUBLIC[0], 8080)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("http://Example.ORG", "example.org", 80),
        ("https://example.org./a b?c=d e#f", None, 0),
        ("https://example.org./a?c=d#f", "example.org", 443),
        ("https://bücher.example/ü", "xn--bcher-kva.example", 443),
        ("http://[2606:2800:220:1::1]:8080/", "2606:2800:220:1::1", 8080),
        ("HTTPS://a_b.example.org:444/", "a_b.example.org", 444),
    ],
)
def test_urls_are_read_in_one_way(text: str, host: str | None, port: int) -> None:
    """The host that is compared with the allow-list is the host that is dialled."""
    if host is None:
        with pytest.raises(RefusedTarget):
            parse_target(text)
        return
    target = parse_target(text)
    assert (target.host, target.port) == (host, port)
    assert "#" not in str(target)


def test_redirects_are_relative_to_where_they_came_from() -> None:
    """Servers send paths, names without a scheme, and whole URLs."""
    base = parse_target("https://a.example/x/y?z")
    for place, url in (
        ("w", "https://a.example/x/w"),
        ("/w?v", "https://a.example/w?v"),
        ("//b.example/w", "https://b.example/w"),
        ("http://b.example/", "http://b.example/"),
        ("?to=%2Fz", "https://a.example/x/y?to=%2Fz"),
        ("", "https://a.example/x/y?z"),
    ):
        assert str(parse_redirect(base, place)) == url


@pytest.mark.parametrize("query", ["to=%2Fa%3Fb%3D%26", "a=%2b+%zz", "sig=a/b+c==&x=;,@:!"])
def test_queries_stay_as_they_are_written(query: str) -> None:
    """Signed URLs are signed by the letter: another spelling of the same is refused there."""
    assert str(parse_target(f"https://a.example/%2F?{query}")) == f"https://a.example/%2F?{query}"
    spelled = parse_target("https://a.example/?q=é 1".replace(" ", "%20"))
    assert str(spelled) == "https://a.example/?q=%C3%A9%201"
