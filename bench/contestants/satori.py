"""satori + resvg-js."""

from __future__ import annotations

from bench.contestants.node import make_node_contestant

SATORI = make_node_contestant("satori", "satori.mjs", ("satori", "@resvg/resvg-js"), ("png",))
