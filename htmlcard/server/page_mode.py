"""The page a request names, as far as it can be had for this answer: for cards and their tags."""

from __future__ import annotations

import asyncio

from aiohttp import web

from htmlcard.errors import TooManyRequests
from htmlcard.pages import NO_PAGE, PageFill
from htmlcard.server.access import spend_budget
from htmlcard.server.context import context_of
from htmlcard.telemetry.timings import Timings
from htmlcard.templating.template import Template
from htmlcard.urls import Pairs, Target, first_values


async def read_page(
    request: web.Request, template: Template, target: Target, query: Pairs, timings: Timings
) -> PageFill:
    """What the page in `url` says. One that must be read first counts like a card.

    Raises:
        TooManyRequests: the client has used up its budget.
    """
    if "url" not in first_values(query, ("url",)):
        return NO_PAGE
    context = context_of(request)
    service = context.service
    if context.budgets and await service.pages.must_read(query):
        try:
            await spend_budget(request)
        except TooManyRequests:
            service.metrics.requests.labels(template.name, target.format.value, "limited").inc()
            raise
    deadline_s = asyncio.get_running_loop().time() + service.settings.deadline_ms / 1000
    with timings.measure("page"):
        page = await service.pages.fill(template, query, deadline_s)
    service.metrics.render_seconds.labels("page").observe(timings.stages["page"])
    return page
