"""`python -m bench.links`: htmlcard beside other unfurlers, on the labeled pages of its tests.

Writes the table into `docs/links.md`; `--misses` lists every value that was not the label's.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from bench.links.corpus import load_cases
from bench.links.corpus_server import serve
from bench.links.readers import PEERS, our_version, read_with_htmlcard, read_with_peer
from bench.links.score import Score, score
from bench.links.table import describe, list_wins, write_section

ROOT = Path(__file__).parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.links", description=__doc__)
    parser.add_argument("--docs", type=Path, default=ROOT / "docs/links.md", help="where to write")
    parser.add_argument("--misses", nargs="*", metavar="WHO", help="list misses, of these or all")
    options = parser.parse_args()
    scores = asyncio.run(_run())
    date = f"{datetime.now(UTC):%Y-%m-%d}"
    print(section := describe(scores, date, len(load_cases())))
    write_section(options.docs, section)
    print(f"written: {options.docs}")
    if options.misses is not None:
        _list_misses(scores, options.misses)
    for win in list_wins(scores):
        print(win, file=sys.stderr)
    return 0


async def _run() -> dict[str, dict[str, Score | None]]:
    """Scores by field, by the reader's name and version."""
    cases = load_cases()
    scores = {}
    async with serve(cases) as server:
        ours = await read_with_htmlcard(cases, server)
        scores[f"htmlcard {our_version()}"] = score(cases, ours)
        for peer in PEERS:
            readings = await read_with_peer(peer, cases, server)
            scores[f"{peer.package} {peer.version}"] = score(cases, readings)
    return scores


def _list_misses(scores: dict[str, dict[str, Score | None]], wanted: list[str]) -> None:
    for reader, fields in scores.items():
        if wanted and not any(name in reader for name in wanted):
            continue
        for one in filter(None, fields.values()):
            for miss in one.misses:
                print(f"{reader}: {miss.page}: {miss.field}")
                print(f"    {miss.expected!r}\n    {miss.found!r}")


if __name__ == "__main__":
    sys.exit(main())
