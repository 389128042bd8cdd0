"""The Markdown pages we publish, taken apart: code blocks, code spans, tables, links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

_FENCE = re.compile(r"^```(\w*)(?: file=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"|<(https?://[^>\s]+)>")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the file it shows (or empty), its text."""

    language: str
    file: str
    text: str


@dataclass(frozen=True)
class Page:
    """One page; `name` is its path below the repository."""

    name: str

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> Path:
        return ROOT / self.name

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def blocks(self) -> list[Block]:
        return [Block(*match.groups(default="")) for match in _FENCE.finditer(self.text)]

    @property
    def prose(self) -> str:
        """The text without its code blocks."""
        return _FENCE.sub("", self.text)

    @property
    def spans(self) -> list[str]:
        return _SPAN.findall(self.prose)

    @property
    def links(self) -> list[str]:
        return [
            next(filter(None, match.groups()))
            for match in _LINK.finditer(_SPAN.sub("", self.prose))
        ]

    @property
    def commands(self) -> list[str]:
        """Lines of blocks marked `sh`: these are run by the tests."""
        blocks = [block.text for block in self.blocks if block.language == "sh"]
        return [line for text in blocks for line in text.splitlines() if line]

    def table(self, *heading: str) -> list[list[str]]:
        """Rows of the one table with these headings."""
        lines = iter(self.prose.splitlines())
        for line in lines:
            if _cells(line) == [*heading]:
                next(lines)
                return [*_rows(lines)]
        raise LookupError(f"{self.name} has no table with the headings {heading}")


def _rows(lines: Iterator[str]) -> Iterator[list[str]]:
    for line in lines:
        if not line.startswith("|"):
            return
        yield _cells(line)


def _cells(line: str) -> list[str]:
    parts = re.split(r"(?<!\\)\|", line.strip())
    return [part.strip().replace("\\|", "|") for part in parts[1:-1]]


def names_in(cell: str) -> list[str]:
    """The code spans of a cell."""
    return _SPAN.findall(cell)


README = Page("README.md")
TEMPLATES = Page("docs/templates.md")
HTTP = Page("docs/http.md")
OPERATIONS = Page("docs/operations.md")
RELIABILITY = Page("docs/reliability.md")
SECURITY = Page("SECURITY.md")
PAGES = [
    README,
    SECURITY,
    *(Page(path.relative_to(ROOT).as_posix()) for path in sorted(ROOT.glob("docs/**/*.md"))),
    Page("examples/blog/README.md"),
]
