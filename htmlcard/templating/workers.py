"""A pool of child processes that fill in templates; the parent's side of `worker`."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from htmlcard.children.pool import ChildLate, ChildPool, NoChildFree
from htmlcard.children.process import ChildDied, ChildKind, ChildProcess
from htmlcard.children.service import OUT_OF_MEMORY, READY
from htmlcard.errors import DeadlineExceeded, TemplateFailed
from htmlcard.templating.params import Params
from htmlcard.templating.template import Template
from htmlcard.templating.worker import MAX_OUTPUT_BYTES

TEMPLATE_WORKER = ChildKind(
    name="template worker",
    module="htmlcard.templating.worker",
    max_answer_bytes=MAX_OUTPUT_BYTES,
    answers=frozenset({READY, OUT_OF_MEMORY, b"H", b"E", b"S"}),
)


class WorkerPool(ChildPool):
    """`count` children. Use `async with`; entering raises EnvironmentLacking.

    One template has all but one of them at the most (though at least one): filling in takes a
    millisecond, but one that loops takes its worker for a second, and then for good.
    """

    def __init__(self, count: int = 2) -> None:
        super().__init__(TEMPLATE_WORKER, count)
        self._share = max(1, count - 1)
        self._turns: dict[str, asyncio.Semaphore] = {}
        self._present: Counter[str] = Counter()

    async def render(
        self, template: Template, params: Params, card: Mapping[str, object], timeout_s: float
    ) -> str:
        """The HTML of `template` filled in with `params`, `card` and the template's brand.

        Raises TemplateFailed where the template is wrong, too slow, too large or
        breaks its worker, and DeadlineExceeded where no worker was free in time.
        """
        request = _build_request(template, params, card)
        loop = asyncio.get_running_loop()
        wait_until_s = loop.time() + timeout_s
        deadline_s = wait_until_s + timeout_s
        late_s = deadline_s

        async def fill_in(worker: ChildProcess) -> tuple[bytes, bytes]:
            nonlocal late_s
            late_s = loop.time() + timeout_s  # Having waited for a worker is not its fault.
            async with asyncio.timeout_at(late_s):
                kind, payload = await worker.exchange(json.dumps(request).encode(), timeout_s)
                if kind == b"S":
                    complete = {**request, "sources": dict(template.sources)}
                    kind, payload = await worker.exchange(json.dumps(complete).encode(), timeout_s)
                return kind, payload

        try:
            async with self._turn(template.fingerprint, wait_until_s):
                kind, payload = await self.run(fill_in, deadline_s)
        except NoChildFree:
            raise DeadlineExceeded(
                f"template {template.name!r}: no template worker was free in time; "
                "other cards keep all of them busy"
            ) from None
        except ChildLate:
            if late_s > deadline_s:
                raise DeadlineExceeded(
                    f"template {template.name!r}: a template worker was free too late"
                ) from None
            raise TemplateFailed(
                f"template {template.name!r}: not filled in within {timeout_s:g} s; "
                "look for loops that are too long"
            ) from None
        except ChildDied:
            if self.closed:
                raise TemplateFailed("the template workers are shutting down") from None
            raise TemplateFailed(
                f"template {template.name!r}: its worker process died twice"
            ) from None
        if kind == b"H":
            return payload.decode()
        message = payload.decode("utf-8", "replace")
        if kind == OUT_OF_MEMORY:
            message = "it used too much memory"
        raise TemplateFailed(f"template {template.name!r}: {message}")

    @asynccontextmanager
    async def _turn(self, version: str, deadline_s: float) -> AsyncIterator[None]:
        """Wait until fewer cards of a template are being filled in; raises NoChildFree if late."""
        turns = self._turns.setdefault(version, asyncio.Semaphore(self._share))
        self._present[version] += 1
        try:
            try:
                async with asyncio.timeout_at(deadline_s):
                    await turns.acquire()
            except TimeoutError:
                raise NoChildFree from None
            try:
                yield
            finally:
                turns.release()
        finally:
            self._present[version] -= 1
            if not self._present[version]:
                del self._present[version], self._turns[version]


def _build_request(
    template: Template, params: Params, card: Mapping[str, object]
) -> dict[str, object]:
    dates = [name for name, value in params.values.items() if isinstance(value, dt.date)]
    values = {
        name: value.isoformat() if isinstance(value, dt.date) else value
        for name, value in params.values.items()
        if value != ""  # left out, so that `{{ kicker|default("News") }}` does what it says
    }
    return {
        "fingerprint": template.fingerprint,
        "entry": template.entry,
        "values": values,
        "dates": dates,
        "card": dict(card),
        "brand": dict(template.brand_context),
    }
