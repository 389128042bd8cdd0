"""A pool of child processes that fill in templates; the parent's side of `worker`."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Mapping

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
    """`count` children. Use `async with`; entering raises EnvironmentLacking."""

    def __init__(self, count: int = 2) -> None:
        super().__init__(TEMPLATE_WORKER, count)

    async def render(
        self, template: Template, params: Params, card: Mapping[str, object], timeout_s: float
    ) -> str:
        """The HTML of `template` filled in with `params`, `card` and the template's brand.

        Raises TemplateFailed where the template is wrong, too slow, too large or
        breaks its worker, and DeadlineExceeded where no worker was free in time.
        """
        request = _build_request(template, params, card)

        async def fill_in(worker: ChildProcess) -> tuple[bytes, bytes]:
            kind, payload = await worker.exchange(json.dumps(request).encode(), timeout_s)
            if kind == b"S":
                complete = {**request, "sources": dict(template.sources)}
                kind, payload = await worker.exchange(json.dumps(complete).encode(), timeout_s)
            return kind, payload

        try:
            deadline_s = asyncio.get_running_loop().time() + timeout_s
            kind, payload = await self.run(fill_in, deadline_s)
        except NoChildFree:
            raise DeadlineExceeded(
                f"template {template.name!r}: no template worker was free in time; "
                "other templates keep all of them busy"
            ) from None
        except ChildLate:
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
