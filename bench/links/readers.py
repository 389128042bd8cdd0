"""Who reads the corpus: htmlcard itself, and the peers, each in a process of Node."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bench.links.corpus import Case
from bench.links.corpus_server import CorpusServer
from htmlcard import __version__
from htmlcard.errors import BadAnswer, HtmlcardError
from htmlcard.fetch import Fetched, Limits
from htmlcard.links.reading.reader import PageReader
from htmlcard.links.unfurling import Unfurler

HERE = Path(__file__).parent
#: Far above what any takes for all pages: one that reaches it hangs.
_HANG_S = 600


@dataclass(frozen=True)
class Peer:
    """An unfurler from npm: its package, and the module beside this one that asks it."""

    package: str
    module: str

    @property
    def version(self) -> str:
        found = json.loads((HERE / "node_modules" / self.package / "package.json").read_text())
        return str(found["version"])


PEERS = (
    Peer("open-graph-scraper", "open-graph-scraper"),
    Peer("metascraper", "metascraper"),
    Peer("unfurl.js", "unfurl"),
)


@dataclass(frozen=True)
class Reading:
    """What somebody made of one page: values by field, or why there are none."""

    found: dict[str, Any]
    error: str | None = None


async def read_with_peer(
    peer: Peer, cases: Sequence[Case], server: CorpusServer
) -> dict[str, Reading]:
    """What a peer makes of each page, by the page's name."""
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "CORPUS_HTTP_PORT": str(server.http_port),
        "CORPUS_HTTPS_PORT": str(server.https_port),
        "NODE_EXTRA_CA_CERTS": str(server.certificate),
        "NODE_ENV": "production",
        "TZ": "UTC",
    }
    process = await asyncio.create_subprocess_exec(
        *("node", "--import", "./redirect.mjs", "read.mjs", peer.module),
        cwd=HERE,
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    urls = "".join(f"{case.url}\n" for case in cases).encode()
    try:
        async with asyncio.timeout(_HANG_S):
            said, complaints = await process.communicate(urls)
    except BaseException:
        process.kill()
        raise
    answers = {line["url"]: line for line in map(json.loads, said.splitlines())}
    if answers.keys() != {case.url for case in cases}:
        raise RuntimeError(f"{peer.package} stopped half-way: {complaints.decode()[-2000:]}")
    return {case.name: _reading(answers[case.url]) for case in cases}


def _reading(answer: Mapping[str, Any]) -> Reading:
    return Reading(answer.get("found") or {}, answer.get("error"))


async def read_with_htmlcard(cases: Sequence[Case], server: CorpusServer) -> dict[str, Reading]:
    """What we make of each page."""
    async with (
        _CorpusWeb(server) as web,
        PageReader() as reader,
        Unfurler(web, reader) as unfurler,
    ):
        return {case.name: await _unfurl(unfurler, case.url) for case in cases}


async def _unfurl(unfurler: Unfurler, url: str) -> Reading:
    try:
        found = (await unfurler.read_page(url)).as_dict()
    except HtmlcardError as error:
        return Reading({}, str(error))
    return Reading({**found, "image": found["image"] and found["image"]["url"]})


def our_version() -> str:
    return __version__


class _CorpusWeb:
    """Fetches as `htmlcard.fetch` does, with all names leading to the corpus's ports."""

    def __init__(self, server: CorpusServer) -> None:
        self._server = server

    async def __aenter__(self) -> _CorpusWeb:
        connector = aiohttp.TCPConnector(
            resolver=_Everywhere(self._server),
            ssl=ssl.create_default_context(cafile=self._server.certificate),
            force_close=True,
        )
        self._session = aiohttp.ClientSession(connector=connector)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def fetch(
        self,
        url: str,
        *,
        limits: Limits,
        headers: Mapping[str, str] | None = None,
        allow_downgrade: bool = False,
    ) -> Fetched:
        # As it is written: the corpus has escapes that another spelling would lose.
        there = URL(url, encoded=True)
        async with self._session.get(there, headers=headers, allow_redirects=False) as response:
            body = await response.read()
            if len(body) > limits.decoded_bytes:
                raise BadAnswer("the corpus has no such page")
            return Fetched(url, response.status, response.headers, body)


class _Everywhere(AbstractResolver):
    def __init__(self, server: CorpusServer) -> None:
        self._server = server

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        secure = port == 443
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=self._server.https_port if secure else self._server.http_port,
                family=2,
                proto=0,
                flags=0,
            )
        ]

    async def close(self) -> None:
        return None
