"""takumi, the fastest renderer without a browser that is known here."""

from __future__ import annotations

from bench.contestants.node import make_node_contestant

TAKUMI = make_node_contestant("takumi", "takumi.mjs", ("@takumi-rs/core",), ("png", "jpeg", "webp"))
