"""On what a run was made: figures of another machine are other figures."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

_LIBRARIES = ("aiohttp", "uvloop", "pillow", "numpy", "isal", "diskcache", "jinja2")


def describe_machine() -> dict[str, Any]:
    return {
        "cores": len(os.sched_getaffinity(0)),
        "cpu": _read_field(Path("/proc/cpuinfo"), "model name", ":") or platform.processor(),
        "memory_bytes": psutil.virtual_memory().total,
        "system": _read_field(Path("/etc/os-release"), "PRETTY_NAME", "=").strip('"'),
        "kernel": f"{platform.system()} {platform.release()}",
        # What else was running tells how far the figures may be trusted.
        "load_before": round(os.getloadavg()[0], 2),
    }


def list_versions() -> dict[str, str]:
    """Versions of what the contestants stand on."""
    found = {"Python": platform.python_version()}
    found |= {name: version(name) for name in _LIBRARIES}
    for name, command in (("Node", ["node", "--version"]), ("nginx", ["nginx", "-v"])):
        binary = shutil.which(command[0], path=f"{os.environ['PATH']}:/usr/sbin")
        if binary:
            asked = subprocess.run([binary, *command[1:]], capture_output=True, text=True)
            found[name] = (asked.stdout or asked.stderr).strip().removeprefix("nginx version: ")
    return found


def _read_field(path: Path, name: str, separator: str) -> str:
    if not path.is_file():
        return ""
    for line in path.read_text().splitlines():
        key, found, value = line.partition(separator)
        if found and key.strip() == name:
            return value.strip()
    return ""
