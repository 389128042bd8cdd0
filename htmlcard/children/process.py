"""The parent's side of one running child."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import structlog

from htmlcard.children.service import ANSWER_HEADER, READY, REQUEST_HEADER
from htmlcard.errors import EnvironmentLacking

_log = structlog.get_logger()

_START_TIMEOUT_S = 15.0
_REAP_TIMEOUT_S = 5.0
_PACKAGE_ROOT = Path(__file__).resolve().parents[2]
_START = (
    "import sys, importlib; sys.path.append(sys.argv[1]); "
    "importlib.import_module(sys.argv[2]).main()"
)


class ChildDied(Exception):  # noqa: N818 - a control flow of the pool and its users
    """The child is gone, or talks nonsense."""


@dataclass(frozen=True, slots=True)
class ChildKind:
    """What kind of child: its name in messages, the module whose `main` it runs, its largest
    answer, and the kinds of answers (one byte each) it may give."""

    name: str
    module: str
    max_answer_bytes: int
    answers: frozenset[bytes]


class ChildProcess:
    """One running child."""

    def __init__(self, kind: ChildKind, process: asyncio.subprocess.Process) -> None:
        self._kind = kind
        self._process = process

    @classmethod
    async def start(cls, kind: ChildKind) -> Self:
        """Starts a child and waits until it is ready. Raises EnvironmentLacking."""
        # The environment of the service holds secrets; the loader's path is all a child needs.
        environment = {"LC_ALL": "C.UTF-8"}
        if path := os.environ.get("LD_LIBRARY_PATH"):
            environment["LD_LIBRARY_PATH"] = path
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-B", "-c", _START, str(_PACKAGE_ROOT), kind.module),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=environment,
                cwd="/",
                start_new_session=True,  # Ctrl+C in the terminal is the parent's to handle
            )
        except OSError as error:
            raise EnvironmentLacking(f"cannot start a {kind.name}: {error}") from error
        child = cls(kind, process)
        try:
            async with asyncio.timeout(_START_TIMEOUT_S):
                said, _ = await child._receive()
            if said != READY:
                raise ChildDied
        except (TimeoutError, ChildDied) as error:
            await child.kill()
            raise EnvironmentLacking(
                f"a {kind.name} ended before it was ready; run `python -m {kind.module}` to see why"
            ) from error
        except BaseException:
            await child.kill()
            raise
        return child

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    @property
    def pid(self) -> int:
        return self._process.pid

    async def exchange(self, payload: bytes, timeout_s: float) -> tuple[bytes, bytes]:
        """Sends a request; the kind and payload of the answer. Raises ChildDied.

        `timeout_s` is for the child's own alarm: whoever calls must kill it when it is late.
        """
        stdin = self._process.stdin
        assert stdin is not None
        stdin.write(REQUEST_HEADER.pack(len(payload), timeout_s))
        stdin.write(payload)
        try:
            await stdin.drain()
        except OSError as error:
            raise ChildDied from error
        return await self._receive()

    async def _receive(self) -> tuple[bytes, bytes]:
        stdout = self._process.stdout
        assert stdout is not None
        try:
            length, said = ANSWER_HEADER.unpack(await stdout.readexactly(ANSWER_HEADER.size))
            if length > self._kind.max_answer_bytes or said not in self._kind.answers:
                raise ChildDied
            return said, await stdout.readexactly(length)
        except (asyncio.IncompleteReadError, OSError) as error:
            raise ChildDied from error

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
            _log.error("child_unkillable", kind=self._kind.name, pid=self.pid)
