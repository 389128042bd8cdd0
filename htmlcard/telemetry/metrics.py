"""Prometheus metrics. Labels come from bounded sets only: never from what a caller wrote."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.exposition import generate_latest

# A second series per counter, which nobody asked for.
disable_created_metrics()  # type: ignore[no-untyped-call]

#: Most cards take tens of milliseconds; the deadline is usually 2.5 s.
_SECONDS = (0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.5, 5.0)
_BYTES = (10_000, 25_000, 50_000, 100_000, 150_000, 200_000, 250_000, 300_000, 1_000_000)

#: The label of a template that does not exist: whatever was asked for, it is one series.
UNKNOWN_TEMPLATE = "_unknown"


class Metrics:
    """All metrics of one service."""

    content_type = "text/plain; version=0.0.4; charset=utf-8"

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        self.requests = Counter(
            "htmlcard_requests_total",
            "Answers of /render.",
            ["template", "format", "result"],
            registry=registry,
        )
        self.render_seconds = Histogram(
            "htmlcard_render_seconds",
            "Time of drawing a card, by stage.",
            ["stage"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.cache = Counter(
            "htmlcard_cache_total", "Look-ups in the cache.", ["tier", "result"], registry=registry
        )
        self.fallbacks = Counter(
            "htmlcard_fallbacks_total",
            "Fallback pictures answered.",
            ["rung", "reason"],
            registry=registry,
        )
        self.queue_depth = Gauge(
            "htmlcard_queue_depth", "Cards that wait for a browser.", registry=registry
        )
        self.browsers = Gauge(
            "htmlcard_browsers", "Browsers, by state.", ["state"], registry=registry
        )
        self.browser_restarts = Counter(
            "htmlcard_browser_restarts_total", "Browsers replaced.", ["reason"], registry=registry
        )
        self.loop_lag_seconds = Gauge(
            "htmlcard_loop_lag_seconds",
            "How late the event loop was at the worst, in the last half minute.",
            registry=registry,
        )
        self.image_bytes = Histogram(
            "htmlcard_image_bytes", "Size of drawn cards.", buckets=_BYTES, registry=registry
        )

    def expose(self) -> bytes:
        """The text that Prometheus scrapes."""
        return generate_latest(self.registry)
