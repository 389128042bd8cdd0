"""Serves the corpus on loopback under all its names: http on one port, https on another.

Bytes and header go out as the labels say, which no web framework would let pass. Pictures and
icons that pages name are there, for some ask whether they are.
"""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from mimetypes import guess_type
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

from bench.links.corpus import Case

_HOST = re.compile(rb"//((?:[a-z0-9-]+\.)+website)\b")
_PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@dataclass(frozen=True)
class CorpusServer:
    """Where it runs, and whose word says that it is who it claims to be."""

    http_port: int
    https_port: int
    certificate: Path


@asynccontextmanager
async def serve(cases: Iterable[Case]) -> AsyncIterator[CorpusServer]:
    """The corpus, running on two free ports."""
    pages = {_key(case.url): case for case in cases}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, target = head.split(" ", 2)[:2]
            secure = writer.get_extra_info("ssl_object") is not None
            host = _host_in(head)
            case = pages.get((secure, host, unquote(target)))
            if case:
                writer.write(_answer("200 OK", case.content_type, case.body, method))
            elif kind := _find_picture(pages.values(), host, target):
                writer.write(_answer("200 OK", kind, _PICTURE, method))
            else:
                writer.write(_answer("404 Not Found", "text/plain", b"Nothing here.\n", method))
            await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            pass  # Whoever asked is gone.
        finally:
            writer.close()

    with TemporaryDirectory(prefix="htmlcard-bench-") as folder:
        certificate, key = Path(folder, "certificate.pem"), Path(folder, "key.pem")
        hosts = sorted(set().union(*map(_hosts_of, pages.values())))
        await asyncio.to_thread(_vouch, hosts, certificate, key)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key)
        plain = await asyncio.start_server(answer, "127.0.0.1", 0)
        secure = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
        http_port, https_port = (x.sockets[0].getsockname()[1] for x in (plain, secure))
        try:
            yield CorpusServer(http_port, https_port, certificate)
        finally:
            plain.close()
            secure.close()


def _key(url: str) -> tuple[bool, str, str]:
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    # As servers do it: who asks may write an escape out.
    return parts.scheme == "https", parts.netloc, unquote(target)


def _hosts_of(case: Case) -> set[str]:
    """Its own, and those that its pictures and icons are at."""
    named = {host.decode() for host in _HOST.findall(case.body)}
    listed = [case.url, case.expected["favicon"], *case.expected["images"]]
    return named | {urlsplit(url).hostname or "" for url in listed if url}


def _host_in(head: str) -> str:
    lines = (line.partition(":") for line in head.split("\r\n")[1:])
    return next((value.strip() for name, _, value in lines if name.lower() == "host"), "")


def _find_picture(cases: Iterable[Case], host: str, target: str) -> str | None:
    """The type of a picture there, where a page of that site has one of that name."""
    path = target.partition("?")[0]
    kind = guess_type(path)[0] or ""
    domain, name = _domain(host), path.rpartition("/")[2].encode()
    ours = (case for case in cases if _domain(urlsplit(case.url).hostname or "") == domain)
    is_named = kind.startswith("image/") and any(name in case.body for case in ours)
    return kind if is_named else None


def _domain(host: str) -> str:
    return ".".join(host.partition(":")[0].split(".")[-2:])


def _answer(status: str, content_type: str | None, body: bytes, method: str) -> bytes:
    kind = f"Content-Type: {content_type}\r\n" if content_type is not None else ""
    head = f"HTTP/1.1 {status}\r\n{kind}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode("latin-1") + (body if method != "HEAD" else b"")


def _vouch(hosts: Iterable[str], certificate: Path, key: Path) -> None:
    names = ",".join(f"DNS:{host}" for host in hosts)
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    subject = ["-subj", "/CN=corpus", "-addext", f"subjectAltName={names}"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command.split(), *subject, *files], check=True, capture_output=True)
