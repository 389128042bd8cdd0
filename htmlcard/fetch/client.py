"""One fetch from beginning to end: redirects by hand, a cap on time, bytes and headers.

No cookies, no credentials, no proxies, no `.netrc`: what is asked for depends on the URL alone.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Self

import aiohttp

from htmlcard import __version__
from htmlcard.errors import (
    MAX_REDIRECTS,
    AnswerTooLarge,
    BadAnswer,
    FetchTimedOut,
    RefusedTarget,
    TooManyRedirects,
    Unreachable,
    UntrustedServer,
)
from htmlcard.fetch.addresses import AddressJudge
from htmlcard.fetch.connector import JudgingConnector, Lookup, RefusedAddress
from htmlcard.fetch.decoding import BodyDecoder
from htmlcard.fetch.politeness import MAX_CONNECTIONS_PER_HOST, Politeness
from htmlcard.fetch.target import Target, parse_redirect, parse_target

MAX_HEADERS = 64
MAX_HEADER_BYTES = 8190
USER_AGENT = f"htmlcard/{__version__} (social preview pictures)"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Limits:
    """What a fetch may cost. Bytes are of the body, as it comes and unpacked.

    With `cut`, a body over a limit ends there instead of failing.
    """

    total_s: float = 10.0
    connect_s: float = 3.0
    raw_bytes: int = 10_000_000
    decoded_bytes: int = 10_000_000
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer, whatever its status but for redirects that were followed.

    `headers` may be asked for in any case. `url` is the last one, after the redirects at the URLs
    in `hops`. `took_s` is from the first request to the last byte, without waiting for turns.
    """

    url: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    is_cut: bool = False
    hops: tuple[Hop, ...] = ()
    took_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Hop:
    """A redirect that was followed: the URL that answered it, and with which status."""

    url: str
    status: int


class Fetcher:
    """Fetches what is allowed; use `async with`. One event loop only.

    `tls` says whose certificates are trusted; None: those the machine trusts.
    """

    def __init__(
        self,
        judge: AddressJudge,
        *,
        lookup: Lookup = socket.getaddrinfo,
        tls: ssl.SSLContext | None = None,
        connections_per_host: int = MAX_CONNECTIONS_PER_HOST,
    ) -> None:
        self._judge = judge
        self._lookup = lookup
        self._tls = tls
        self._politeness = Politeness(connections_per_host)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=JudgingConnector(self._judge, self._lookup, self._tls),
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
        hops: list[Hop] = []
        took_s = 0.0
        try:
            async with asyncio.timeout(limits.total_s):
                while True:
                    async with self._politeness.turn(target.host):
                        started_s = time.monotonic()
                        answer = await self._fetch_once(target, limits, headers or {})
                        took_s += time.monotonic() - started_s
                    if isinstance(answer, Fetched):
                        return replace(answer, hops=tuple(hops), took_s=took_s)
                    hops.append(Hop(str(target), answer.status))
                    if len(hops) > MAX_REDIRECTS or str(answer.target) in {hop.url for hop in hops}:
                        raise TooManyRedirects([hop.url for hop in hops])
                    goes_down = (target.scheme, answer.target.scheme) == ("https", "http")
                    if goes_down and not allow_downgrade:
                        raise BadAnswer("it redirects from https to http")
                    target = answer.target
        except TimeoutError as error:
            raise FetchTimedOut(f"it was not here within {limits.total_s:g} s") from error

    async def _fetch_once(
        self, target: Target, limits: Limits, headers: Mapping[str, str]
    ) -> Fetched | _Redirect:
        if not self._judge.allows_port(target.port):
            raise RefusedTarget
        assert self._session is not None, "use `async with`"
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=limits.connect_s)
        with _own_errors():
            async with self._session.get(
                target.url,
                headers={"Accept-Encoding": "identity", **headers},
                allow_redirects=False,
                timeout=timeout,
            ) as response:
                if response.status in _REDIRECTS and "Location" in response.headers:
                    to = parse_redirect(target, response.headers["Location"])
                    return _Redirect(response.status, to)
                body, is_cut = await _read_body(response, limits)
                return Fetched(str(target), response.status, response.headers, body, is_cut)


@dataclass(frozen=True, slots=True)
class _Redirect:
    status: int
    target: Target


async def _read_body(response: aiohttp.ClientResponse, limits: Limits) -> tuple[bytes, bool]:
    """The body, and whether it goes on."""
    if (response.content_length or 0) > limits.raw_bytes and not limits.cut:
        raise AnswerTooLarge
    encoding = response.headers.get("Content-Encoding", "")
    decoder = BodyDecoder(encoding, limits.decoded_bytes, cut=limits.cut)
    left = limits.raw_bytes
    async for data in response.content.iter_any():
        if len(data) > left and not limits.cut:
            raise AnswerTooLarge
        decoder.feed(data[:left])
        if decoder.is_full or len(data) > left:
            return decoder.take(), True
        left -= len(data)
    return decoder.finish(), False


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
