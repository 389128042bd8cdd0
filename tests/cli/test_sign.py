"""`htmlcard keygen` and `htmlcard sign`: what they print is what the service takes."""

from __future__ import annotations

import time
from urllib.parse import parse_qsl, urlsplit

from desk import Desk

from htmlcard.signatures import KeyRing

from .conftest import RunHere


def test_keygen_makes_what_sign_needs_and_the_service_takes(desk: Desk) -> None:
    """Three commands of the guide, one after the other."""
    key = desk.run("keygen").stdout.decode().strip()
    url = "https://cards.example/cards/render/nonce.jpg?title=a%20b+c&utm_source=x&count=3&title=2"
    done = desk.run(
        "sign", url, "--expires", "2h", HTMLCARD_SIGNING_KEYS=f"{key},an-older-key-of-ours"
    )
    assert done.returncode == 0, done.stderr
    assert "left out, since nonce has no such field: utm_source" in done.stderr.decode()
    parts = urlsplit(done.stdout.decode().strip())
    assert parts.netloc + parts.path == "cards.example/cards/render/nonce.jpg"
    query = parse_qsl(parts.query)
    assert [name for name, _ in query] == ["count", "exp", "sig", "title"]
    assert dict(query)["title"] == "a b c"
    signed = KeyRing([key]).verify("/render/nonce.jpg", query, time.time())
    assert signed.expires_at_s is not None
    assert 7190 < signed.expires_at_s - time.time() <= 7200


async def test_mistakes_are_told(run_here: RunHere) -> None:
    """No key, no render URL, no duration: each says what to do."""
    key = {"HTMLCARD_SIGNING_KEYS": "a-key-long-enough"}
    for arguments, variables, told in (
        (["/render/nonce"], {}, "htmlcard keygen"),
        (["https://x.example/"], key, "no /render/<template>"),
        (["/render/nonce", "--expires", "soon"], key, "write 90s"),
        (["/render/nonce"], {"HTMLCARD_SIGNING_KEYS": "short"}, "16 characters"),
    ):
        done = await run_here("sign", *arguments, **{"HTMLCARD_SIGNING_KEYS": "", **variables})
        assert done.code == 2
        assert told in done.stderr
        assert "short" not in done.stderr
