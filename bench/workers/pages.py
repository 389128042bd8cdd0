"""The corpus as finished HTML, for tools that htmlcard's own templating does not reach."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

CORPUS = Path(__file__).parent.parent / "corpus"

_environment = Environment(loader=FileSystemLoader(CORPUS), autoescape=True)


def build_page(card: str, fields: Mapping[str, Any], base: str) -> str:
    """The card's HTML; what it refers to is found below the URL `base`."""
    html = _environment.get_template(f"{card}/card.html").render(fields)
    html = html.replace('"/shared/', f'"{base}/_shared/')
    return html.replace("<head>", f'<head><base href="{base}/{card}/">', 1)
