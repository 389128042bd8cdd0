from __future__ import annotations

from pathlib import Path

import pytest

from htmlcard.pictures import PictureHosts
from htmlcard.pictures.hosts import path_of

HOSTS = PictureHosts(["img.example.org", "*.CDN.example.net", "127.0.0.1"])


@pytest.mark.parametrize(
    "url",
    [
        "https://img.example.org/a.png",
        "http://IMG.example.org:80/a.png",
        "https://img.example.org./a.png",
        "https://a.cdn.example.net/",
        "https://a.b.cdn.example.net/",
        "http://127.0.0.1:9000/a",
    ],
)
def test_listed_hosts_are_admitted(url: str) -> None:
    """Exactly the host, or whatever is below a suffix."""
    assert HOSTS.admit(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a.png",
        "https://a.img.example.org/a.png",
        "https://img.example.org.evil.test/",
        "https://evilcdn.example.net/",
        "https://cdn.example.net/",
        "https://evil.test/img.example.org",
        "https://evil.test/?img.example.org",
        "https://evil.test#img.example.org",
        "http://127.0.0.2/",
    ],
)
def test_others_are_not_but_by_signature(url: str) -> None:
    """Else the service would be a proxy for whoever likes one."""
    with pytest.raises(ValueError, match="pictures of this host are not fetched"):
        HOSTS.admit(url)
    assert HOSTS.admit(url, signed=True) == url


@pytest.mark.parametrize(
    "url",
    [
        "https://img.example.org@evil.test/",
        "https://evil.test\\@img.example.org/",
        "https://img.example.org\\.evil.test/",
        "https://img.example.org%2eevil.test/",
        "file:///etc/passwd",
        "file://img.example.org/etc/passwd",
        "/etc/passwd",
        "../../etc/passwd",
        "//img.example.org/a.png",
        "data:image/png;base64,iVBORw0KGgo=",
        "https://img.example.org/" + "a" * 2000,
    ],
)
def test_odd_urls_are_admitted_by_nobody(url: str) -> None:
    """A signature vouches for a picture on the web, for nothing else."""
    for signed in (False, True):
        with pytest.raises(ValueError, match=r"not an http\(s\) URL"):
            HOSTS.admit(url, signed=signed)


def test_the_command_line_may_name_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its user can read them anyway; a service never admits one."""
    (tmp_path / "ein Bild.png").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    local = PictureHosts(local_files=True)
    url = local.admit("./ein Bild.png", signed=True)
    assert path_of(url) == tmp_path / "ein Bild.png"
    with pytest.raises(ValueError, match="there is no file nothing"):
        local.admit("nothing.png")
    assert local.admit("https://x.test/a.png", signed=True) == "https://x.test/a.png"
    with pytest.raises(ValueError, match="not an http"):
        local.admit("file:///etc/passwd", signed=True)
