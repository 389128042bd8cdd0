"""What operators and their tools ask."""

from __future__ import annotations

import asyncio
import re
import threading
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from running import MakeSite, Site, until

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
    assert "letmein" not in str(health)
    await until(lambda: _is_broken(site, "syntax"))


async def _is_broken(site: Site, template: str) -> bool:
    return template in (await site.get("/health")).json["templates"]["problems"]


async def test_health_tells_what_is_wrong_and_where_nothing_is(
    make_site: MakeSite, tmp_path: Path
) -> None:
    """People look here first when cards are fallbacks; what it says must not help intruders."""
    site = await make_site(chromium=str(tmp_path / "hidden" / "chromium"), deadline_ms=500)
    await until(lambda: _is_told(site, "last_error"))
    await site.get("/render/nonce?title=x")
    health = (await site.get("/health")).json
    assert health["ready"] is False
    assert health["browser"]["missing"] == 1
    assert health["browser"]["lanes"] == []
    assert health["event_loop"]["lag_ms"] <= health["event_loop"]["worst_lag_ms"]
    assert health["queue"] == {"depth": 0, "age_s": 0.0, "limit": 64}
    assert health["breakers"]["browsers"]["state"] == "closed"
    assert health["quarantine"] == {"cards": 0, "templates": {}}
    assert health["cache"]["disk"]["breaker"] == "closed"
    assert health["pictures"]["under_way"] == 0
    assert health["template_workers"]["running"] == 2
    assert str(tmp_path) not in str(health)
    assert "/hidden" not in str(health)


async def _is_told(site: Site, name: str) -> bool:
    return bool((await site.get("/health")).json["browser"][name])


async def test_health_tells_what_a_lane_does(make_site: MakeSite) -> None:
    """A lane that has been busy for seconds, and with what, is what a slow service is about."""
    site = await make_site(lanes=1, deadline_ms=3000)
    await until(lambda: site.has_lanes(1))
    drawing = asyncio.create_task(site.get("/render/loop?title=x"))

    async def is_drawing() -> bool:
        [lane] = (await site.get("/health")).json["browser"]["lanes"] or [{"state": ""}]
        return lane["state"] == "busy" and lane["template"] == "loop" and lane["busy_s"] >= 0.2

    await until(is_drawing)
    await drawing


async def test_a_disk_that_hangs_does_not_hold_up_health(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Health is asked for when something hangs, and must not be the next to."""
    site = await make_site(chromium="/nonexistent")
    await until(lambda: _is_broken(site, "syntax"))
    before = (await site.get("/health")).json["templates"]
    let_go = threading.Event()
    monkeypatch.setattr(site.service.catalogue, "names", lambda: let_go.wait(20) and ())
    for _ in range(2):
        async with asyncio.timeout(60):
            late = (await site.get("/health")).json["templates"]
        assert late == {**before, "late": True}
    let_go.set()


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
    assert found["htmlcard_loop_lag_seconds"] == set()
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
