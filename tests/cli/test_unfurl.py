"""`htmlcard unfurl`: a page in words or as JSON, and nothing in it that steers a terminal."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from desk import HANG_S, HTMLCARD, Desk
from incoming_pictures import RED, plain
from web_server import Request, WebServer, answer, open_web_server, redirect

from .conftest import RunHere

PAGE = """\
<!doctype html><html lang=en><title>Some title</title>
<meta property="og:title" content="A long way home">
<meta property="og:description" content="What was seen on the way.">
<meta property="og:image" content="/cover.png"><meta property="og:site_name" content="Example">
"""
HTML = "text/html; charset=utf-8"
#: Window title, color, clear; the same as one byte; text turned around; markup of `rich`.
ESCAPES = "\x1b]0;pwned\x07\x1b[31m\x1b[2J\x9b31m\u202eexe\u2066[bold]x[/bold]"
STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest_asyncio.fixture(loop_scope="session")
async def web() -> AsyncIterator[WebServer]:
    async with open_web_server() as opened:
        opened.pages |= {
            "/post": answer(PAGE.encode(), "text/html"),
            "/go": redirect("/post"),
            "/cover.png": answer(plain(RED), "image/png"),
            "/hostile": answer(
                f"<title>{ESCAPES}</title><meta name=author content='{ESCAPES}'>"
                f"<meta property=og:image content='/{ESCAPES}.png'>".encode(),
                HTML,
            ),
        }
        yield opened


async def test_people_see_what_a_preview_would_show(run_here: RunHere, web: WebServer) -> None:
    """Title first, and every value with what is needed to judge it."""
    done = await run_here("unfurl", web.url("/go"), "--allow-private")
    assert done.code == 0, done.stderr
    first, *_ = done.stdout.splitlines()
    assert first == "A long way home"
    for told in (
        "What was seen on the way.",
        web.url("/post"),
        web.url("/go"),
        web.url("/cover.png"),
        "64 x 48 px, image/png, 1 kB",
        "title: og:title",
        "Example",
    ):
        assert told in done.stdout
    assert done.stderr == ""


async def test_programs_get_json(
    run_here: RunHere, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same object as the service answers, and nothing else on stdout."""
    monkeypatch.setenv("HTMLCARD_ALLOW_PRIVATE", "1")
    found = (await run_here("unfurl", web.url("/post"), "--json")).json
    assert found["title"] == "A long way home"
    assert found["image"] == {
        "url": web.url("/cover.png"),
        "width": 64,
        "height": 48,
        "type": "image/png",
        "bytes": len(plain(RED)),
    }


async def test_nothing_in_a_page_steers_the_terminal(run_here: RunHere, web: WebServer) -> None:
    """A title must not set the window's, clear the screen, or show `exe.gnp` as `png.exe`."""
    for options in ((), ("--json", "--log-level=debug")):
        done = await run_here("unfurl", web.url("/hostile"), "--allow-private", *options)
        assert done.code == 0
        for stream in (done.stdout, done.stderr):
            assert not STEERING.search(stream), options
        assert "[bold]" in done.stdout
    # JSON has a way to write them that is no character of the terminal's.
    assert done.json["title"] == ESCAPES
    refused = await run_here("unfurl", f"http://{ESCAPES}/")
    assert refused.code == 2
    assert not STEERING.search(refused.stderr)


async def test_letters_a_terminal_does_not_have_cost_no_answer(desk: Desk, web: WebServer) -> None:
    """Old consoles and build logs are ASCII; JSON must be the same JSON there."""
    title = "caf\u00e9 \N{GRINNING FACE}"
    web.pages["/cafe"] = answer(f"<title>{title}</title>".encode(), HTML)
    arguments = ("unfurl", web.url("/cafe"), "--allow-private", "--json")
    done = await asyncio.to_thread(desk.run, *arguments, PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.decode("ascii"))["title"] == title


@pytest.mark.parametrize(
    ("path", "options", "code", "told"),
    [
        ("/missing", ("--allow-private",), 1, "status 404"),
        ("/post", (), 2, "--allow-private"),
    ],
)
async def test_the_exit_code_says_whose_turn_it_is(
    run_here: RunHere, web: WebServer, path: str, options: tuple[str, ...], code: int, told: str
) -> None:
    """Scripts tell a dead link from a wrong command; stdout stays empty for both."""
    done = await run_here("unfurl", web.url(path), *options)
    assert (done.code, done.stdout) == (code, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


async def test_a_service_on_this_machine_can_be_unfurled(run_here: RunHere, web: WebServer) -> None:
    """Only the service must not ask itself: a command has no port of its own."""
    done = await run_here("unfurl", web.url("/post"), "--allow-private", f"--port={web.port}")
    assert done.code == 0, done.stderr


async def test_who_waits_at_a_terminal_is_told_for_whom(desk: Desk, web: WebServer) -> None:
    """Ten seconds of nothing look like a command that hangs."""
    seen = asyncio.Event()

    async def once_seen(request: Request) -> bytes:
        await seen.wait()
        return answer(PAGE.encode(), "text/html")

    web.pages["/slow"] = once_seen
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        HTMLCARD,
        "unfurl",
        web.url("/slow"),
        "--allow-private",
        cwd=desk.folder,
        env=desk.environment(TERM="xterm"),
        stdout=asyncio.subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    told = b""
    async with asyncio.timeout(HANG_S):
        while b"Waiting for " + web.url("/slow").encode() not in told:
            told += await asyncio.to_thread(os.read, ours, 4096)
        seen.set()
        stdout, _ = await process.communicate()
    os.close(ours)
    assert stdout.startswith(b"A long way home\n")
    assert process.returncode == 0
