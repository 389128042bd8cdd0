"""Templates for tests: small ones, each made to show one thing in its pixels."""

from __future__ import annotations

from pathlib import Path

#: The left half shows `nonce`: whoever gets another card's picture sees it at once.
NONCE = """\
<!doctype html><title>nonce</title>
<style>
body { margin: 0; background: #fff; font: 48px sans-serif }
.nonce { position: absolute; inset: 0 50% 0 0; background: {{ nonce }} }
h1 { position: absolute; left: 640px; top: 40px; width: 500px; color: #000 }
</style>
<div class="nonce"></div><h1>{{ title }}</h1>
"""

NONCE_TOML = """\
[sizes.square]
width = 400
height = 400
[fields.title]
type = "text"
max_length = 80
[fields.nonce]
type = "color"
default = "#808080"
[fields.count]
type = "number"
min = 1
max = 9
default = 3
[fields.mood]
type = "choice"
choices = ["calm", "loud"]
default = "calm"
[fields.must]
type = "text"
required = true
default = "there"
"""

#: What no lossless encoder gets below the budget: a gradient under noise.
NOISE = """\
<!doctype html><title>noise</title>
<style>
html { height: 630px }
body { margin: 0; background: linear-gradient(120deg, #123, #e42 40%, #3cf) }
svg { position: absolute; inset: 0; opacity: .3 }
</style>
<svg width="1200" height="630"><filter id="f"><feTurbulence type="fractalNoise"
baseFrequency="0.9" numOctaves="3" seed="{{ seed or 1 }}"/></filter>
<rect width="1200" height="630" filter="url(#f)"/></svg>
"""

#: Green where the document reads from left to right, red where from right to left;
#: the right half is blue where the language is Japanese.
LANG = """\
<!doctype html><html lang="{{ card.lang }}" dir="{{ card.dir }}"><title>lang</title>
<style>
body { margin: 0 }
div { position: absolute; inset: 0 50% 0 0; background: #00ff00 }
[dir=rtl] div { background: #ff0000 }
p { position: absolute; inset: 0 0 0 50%; margin: 0; background: #ffff00 }
:lang(ja) p { background: #0000ff }
</style>
<div></div><p>{{ title }}</p></html>
"""

LOOP = "<!doctype html><title>loop</title><h1>{{ title }}</h1><script>for (;;) {}</script>"

_CARDS = {
    "nonce/card.html": NONCE,
    "nonce/card.toml": NONCE_TOML,
    "noise.html": NOISE,
    "lang.html": LANG,
    "loop/card.html": LOOP,
    "loop/card.toml": "scripts = true\n",
    "syntax.html": "<!doctype html>{% if %}<h1>{{ title }}</h1>",
    "crash.html": "<!doctype html><h1>{{ title }}{{ 1 // (title | length - title | length) }}</h1>",
}


def write_cards(folder: Path) -> None:
    """Write all of them into a template root."""
    for name, content in _CARDS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
