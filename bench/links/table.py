"""Scores become a section of `docs/links.md`. Nothing is judged here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.links.fields import FIELDS
from bench.links.score import Score

Scores = Mapping[str, Mapping[str, Score | None]]

HEADING = "## Beside other unfurlers"
_INTRO = """\
<!-- Made by `make bench-links`; edits are lost. -->

{pages} saved pages, in the shapes and charsets of the web, each with a label that was written by
hand ([the rules](../tests/links/corpus/README.md)). All were given the same addresses, and fetched
them from the same server by their own means, with the settings of the first example in their
documentation, on {date}. A cell says how many values were right, of the pages that have one.
"""
_OUTRO = """\
–: not offered. *Invented*: values for pages that have none, in all fields together; most of
metascraper's are publishers named after the domain. Texts count as the same with other white space
or quotation marks, addresses however they are written, dates if they are the same instant (or
day, where the page gives a day), languages by their primary tag. Any icon that the page names
counts as right, and pages that name none do not count.

What this shows is limited: htmlcard is tested with these very pages, and the labels follow its
own order of precedence, which favors it where others decide otherwise on purpose. They do so for
JSON-LD, for repeated tags, and where a page has neither tags nor a description. Charsets,
addresses and values that are plainly there are no matter of taste. open-graph-scraper and unfurl.js
keep Open Graph, Twitter cards and the rest apart; they were read in that order, and the first
author that is no address was taken. metascraper is the newest that runs on Node 20; it was given
its rules for language and icons as well, and fetched without a browser.
"""


def describe(scores: Scores, date: str, pages: int) -> str:
    """The section, with its heading."""
    readers = list(scores)
    head = ["", *readers]
    rows = [
        [words, *(_cell(scores[name][field]) for name in readers)]
        for field, words in FIELDS.items()
    ]
    rows.append(["*invented*", *(str(_invented(scores[name])) for name in readers)])
    lines = [_row(head), "|---" + "|--:" * len(readers) + "|", *map(_row, rows)]
    intro = _INTRO.format(date=date, pages=pages)
    return "\n".join([HEADING, "", intro, *lines, "", _OUTRO])


def write_section(page: Path, section: str) -> None:
    """Put the section in the place of the one that is there, or at the end."""
    text = page.read_text(encoding="utf-8")
    before, heading, rest = text.partition(HEADING + "\n")
    _, next_heading, after = rest.partition("\n## ")
    tail = next_heading + after if heading else ""
    page.write_text(
        before.rstrip("\n") + "\n\n" + section.rstrip("\n") + "\n" + tail, encoding="utf-8"
    )


def list_wins(scores: Scores) -> Iterator[str]:
    """Where somebody did better than the first reader, or as well."""
    ours, *peers = scores
    for field, words in FIELDS.items():
        mine = scores[ours][field]
        for peer in peers:
            theirs = scores[peer][field]
            if mine and theirs and theirs.right >= mine.right:
                yield f"{words}: {peer} {_cell(theirs)}, {ours} {_cell(mine)}"


def _cell(one: Score | None) -> str:
    return f"{one.right} / {one.asked}" if one else "–"


def _invented(fields: Mapping[str, Score | None]) -> int:
    return sum(one.invented for one in fields.values() if one)


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
