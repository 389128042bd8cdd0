"""Templates that try to show what is none of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

_JINJA = (
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ cycler.__init__.__globals__.os.environ }}",
    "{{ lipsum.__globals__['os'].environ }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ title|attr('__class__') }}",
    "{{ '{0.__class__.__init__.__globals__}'.format(title) }}",
    "{% set f = '%s'.__mod__ %}{{ f(card) }}",
    "{{ environ }}{{ config }}{{ settings }}{{ request }}{{ card }}{{ AWS_SECRET_ACCESS_KEY }}",
)
_FILES = (
    "{% include 'FILE' %}",
    "{% include '../../.env' %}",
    "{% import 'FILE' as f %}{{ f }}",
    "{% extends 'FILE' %}",
    "<iframe src='file://FILE' style='width:1000px;height:500px'></iframe>",
    "<object data='file://FILE' type='text/plain' width=900 height=400></object>",
    "<embed src='file://FILE' type='text/plain' width=900 height=400>",
    "<img src='file://FILE'><img src='../../../.env'><img src='/../../.env'>",
    "<link rel=stylesheet href='file://FILE'><style>@import '../../.env';</style>",
    "<svg><image href='file://FILE' width=90 height=90 /><use href='file://FILE#a'/></svg>",
    "<style>@font-face{font-family:F;src:url('file://FILE')}</style><p style='font-family:F'>x",
)
_SCRIPTS = (
    """const x = new XMLHttpRequest(); x.open('GET', 'file://FILE', false);
    try { x.send(); document.body.append(x.responseText) } catch {}""",
    """for (const url of ['file://FILE', '../../../.env', '/../.env', 'blob:null/1'])
    fetch(url).then(async (r) => r.ok && document.body.append(await r.text())).catch(() => 0)""",
    "document.body.append([document.cookie, document.referrer, name, location.search].join())",
    "location = 'file://FILE'",
)


def write_spies(templates: Path, files: Sequence[Path]) -> list[str]:
    """Write all of them below a template root; their names.

    The first file is tried in every way, others only in some: walls do not tell files apart.
    """
    cards = {f"jinja-{number}": text for number, text in enumerate(_JINJA)}
    for place, path in enumerate(files):
        pages, scripts = (_FILES[4:6], _SCRIPTS[:1]) if place else (_FILES, _SCRIPTS)
        for number, text in enumerate(pages):
            cards[f"file-{place}-{number}"] = text.replace("FILE", str(path))
        for number, text in enumerate(scripts):
            script = text.replace("FILE", str(path))
            cards[f"script-{place}-{number}"] = f"<body><script>{script}</script>"
        cards[f"link-{place}"] = "{% include 'part.html' %}"
    for name, text in cards.items():
        folder = templates / name
        folder.mkdir()
        (folder / "card.html").write_text(f"<!doctype html><h1>{{{{ title }}}}</h1>{text}")
        if name.startswith("script"):
            (folder / "card.toml").write_text("scripts = true\n")
        if name.startswith("link"):
            (folder / "part.html").symlink_to(files[int(name.partition("-")[2])])
    return [*cards]
