"""robots.txt: who is kept out of what, and by which line."""

from __future__ import annotations

import pytest

from htmlcard.links.robots import MAX_BYTES, find_disallowed

EVERYBODY = "User-agent: *\nDisallow: /\n"


@pytest.mark.parametrize(
    ("robots", "path", "line"),
    [
        ("", "/post", None),
        (EVERYBODY, "/post", "User-agent: *, Disallow: /"),
        ("User-agent: *\nDisallow:\n", "/post", None),
        ("Disallow: /\n", "/post", None),
        # A group of one's own beats that for all, wherever it stands.
        (EVERYBODY + "User-agent: Twitterbot\nAllow: /\n", "/post", None),
        ("User-agent: Twitterbot\nDisallow:\n" + EVERYBODY, "/post", None),
        (
            "User-agent: *\nAllow: /\nUser-agent: twitterBOT\nDisallow: /post\n",
            "/post",
            "User-agent: twitterBOT, Disallow: /post",
        ),
        # Several names share a group, several groups of a name are one.
        (
            "User-agent: LinkedInBot\nUser-agent: Twitterbot\n\nDisallow: /p\n",
            "/post",
            "User-agent: Twitterbot, Disallow: /p",
        ),
        (
            "User-agent: Twitterbot\nAllow: /\nUser-agent: Twitterbot\nDisallow: /p\n",
            "/post",
            "User-agent: Twitterbot, Disallow: /p",
        ),
        # Another's name that begins with ours is another's.
        ("User-agent: Twitterbot-Image\nDisallow: /\n", "/post", None),
        # The longest rule counts, of equal ones the one that allows.
        ("User-agent: *\nDisallow: /\nAllow: /post\n", "/post", None),
        ("User-agent: *\nAllow: /p\nDisallow: /post\n", "/post", "User-agent: *, Disallow: /post"),
        ("User-agent: *\nDisallow: /post\nAllow: /post\n", "/post", None),
        # Wildcards, ends, queries, comments, blanks, letters' case.
        ("User-agent: *\nDisallow: /*.png$\n", "/a/b.png", "User-agent: *, Disallow: /*.png$"),
        ("User-agent: *\nDisallow: /*.png$\n", "/a/b.png?v=1", None),
        ("User-agent: *\nDisallow: /*?v=\n", "/a?v=1", "User-agent: *, Disallow: /*?v="),
        ("User-agent: *\nDisallow: /a*b*c\n", "/a-b-c-d", "User-agent: *, Disallow: /a*b*c"),
        ("User-agent: *\nDisallow: /a*b*c\n", "/a-c-b", None),
        ("User-agent: *\nDisallow: /post$\n", "/post/1", None),
        (
            "user-AGENT : *  # all\n  disallow: /post # no\n",
            "/post",
            "User-agent: *, Disallow: /post",
        ),
        ("User-agent: *\nDisallow: /Post\n", "/post", None),
        ("\ufeffUser-agent: *\r\nDisallow: /\r\n", "/post", "User-agent: *, Disallow: /"),
        # The same path in two spellings.
        (
            "User-agent: *\nDisallow: /caf\u00e9\n",
            "/caf%C3%A9",
            "User-agent: *, Disallow: /caf\u00e9",
        ),
        ("User-agent: *\nDisallow: /%70ost\n", "/post", "User-agent: *, Disallow: /%70ost"),
        ("User-agent: *\nDisallow: /a%2Fb\n", "/a/b", None),
        ("User-agent: *\nCrawl-delay: 5\nDisallow: /p\n", "/post", "User-agent: *, Disallow: /p"),
    ],
)
def test_who_is_kept_out(robots: str, path: str, line: str | None) -> None:
    """Told wrongly, somebody goes and opens a site that was open, or leaves a closed one closed."""
    found = find_disallowed(robots, "Twitterbot", path)
    assert (str(found) if found else None) == line


@pytest.mark.parametrize(
    "piece",
    [
        "User-agent: Twitterbot\n",
        "User-agent: Twitterbot\nDisallow: /a\n",
        "Disallow: /*a*a*a*a*a*a*a*a*b\n",
        "Disallow: /" + "*a" * 1000 + "\n",
        ":" * 1000 + "\n",
    ],
    ids=["names", "groups", "stars", "more-stars", "noise"],
)
def test_a_file_made_to_hurt_is_read(piece: str) -> None:
    """Anybody's robots.txt is read; the test's own time limit tells if that never ends."""
    robots = "User-agent: Twitterbot\nUser-agent: *\n" + piece * (MAX_BYTES // len(piece))
    find_disallowed(robots, "Twitterbot", "/" + "a" * 4000)
