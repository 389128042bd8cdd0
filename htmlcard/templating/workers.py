"""A pool of child processes that fill in templates; the parent's side of `worker`.

A child that is late, dead or talks nonsense is killed and replaced; the card
in question fails, the others do not notice. A child does one card at a time.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from htmlcard.errors import DeadlineExceeded, EnvironmentLacking, TemplateFailed
from htmlcard.templating.params import Params
from htmlcard.templating.template import Template
from htmlcard.templating.worker import HEADER, MAX_OUTPUT_BYTES

_log = structlog.get_logger()

_START_TIMEOUT_S = 15.0
_REAP_TIMEOUT_S = 5.0
_MAX_RESTART_DELAY_S = 5.0
_PACKAGE_ROOT = Path(__file__).resolve().parents[2]
_START = (
    "import sys; sys.path.append(sys.argv[1]); import htmlcard.templating.worker as w; w.main()"
)


class _WorkerDied(Exception):  # noqa: N818 - a control flow of this file only
    pass


class Worker:
    """One running child process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls) -> Self:
        """Starts a child and waits until it is ready. Raises EnvironmentLacking."""
        # The environment of the service holds secrets; the loader's path is all a child needs.
        environment = {"LC_ALL": "C.UTF-8"}
        if path := os.environ.get("LD_LIBRARY_PATH"):
            environment["LD_LIBRARY_PATH"] = path
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-B", "-c", _START, str(_PACKAGE_ROOT)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=environment,
                cwd="/",
                start_new_session=True,  # Ctrl+C in the terminal is the parent's to handle
            )
        except OSError as error:
            raise EnvironmentLacking(f"cannot start a template worker: {error}") from error
        worker = cls(process)
        try:
            async with asyncio.timeout(_START_TIMEOUT_S):
                kind, _ = await worker._receive()
        except (TimeoutError, _WorkerDied) as error:
            await worker.kill()
            raise EnvironmentLacking(
                "a template worker ended before it was ready; "
                "run `python -m htmlcard.templating.worker` to see why"
            ) from error
        except BaseException:
            await worker.kill()
            raise
        assert kind == b"O"
        return worker

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    @property
    def pid(self) -> int:
        return self._process.pid

    async def exchange(self, request: Mapping[str, object]) -> tuple[bytes, bytes]:
        """Sends a request; the kind and payload of the answer."""
        stdin = self._process.stdin
        assert stdin is not None
        payload = json.dumps(request).encode()
        stdin.write(HEADER.pack(len(payload), b"R") + payload)
        try:
            await stdin.drain()
        except OSError as error:
            raise _WorkerDied from error
        return await self._receive()

    async def _receive(self) -> tuple[bytes, bytes]:
        stdout = self._process.stdout
        assert stdout is not None
        try:
            length, kind = HEADER.unpack(await stdout.readexactly(HEADER.size))
            if length > MAX_OUTPUT_BYTES or kind not in (b"O", b"H", b"E", b"M", b"S"):
                raise _WorkerDied
            return kind, await stdout.readexactly(length)
        except (asyncio.IncompleteReadError, OSError) as error:
            raise _WorkerDied from error

    async def kill(self) -> None:
        """Ends the child at once and waits, not for ever, until it is gone."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self.alive:
            try:
                self._process.kill()
            except ProcessLookupError:
                return
        try:
            async with asyncio.timeout(_REAP_TIMEOUT_S):
                await self._process.wait()
        except TimeoutError:
            _log.error("template_worker_unkillable", pid=self.pid)


class WorkerPool:
    """`count` children. Use `async with`; entering raises EnvironmentLacking."""

    def __init__(self, count: int = 2) -> None:
        self._count = count
        self._idle: asyncio.Queue[Worker] = asyncio.Queue()
        self._workers: set[Worker] = set()
        self._replacing: set[asyncio.Task[None]] = set()
        self._closed = False

    def __repr__(self) -> str:
        return (
            f"<WorkerPool {len(self._workers)} running, {self._idle.qsize()} idle, "
            f"{len(self._replacing)} starting>"
        )

    async def __aenter__(self) -> Self:
        starts = (Worker.start() for _ in range(self._count))
        started = await asyncio.gather(*starts, return_exceptions=True)
        for worker in started:
            if isinstance(worker, Worker):
                self._add(worker)
        failed = next((item for item in started if isinstance(item, BaseException)), None)
        if failed is not None:
            await self.aclose()
            raise failed
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Kills all children; cards being filled in fail."""
        self._closed = True
        for task in self._replacing:
            task.cancel()
        await asyncio.gather(*self._replacing, return_exceptions=True)
        await asyncio.gather(*(worker.kill() for worker in self._workers))
        self._workers.clear()

    @property
    def pids(self) -> frozenset[int]:
        """Process ids of the children running now."""
        return frozenset(worker.pid for worker in self._workers)

    async def render(
        self, template: Template, params: Params, card: Mapping[str, object], timeout_s: float
    ) -> str:
        """The HTML of `template` filled in with `params`, `card` and the template's brand.

        Raises TemplateFailed where the template is wrong, too slow, too large or
        breaks its worker, and DeadlineExceeded where no worker was free in time.
        """
        request = _build_request(template, params, card, timeout_s)
        deadline = asyncio.get_running_loop().time() + timeout_s
        for _ in range(2):
            worker = await self._acquire(template.name, deadline)
            try:
                return await self._render_on(worker, template, request, deadline)
            except _WorkerDied:
                if self._closed:
                    raise TemplateFailed("the template workers are shutting down") from None
                # Whoever killed it need not have been the template: one more try tells.
                continue
        raise TemplateFailed(f"template {template.name!r}: its worker process died twice")

    async def _acquire(self, name: str, deadline: float) -> Worker:
        try:
            async with asyncio.timeout_at(deadline):
                while not (worker := await self._idle.get()).alive:
                    self._replace(worker)
        except TimeoutError:
            raise DeadlineExceeded(
                f"template {name!r}: no template worker was free in time; "
                "other templates keep all of them busy"
            ) from None
        return worker

    async def _render_on(
        self, worker: Worker, template: Template, request: Mapping[str, object], deadline: float
    ) -> str:
        reusable = False
        try:
            async with asyncio.timeout_at(deadline):
                kind, payload = await worker.exchange(request)
                if kind == b"S":
                    sources = {**request, "sources": dict(template.sources)}
                    kind, payload = await worker.exchange(sources)
            reusable = kind in (b"H", b"E")
        except TimeoutError:
            raise TemplateFailed(
                f"template {template.name!r}: not filled in within {request['timeout_s']:g} s; "
                "look for loops that are too long"
            ) from None
        finally:
            # Also after a cancellation: the answer still to come would be the next card's.
            if reusable:
                self._idle.put_nowait(worker)
            else:
                self._replace(worker)
        if kind == b"H":
            return payload.decode()
        message = "it used too much memory" if kind == b"M" else payload.decode("utf-8", "replace")
        raise TemplateFailed(f"template {template.name!r}: {message}")

    def _add(self, worker: Worker) -> None:
        self._workers.add(worker)
        self._idle.put_nowait(worker)

    def _replace(self, worker: Worker) -> None:
        if self._closed:
            return  # `aclose` kills them all
        self._workers.discard(worker)
        task = asyncio.create_task(self._restart(worker), name="template-worker-restart")
        self._replacing.add(task)
        task.add_done_callback(self._replacing.discard)

    async def _restart(self, worker: Worker) -> None:
        await worker.kill()
        delay_s = 0.1
        while True:
            try:
                self._add(await Worker.start())
            except EnvironmentLacking as error:
                _log.error("template_worker_not_started", error=str(error), retry_in_s=delay_s)
                await asyncio.sleep(delay_s)
                delay_s = min(delay_s * 2, _MAX_RESTART_DELAY_S)
            else:
                return


def _build_request(
    template: Template, params: Params, card: Mapping[str, object], timeout_s: float
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
        "timeout_s": timeout_s,
    }
