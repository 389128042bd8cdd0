"""The example blog as its README says to run it: `serve`, a file server, and `check` on every page.

All three are processes. Only the ports are other ones, so the pages are copies.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path

import pytest
from aiohttp import ClientSession
from desk import HANG_S, HTMLCARD, Desk, Serving
from yarl import URL

from htmlcard.links.profiles import load_profiles

pytestmark = pytest.mark.browser

BLOG = Path(__file__).parents[2] / "examples" / "blog"
PAGES = sorted(path.name for path in BLOG.glob("*.html"))


@asynccontextmanager
async def serve_files(folder: Path) -> AsyncIterator[str]:
    """`python -m http.server` on a free port; the URL it says."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(HANG_S):
            said = (await process.stdout.readline()).decode()
        yield said[said.index("(") + 1 : said.index(")")].rstrip("/")
    finally:
        process.kill()
        await process.wait()


async def draw_cards(serving: Serving, urls: list[str]) -> None:
    """Have every card drawn once, so that a machine that is busy is not called slow by `check`."""
    async with ClientSession() as session, asyncio.timeout(HANG_S):
        while True:
            async with session.get(f"{serving.url}/readyz") as response:
                if response.status == 200:
                    break
            await asyncio.sleep(0.1)
        for url in urls:
            async with session.get(URL(url, encoded=True)) as response:
                assert "X-Htmlcard-Fallback" not in response.headers


def copy_blog(folder: Path, cards: str, pages: str) -> list[str]:
    """The blog with its cards and itself elsewhere than its README says; the cards' URLs."""
    urls = []
    shutil.copytree(BLOG, folder, dirs_exist_ok=True)
    for path in folder.glob("*.html"):
        text = path.read_text(encoding="utf-8").replace("http://127.0.0.1:8080", cards)
        path.write_text(text.replace("http://127.0.0.1:8000", pages), encoding="utf-8")
        urls += map(unescape, re.findall(r'"og:image" content="([^"]+)"', text))
    return urls


async def test_every_platform_is_fine_with_every_page(desk: Desk, tmp_path: Path) -> None:
    """The blog is where people copy their tags from, and the first thing they run `check` on."""
    patient = {"HTMLCARD_DEADLINE_MS": "15000"}
    async with desk.serve(**patient) as cards, serve_files(tmp_path) as blog:
        await draw_cards(cards, copy_blog(tmp_path, cards.url, blog))
        urls = [f"{blog}/{'' if page == 'index.html' else page}" for page in PAGES]
        process = await asyncio.create_subprocess_exec(
            *(HTMLCARD, "check", "--json", "--allow-private", *urls),
            cwd=desk.folder,
            env=desk.environment(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(HANG_S):
            said, complaints = await process.communicate()
    assert process.returncode == 0, complaints.decode()
    reports = json.loads(said)
    assert [report["final_url"] for report in reports] == urls
    for report in reports:
        assert [view["platform"] for view in report["platforms"]] == [
            profile.platform for profile in load_profiles()
        ]
        assert {view["verdict"] for view in report["platforms"]} == {"ok"}
        assert not report["findings"], report["findings"]
        shown = [view["image"] or "" for view in report["platforms"]]
        assert all(image.startswith(f"{cards.url}/render/") for image in shown)
