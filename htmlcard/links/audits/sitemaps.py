"""Sitemaps: bytes to the addresses they list, whatever else is in there.

The protocol (https://www.sitemaps.org/protocol.html) knows XML, with pages or with further
sitemaps, and text with an address a line; each may be packed with gzip. `site_pages` fetches them.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from dataclasses import dataclass
from xml.parsers import expat

from htmlcard.errors import AnswerTooLarge, BadAnswer
from htmlcard.links.web_url import parse_web_url

#: Of one sitemap, unpacked; and of its entries. Both are the protocol's.
MAX_BYTES = 52_428_800
MAX_ENTRIES = 50_000
#: What nobody fetches need not be kept; the protocol says 2,048.
_MAX_URL_LENGTH = 4_096
#: Real ones are four deep, with a thousand pictures an entry at most.
_MAX_DEPTH = 16
_MAX_ELEMENTS = 2_000_000

_GZIP = b"\x1f\x8b"
_UTF_8_MARK = b"\xef\xbb\xbf"
#: How XML begins; in UTF-16 it must have a byte order mark.
_XML = (b"<", b"\xff\xfe", b"\xfe\xff")
_BLANKS = b" \t\r\n"
_WEB_PAGE = re.compile(rb"<(?:!doctype\s+)?html", re.IGNORECASE)
_ENTRY = {"urlset": "url", "sitemapindex": "sitemap"}


@dataclass(frozen=True, slots=True)
class Sitemap:
    """What one file lists: pages, or further sitemaps, absolute and in its order.

    `dropped` counts entries that are no http(s) addresses, or beyond the protocol's 50,000.
    """

    pages: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    dropped: int = 0


def parse_sitemap(data: bytes) -> Sitemap:
    """The sitemap in `data`. No entity of its own is ever expanded: a DOCTYPE is refused.

    Raises:
        BadAnswer: it is no sitemap, or a broken one.
        AnswerTooLarge: it is larger than the protocol allows, packed or unpacked.
    """
    # Plugins that print a blank line before the XML declaration are everyday.
    data = _unpack(data).removeprefix(_UTF_8_MARK).lstrip(_BLANKS)
    if _WEB_PAGE.match(data):
        raise BadAnswer("it is no sitemap: it is a web page")
    return _XmlReader().read(data) if data.startswith(_XML) else _parse_text(data)


def _unpack(data: bytes) -> bytes:
    if data.startswith(_GZIP):
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
                data = packed.read(MAX_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise BadAnswer("its gzip is broken") from error
    if len(data) > MAX_BYTES:
        raise AnswerTooLarge
    return data


def _parse_text(data: bytes) -> Sitemap:
    entries = _Entries()
    for line in re.finditer(rb"[^\r\n]+", data):
        if text := line[0].decode("utf-8", "replace").strip():
            entries.add(text)
        if not entries.is_full and entries.dropped > MAX_ENTRIES:
            break
    else:
        if entries.urls or not entries.dropped:
            return Sitemap(pages=tuple(entries.urls), dropped=entries.dropped)
    raise BadAnswer("it is no sitemap: neither XML nor a list of addresses")


class _Entries:
    """Addresses, up to the cap."""

    def __init__(self) -> None:
        self.urls: list[str] = []
        self.dropped = 0

    @property
    def is_full(self) -> bool:
        return len(self.urls) >= MAX_ENTRIES

    def add(self, text: str) -> None:
        # Looked at only while there is room: fifty megabytes may be millions of lines.
        is_wanted = not self.is_full and len(text) <= _MAX_URL_LENGTH
        url = parse_web_url(text) if is_wanted else None
        if url is None:
            self.dropped += 1
            return
        self.urls.append(str(url).partition("#")[0])


class _XmlReader:
    """One document: `<urlset><url><loc>`, or `<sitemapindex><sitemap><loc>`.

    Namespaces are told by their prefix: only elements with that of the root count, so
    `<image:loc>` is no page. Many generators forget to declare some prefix, which no
    namespace-aware parser forgives.
    """

    def __init__(self) -> None:
        self._path: list[str] = []
        self._wanted: list[str] = []
        self._text: list[str] | None = None
        self._length = 0
        self._elements = 0
        self._entries = _Entries()

    def read(self, data: bytes) -> Sitemap:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._add_text
        try:
            parser.Parse(data, True)
        except expat.ExpatError as error:
            raise BadAnswer(f"its XML is broken in line {error.lineno}") from error
        # An encoding Python does not know, or one that is no text.
        except (LookupError, ValueError) as error:
            raise BadAnswer("its XML is in an encoding nobody knows") from error
        urls = tuple(self._entries.urls)
        is_index = self._wanted[1].endswith("sitemap")
        return Sitemap(
            pages=() if is_index else urls,
            sitemaps=urls if is_index else (),
            dropped=self._entries.dropped,
        )

    def _refuse_doctype(self, *_: object) -> None:
        raise BadAnswer("it is no sitemap: it has a DOCTYPE")

    def _start(self, name: str, _: dict[str, str]) -> None:
        self._elements += 1
        if not self._path:
            prefix, colon, root = name.rpartition(":")
            if root not in _ENTRY:
                raise BadAnswer("it is no sitemap: it has neither a urlset nor a sitemapindex")
            self._wanted = [name, f"{prefix}{colon}{_ENTRY[root]}", f"{prefix}{colon}loc"]
        self._path.append(name)
        if len(self._path) > _MAX_DEPTH or self._elements > _MAX_ELEMENTS:
            raise BadAnswer("it is no sitemap: it has more elements than any needs")
        if self._path == self._wanted:
            self._text, self._length = [], 0

    def _add_text(self, text: str) -> None:
        if self._text is not None and self._length <= _MAX_URL_LENGTH + 1_000:
            self._text.append(text)
            self._length += len(text)

    def _end(self, _: str) -> None:
        if self._text is not None and self._path == self._wanted:
            self._entries.add("".join(self._text).strip())
            self._text = None
        self._path.pop()
