"""Installed packages against the floors htmlcard asks for: `doctor`'s business.

Floors are above versions with known holes. A downgrade, `pip install --no-deps` or a system's
own package passes them by without a word.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement


@dataclass(frozen=True, slots=True)
class Outdated:
    """A package that is older than asked for, or not there (`installed` is empty)."""

    name: str
    installed: str
    wanted: str


def find_outdated(requirements: Iterable[str] | None = None) -> list[Outdated]:
    """Packages below their floor. `requirements` (PEP 508) are by default those of htmlcard."""
    if requirements is None:
        requirements = requires("htmlcard") or []
    outdated = []
    for requirement in map(Requirement, requirements):
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            installed = ""
        if not installed or not requirement.specifier.contains(installed, prereleases=True):
            outdated.append(Outdated(requirement.name, installed, str(requirement.specifier)))
    return outdated
