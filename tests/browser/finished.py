"""Documents as the templating side finishes them: language and direction stand on the root."""

from __future__ import annotations

from dataclasses import replace

from htmlcard.card import Document
from htmlcard.templating.document import add_root_attributes
from htmlcard.templating.lang import DEFAULT_LANG, find_direction, find_lang

from .documents import make_document, unused_name


def as_card(body: str, text: str, *, lang: str | None = None, css: str = "") -> Document:
    """A document whose title is `text`; without `lang` the text tells its own."""
    document = make_document(body, head=f"<style>{css}</style>", template=unused_name("script"))
    direction = find_direction(lang or DEFAULT_LANG, [text])
    html = add_root_attributes(document.html, lang or find_lang([text]), direction)
    return replace(document, html=html)
