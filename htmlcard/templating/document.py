"""Template + params -> the finished `card.Document` that a browser draws."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from types import MappingProxyType

from htmlcard.card import Asset, Document
from htmlcard.errors import InputError, InvalidParams
from htmlcard.templating.fields import Field, FieldType
from htmlcard.templating.lang import DEFAULT_LANG, find_direction, find_lang
from htmlcard.templating.mistakes import suggest
from htmlcard.templating.params import Params
from htmlcard.templating.template import Template
from htmlcard.templating.workers import WorkerPool

_HTML_TAG = re.compile(r"""<!--.*?-->|<html\b((?:[^>"']|"[^"]*"|'[^']*')*)>""", re.I | re.S)
_ATTRIBUTE = re.compile(r"""([^\s=>"'/]+)\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+)""")
_DOCTYPE = re.compile(r"\s*(?:<!--.*?-->\s*)*<!doctype[^>]*>", re.IGNORECASE | re.DOTALL)


async def build_document(
    pool: WorkerPool,
    template: Template,
    params: Params,
    *,
    size_name: str = "og",
    scale: int = 1,
    lang: str | None = None,
    timeout_s: float = 1.0,
    pictures: Mapping[str, Asset] = MappingProxyType({}),
) -> Document:
    """The document of one card. `pictures`, by path, are what the params' image fields name.

    `lang` is a tag as `parse_lang` returns it, and goes over what the template says; where it is
    None, the template tells, else the texts.
    Raises InvalidParams for a size the template does not declare, TemplateFailed
    and DeadlineExceeded as `WorkerPool.render` does.
    """
    size = template.sizes.get(size_name)
    if size is None:
        message = f"must be one of {', '.join(template.sizes)}{suggest(size_name, template.sizes)}"
        raise InvalidParams("There is no such size.", [InputError("size", message)])
    texts = _texts(template, params)
    told = lang is not None
    direction = find_direction(lang or DEFAULT_LANG, texts)
    lang = lang or find_lang(texts)
    card = {
        "width": size.width_px,
        "height": size.height_px,
        "size": size_name,
        "scale": scale,
        "lang": lang,
        "dir": direction,
        "template": template.name,
    }
    filled_in = await pool.render(template, params, card, timeout_s)
    return Document(
        html=add_root_attributes(filled_in, lang, direction, told=told),
        template=template.name,
        fingerprint=template.fingerprint,
        size=size,
        scale=scale,
        lang=lang,
        direction=direction,
        base_path=template.base_path,
        assets=template.assets,
        scripts=template.scripts,
        pictures=pictures,
    )


def _texts(template: Template, params: Params) -> list[str]:
    """The words strangers see, the title first."""

    def rank(field: Field) -> bool:
        return field.name != "title"

    fields = sorted(template.fields.values(), key=rank)
    return [str(params.values[item.name]) for item in fields if item.type is FieldType.TEXT]


def add_root_attributes(source: str, lang: str, direction: str, *, told: bool = False) -> str:
    """`source` whose `<html>` has `lang` and `dir`.

    What the template set itself stays, unless the caller of the card has `told` its language.

    A fragment without `<html>` gets one, and a doctype, as quirks mode is never meant.
    """
    wanted = {"lang": lang, "dir": direction}
    for match in _HTML_TAG.finditer(source):
        if match[1] is None:
            continue  # a comment
        # Of an attribute that is there twice, the first counts (HTML, 13.2.5.33).
        present = set() if told else {name.lower() for name in _ATTRIBUTE.findall(match[1])}
        added = "".join(
            f' {name}="{html.escape(value)}"'
            for name, value in wanted.items()
            if name not in present
        )
        start = match.start() + len("<html")
        return source[:start] + added + source[start:]
    root = f'<html lang="{html.escape(lang)}" dir="{html.escape(direction)}">'
    doctype = _DOCTYPE.match(source)
    if doctype is None:
        return f"<!doctype html>{root}{source}"
    return source[: doctype.end()] + root + source[doctype.end() :]
