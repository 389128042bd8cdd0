"""Pages of strangers in a real browser: what their scripts add is seen, and no harm is done.

A run takes seconds by its nature, so tests put much into one page and run pages side by side.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from htmlcard.browser import script_pass
from htmlcard.browser.census import RUN_FOLDER_PREFIX
from htmlcard.browser.isolation import IsolationLevel
from htmlcard.browser.launchpad import Launchpad
from htmlcard.browser.script_pass import MAX_WAITING, ScriptPass
from htmlcard.browser.stranger import MAX_PAGE_CHARACTERS
from htmlcard.errors import BrowserFailed, BrowserUnavailable, DeadlineExceeded, QueueFull
from htmlcard.images import compare

from .shooting import until

pytestmark = pytest.mark.browser

TESTS = Path(__file__).parents[1]
URL = "https://shop.example.test/a/page?b=1#c"
#: A busy machine may start a browser slowly.
PATIENCE_S = 40.0

MakePass = Callable[[], Awaitable[ScriptPass]]


def make_launchpad(chromium: str | None = None) -> Launchpad:
    return Launchpad(chromium, compare, allow_unsafe=False)


@pytest_asyncio.fixture(loop_scope="session")
async def make_pass() -> AsyncIterator[MakePass]:
    """Passes of the test's own: one runs one page at a time, and tests run several."""
    async with AsyncExitStack() as stack:

        async def make() -> ScriptPass:
            return await stack.enter_async_context(ScriptPass(make_launchpad))

        yield make


async def run(scripts: ScriptPass, html: str, url: str = URL) -> str:
    return await scripts.run(html, url, asyncio.get_running_loop().time() + PATIENCE_S)


def tags(html: str) -> dict[str, str]:
    return dict(re.findall(r'<meta property="([^"]+)" content="([^"]*)">', html))


ADD = """
function add(name, value = name) {
  const tag = document.createElement("meta");
  tag.setAttribute("property", "og:" + name);
  tag.setAttribute("content", value);
  document.head.append(tag);
}
"""

LIVELY = f"""<!doctype html><html lang="en"><head><title>Shell</title><script>{ADD}
add("at-once");
addEventListener("DOMContentLoaded", () => add("parsed"));
addEventListener("load", () => add("loaded"));
setTimeout(() => add("soon"), 0);
setTimeout(() => add("later"), 500);
add("place", [location.href, document.domain, document.referrer].join(" "));
localStorage.setItem("kept", "yes");
document.cookie = "tasted=yes";
add("storage", localStorage.getItem("kept") + " " + document.cookie);
add("letters", "日本 \\ud800!");
document.write('<meta property="og:written" content="written">');
fetch("/api").catch(() => add("refused"));
requestAnimationFrame(() => add("drawn"));
</script>
<script type="module">add("module")</script>
<script>new Function('add("made")')()</script>
<script src="https://cdn.example.test/bundle.js" onerror="add('missed')"></script>
</head><body onload="add('attribute')"><noscript><meta property="og:unseen"></noscript></body>"""


async def test_what_scripts_add_by_any_event_is_seen(make_pass: MakePass) -> None:
    """Where a tag is only there for browsers, no crawler sees it: the owner must be told."""
    html = await run(await make_pass(), LIVELY)
    found = tags(html)
    assert html.startswith('<html lang="en">')
    when = {"at-once", "parsed", "loaded", "soon", "later", "module", "attribute", "drawn"}
    assert {f"og:{name}" for name in when | {"written", "made", "missed", "refused"}} <= set(found)
    assert found["og:place"] == f"{URL} shop.example.test "
    assert found["og:storage"] == "yes tasted=yes"
    assert found["og:letters"] == "日本 \ufffd!"


TROUBLE = f"""<!doctype html><html><head><script>{ADD}
alert("one"); confirm("two"); prompt("three"); print();
onbeforeunload = () => "stay";
window.open("https://elsewhere.example.test/"); window.open("about:blank");
for (let n = 0; n < 40; n++) setTimeout(() => {{ location = "/away/" + n; }}, n * 20);
setTimeout(() => location.reload(), 100);
setTimeout(() => document.getElementById("form").submit(), 120);
for (let n = 0; n < 30; n++) document.getElementById("load")?.click();
const made = URL.createObjectURL(new Blob(["for(;;);"], {{type: "text/javascript"}}));
for (let n = 0; n < 50; n++) {{
  try {{ new Worker(made); new SharedWorker(made); }} catch (error) {{ }}
}}
navigator.serviceWorker?.register("/worker.js").catch(() => 0);
for (let n = 0; n < 1000; n++) {{ fetch("/" + n).catch(() => 0); console.log("x".repeat(1000)); }}
Object.defineProperty(Document.prototype, "documentElement", {{ get() {{ for (;;); }} }});
Object.defineProperty(Element.prototype, "outerHTML", {{ get() {{ return "forged"; }} }});
String.prototype.slice = () => "forged";
setTimeout(() => add("alive"), 300);
</script><meta http-equiv="refresh" content="0;url=/gone"></head><body>
<a id="load" href="data:application/octet-stream,x" download="x.bin">x</a>
<form id="form" action="/form" method="post"><input name="a"></form>
<iframe src="/frame"></iframe><iframe src="data:text/html,<script>for(;;);</script>"></iframe>
</body></html>"""

ENDLESS = "<!doctype html><title>x</title><script>for(;;);</script>"
HUNGRY = """<!doctype html><title>x</title><script>
const kept = []; for (;;) kept.push(new Uint8Array(5e7).fill(1));
</script>"""
LARGE = """<!doctype html><title>x</title><script>
document.title = "done"; document.write("<!--" + "😀".repeat(1.1e6));
</script>"""


def _children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


@pytest.mark.faults
async def test_hostile_pages_end_and_leave_nothing(
    private_tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever can have a page checked must not be able to take the checking machine down."""
    # On a busy machine a page comes no further than this in its four seconds.
    monkeypatch.setattr(script_pass, "MAX_BYTES", 400_000_000)
    before = _children()
    peak_bytes = 0

    async def weigh() -> None:
        nonlocal peak_bytes
        while True:
            peak_bytes = max([peak_bytes, *map(_held_bytes, _children())])
            await asyncio.sleep(0.1)

    async def run_all(*pages: str) -> list[str | BaseException]:
        async with ScriptPass(make_launchpad) as scripts:
            runs = (run(scripts, page) for page in pages)
            return await asyncio.gather(*runs, return_exceptions=True)

    weighing = asyncio.create_task(weigh())
    # Behind a page that ends badly, another one shows that no harm was done.
    said = await asyncio.gather(run_all(ENDLESS, LARGE), run_all(HUNGRY, TROUBLE))
    weighing.cancel()
    (endless, large), (hungry, trouble) = said
    assert isinstance(endless, DeadlineExceeded)
    assert isinstance(hungry, BrowserFailed)
    assert isinstance(large, str), large
    assert len(large.encode("utf-16-le")) == 2 * MAX_PAGE_CHARACTERS
    assert isinstance(trouble, str), trouble
    assert tags(trouble) == {"og:alive": "alive"}
    assert script_pass.MAX_BYTES / 2 < peak_bytes < 2 * script_pass.MAX_BYTES
    await until(lambda: _children() <= before, "the end of every child process")
    await until(lambda: not list(private_tmp.glob(f"{RUN_FOLDER_PREFIX}*")), "no folder left")


def _held_bytes(pid: int) -> int:
    try:
        return psutil.Process(pid).memory_info().rss
    except psutil.Error:
        return 0


def _draws(pid: int) -> bool:
    with contextlib.suppress(psutil.Error):
        return "--type=renderer" in psutil.Process(pid).cmdline()
    return False


def test_no_packet_leaves_a_strangers_page() -> None:
    """The page is a stranger's, and the machine often stands beside others that trust it."""
    if os.geteuid() == 0:
        unshare = ["unshare", "--net"]
    else:
        unshare = ["unshare", "--map-current-user", "--net", "--keep-caps"]
    told = subprocess.run(
        [*unshare, sys.executable, "-m", "browser.sealed_strangers"],
        cwd=TESTS,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert told.returncode == 0, told.stderr.decode()
    said = json.loads(told.stdout)
    assert said["levels"] == [IsolationLevel.SANDBOX_AND_NETNS, IsolationLevel.SANDBOX]
    assert any("198.51.100.7:5353" in place for place in said["control"])
    assert said["heard"] == {}
    assert said["ran"] == [True, True]


async def test_those_who_wait_are_few_and_may_hang_up(
    private_tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An audit of a thousand pages without tags must not pile up a thousand pages in memory."""
    monkeypatch.setattr(script_pass, "IDLE_S", 0.0)
    before = _children()
    async with ScriptPass(make_launchpad) as scripts:
        asked = [asyncio.create_task(run(scripts, ENDLESS)) for _ in range(MAX_WAITING + 1)]
        await asyncio.sleep(0.3)
        with pytest.raises(QueueFull):
            await run(scripts, ENDLESS)
        asked.pop().cancel()
        await asyncio.sleep(0)
        with pytest.raises(DeadlineExceeded):
            await scripts.run(ENDLESS, URL, asyncio.get_running_loop().time() + 0.1)
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
        # Nobody asks any more: even the driver goes.
        await until(lambda: _children() <= before, "the end of every child process")
        await until(lambda: not list(private_tmp.glob(f"{RUN_FOLDER_PREFIX}*")), "no folder left")


async def test_closing_does_not_wait_for_a_page(private_tmp: Path) -> None:
    """A service that stops has a few seconds, and a page that runs is nobody's loss."""
    before = _children()
    async with ScriptPass(make_launchpad) as scripts:
        task = asyncio.create_task(run(scripts, ENDLESS))
        await until(lambda: any(map(_draws, _children())), "a browser with a page")
    with pytest.raises((BrowserFailed, BrowserUnavailable), match="stopping"):
        await task
    await until(lambda: _children() <= before, "the end of every child process")


async def test_without_chromium_it_says_so_at_once(tmp_path: Path) -> None:
    """A check goes on without this pass; its report must be able to tell why."""
    async with ScriptPass(partial(make_launchpad, str(tmp_path / "none"))) as scripts:
        for _ in range(2):
            with pytest.raises(BrowserUnavailable, match="none"):
                await run(scripts, "<title>x</title>")
