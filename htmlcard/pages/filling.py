"""From a page's texts to a template's fields: the first that fits each of them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from htmlcard.links.web_url import parse_web_url
from htmlcard.pages.texts import Page
from htmlcard.templating.fields import Field, FieldType, parse_value
from htmlcard.templating.page_sources import sources_of
from htmlcard.templating.template import Template
from htmlcard.templating.text import is_blank

#: Judges the URL of a picture a page names: that URL, '' for one to pass over, or a ValueError
#: that says why there is none.
AdmitPicture = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Filled:
    """Texts by field, as a query could have given them, and what there is to say."""

    values: dict[str, str]
    pictures: frozenset[str]
    """The URLs among them that are vouched for."""
    warnings: tuple[str, ...]


def fill_fields(
    template: Template, given: Collection[str], page: Page, admit: AdmitPicture
) -> Filled:
    """The fields of a template that are not `given`, as far as the page has something for them."""
    values: dict[str, str] = {}
    pictures: set[str] = set()
    warnings: list[str] = []
    for item in template.fields.values():
        if item.name in given:
            continue
        try:
            if item.type is not FieldType.IMAGE:
                text = _find_text(item, page)
            elif text := _find_picture(item, page, admit):
                pictures.add(text)
        except ValueError as error:
            warnings.append(f"{item.name}: {error}, placeholder drawn")
            continue
        if text:
            values[item.name] = text
    return Filled(values, frozenset(pictures), tuple(warnings))


def _find_text(item: Field, page: Page) -> str:
    for source in sources_of(item):
        for text in page.texts.get(source, ()):
            try:
                value = parse_value(item, text).value
            except ValueError:
                continue
            if not isinstance(value, str) or not is_blank(value):
                return text
    return ""


def _find_picture(item: Field, page: Page, admit: AdmitPicture) -> str:
    """The page's picture. Where that may not be fetched, the next one in it may be anything."""
    base = parse_web_url(page.base)
    for source in sources_of(item):
        for text in page.texts.get(source, ()):
            url = parse_web_url(text, base)
            if url is not None and (admitted := admit(str(url))):
                return admitted
    return ""
