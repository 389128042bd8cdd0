"""The progress of an audit on stderr: pages, pages a second, pages with errors so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from htmlcard.links.report import Report


@contextmanager
def show_audit_progress(total: int) -> Iterator[Callable[[Report | None], None]]:
    """Yields what to call with each page's report, None for a page that has none.

    Shows nothing where stderr is no terminal.
    """
    console = Console(stderr=True)
    columns = (TextColumn("Checking"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns,
        TextColumn("{task.fields[speed]}", style="dim"),
        TextColumn("{task.fields[errors]}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task("audit", total=total, speed="", errors="")
        started_s = time.monotonic()
        done = with_errors = 0

        def advance(report: Report | None) -> None:
            nonlocal done, with_errors
            done += 1
            with_errors += report is None or report.count("error") > 0
            speed = done / max(time.monotonic() - started_s, 0.001)
            errors = f"[red]{with_errors:,} with errors[/red]" if with_errors else "no errors"
            progress.update(task, advance=1, speed=f"{speed:,.0f} pages/s", errors=errors)

        yield advance
