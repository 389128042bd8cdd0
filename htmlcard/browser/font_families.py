"""Which fonts `sans-serif` and `serif` are, and who helps out: Noto's, for every language.

Left to itself, Chromium draws all Han characters in Japanese shapes whatever `lang` says,
and fetches letters it lacks from the font the system happens to list first. `tab` tells
the page about `GENERIC_FAMILIES`, `process` gives the browser the file of `write_fonts_conf`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

#: The sans and the serif of a language, by the script Blink takes it to be in. The names of
#: scripts are ISO 15924's; Blink files Korean under `Hang`, Japanese under `Jpan`.
_BY_SCRIPT = {
    "Arab": ("Noto Sans Arabic", "Noto Naskh Arabic"),
    "Hebr": ("Noto Sans Hebrew", "Noto Serif Hebrew"),
    "Armn": ("Noto Sans Armenian", "Noto Serif Armenian"),
    "Geor": ("Noto Sans Georgian", "Noto Serif Georgian"),
    "Ethi": ("Noto Sans Ethiopic", "Noto Serif Ethiopic"),
    "Deva": ("Noto Sans Devanagari", "Noto Serif Devanagari"),
    "Beng": ("Noto Sans Bengali", "Noto Serif Bengali"),
    "Guru": ("Noto Sans Gurmukhi", "Noto Serif Gurmukhi"),
    "Gujr": ("Noto Sans Gujarati", "Noto Serif Gujarati"),
    "Orya": ("Noto Sans Oriya", "Noto Sans Oriya"),
    "Taml": ("Noto Sans Tamil", "Noto Serif Tamil"),
    "Telu": ("Noto Sans Telugu", "Noto Serif Telugu"),
    "Knda": ("Noto Sans Kannada", "Noto Serif Kannada"),
    "Mlym": ("Noto Sans Malayalam", "Noto Serif Malayalam"),
    "Sinh": ("Noto Sans Sinhala", "Noto Serif Sinhala"),
    "Thai": ("Noto Sans Thai", "Noto Serif Thai"),
    "Laoo": ("Noto Sans Lao", "Noto Serif Lao"),
    "Khmr": ("Noto Sans Khmer", "Noto Serif Khmer"),
    "Mymr": ("Noto Sans Myanmar", "Noto Serif Myanmar"),
    "Jpan": ("Noto Sans CJK JP", "Noto Serif CJK JP"),
    "Hans": ("Noto Sans CJK SC", "Noto Serif CJK SC"),
    "Hant": ("Noto Sans CJK TC", "Noto Serif CJK TC"),
    "Hang": ("Noto Sans CJK KR", "Noto Serif CJK KR"),
}
_SYMBOLS = ("Noto Sans Symbols", "Noto Sans Symbols2", "Noto Sans Math")

#: Parameters of CDP's `Page.setFontFamilies`. `sans` and `serif` are the names fontconfig resolves,
#: so that a machine without Noto's fonts still has something; a language's own fonts that are not
#: installed are passed over.
GENERIC_FAMILIES: dict[str, Any] = {
    "fontFamilies": {"standard": "serif", "sansSerif": "sans", "serif": "serif"},
    "forScripts": [
        {
            "script": script,
            # The standard font helps out where a template names no generic family: cards are mostly
            # set in sans.
            "fontFamilies": {"standard": sans, "sansSerif": sans, "serif": serif},
        }
        for script, (sans, serif) in _BY_SCRIPT.items()
    ],
}


def write_fonts_conf(path: Path) -> None:
    """A fontconfig file: the system's own, and Noto's fonts before all others.

    The order is also the one in which fonts are asked for letters that the text's own lacks.
    Liberation is last, for machines that have it alone: fontconfig would take its monospace.
    """
    sans = ["Noto Sans", *(sans for sans, _ in _BY_SCRIPT.values()), *_SYMBOLS, "Liberation Sans"]
    serif = ["Noto Serif", *(serif for _, serif in _BY_SCRIPT.values()), "Liberation Serif"]
    path.write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">\n'
        '<fontconfig>\n<include ignore_missing="yes">/etc/fonts/fonts.conf</include>\n'
        f"{_prefer('sans-serif', sans)}{_prefer('serif', serif)}</fontconfig>\n",
        encoding="utf-8",
    )
    # The browser is another user, whatever our umask says.
    path.chmod(0o644)


def _prefer(generic: str, families: list[str]) -> str:
    listed = "".join(f"<string>{family}</string>" for family in families)
    return (
        '<match target="pattern">'
        f'<test qual="any" name="family"><string>{generic}</string></test>'
        f'<edit name="family" mode="prepend" binding="strong">{listed}</edit></match>\n'
    )
