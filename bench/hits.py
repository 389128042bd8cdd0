"""Cached hits: one htmlcard process beside one nginx worker, same bytes, same core, by wrk."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from typing import Any

from bench.cards import TITLES
from bench.contestants import HtmlcardServer
from bench.figures import percentile
from bench.nginx import Nginx
from bench.plan import Plan

_WANTED_BYTES = 100_000
_CONNECTIONS = 32
_TURNS = 3
_NUMBER = 7


def find_obstacle() -> str | None:
    """Why hits cannot be measured here; None where they can."""
    for command, package in (("wrk", "wrk"), ("nginx", "nginx-light"), ("taskset", "util-linux")):
        if shutil.which(command, path=f"{os.environ['PATH']}:/usr/sbin") is None:
            return f"{command} is not installed; apt-get install {package}"
    if len(os.sched_getaffinity(0)) < 2:
        return "server and wrk need a core each, and there is only one"
    return None


async def measure_hits(plan: Plan) -> dict[str, Any]:
    """Hits a second and latencies of both, in turns. Both answer the picture nearest 100 kB."""
    cores = sorted(os.sched_getaffinity(0))
    on_first = ("taskset", "-c", str(cores[0]))
    on_last = ("taskset", "-c", str(cores[-1]))
    # Measured on one core, but the browsers are idle: a hit touches none of them.
    server = HtmlcardServer({"HTMLCARD_LANES": "1"}, prefix=on_first)
    nginx: Nginx | None = None
    found: dict[str, list[dict[str, float]]] = {"htmlcard": [], "nginx": []}
    try:
        await server.start()
        card, format, data = await _choose_picture(server)
        nginx = Nginx(data, f"image/{format}", on_first)
        await nginx.start()
        urls = {"htmlcard": str(server.card_url(card, _NUMBER, format)), "nginx": nginx.url}
        for _ in range(_TURNS):
            for name, url in urls.items():
                found[name].append(await _run_wrk(on_last, url, plan.hit_s))
        answer = await server.ask(server.card_url(card, _NUMBER, format))
    finally:
        if nginx:
            await nginx.stop()
        await server.stop()
    if answer.data != data or "hit" not in answer.cache_status:
        raise RuntimeError(f"what was measured was no hit: {answer.cache_status}")
    middle = {
        name: {key: percentile((turn[key] for turn in turns), 0.5) for key in turns[0]}
        for name, turns in found.items()
    }
    return {"bytes": len(data), "connections": _CONNECTIONS, **middle}


async def _choose_picture(server: HtmlcardServer) -> tuple[str, str, bytes]:
    drawn = [
        (card, format, await server.draw(card, _NUMBER, format))
        for card in TITLES
        for format in server.formats
    ]
    return min(drawn, key=lambda item: abs(len(item[2]) - _WANTED_BYTES))


async def _run_wrk(prefix: tuple[str, ...], url: str, seconds: float) -> dict[str, float]:
    process = await asyncio.create_subprocess_exec(
        *(*prefix, "wrk", "--latency", "-t1", f"-c{_CONNECTIONS}", f"-d{max(1, round(seconds))}s"),
        url,
        stdout=asyncio.subprocess.PIPE,
    )
    output = (await process.communicate())[0].decode()
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    slowest = re.search(r"99%\s+([\d.]+)(us|ms|s)\b", output)
    if process.returncode or not rate or not slowest or "Non-2xx" in output:
        raise RuntimeError(f"wrk found something else than the picture at {url}:\n{output}")
    unit_ms = {"us": 0.001, "ms": 1.0, "s": 1000.0}[slowest[2]]
    return {"per_s": float(rate[1]), "p99_ms": float(slowest[1]) * unit_ms}
