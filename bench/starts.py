"""From the start of the process to the first card that is no fallback."""

from __future__ import annotations

from bench.contestants import HtmlcardServer


async def measure_starts(count: int) -> list[float]:
    """Seconds, one for each start on an empty cache."""
    found_s = []
    for _ in range(count):
        server = HtmlcardServer()
        try:
            await server.start()
            found_s.append(server.first_card_s)
        finally:
            await server.stop()
    return found_s
