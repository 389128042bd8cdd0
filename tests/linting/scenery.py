"""What the cards of both sets are made of: a page, a font of ours, pictures."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from htmlcard.card import DEFAULT_SIZE, Asset, Document, Size

SQUARE, PORTRAIT = Size(1080, 1080), Size(1000, 1500)
_FONTS = Path(__file__).parents[2] / "templates" / "_shared" / "fonts"
#: Inter, with its Latin letters only: what a designer who copies one file gets.
INTER = "@font-face{font-family:Inter;src:url(inter.woff2);font-weight:100 900}"
SANS = '"Noto Sans",sans-serif'


def make_asset(data: bytes | str, content_type: str) -> Asset:
    content = data.encode() if isinstance(data, str) else data
    return Asset(content, content_type, hashlib.sha256(content).hexdigest())


@cache
def inter() -> Asset:
    path = _FONTS / "inter" / "latin-opsz-normal.woff2"
    return make_asset(path.read_bytes(), "font/woff2")


@cache
def photo(kind: str) -> Asset:
    """A picture as noisy as a photo: `dark`, `bright`, or `split` (dark left, bright right)."""
    noise = np.random.default_rng(7)
    across = np.linspace(0, 1, 600)[None, :, None]
    down = np.linspace(0, 1, 315)[:, None, None]
    base = {
        "dark": 20 + 40 * down * across,
        "bright": 200 + 40 * (1 - down) * across,
        "split": 30 + 200 * (across > 0.5) + 0 * down,
    }[kind]
    tint = np.array((0.9, 1.0, 1.1))
    pixels = base * tint + noise.normal(0, 6, (315, 600, 3))
    out = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(out, "JPEG", quality=90)
    return make_asset(out.getvalue(), "image/jpeg")


def make_card(
    name: str,
    css: str,
    body: str,
    *,
    size: Size = DEFAULT_SIZE,
    lang: str = "en",
    direction: str = "ltr",
    scale: int = 1,
    scripts: bool = False,
    assets: Mapping[str, Asset] | None = None,
) -> Document:
    """A card with a roomy page in Inter; `assets` by their path in the template's folder."""
    files = {"inter.woff2": inter(), **(assets or {})}
    # Cards with the same files are of one template: what the browser has, it need not load again.
    digest = hashlib.sha256("".join(f"{path} {files[path].sha256}" for path in files).encode())
    base_path = f"/template/{digest.hexdigest()[:8]}/"
    style = (
        f"{INTER}html,body{{margin:0;height:100%}}*{{box-sizing:border-box}}"
        f"body{{font:40px/1.25 Inter,{SANS};color:#111;background:#fff;padding:72px}}"
        "h1{font-size:80px;line-height:1.1;margin:0}p{margin:0}"
    )
    html = (
        f'<!doctype html><html lang="{lang}" dir="{direction}"><style>{style}{css}</style>'
        f"<body>{body}</body></html>"
    )
    return Document(
        html=html,
        template=name,
        fingerprint=digest.hexdigest(),
        size=size,
        scale=scale,
        lang=lang,
        direction=direction,
        base_path=base_path,
        assets={base_path + path: asset for path, asset in files.items()},
        scripts=scripts,
    )
