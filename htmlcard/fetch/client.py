"""One fetch from beginning to end: redirects by hand, a cap on time, bytes and headers.

No cookies, no credentials, no proxies, no `.netrc`: what is asked for depends on the URL alone.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self

import aiohttp

from htmlcard import __version__
from htmlcard.errors import (
    AnswerTooLarge,
    BadAnswer,
    FetchTimedOut,
    RefusedTarget,
    Unreachable,
    UntrustedServer,
)
from htmlcard.fetch.addresses import AddressJudge
from htmlcard.fetch.connector import JudgingConnector, Lookup, RefusedAddress
from htmlcard.fetch.decoding import BodyDecoder
from htmlcard.fetch.politeness import Politeness
from htmlcard.fetch.target import Target, parse_redirect, parse_target

MAX_REDIRECTS = 5
MAX_HEADERS = 64
MAX_HEADER_BYTES = 8190
USER_AGENT = f"htmlcard/{__version__} (social preview pictures)"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Limits:
    """What a fetch may cost. Bytes are of the body, as it comes and unpacked."""

    total_s: float = 10.0
    connect_s: float = 3.0
    raw_bytes: int = 10_000_000
    decoded_bytes: int = 10_000_000


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer, whatever its status but for redirects that were followed.

    `headers` may be asked for in any case. `url` is the last one, after redirects.
    """

    url: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Fetcher:
    """Fetches what is allowed; use `async with`. One event loop only."""

    def __init__(self, judge: AddressJudge, *, lookup: Lookup = socket.getaddrinfo) -> None:
        self._judge = judge
        self._lookup = lookup
        self._politeness = Politeness()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=JudgingConnector(self._judge, self._lookup),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": USER_AGENT},
            trust_env=False,
            auto_decompress=False,
            max_line_size=MAX_HEADER_BYTES,
            max_field_size=MAX_HEADER_BYTES,
            max_headers=MAX_HEADERS,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def fetch(
        self,
        url: str,
        *,
        limits: Limits,
        headers: Mapping[str, str] | None = None,
        allow_downgrade: bool = False,
    ) -> Fetched:
        """GET a URL.

        `headers` go to every address on the way. `allow_downgrade` lets a redirect lead from
        https to http.

        Raises:
            FetchFailed: see its kinds.
        """
        target = parse_target(url)
        try:
            async with asyncio.timeout(limits.total_s):
                for _ in range(MAX_REDIRECTS + 1):
                    answer = await self._fetch_once(target, limits, headers or {})
                    if isinstance(answer, Fetched):
                        return answer
                    if target.scheme == "https" and answer.scheme == "http" and not allow_downgrade:
                        raise BadAnswer("it redirects from https to http")
                    target = answer
        except TimeoutError as error:
            raise FetchTimedOut(f"it was not here within {limits.total_s:g} s") from error
        raise BadAnswer(f"it redirects more than {MAX_REDIRECTS} times")

    async def _fetch_once(
        self, target: Target, limits: Limits, headers: Mapping[str, str]
    ) -> Fetched | Target:
        """The answer, or where it redirects to."""
        if not self._judge.allows_port(target.port):
            raise RefusedTarget
        assert self._session is not None, "use `async with`"
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=limits.connect_s)
        with _own_errors():
            async with (
                self._politeness.turn(target.host),
                self._session.get(
                    target.url,
                    headers={"Accept-Encoding": "identity", **headers},
                    allow_redirects=False,
                    timeout=timeout,
                ) as response,
            ):
                if response.status in _REDIRECTS and "Location" in response.headers:
                    return parse_redirect(target, response.headers["Location"])
                body = await _read_body(response, limits)
                return Fetched(str(target), response.status, response.headers, body)


async def _read_body(response: aiohttp.ClientResponse, limits: Limits) -> bytes:
    if (response.content_length or 0) > limits.raw_bytes:
        raise AnswerTooLarge
    decoder = BodyDecoder(response.headers.get("Content-Encoding", ""), limits.decoded_bytes)
    size = 0
    async for data in response.content.iter_any():
        size += len(data)
        if size > limits.raw_bytes:
            raise AnswerTooLarge
        decoder.feed(data)
    return decoder.finish()


@contextmanager
def _own_errors() -> Iterator[None]:
    """aiohttp's errors as ours; they never leave this package."""
    try:
        yield
    except RefusedAddress as error:
        raise RefusedTarget from error
    except aiohttp.ClientConnectorCertificateError as error:
        reason = getattr(error.certificate_error, "verify_message", "") or "it does not fit"
        raise UntrustedServer(f"its certificate is not trusted: {reason}") from error
    except (aiohttp.ClientConnectorSSLError, ssl.SSLError) as error:
        raise UntrustedServer("it does not speak TLS as it should") from error
    except aiohttp.ClientConnectorDNSError as error:
        if isinstance(error.os_error, RefusedAddress):
            raise RefusedTarget from error
        raise Unreachable("its name is not known") from error
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, RefusedAddress):
            raise RefusedTarget from error
        raise Unreachable("nobody answers at its address") from error
    except aiohttp.ConnectionTimeoutError as error:
        raise Unreachable("nobody answers at its address") from error
    # Not HTTP, cut off, a header too long; ValueError for what aiohttp itself does not dial.
    except (aiohttp.ClientError, OSError, ValueError) as error:
        if isinstance(error, TimeoutError):
            raise
        if isinstance(error.__cause__, RefusedAddress):
            raise RefusedTarget from error
        raise BadAnswer("it does not answer as a web server should") from error
