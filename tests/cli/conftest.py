"""Commands run in this process: without the second of its own that each process takes to start."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import structlog
from desk import HANG_S, Desk

from htmlcard.cli import main


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


#: Runs `htmlcard` with these arguments in the desk's folder, while the test's servers go on.
RunHere = Callable[..., Awaitable[Done]]


@pytest.fixture
def here(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Folder and environment of the desk; afterwards logs go where they went before, since the
    stderr of a test is closed for the next."""
    environment = desk.environment()
    for name in os.environ.keys() - environment.keys():
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(desk.folder)
    monkeypatch.setattr(logging.root, "handlers", [])
    level, logs = logging.root.level, structlog.get_config()
    yield
    logging.root.setLevel(level)
    structlog.configure(**logs)


@pytest.fixture
def run_here(
    here: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> RunHere:
    def run(arguments: tuple[str, ...]) -> int:
        with pytest.raises(SystemExit) as ended:
            main([*arguments])
        assert isinstance(ended.value.code, int)
        return ended.value.code

    async def run_here(*arguments: str, **variables: str) -> Done:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        async with asyncio.timeout(HANG_S):
            # A thread: the command has an event loop of its own.
            code = await asyncio.to_thread(run, arguments)
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return run_here
