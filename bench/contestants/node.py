"""What the peers from the npm registry have in common: Node, and `peers/node_modules`."""

from __future__ import annotations

import json
import shutil

from bench.contestants.worker import ROOT, WorkerContestant

PEERS = ROOT / "bench/peers"


def _find_obstacle(package: str) -> str | None:
    if shutil.which("node") is None:
        return "node is not installed"
    if not (PEERS / "node_modules" / package).is_dir():
        return f"{package} is not installed; run `npm ci` in bench/peers"
    return None


def _get_version(package: str) -> str:
    found = json.loads((PEERS / "node_modules" / package / "package.json").read_text())
    return f"{package} {found['version']}"


def make_node_contestant(
    name: str, script: str, packages: tuple[str, ...], formats: tuple[str, ...]
) -> WorkerContestant:
    return WorkerContestant(
        name,
        ("node", str(PEERS / script)),
        formats,
        lambda: ", ".join(_get_version(package) for package in packages),
        lambda: _find_obstacle(packages[0]),
    )
