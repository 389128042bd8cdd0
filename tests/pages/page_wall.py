"""Page mode in a network namespace where every address leads here: what is dialled is heard.

Started by `test_page_wall` under `unshare`; prints what came through as JSON. All hosts are
allowed, so that nothing but the judgment of addresses stands between a `url` and the listener.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from urllib.parse import quote

from spellings import PUBLIC, urls
from wall import PORTS, Listener, set_up

from htmlcard.cache import CardCache
from htmlcard.fetch import AddressJudge, Fetcher
from htmlcard.links.reading.reader import PageReader
from htmlcard.pages import PageAsker, PageHosts, PageShelf, PageStore
from htmlcard.pictures import PictureHosts


async def main() -> None:
    set_up()
    listener = Listener()
    for port in PORTS:
        await asyncio.start_server(listener.accept, ["0.0.0.0", "::"], port)
    hosts = PageHosts(PictureHosts(), anywhere=True)
    store = PageStore(CardCache(None, memory_bytes=0, disk_bytes=0))
    ends, redirected = Counter[str](), Counter[str]()
    async with (
        Fetcher(AddressJudge()) as fetcher,
        PageReader() as reader,
        PageShelf(PageAsker(fetcher, reader, hosts), store) as shelf,
    ):

        async def ask(text: str) -> str:
            try:
                url = hosts.admit(text)
            except ValueError as error:
                return str(error)
            known = await shelf.get(url, "", asyncio.get_running_loop().time() + 20)
            return known.problem or "a page"

        controls = [await ask(f"http://{f'[{host}]' if ':' in host else host}/") for host in PUBLIC]
        for text in urls():
            ends[await ask(text)] += 1
            redirect = quote(text.encode("utf-8", "surrogateescape"), safe="")
            redirected[await ask(f"http://{PUBLIC[0]}/to/{redirect}")] += 1
    trespassers = {host: n for host, n in listener.heard.items() if host not in PUBLIC}
    report = {"controls": controls, "ends": ends, "redirected": redirected}
    print(json.dumps({**report, "trespassers": trespassers}))  # noqa: T201 - the parent reads it


asyncio.run(main())
