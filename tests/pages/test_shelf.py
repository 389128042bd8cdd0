from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from web_server import Request, WebServer, answer, open_web_server, redirect

from htmlcard.cache import CardCache
from htmlcard.fetch import AddressJudge, Fetcher
from htmlcard.links.reading.reader import PageReader
from htmlcard.pages import PageAsker, PageHosts, PageShelf, PageStore
from htmlcard.pages.asking import PageGone
from htmlcard.pages.shelf import MIN_FRESH_S, STALE_S, TROUBLE_S, Known
from htmlcard.pictures import PictureHosts

HTML = "text/html; charset=utf-8"


def page(title: str, **headers: str) -> bytes:
    return answer(f"<title>{title}</title>".encode(), HTML, **headers)


@dataclass
class Bench:
    """Shelves in front of a true server, with true readers and disks; the clock is set by hand."""

    web: WebServer
    fetcher: Fetcher
    reader: PageReader
    folder: Path
    stack: AsyncExitStack
    clock_s: float = 1_000_000.0

    async def shelf(self, folder: str = "pages", **options: Any) -> PageShelf:
        """A shelf as after a start: what is on the disk in `folder` is all it has."""
        cache = CardCache(self.folder / folder, memory_bytes=0, disk_bytes=10_000_000)
        # A busy machine must not turn what is there into a miss.
        assert cache._disk is not None
        cache._disk._lookups._budget_s = 20.0
        await self.stack.enter_async_context(cache)
        hosts = PageHosts(PictureHosts(["127.0.0.1"]))
        options |= {"now": lambda: self.clock_s}
        shelf = PageShelf(PageAsker(self.fetcher, self.reader, hosts), PageStore(cache), **options)
        return await self.stack.enter_async_context(shelf)

    async def get(
        self, shelf: PageShelf, path: str = "/p", version: str = "", wait_s: float = 20
    ) -> Known:
        by_s = asyncio.get_running_loop().time() + wait_s
        return await shelf.get(self.web.url(path), version, by_s)

    async def title(self, shelf: PageShelf, **options: Any) -> str:
        """The title a card gets now; `-` where there is no page."""
        known = await self.get(shelf, **options)
        return known.page.texts["title"][0] if known.page else "-"

    async def settle(self, shelf: PageShelf) -> None:
        """Let what is under way land."""
        async with asyncio.timeout(60):
            while not repr(shelf).endswith(" 0 under way>"):  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0.01)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def reader() -> AsyncIterator[PageReader]:
    async with PageReader() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def bench(reader: PageReader, tmp_path: Path) -> AsyncIterator[Bench]:
    async with (
        open_web_server() as web,
        Fetcher(AddressJudge(allow_private=True)) as fetcher,
        AsyncExitStack() as stack,
    ):
        yield Bench(web, fetcher, reader, tmp_path, stack)


async def test_one_reading_for_all_who_ask(bench: Bench) -> None:
    """A link that is posted somewhere large is asked for by a hundred crawlers at once."""

    async def slow(_: Request) -> bytes:
        await asyncio.sleep(0.1)
        return page("Fog")

    bench.web.pages["/p"] = slow
    shelf = await bench.shelf()
    assert set(await asyncio.gather(*(bench.title(shelf) for _ in range(100)))) == {"Fog"}
    assert bench.web.hits["/p"] == 1


async def test_a_page_is_fresh_for_five_minutes_to_a_day(bench: Bench) -> None:
    """Whatever its server says: nobody hammers a page, and nobody shows it for weeks."""
    for said, fresh_s in (("no-store", 300), ("max-age=5", 300), ("max-age=900", 900)):
        bench.web.pages["/p"] = page("Fog", Cache_Control=said)
        known = await bench.get(await bench.shelf(said))
        assert known.fresh_until_s - bench.clock_s == fresh_s
    bench.web.pages["/p"] = page("Fog", Cache_Control="max-age=9999999")
    known = await bench.get(await bench.shelf("long"))
    assert known.fresh_until_s - bench.clock_s == 86400


async def test_old_values_are_used_while_the_page_is_asked_again(bench: Bench) -> None:
    """Within the hour nobody waits; the next card has what is new."""
    bench.web.pages["/p"] = page("Old", ETag='"1"')
    shelf = await bench.shelf()
    await bench.title(shelf)
    bench.clock_s += 3601
    bench.web.pages["/p"] = page("New", ETag='"2"')
    known = await bench.get(shelf)
    assert known.page is not None
    assert known.page.texts["title"] == ("Old",)
    assert (known.problem, known.is_fresh(bench.clock_s)) == ("", False)
    await bench.settle(shelf)
    assert await bench.title(shelf) == "New"
    assert bench.web.hits["/p"] == 2


async def test_older_values_are_waited_out(bench: Bench) -> None:
    """A post that is shared again after a month must not show last month's title."""
    bench.web.pages["/p"] = page("Old")
    shelf = await bench.shelf()
    await bench.title(shelf)
    bench.clock_s += 3600 + STALE_S + 1
    bench.web.pages["/p"] = page("New")
    assert await bench.title(shelf) == "New"


async def test_an_unchanged_page_costs_its_server_nothing(bench: Bench) -> None:
    bench.web.pages["/p"] = page("Fog", ETag='"1"', Last_Modified="Sat, 31 Jan 2026 10:00:00 GMT")
    shelf = await bench.shelf()
    await bench.title(shelf)
    bench.web.pages["/p"] = answer(status=304, Cache_Control="max-age=1800")
    bench.clock_s += 3600 + STALE_S + 1
    known = await bench.get(shelf)
    head = bench.web.heads[-1].lower()
    assert 'if-none-match: "1"' in head
    assert "if-modified-since: sat, 31 jan 2026" in head
    assert known.fresh_until_s - bench.clock_s == 1800
    assert await bench.title(shelf) == "Fog"


async def test_a_new_version_has_the_page_read_again(bench: Bench) -> None:
    """`v` says the page was edited: cached for a year, its card must not show the old title."""
    bench.web.pages["/p"] = page("One", Cache_Control="max-age=86400")
    shelf = await bench.shelf()
    assert await bench.title(shelf) == "One"
    bench.web.pages["/p"] = page("Two", Cache_Control="max-age=86400")
    assert await shelf.must_read(bench.web.url("/p"), "2")
    assert await bench.title(shelf, version="2") == "Two"
    assert await bench.title(shelf, version="2") == "Two"
    assert await bench.title(shelf) == "Two"
    assert bench.web.hits["/p"] == 2


async def test_a_slow_old_answer_does_not_undo_a_new_one(bench: Bench) -> None:
    """Who asked first and hears last has heard of the page before the edit."""
    go = asyncio.Event()

    async def wait(_: Request) -> bytes:
        await go.wait()
        return page("Old")

    bench.web.pages["/p"] = wait
    shelf = await bench.shelf()
    early = asyncio.create_task(bench.title(shelf))
    async with asyncio.timeout(60):
        while not bench.web.hits["/p"]:  # noqa: ASYNC110 - it happens on a socket
            await asyncio.sleep(0.01)
    bench.clock_s += 1
    bench.web.pages["/p"] = page("New")
    assert await bench.title(shelf, version="2") == "New"
    go.set()
    assert await early == "Old"
    assert await bench.title(shelf) == "New"


@pytest.mark.parametrize("lucky", [0, 1])
async def test_a_failure_does_not_undo_what_came_meanwhile(bench: Bench, lucky: int) -> None:
    """Two ask at once, the one who hears last is unlucky: the page is known all the same."""
    turns = (asyncio.Event(), asyncio.Event())

    async def say(_: Request) -> bytes:
        number = bench.web.hits["/p"] - 1
        await turns[number].wait()
        return page("Good") if number == lucky else answer(status=503)

    bench.web.pages["/p"] = say
    shelf = await bench.shelf()
    tasks = []
    for number, version in enumerate(("", "2")):
        tasks.append(asyncio.create_task(bench.get(shelf, version=version)))
        async with asyncio.timeout(60):
            while bench.web.hits["/p"] <= number:  # noqa: ASYNC110 - it happens on a socket
                await asyncio.sleep(0.01)
    for number in (lucky, 1 - lucky):
        turns[number].set()
        await tasks[number]
    assert await bench.title(shelf) == "Good"


async def test_the_last_good_values_outlive_trouble(bench: Bench) -> None:
    """A blog that is down for a day still has its cards."""
    bench.web.pages["/p"] = page("Fog")
    shelf = await bench.shelf()
    await bench.title(shelf)
    troubles = (
        answer(status=503),
        answer(status=403),
        answer(b"%PDF", "application/pdf"),
        b"garbage",
        answer(b"", HTML, Content_Length="999"),
    )
    for trouble in troubles:
        bench.clock_s += 100_000
        bench.web.pages["/p"] = trouble
        known = await bench.get(shelf)
        assert known.page is not None
        assert known.problem
        assert known.fresh_until_s - bench.clock_s == TROUBLE_S
    hits = bench.web.hits["/p"]
    assert await bench.title(shelf) == "Fog"
    assert bench.web.hits["/p"] == hits
    bench.clock_s += 100_000
    bench.web.pages["/p"] = page("Back")
    assert await bench.title(shelf) == "Back"


async def test_the_last_good_values_outlive_a_restart(bench: Bench) -> None:
    """Deploys happen while pages are down, too."""
    bench.web.pages["/p"] = page("Fog")
    first = await bench.shelf()
    await bench.title(first)
    await bench.stack.aclose()
    # Fresh still: nobody needs to be asked.
    assert await bench.title(await bench.shelf()) == "Fog"
    assert bench.web.hits["/p"] == 1
    bench.clock_s += 1_000_000
    bench.web.pages["/p"] = answer(status=500)
    known = await bench.get(await bench.shelf())
    assert known.page is not None
    assert known.page.texts["title"] == ("Fog",)
    assert known.problem == "its server answers 500"


async def test_a_page_that_hangs_after_a_restart_has_its_last_values(bench: Bench) -> None:
    """They are there before the page is, and no card waits for long."""
    bench.web.pages["/p"] = page("Fog")
    await bench.title(await bench.shelf())
    await bench.stack.aclose()
    bench.clock_s += 1_000_000
    bench.web.pages["/p"] = lambda _: asyncio.sleep(60, b"")
    known = await bench.get(await bench.shelf(), wait_s=1)
    assert known.page is not None
    assert known.problem == "it is not here yet"


async def test_a_page_that_was_taken_away_is_gone(bench: Bench) -> None:
    """404 is an answer: its words vanish from memory and disk."""
    bench.web.pages["/p"] = page("Fog")
    shelf = await bench.shelf()
    await bench.title(shelf)
    bench.clock_s += 100_000
    bench.web.pages["/p"] = answer(status=404)
    known = await bench.get(shelf)
    assert (known.page, known.problem) == (None, "its server answers 404")
    await bench.stack.aclose()
    bench.web.pages["/p"] = answer(status=500)
    assert (await bench.get(await bench.shelf())).page is None


async def test_a_slow_page_is_for_the_next_card(bench: Bench) -> None:
    go = asyncio.Event()

    async def wait(_: Request) -> bytes:
        await go.wait()
        return page("Late")

    bench.web.pages["/p"] = wait
    shelf = await bench.shelf()
    early = await bench.get(shelf, wait_s=0.05)
    assert (early.page, early.problem) == (None, "it is not here yet")
    go.set()
    assert await bench.title(shelf) == "Late"
    assert bench.web.hits["/p"] == 1


async def test_values_come_from_allowed_hosts_only(bench: Bench) -> None:
    """An open redirect on our blog must not put a stranger's words on its cards."""
    other = f"http://localhost:{bench.web.port}/other"
    bench.web.pages |= {"/p": redirect(other), "/other": page("Evil"), "/q": redirect("/other")}
    shelf = await bench.shelf()
    known = await bench.get(shelf)
    assert known.page is None
    assert "redirects to a host whose pages are not read" in known.problem
    assert await bench.title(shelf, path="/q") == "Evil"


async def test_hostile_pages_cost_no_more_than_their_turn(bench: Bench) -> None:
    """Bombs and endless pages are cut, wrong charsets read, and the next page comes as ever."""

    async def endless(request: Request) -> None:
        request.writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<title>Endless</title>"
        )
        while True:
            request.writer.write(b"<p>more " * 1000)
            await request.writer.drain()

    bomb = gzip.compress(b"<title>Bomb</title>" + b"\0" * 200_000_000)
    nested = b"<title>Nested</title>" + b"<div>" * 190_000
    listed = b'<title>Listed</title><script type="application/ld+json">[' + b"{}," * 330_000
    bench.web.pages |= {
        "/bomb": answer(bomb, HTML, Content_Encoding="gzip"),
        "/endless": endless,
        "/nested": answer(nested, HTML),
        "/listed": answer(listed, HTML),
        "/wrong": answer("<title>Туман</title>".encode("cp1251"), "text/html; charset=nonsense"),
        "/empty": answer(b"", HTML),
        "/good": page("Good"),
    }
    shelf = await bench.shelf()
    found = {
        path: await bench.get(shelf, path=path)
        for path in ("/bomb", "/endless", "/nested", "/listed", "/wrong", "/empty", "/good")
    }
    titles = {path: known.page and known.page.texts.get("title") for path, known in found.items()}
    for path in ("bomb", "endless", "nested", "listed"):
        # Cut or given up, but never something else.
        assert titles[f"/{path}"] in ((path.capitalize(),), None)
    assert titles["/endless"] == ("Endless",)
    assert titles["/empty"] is None
    assert titles["/good"] == ("Good",)


async def test_memory_is_bounded(bench: Bench) -> None:
    """Pages with ever new addresses push out each other, not the service."""
    shelf = await bench.shelf(limit_chars=400_000)
    words = "".join(f'<meta name="n{i}" content="{"y" * 400}">' for i in range(120))
    for number in range(20):
        bench.web.pages[f"/{number}"] = answer(words.encode(), HTML)
        await bench.get(shelf, path=f"/{number}")
        await bench.get(shelf, path="/0")
    assert 5 < int(repr(shelf).split()[1]) < 12
    # On disk the others are still there, and fresh.
    bench.web.pages.clear()
    for number in range(20):
        assert (await bench.get(shelf, path=f"/{number}")).problem == ""
        assert not await shelf.must_read(bench.web.url(f"/{number}"))
    assert set(bench.web.hits.values()) == {1}


async def test_a_forgotten_page_is_read_anew(bench: Bench) -> None:
    bench.web.pages["/p"] = page("Old")
    shelf = await bench.shelf()
    await bench.title(shelf)
    bench.web.pages["/p"] = page("New")
    await shelf.forget(bench.web.url("/p"))
    assert await bench.title(shelf) == "New"
    bench.web.pages["/p"] = page("Newer")
    await shelf.forget_all()
    assert await bench.title(shelf) == "Newer"


async def test_a_clock_set_back_keeps_nothing_fresh(bench: Bench) -> None:
    """Or a page read "tomorrow" would be fresh until then."""
    bench.web.pages["/p"] = page("Old")
    shelf = await bench.shelf()
    await bench.title(shelf)
    bench.clock_s -= 100_000
    bench.web.pages["/p"] = page("New")
    await bench.title(shelf)
    await bench.settle(shelf)
    bench.clock_s += MIN_FRESH_S / 2
    assert await bench.title(shelf) == "New"


async def ask_slowly(bench: Bench, shelf: PageShelf, title: str) -> tuple[asyncio.Event, Any]:
    """Somebody asks, and his answer, with that title, is on its way until the event is set."""
    go, before = asyncio.Event(), bench.web.hits["/p"]

    async def wait(_: Request) -> bytes:
        await go.wait()
        return page(title)

    bench.web.pages["/p"] = wait
    asking = asyncio.create_task(bench.title(shelf))
    async with asyncio.timeout(60):
        while bench.web.hits["/p"] == before:  # noqa: ASYNC110 - it happens on a socket
            await asyncio.sleep(0.01)
    return go, asking


@pytest.mark.parametrize("everything", [False, True])
async def test_what_was_on_its_way_is_forgotten_too(bench: Bench, everything: bool) -> None:
    """Who purges has just edited the page: an answer from before must not come after all."""
    shelf = await bench.shelf()
    go, early = await ask_slowly(bench, shelf, "Old")
    await (shelf.forget_all() if everything else shelf.forget(bench.web.url("/p")))
    bench.web.pages["/p"] = page("New")
    assert await bench.title(shelf) == "New"
    go.set()
    assert await early == "Old"
    assert await bench.title(shelf) == "New"
    await bench.stack.aclose()
    assert await bench.title(await bench.shelf()) == "New"


async def test_an_answer_from_before_a_version_is_none_for_it(bench: Bench) -> None:
    """Its card is kept for a year: where the page failed for `v`, older words will not do."""
    shelf = await bench.shelf()
    go, early = await ask_slowly(bench, shelf, "Old")
    bench.web.pages["/p"] = answer(status=503)
    assert (await bench.get(shelf, version="2")).problem == "its server answers 503"
    go.set()
    assert await early == "Old"
    bench.web.pages["/p"] = page("New")
    assert await bench.title(shelf, version="2") == "New"


async def test_another_pages_304_says_nothing(bench: Bench) -> None:
    """A redirect that became a page of its own: what it led to is not what it says now."""

    async def say(request: Request) -> bytes:
        if "if-modified-since" in request.head.lower():
            return answer(status=304)
        return page("Own")

    old = "Sat, 31 Jan 2026 10:00:00 GMT"
    bench.web.pages |= {"/p": redirect("/other"), "/other": page("Other", Last_Modified=old)}
    shelf = await bench.shelf()
    assert await bench.title(shelf) == "Other"
    bench.web.pages["/p"] = say
    bench.clock_s += 100_000
    assert await bench.title(shelf) == "Own"


async def test_a_host_that_is_trusted_no_more_is_none_unchanged(bench: Bench) -> None:
    """Its words may lie on the disk, and a 304 must not keep them there for ever."""
    other = f"http://localhost:{bench.web.port}/other"
    bench.web.pages |= {"/p": redirect(other), "/other": page("Other", ETag='"1"')}
    both = PageHosts(PictureHosts(["127.0.0.1", "localhost"]))
    old = await PageAsker(bench.fetcher, bench.reader, both).ask(bench.web.url("/p"), None, 0.0)
    assert old.texts["title"] == ("Other",)
    bench.web.pages["/other"] = answer(status=304)
    one = PageHosts(PictureHosts(["127.0.0.1"]))
    with pytest.raises(PageGone, match="HTMLCARD_PAGE_HOSTS"):
        await PageAsker(bench.fetcher, bench.reader, one).ask(bench.web.url("/p"), old, 1.0)
