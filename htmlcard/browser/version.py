"""Asks a program for its `--version`, to see that it is a Chromium and does start.

`binary` next door decides which programs are asked, and in which order.
"""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import signal
import subprocess
import time
from pathlib import Path

#: How long the answer may take; it takes 20 ms where all is well.
VERSION_TIMEOUT_S = 5.0

#: As much as is read of the answer: a wrong program may print without end.
_OUTPUT_BYTES = 4096

#: Debian says "Chromium 156.0…", Google "Google Chrome [for Testing] 156.0…".
_VERSION = re.compile(
    r"\b(?:Chromium|Chrome|Headless ?Shell|HeadlessChrome)\b[^\d\n]*(\d+(?:\.\d+)+)"
)


class NotChromium(Exception):  # noqa: N818 - read as a sentence: it is not Chromium
    """Why a file does not count; the message goes on after the word "it"."""


def get_version(path: Path) -> str:
    """The version of the Chromium at `path`, like `156.0.8078.79`. Blocks, 5 s at most.

    Raises NotChromium where it does not start, does not answer in time, or is
    another program.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 - fixed words, or what the operator named
            [path, "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as problem:
        raise NotChromium(f"cannot be started ({problem.strerror})") from None
    try:
        output = _read_output(process)
    finally:
        # A wrapper script's child would outlive the script: the group goes as a whole.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    match = _VERSION.search(output)
    if match is None:
        said = " ".join(output.split())[:120]
        raise NotChromium(f"is not Chromium (to --version it said {said!r})")
    return match[1]


def _read_output(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    give_up_at_s = time.monotonic() + VERSION_TIMEOUT_S
    output = b""
    with process.stdout, selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while len(output) < _OUTPUT_BYTES:
            if not selector.select(max(0.0, give_up_at_s - time.monotonic())):
                raise NotChromium(f"did not answer --version within {VERSION_TIMEOUT_S:g} s")
            chunk = os.read(process.stdout.fileno(), _OUTPUT_BYTES)
            if not chunk:
                break
            output += chunk
    return output.decode("utf-8", "replace")
