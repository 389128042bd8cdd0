"""The font files of the corpus, for tools that cannot take what the browser takes.

satori, takumi and Pillow want one static face a file. Inter is cut from the
variable font the templates ship and committed under `corpus/_shared/fonts`;
the Japanese faces and the emoji are taken from the system's Noto packages at
every run, as they are too big to keep (`bench/build`, never committed).
"""

from __future__ import annotations

from pathlib import Path

from fontTools.ttLib import TTCollection, TTFont
from fontTools.varLib.instancer import instantiateVariableFont

from bench.cards import EMOJI

BENCH = Path(__file__).parent
BUILD = BENCH / "build"
INTER = BENCH.parent / "templates/_shared/fonts/inter/latin-opsz-normal.woff2"
STATIC = BENCH / "corpus/_shared/fonts"
#: Debian's fonts-noto-cjk and fonts-noto-color-emoji.
CJK = Path("/usr/share/fonts/opentype/noto")
COLOR_EMOJI = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")


def cut_inter(weight: int) -> Path:
    """One weight of Inter, at the optical size of headlines, as a TrueType file."""
    font = instantiateVariableFont(TTFont(INTER), {"wght": weight, "opsz": 28})
    font.flavor = None
    path = STATIC / f"inter-{weight}.ttf"
    path.parent.mkdir(parents=True, exist_ok=True)
    font.save(path)
    return path


def build_fonts() -> None:
    """Fill `bench/build` with what is missing there.

    Raises:
        FileNotFoundError: the system lacks the Noto fonts for Chinese and Japanese or emoji.
    """
    BUILD.mkdir(exist_ok=True)
    for weight in ("Regular", "Bold"):
        path = BUILD / f"noto-sans-cjk-jp-{weight.lower()}.otf"
        if not path.exists():
            with TTCollection(CJK / f"NotoSansCJK-{weight}.ttc", lazy=True) as collection:
                face = next(f for f in collection if f["name"].getDebugName(1).endswith("CJK JP"))
                face.save(path)
    folder = BUILD / "emoji"
    if not folder.exists():
        _cut_emoji(folder)


def _cut_emoji(folder: Path) -> None:
    """One PNG for each emoji of the corpus, named by its code point."""
    folder.mkdir()
    with TTFont(COLOR_EMOJI, lazy=True) as font:
        names = font.getBestCmap()
        pictures = font["CBDT"].strikeData[0]
        for letter in EMOJI:
            picture = pictures[names[ord(letter)]]
            (folder / f"{ord(letter):x}.png").write_bytes(picture.imageData)


if __name__ == "__main__":
    for inter_weight in (400, 700):
        print(cut_inter(inter_weight))
