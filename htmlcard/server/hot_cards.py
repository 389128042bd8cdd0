"""What is known of answers that came from memory, so that `hot_path` can give them again.

Nothing of a picture or template is kept, only the headers and where to ask for the rest.
Template, cache, expiry are asked every time: a hit from here is one the long way, too.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from email.utils import formatdate

import structlog
from aiohttp import web
from prometheus_client import Counter

from htmlcard.assembly import Service
from htmlcard.cache import CacheEntry
from htmlcard.card_request import CardRequest
from htmlcard.errors import TemplateFailed, UnknownTemplate

#: Set on a request whose answer is a whole card from memory, where its target alone decided it:
#: not who asked, and not the time, but for the card's own expiry. Nothing may fail afterwards.
CARD_IN_MEMORY = web.RequestKey("card_in_memory", CardRequest)

#: How many answers are known, and the longest URL among them: some 15 MB at most.
MAX_ANSWERS = 4096
MAX_TARGET_BYTES = 1024

#: What is different in every answer, and how kept headers say so.
_PLACES = {
    "X-Request-Id": b"%(id)b",
    "Server-Timing": b"%(timing)b",
    "Content-Length": b"%(length)d",
    "Date": b"%(date)b",
}


@dataclass(frozen=True, slots=True)
class _Answer:
    template: str
    identity: str
    fingerprint: str
    head: bytes
    """Status line and headers, with `_PLACES`."""
    path: str
    hits: Counter


class HotCards:
    """Answers by request target, as it came; those used last are kept. One event loop only."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._answers: OrderedDict[bytes, _Answer] = OrderedDict()
        self._date = (0, b"")
        self._log = structlog.get_logger().bind()

    def __len__(self) -> int:
        return len(self._answers)

    async def remember(self, request: web.Request, response: web.StreamResponse) -> None:
        """Know this answer from now on, if it is a card from memory. For `on_response_prepare`."""
        card, target = request.get(CARD_IN_MEMORY), request.raw_path
        if card is None or request.method != "GET" or "Connection" in response.headers:
            return
        if len(target) > MAX_TARGET_BYTES or not target.isascii():
            return
        lines = [b"HTTP/1.1 200 OK"]
        for name, value in response.headers.items():
            text = _PLACES.get(name) or value.encode().replace(b"%", b"%%")
            lines.append(name.encode() + b": " + text)
        service, template = self._service, card.template
        self._answers[target.encode()] = _Answer(
            template=template.name,
            identity=card.identity,
            fingerprint=service.renderer.fingerprint(template),
            head=b"\r\n".join(lines) + b"\r\n\r\n",
            path=request.path[:200],
            hits=service.metrics.requests.labels(template.name, card.format.value, "hit"),
        )
        if len(self._answers) > MAX_ANSWERS:
            self._answers.popitem(last=False)

    def find(self, method: bytes, target: bytes) -> tuple[bytes, bytes] | None:
        """Head and body of the answer, where it is known and still holds."""
        answer = self._answers.get(target)
        if answer is None:
            return None
        started_s = time.perf_counter()
        entry = self._find_entry(answer)
        if entry is None:
            del self._answers[target]
            return None
        self._answers.move_to_end(target)
        answer.hits.inc()
        request_id = secrets.token_hex(8)
        ms = (time.perf_counter() - started_s) * 1000
        head = answer.head % {
            b"id": request_id.encode(),
            b"timing": b'encoding;desc="%b", total;dur=%.1f' % (entry.encoding.encode(), ms),
            b"length": len(entry.data),
            b"date": self._find_date(),
        }
        self._log.debug(
            "request",
            method=method.decode(),
            path=answer.path,
            status=200,
            ms=round(ms, 1),
            request_id=request_id,
        )
        return head, b"" if method == b"HEAD" else entry.data

    def _find_entry(self, answer: _Answer) -> CacheEntry | None:
        try:
            template = self._service.catalogue.get_template(answer.template)
        except (TemplateFailed, UnknownTemplate):
            return None
        renderer = self._service.renderer
        if renderer.fingerprint(template) != answer.fingerprint:
            return None
        return renderer.find_entry(answer.identity, answer.fingerprint)

    def _find_date(self) -> bytes:
        second = int(time.time())
        if second != self._date[0]:
            self._date = (second, formatdate(second, usegmt=True).encode())
        return self._date[1]
