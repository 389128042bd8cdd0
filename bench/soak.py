"""Many cards under twice the load that can be borne: is each one right, does memory stay?

Requests leave by the clock and not when the last one was answered. What is too much
is answered by marked fallbacks; what is not marked must be the card.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any

import numpy as np

from bench.cards import TITLES, find_fault
from bench.contestants import ContestantFailed, HtmlcardServer
from bench.lanes import measure_rate
from bench.measure import numbers, warm_up
from bench.plan import Plan
from bench.processes import list_names, read_pss_bytes

LANES = 2
_OVERLOAD = 2.0
_MOST_WAITING = 400
_SAMPLES = 40
_FAULTS_KEPT = 20


async def soak(plan: Plan) -> dict[str, Any]:
    """Draw `plan.soak_cards` cards that are no fallbacks, or until `plan.soak_s` is over."""
    server = HtmlcardServer({"HTMLCARD_LANES": str(LANES)})
    try:
        await server.start()
        await warm_up(server, ("png", "jpeg"), plan.warm_s)
        rate = await measure_rate(server, 2.0)
        return await Soak(server, rate * _OVERLOAD).run(plan.soak_cards, plan.soak_s)
    finally:
        await server.stop()


class Soak:
    """One soak under way; `rate` is the requests sent a second."""

    def __init__(self, server: HtmlcardServer, rate: float) -> None:
        self._server = server
        self._rate = rate
        self._right = 0
        self._fallbacks: Counter[str] = Counter()
        self._wrong = 0
        self._faults: list[str] = []
        self._pss: list[tuple[int, int]] = []
        #: At which of these samples a browser was just being replaced.
        self._replacing: list[int] = []

    async def run(self, cards: int, limit_s: float) -> dict[str, Any]:
        started_s = time.perf_counter()
        waiting: set[asyncio.Task[None]] = set()
        sent = 0
        every = max(1, cards // _SAMPLES)
        while self._right < cards and time.perf_counter() - started_s < limit_s:
            due = int((time.perf_counter() - started_s) * self._rate)
            while sent < due and len(waiting) < _MOST_WAITING:
                task = asyncio.create_task(self._ask(next(numbers)))
                waiting.add(task)
                task.add_done_callback(waiting.discard)
                sent += 1
            if self._right >= len(self._pss) * every:
                await asyncio.to_thread(self._weigh)
            await asyncio.sleep(0.01)
        seconds = time.perf_counter() - started_s
        await asyncio.gather(*waiting)
        self._weigh()
        return {
            "lanes": LANES,
            "requests": sent,
            "requests_per_s": self._rate,
            "seconds": seconds,
            "right": self._right,
            "fallbacks": dict(self._fallbacks),
            "wrong": self._wrong,
            "faults": self._faults,
            "pss_bytes": self._pss,
            "replacing": self._replacing,
            "pss_slope_bytes_per_1000": self._find_slope(),
        }

    def _weigh(self) -> None:
        processes = self._server.processes()
        right = self._right
        self._pss.append((right, read_pss_bytes(processes)))
        # Playwright's driver is there to launch browsers, and for half a minute afterwards.
        if any(name.startswith("node") for name in list_names(processes)):
            self._replacing.append(right)

    async def _ask(self, number: int) -> None:
        card = list(TITLES)[number % len(TITLES)]
        format = ("png", "jpeg")[number // len(TITLES) % 2]
        try:
            answer = await self._server.ask(self._server.card_url(card, number, format))
        except ContestantFailed as error:
            self._note(f"soak {number}: {error}")
            return
        if answer.fallback:
            self._fallbacks[answer.fallback] += 1
            return
        fault = await asyncio.to_thread(find_fault, answer.data, number, format)
        if fault:
            self._note(f"soak {card}.{format} {number}: {fault}")
        else:
            self._right += 1

    def _note(self, fault: str) -> None:
        self._wrong += 1
        if len(self._faults) < _FAULTS_KEPT:
            self._faults.append(fault)

    def _find_slope(self) -> float:
        """Growth by the line of best fit, the first quarter left out: caches fill there.

        So are samples at which a browser was being replaced: a driver and a browser more come and
        go, and at the end of a run they would tilt the line.
        """
        later = self._pss[len(self._pss) // 4 :]
        settled = [sample for sample in later if sample[0] not in self._replacing]
        if len({right for right, _ in settled}) < 2:
            return 0.0
        slope = np.polyfit([right for right, _ in settled], [pss for _, pss in settled], 1)[0]
        return float(slope) * 1000
