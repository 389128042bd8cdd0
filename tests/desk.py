"""Where `htmlcard` is started as a process: a folder of its own, a clean environment."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

import psutil

HTMLCARD = str(Path(sys.executable).with_name("htmlcard"))
#: Far above what any command takes: one that reaches it hangs.
HANG_S = 60.0


@dataclass(frozen=True)
class Serving:
    """A running `htmlcard serve` or `dev`."""

    process: asyncio.subprocess.Process
    url: str
    stdout: Path
    stderr: Path

    def family(self) -> list[psutil.Process]:
        """All processes below it: driver, browsers, template workers."""
        return psutil.Process(self.process.pid).children(recursive=True)

    async def end(self, number: signal.Signals) -> int:
        """Send it a signal; its exit code, once it is gone."""
        self.process.send_signal(number)
        async with asyncio.timeout(HANG_S):
            return await self.process.wait()


def are_gone(processes: list[psutil.Process]) -> bool:
    """Whether none of them runs any more; those nobody has reaped yet do not run."""
    for process in processes:
        try:
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                return False
        except psutil.NoSuchProcess:
            continue
    return True


class Desk:
    """A working folder with `templates`, and `tmp` and `cache` beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "work"
        self.templates = self.folder / "templates"
        self.tmp = folder / "tmp"
        self.cache = folder / "cache"
        for each in (self.folder, self.tmp):
            each.mkdir()
            each.chmod(0o711)
        self._all = folder

    def environment(self, **variables: str) -> dict[str, str]:
        """Ours without any setting, so that a developer's own do not matter."""
        ours = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("HTMLCARD_") and name not in ("PORT", "HOST", "LOG_LEVEL")
        }
        folders = {"TMPDIR": str(self.tmp), "XDG_CACHE_HOME": str(self.cache)}
        return {**ours, **folders, "COLUMNS": "200", "NO_COLOR": "1", **variables}

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
        """Run a command to its end."""
        return subprocess.run(
            [HTMLCARD, *arguments],
            cwd=self.folder,
            env=self.environment(**variables),
            capture_output=True,
            timeout=HANG_S,
            check=False,
        )

    @asynccontextmanager
    async def serve(
        self,
        *arguments: str,
        command: str = "serve",
        through: Sequence[str] = (),
        **variables: str,
    ) -> AsyncIterator[Serving]:
        """A running service on a free port; killed at the end, if it is still there.

        `through` is a command that becomes it, such as `unshare`.
        """
        stdout, stderr = self.folder / "stdout", self.folder / "stderr"
        with stdout.open("wb") as out, stderr.open("wb") as err:
            process = await asyncio.create_subprocess_exec(
                *through,
                HTMLCARD,
                command,
                *arguments,
                cwd=self.folder,
                env=self.environment(PORT="0", HTMLCARD_LOG_FORMAT="json", **variables),
                stdout=out,
                stderr=err,
            )
        try:
            async with asyncio.timeout(HANG_S):
                while not (port := _find_port(stderr)):
                    assert process.returncode is None, stderr.read_text()
                    await asyncio.sleep(0.02)
            yield Serving(process, f"http://127.0.0.1:{port}", stdout, stderr)
        finally:
            if process.returncode is None:
                family = psutil.Process(process.pid).children(recursive=True)
                process.kill()
                await process.wait()
                for child in family:
                    if not are_gone([child]):
                        child.kill()

    def clear(self) -> None:
        rmtree(self._all, ignore_errors=True)


def _find_port(log: Path) -> int | None:
    for line in log.read_text().splitlines():
        if line.startswith("{") and line.endswith("}"):
            found = json.loads(line)
            if found["event"] == "listening":
                return int(found["port"])
    return None
