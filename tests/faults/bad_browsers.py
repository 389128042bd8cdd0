"""Stand-ins for Chromium: real ones that can be spoiled and mended while a service runs."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from htmlcard.browser.binary import find_chromium

_VERSION = 'case "$*" in *--version*) echo "HeadlessChrome 156.0.1.2"; exit 0 ;; esac'


class Wrapper:
    """A script in the browser's place: sound until it is spoiled."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._real = find_chromium(None).path
        self.mend()

    def mend(self) -> None:
        self._write(f'exec {self._real} "$@"')

    def spoil(self, script: str) -> None:
        """Do this instead of being a browser; `--version` is answered all the same."""
        self._write(f"{_VERSION}\n{script}")

    def limit(self, command: str) -> None:
        """Be a browser after this shell command."""
        self._write(f'{command}\nexec {self._real} "$@"')

    def remove(self) -> None:
        self.path.unlink()

    def forbid(self) -> None:
        self.path.chmod(0o644)

    def tamper(self, folder: Path) -> None:
        """Put `tampering` between driver and browser; `folder`/mode says what it does."""
        # A copy, as the browser's own user may not be let into our tree.
        program = shutil.copy(Path(__file__).with_name("tampering.py"), folder)
        system = Path("/usr/bin/python3")  # Ours may lie in somebody's home.
        python = system if system.exists() else Path(sys.executable).resolve()
        self._write(f'exec {python} {program} {folder} {self._real} "$@"')

    def _write(self, script: str) -> None:
        # In place of the old one at once: a script that is rewritten while it runs goes astray.
        new = self.path.with_suffix(".new")
        new.write_text(f"#!/bin/sh\n{script}\n")
        new.chmod(0o755)
        new.replace(self.path)
