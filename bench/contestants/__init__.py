"""Everybody who is measured, in the order of the tables."""

from __future__ import annotations

from bench.contestants.contestant import Contestant, ContestantFailed
from bench.contestants.htmlcard import HtmlcardServer
from bench.contestants.pillow import PILLOW
from bench.contestants.playwright import PLAYWRIGHT
from bench.contestants.satori import SATORI
from bench.contestants.takumi import TAKUMI
from bench.contestants.vercel_og import VERCEL_OG
from bench.contestants.wkhtmltoimage import WKHTMLTOIMAGE

PEERS: tuple[Contestant, ...] = (TAKUMI, SATORI, VERCEL_OG, PLAYWRIGHT, WKHTMLTOIMAGE, PILLOW)

__all__ = ["PEERS", "Contestant", "ContestantFailed", "HtmlcardServer"]
