"""What operators and their tools ask."""

from __future__ import annotations

import re

from prometheus_client.parser import text_string_to_metric_families
from running import Site

from htmlcard import __version__


async def test_a_working_service_is_alive_and_ready(site: Site) -> None:
    """An orchestrator routes traffic by these two."""
    await site.get("/render/nonce?title=ready&must=1")
    for path in ("/livez", "/readyz"):
        answer = await site.get(path)
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-store"


async def test_version_and_health_tell_what_runs(site: Site) -> None:
    """The first questions of every bug report."""
    await site.get("/render/nonce?title=ready&must=1")
    version = (await site.get("/version")).json
    assert version["htmlcard"] == __version__
    assert re.fullmatch(r"\d+(\.\d+){3}", version["chromium"])
    health = (await site.get("/health")).json
    assert health["ready"] is True
    assert health["browser"]["lanes"][0]["state"] == "idle"
    assert health["cache"]["memory"]["entries"] >= 1
    assert "syntax" in health["templates"]["problems"]
    assert "letmein" not in str(health)


async def test_metrics_have_the_names_of_the_contract(site: Site) -> None:
    """Dashboards and alerts are built on these names and labels."""
    await site.get("/render/nonce?title=metrics&must=1")
    await site.get("/render/crash?title=metrics")
    answer = await site.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    found = {
        sample.name: set(sample.labels)
        for family in text_string_to_metric_families(answer.body.decode())
        for sample in family.samples
    }
    assert found["htmlcard_requests_total"] == {"template", "format", "result"}
    assert found["htmlcard_render_seconds_bucket"] == {"stage", "le"}
    assert found["htmlcard_cache_total"] == {"tier", "result"}
    assert found["htmlcard_fallbacks_total"] == {"rung", "reason"}
    assert found["htmlcard_queue_depth"] == set()
    assert found["htmlcard_browsers"] == {"state"}
    assert found["htmlcard_image_bytes_bucket"] == {"le"}
    assert b"# TYPE htmlcard_browser_restarts_total counter" in answer.body


async def test_made_up_names_add_no_series(site: Site) -> None:
    """A scanner's thousand names must not become a thousand series in somebody's Prometheus."""

    async def series() -> int:
        text = (await site.get("/metrics")).body.decode()
        return sum(not line.startswith("#") for line in text.splitlines())

    await site.get("/render/nobody")
    before = await series()
    for number in range(500):
        assert (await site.get(f"/render/made-up-{number}?v={number}")).status == 404
    assert await series() <= before + 1
