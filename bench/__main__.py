"""`python -m bench`: htmlcard beside its peers, one command, one run.

`plan` says how much, `measure` is the race, `hits`, `entries`, `starts` and `soak`
are the rest, `report` writes the page. `--help` lists what can be chosen.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from bench.figures import load_figures, save_figures
from bench.plan import make_plan
from bench.report import write_report
from bench.run import PARTS, look, run

ROOT = Path(__file__).parent.parent
T = TypeVar("T")


def main() -> int:
    try:
        return _main()
    except asyncio.CancelledError:
        print("stopped", file=sys.stderr)
        return 130


def _main() -> int:
    options = _parse(sys.argv[1:])
    if options.report:
        print(f"written: {write_report(load_figures(options.json), options.docs)}")
        return 0
    if options.look:
        print(f"written: {asyncio.run(_stoppable(look(options.only, options.look)))}")
        return 0
    plan = make_plan(
        quick=options.quick,
        rounds=options.rounds,
        cards=options.cards,
        soak_cards=options.soak_cards,
        soak_s=options.soak_seconds,
    )
    made_at = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    work = run(
        plan,
        made_at,
        quick=options.quick,
        only=options.only,
        parts=options.parts,
        save=lambda figures: save_figures(figures, options.json),
    )
    figures = asyncio.run(_stoppable(work))
    print(f"written: {options.json}")
    # A quick look or half a run must not replace the figures people quote.
    docs = options.docs
    if options.quick or options.only or options.parts != list(PARTS) or options.cards:
        docs = docs if options.docs_given else Path(tempfile.gettempdir(), "htmlcard-bench")
    print(f"written: {write_report(figures, docs)}")
    for fault in figures.faults[:20]:
        print(f"wrong: {fault}", file=sys.stderr)
    if figures.wrong:
        print(f"{figures.wrong} pictures were wrong", file=sys.stderr)
        return 1
    return 0


async def _stoppable(work: Coroutine[Any, Any, T]) -> T:
    """Whoever interrupts or ends the run leaves no server behind."""
    task = asyncio.ensure_future(work)
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, task.cancel)
    return await task


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a look in under three minutes")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these contestants")
    parser.add_argument(
        "--parts", nargs="+", default=list(PARTS), choices=PARTS, help="these parts only"
    )
    parser.add_argument("--rounds", type=int, help="rounds of the race")
    parser.add_argument("--cards", type=int, help="cards each draws in a turn, instead of a time")
    parser.add_argument("--soak-cards", type=int, help="cards of the soak")
    parser.add_argument("--soak-seconds", type=float, help="when the soak ends at the latest")
    parser.add_argument(
        "--json", type=Path, default=ROOT / "out/bench.json", help="where the figures are kept"
    )
    parser.add_argument("--report", action="store_true", help="only write the page from --json")
    parser.add_argument("--docs", type=Path, help="where the page is written (default: docs)")
    parser.add_argument("--look", type=Path, metavar="DIR", help="only draw one of each, to see")
    options = parser.parse_args(arguments)
    options.docs_given = options.docs is not None
    options.docs = options.docs or ROOT / "docs"
    return options


if __name__ == "__main__":
    sys.exit(main())
