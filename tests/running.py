"""A service that runs, and what tests ask of it: answers, pictures, numbers.

`conftest` opens them; `cards` has the templates.
"""

from __future__ import annotations

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer
from cards import write_cards
from PIL import Image
from prometheus_client.parser import text_string_to_metric_families
from yarl import URL

from htmlcard.assembly import Service, open_service
from htmlcard.config import Settings
from htmlcard.server.app import build_app
from htmlcard.server.edge import MAX_LINE_BYTES


@dataclass(frozen=True)
class Answer:
    """An answer, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def fallback(self) -> str:
        """`<rung>; reason=<code>`, or empty where this is the card itself."""
        return self.headers.get("X-Htmlcard-Fallback", "")

    @cached_property
    def picture(self) -> Image.Image:
        """The body, wholly decoded; fails where it is no good picture."""
        with Image.open(io.BytesIO(self.body)) as image:
            assert f"image/{(image.format or '').lower()}" == self.headers["Content-Type"]
            image.load()
            return image

    def pixel(self, x: int, y: int) -> tuple[int, int, int]:
        spot = self.picture.crop((x, y, x + 1, y + 1)).convert("RGB")
        red, green, blue = spot.getpixel((0, 0))  # type: ignore[misc]
        return int(red), int(green), int(blue)


def is_near(found: tuple[int, int, int], wanted: tuple[int, int, int], by: int = 3) -> bool:
    """Whether two colors are the same but for what a lossy encoder does to them."""
    return all(abs(one - other) <= by for one, other in zip(found, wanted, strict=True))


async def until(holds: Callable[[], Awaitable[bool]], within_s: float = 60.0) -> float:
    """Ask again and again until it holds; how many seconds that took."""
    started_s = time.perf_counter()
    async with asyncio.timeout(within_s):
        while not await holds():  # noqa: ASYNC110 - it happens in other processes
            await asyncio.sleep(0.03)
    return time.perf_counter() - started_s


def tell(what: str, seconds: float) -> None:
    """Leave a measured time in the test's output (`pytest -rP`)."""
    print(f"{what}: {seconds:.3f} s")  # noqa: T201 - a figure, for whoever asks for it


async def read(response: ClientResponse) -> Answer:
    async with response:
        return Answer(response.status, response.headers, await response.read())


@dataclass(frozen=True)
class Site:
    """One open service behind a real socket."""

    service: Service
    client: TestClient[Any, Any]
    templates: Path

    async def get(self, path: str, **headers: str) -> Answer:
        """GET exactly these bytes: nothing of the path is encoded anew."""
        return await self.ask("GET", path, headers=headers)

    async def ask(self, method: str, path: str, **options: Any) -> Answer:
        url = URL(path, encoded=True)
        if url.absolute:
            assert url.origin() == self.client.make_url("/").origin()
            url = url.relative()
        named = {
            name.replace("_", "-"): value for name, value in options.pop("headers", {}).items()
        }
        return await read(await self.client.request(method, url, headers=named, **options))

    async def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's series that have these labels, as Prometheus sees them."""
        text = (await self.get("/metrics")).body.decode()
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    async def draws(self, path: str) -> bool:
        """Whether the card itself comes."""
        return not (await self.get(path)).fallback

    async def has_lanes(self, count: int) -> bool:
        """Whether so many browsers are up."""
        return len(self.service.browsers.supervisor.lanes) >= count

    async def renders(self) -> int:
        """How many cards a browser has drawn so far."""
        return int(await self.metric("htmlcard_render_seconds_count", stage="browser"))

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file below the template root, with the folders it needs."""
        path = self.templates / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path


#: Opens a service of a test's own; keywords are settings, and `dev`.
MakeSite = Callable[..., Awaitable[Site]]


@asynccontextmanager
async def open_site(folder: Path, *, dev: bool = False, **settings: Any) -> AsyncIterator[Site]:
    templates = folder / "templates"
    if not templates.is_dir():
        write_cards(templates)
    given = {"cache_dir": folder / "cache", "templates": [templates], "lanes": 1, **settings}
    async with open_service(Settings(**given)) as service:
        server = TestServer(build_app(service, dev=dev))
        await server.start_server(max_line_size=MAX_LINE_BYTES, max_field_size=MAX_LINE_BYTES)
        async with TestClient(server) as client:
            yield Site(service, client, templates)
