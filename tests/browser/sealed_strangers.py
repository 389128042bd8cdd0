"""Runs hostile pages of strangers where every packet is heard; see `sealed`, whose ears it uses.

Prints, as JSON: the levels of isolation, what was heard of both, what a packet of our own sounds
like, and whether the pages were still there in the end.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Iterable
from contextlib import AsyncExitStack

from browser.network_tries import MARKUP, SCRIPTS, aim
from browser.sealed import HOSTS, SETTLE_S, Wiretap, set_up
from htmlcard.browser import stranger
from htmlcard.browser.isolation import IsolationLevel
from htmlcard.browser.launchpad import Launchpad
from htmlcard.browser.script_pass import ScriptPass
from htmlcard.images import compare
from htmlcard.telemetry.logs import configure_logs

LEVELS = (IsolationLevel.SANDBOX_AND_NETNS, IsolationLevel.SANDBOX)
DONE = "every try was made"
#: Whoever begins to leave is parsed no further, and some markup swallows what is behind it.
LAST_SCRIPTS = {"location", "refresh", "form"}
LAST_MARKUP = {"refresh", "base", "policy", "frame"}


def page_of_tries() -> str:
    """All tries at all hosts in one page."""

    def scripts(names: Iterable[str]) -> str:
        tries = (aim(SCRIPTS[name], host) for name in names for host in HOSTS)
        return "".join(f"<script>try{{{one}}}catch{{}}</script>" for one in tries)

    def markup(names: Iterable[str]) -> str:
        return "".join(aim(MARKUP[name], host) for name in names for host in HOSTS)

    done = f"setTimeout(() => document.documentElement.append({DONE!r}), 1000)"
    return "".join(
        (
            "<!doctype html><title>x</title><body>",
            scripts(SCRIPTS.keys() - LAST_SCRIPTS),
            markup(MARKUP.keys() - LAST_MARKUP),
            f"<script>{done}</script>",
            scripts(LAST_SCRIPTS),
            markup(sorted(LAST_MARKUP)),
        )
    )


async def open_pass(level: IsolationLevel) -> ScriptPass:
    """A pass at that level, whose browsers are proven: that is a try of its own."""
    launchpad = Launchpad(None, compare, allow_unsafe=False)
    scripts = ScriptPass(lambda: launchpad)
    await scripts._get_launchpad()
    launchpad._levels = [level]
    (await launchpad.open_browser()).kill()
    return scripts


async def main() -> None:
    set_up()
    stranger.ANSWER_S = 30.0  # Two pages at once, full of tries, and perhaps tests beside them.
    configure_logs("critical", "json")  # Stdout is for what was heard.
    tap = Wiretap()
    async with AsyncExitStack() as stack:
        passes = await asyncio.gather(*map(open_pass, LEVELS))
        for scripts in passes:
            await stack.enter_async_context(scripts)
        await asyncio.sleep(SETTLE_S)
        tap.heard.clear()
        give_up_s = asyncio.get_running_loop().time() + 60
        page = page_of_tries()
        runs = (one.run(page, "http://198.51.100.9/", give_up_s) for one in passes)
        pages = await asyncio.gather(*runs)
        await asyncio.sleep(SETTLE_S)
        heard = dict(tap.heard)
        tap.heard.clear()
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("198.51.100.7", 5353))
        await asyncio.sleep(SETTLE_S)
        tap.close()
        told = {
            "levels": [one._launchpad.isolation for one in passes if one._launchpad],
            "heard": heard,
            "control": dict(tap.heard),
            "ran": [page.rstrip().removesuffix("</html>").endswith(DONE) for page in pages],
        }
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    asyncio.run(main())
