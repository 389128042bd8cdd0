"""@vercel/og."""

from __future__ import annotations

from bench.contestants.node import make_node_contestant

VERCEL_OG = make_node_contestant("vercel-og", "vercel-og.mjs", ("@vercel/og",), ("png",))
