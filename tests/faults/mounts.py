"""Small and bad disks for one service alone, in a mount namespace of its own."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from .service import Service


def own_mounts(*commands: str) -> list[str]:
    """What starts a service with mounts of its own, made by these commands.

    Skips the test where that is not allowed.
    """
    unshare = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    probe = [*unshare, "sh", "-c", "mount -t tmpfs tmpfs /mnt"]
    if not shutil.which("unshare") or subprocess.run(probe, capture_output=True).returncode:
        pytest.skip("needs the right to mount a small disk of its own (unshare --mount)")
    return [*unshare, "sh", "-c", " && ".join([*commands, 'exec "$@"']), "sh"]


def run_inside(service: Service, command: str) -> None:
    """Run a shell command as root among the mounts of a service."""
    inside = ["nsenter", f"--target={service.pid}", "--mount"]
    if os.geteuid() != 0:
        inside += ["--user", "--preserve-credentials"]
    done = subprocess.run([*inside, "sh", "-c", command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
