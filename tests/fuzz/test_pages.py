"""Random nonsense as pages of the web: always an answer in time, and one that can be passed on.

A fixed seed runs always; `make soak` throws thousands, and a fresh seed, which it prints.
"""

from __future__ import annotations

import json
import secrets
import socket
import time
from typing import NoReturn

import psutil
import pytest
from web_server import answer, open_web_server

from htmlcard.errors import BadAnswer, FetchFailed, UnreadablePage
from htmlcard.fetch import AddressJudge, Fetcher
from htmlcard.links import Metadata
from htmlcard.links.reading.reader import PageReader
from htmlcard.links.unfurling import Unfurler

from .pages import PageDice

ANSWER_S = 10.0
FIXED_SEED = 20_26
#: What is kept for an hour (32 MB at most), and what the allocator does not give back.
MAX_GROWTH_BYTES = 120_000_000


@pytest.mark.parametrize(
    ("seed", "pages"),
    [
        (FIXED_SEED, 50),
        pytest.param(FIXED_SEED + 1, 2000, marks=pytest.mark.soak),
        pytest.param(secrets.randbelow(2**32), 2000, marks=pytest.mark.soak),
    ],
    ids=["quick", "fixed", "fresh"],
)
async def test_pages(seed: int, pages: int) -> None:
    """Whatever stands on the web, whoever asked gets words or a reason, and nobody else waits."""
    print(f"seed {seed}")  # noqa: T201 - to repeat a failure
    dice = PageDice(seed)
    ours = psutil.Process()
    before_bytes = 0
    read = 0
    async with (
        open_web_server() as web,
        Fetcher(AddressJudge(allow_private=True), lookup=know_nobody) as fetcher,
        PageReader() as reader,
        Unfurler(fetcher, reader) as unfurler,
    ):
        for number in range(pages):
            body, kind, encoding = dice.answer()
            packed = {"Content_Encoding": encoding} if encoding else {}
            web.pages = {f"/?{number}": answer(body, kind, **packed)}
            began_s = time.monotonic()
            end = await unfurl(unfurler, web.url(f"/?{number}"))
            assert time.monotonic() - began_s < ANSWER_S, number
            if isinstance(end, FetchFailed):
                assert isinstance(end, BadAnswer if encoding else UnreadablePage), (number, end)
            else:
                read += 1
                check(json.loads(json.dumps(end.as_dict(), allow_nan=False)), number)
            web.heads.clear()
            # After a tenth, so that what is counted is not what any page takes.
            if number == pages // 10:
                before_bytes = ours.memory_info().rss
    assert read > pages / 2
    assert ours.memory_info().rss - before_bytes < MAX_GROWTH_BYTES


def know_nobody(host: str, port: int, **_: object) -> NoReturn:
    """Pages name pictures all over the world, and none of them is asked for here."""
    raise socket.gaierror("not in here")


async def unfurl(unfurler: Unfurler, url: str) -> Metadata | FetchFailed:
    try:
        return await unfurler.unfurl(url)
    except FetchFailed as error:
        return error


def check(found: dict[str, object], number: int) -> None:
    """What every answer must be: whole texts on one line, and addresses that can be fetched."""
    json.dumps(found, ensure_ascii=False).encode()
    for name in ("title", "description", "site_name", "author"):
        text = found[name]
        assert text is None or (isinstance(text, str) and text == " ".join(text.split())), number
        assert text != "", number
    images = found["images"]
    assert isinstance(images, list)
    for url in (found["favicon"], found["oembed"], *images):
        assert url is None or str(url).startswith(("http://", "https://")), number
