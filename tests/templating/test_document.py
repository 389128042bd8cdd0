from __future__ import annotations

import re

import pytest

from htmlcard.card import Size
from htmlcard.errors import InvalidParams, TemplateFailed
from htmlcard.templating.document import add_root_attributes, build_document
from htmlcard.templating.params import parse_query
from htmlcard.templating.workers import WorkerPool

from .conftest import Load, Write
from .files import tiny_png

MANIFEST = "scripts = true\n[sizes.square]\nwidth = 1080\nheight = 1080\n"


async def test_a_document_has_all_a_browser_needs(
    pool: WorkerPool, load: Load, write: Write
) -> None:
    """From here on nothing is read from disk any more."""
    write("t/logo.png", tiny_png())
    template = load(
        "<!doctype html><html><img src=logo.png>{{ title }} {{ card.width }}x{{ card.height }}"
        "@{{ card.scale }} {{ card.size }} {{ card.lang }} {{ card.dir }} {{ card.template }}"
        "</html>",
        MANIFEST,
    )
    params = parse_query(template, [("title", "Hi & bye")])
    document = await build_document(
        pool, template, params, size_name="square", scale=2, lang="pt-BR"
    )
    assert document.html == (
        '<!doctype html><html lang="pt-BR" dir="ltr"><img src=logo.png>Hi &amp; bye 1080x1080@2'
        " square pt-BR ltr t</html>"
    )
    assert (document.size, document.scale, document.scripts) == (Size(1080, 1080), 2, True)
    assert document.base_path == "/template/t/"
    assert document.assets["/template/t/logo.png"].data == tiny_png()
    assert document.fingerprint == template.fingerprint


@pytest.mark.parametrize(
    ("lang", "query", "expected"),
    [
        (None, {"title": "Hello"}, ("en", "ltr")),
        (None, {"title": "123 — مرحبا"}, ("ar", "rtl")),
        (None, {"aside": "Hello", "title": "שלום"}, ("he", "rtl")),
        (None, {"aside": "שלום", "title": "Hello"}, ("en", "ltr")),
        (None, {"aside": "かな", "title": "骨"}, ("ja", "ltr")),
        (None, {}, ("en", "ltr")),
        ("fa", {"title": "Hello"}, ("fa", "rtl")),
        ("az-Arab", {}, ("az-Arab", "rtl")),
        ("ja", {"title": "日本"}, ("ja", "ltr")),
    ],
)
async def test_language_and_direction_are_as_told_else_as_the_text_is(
    pool: WorkerPool,
    load: Load,
    lang: str | None,
    query: dict[str, str],
    expected: tuple[str, str],
) -> None:
    """Most sites send no `lang`; a title must still get its letters and its side."""
    template = load("{{ aside }}{{ title }}")
    document = await build_document(pool, template, parse_query(template, query.items()), lang=lang)
    assert (document.lang, document.direction) == expected
    assert f'<html lang="{expected[0]}" dir="{expected[1]}">' in document.html


async def test_an_undeclared_size_is_the_callers_mistake(pool: WorkerPool, load: Load) -> None:
    """The problem names the sizes there are."""
    template = load("x", MANIFEST)
    with pytest.raises(InvalidParams) as caught:
        await build_document(pool, template, parse_query(template, []), size_name="sqare")
    assert [(error.field, error.message) for error in caught.value.errors] == [
        ("size", "must be one of og, square; did you mean square?")
    ]


async def test_a_template_that_fails_is_a_render_failure(pool: WorkerPool, load: Load) -> None:
    """It becomes a fallback picture, so it must not look like the caller's mistake."""
    template = load("{{ 1/0 }}")
    with pytest.raises(TemplateFailed):
        await build_document(pool, template, parse_query(template, []))


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("<html><p>", '<html lang="ar" dir="rtl"><p>'),
        ("<HTML class='a>b'><p>", '<HTML lang="ar" dir="rtl" class=\'a>b\'><p>'),
        ('<html lang="en"><p>', '<html dir="rtl" lang="en"><p>'),
        ("<html dir=ltr lang=en>", "<html dir=ltr lang=en>"),
        ('<html data-lang="x">', '<html lang="ar" dir="rtl" data-lang="x">'),
        ('<html title="a lang=b">', '<html lang="ar" dir="rtl" title="a lang=b">'),
        ("<!-- <html> --><html>", '<!-- <html> --><html lang="ar" dir="rtl">'),
        ("<p>hi", '<!doctype html><html lang="ar" dir="rtl"><p>hi'),
        (" <!DOCTYPE html><p>", ' <!DOCTYPE html><html lang="ar" dir="rtl"><p>'),
    ],
)
def test_the_root_element_gets_what_it_lacks(source: str, result: str) -> None:
    """Fonts for Han and the direction of a card hang on these; a template's own choice stays."""
    assert add_root_attributes(source, "ar", "rtl") == result


@pytest.mark.parametrize(
    ("lang", "expected"), [(None, ("en", "ltr")), ("ja", ("ja", "ltr")), ("ar", ("ar", "rtl"))]
)
async def test_the_language_asked_for_goes_over_the_one_in_the_template(
    pool: WorkerPool, load: Load, lang: str | None, expected: tuple[str, str]
) -> None:
    """Editors begin every file with lang="en", under which Han titles get the wrong shapes."""
    template = load('<!doctype html><html class="a" lang="en" dir=ltr><h1>{{ title }}</h1></html>')
    document = await build_document(pool, template, parse_query(template, []), lang=lang)
    # What counts is the first of each: https://html.spec.whatwg.org/#parse-error-duplicate-attribute
    found = dict(reversed(re.findall(r"""(lang|dir)="?([\w-]+)""", document.html)))
    assert (found["lang"], found["dir"]) == expected
