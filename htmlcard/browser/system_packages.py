"""The system's package manager: which one there is, and one call of it that lasts.

`install` next door knows what to ask it for. Nothing here uses sudo: whoever is
not root gets the command to run.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from htmlcard.errors import EnvironmentLacking

#: How long another process may hold apt's or dpkg's lock: an unattended upgrade takes about that.
LOCK_TIMEOUT_S = 120.0

#: So that messages can be recognized and no question is asked.
_QUIET = {"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}


@dataclass(frozen=True, slots=True)
class PackageManager:
    """`browsers` are the packages that bring a Chromium, best first."""

    install: tuple[str, ...]
    refresh: tuple[str, ...]
    browsers: tuple[str, ...]


_MANAGERS = (
    PackageManager(
        # apt waits for dpkg's lock itself; Debian has the headless shell, Ubuntu does not.
        ("apt-get", "-o", "DPkg::Lock::Timeout=120", "install", "-y", "--no-install-recommends"),
        ("apt-get", "update"),
        ("chromium-headless-shell", "chromium"),
    ),
    PackageManager(("dnf", "install", "-y"), ("dnf", "makecache"), ("chromium",)),
    PackageManager(("apk", "add"), ("apk", "update"), ("chromium",)),
    PackageManager(("pacman", "-S", "--needed", "--noconfirm"), ("pacman", "-Sy"), ("chromium",)),
)


def find_package_manager() -> PackageManager | None:
    """The first of apt, dnf, apk and pacman that is on PATH."""
    return next((one for one in _MANAGERS if shutil.which(one.install[0])), None)


def format_command(manager: PackageManager, packages: Sequence[str]) -> str:
    """What a person types as root to get `packages`."""
    refresh = shlex.join(manager.refresh)
    plain = [word for word in manager.install if word not in ("-o", "DPkg::Lock::Timeout=120")]
    return f"{refresh} && {shlex.join([*plain, *packages])}"


def install_packages(
    manager: PackageManager, packages: Sequence[str], report: Callable[[str], None]
) -> None:
    """Install `packages`; several minutes at worst, on a slow line.

    Raises EnvironmentLacking with the command for root, or with the last words of
    the package manager.
    """
    if os.geteuid() != 0:
        raise EnvironmentLacking(
            f"only root may do that; run as root: {format_command(manager, packages)}"
        )
    report(f"installing {' '.join(packages)} ({manager.install[0]})")
    command = [*manager.install, *packages]
    # The lists are missing or out of date only on some machines, and fetching them is slow.
    if _run(command).returncode == 0:
        return
    _run(manager.refresh)
    done = _run(command)
    if done.returncode != 0:
        said = "\n".join(done.stdout.strip().splitlines()[-5:])
        raise EnvironmentLacking(f"`{shlex.join(command)}` failed: {said}")


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    give_up_at_s = time.monotonic() + LOCK_TIMEOUT_S
    mended = False
    while True:
        done = subprocess.run(  # noqa: S603 - fixed words from the table above
            command,
            env={**os.environ, **_QUIET},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        # An earlier set-up that was interrupted leaves dpkg in this state.
        if done.returncode != 0 and "dpkg --configure -a" in done.stdout and not mended:
            mended = True
            _run(("dpkg", "--configure", "-a"))
        # `apt-get update` does not wait for its own lock, whatever DPkg::Lock::Timeout says.
        elif (
            done.returncode != 0
            and "Could not get lock" in done.stdout
            and time.monotonic() < give_up_at_s
        ):
            time.sleep(1.0)
        else:
            return done
