"""A report as one HTML file that travels: mock-ups of the cards, findings, nothing from outside.

Its policy allows the style and the script of this very file, by their hashes, and pictures that
stand in it. So nothing of what it quotes can run, or tell anybody that it was read.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from htmlcard import __version__
from htmlcard.links.report import Report
from htmlcard.links.reports import words
from htmlcard.links.reports.thumbnails import Thumbnail
from htmlcard.links.reports.visible import make_visible

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class HtmlReport:
    """A report in UTF-8, and its policy, which is in it, for who sends it over HTTP."""

    data: bytes
    policy: str


def write_html(reports: Sequence[Report], thumbnails: Mapping[str, Thumbnail]) -> HtmlReport:
    """The report of one page or several. `thumbnails` are found by the URL of the picture;
    where one is missing its place stays empty."""
    shown = {
        view.image for report in reports for view in report.platforms if view.image in thumbnails
    }
    numbers = {url: number for number, url in enumerate(sorted(filter(None, shown)))}
    rules = [
        f".picture-{number}{{--ratio:{picture.width_px}/{picture.height_px};"
        f"background-image:url({picture.data_url})}}"
        for url, number in numbers.items()
        for picture in [thumbnails[url]]
    ]
    style = "\n".join([_read("report.css"), *rules])
    script = _read("report.js")
    policy = write_policy(style, script)
    text = (
        _environment()
        .get_template("report.html")
        .render(
            reports=reports,
            numbers=numbers,
            style=Markup(style),  # noqa: S704 - ours, and base64
            script=Markup(script),  # noqa: S704 - ours
            policy=policy,
            version=__version__,
        )
    )
    return HtmlReport(text.encode("utf-8", "replace"), policy)


def write_policy(style: str, script: str) -> str:
    """The Content-Security-Policy of a page that has this style and this script inline."""
    return (
        f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; "
        f"script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals["words"] = words
    environment.filters["visible"] = make_visible
    return environment


@cache
def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
