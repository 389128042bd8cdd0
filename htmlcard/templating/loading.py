"""A template from disk: finds it, reads all it depends on, tells all that is wrong.

`catalogue` keeps the result and decides when to load again.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from htmlcard.card import Asset, Brand
from htmlcard.templating.assets import AssetReader, AssetStore, Gathered
from htmlcard.templating.colors import parse_color
from htmlcard.templating.disk import MAX_TEXT_BYTES, Unreadable, Watch, decode, read_file
from htmlcard.templating.fields import Field
from htmlcard.templating.manifest import Manifest, parse_manifest
from htmlcard.templating.mistakes import Mistake
from htmlcard.templating.sources import Place, Sources, load_sources
from htmlcard.templating.template import Template
from htmlcard.templating.toml_lines import find_line
from htmlcard.templating.wholeness import find_damage

LOGO_PATH = "/brand/logo"
_MANIFEST = "card.toml"
_RASTER_MAGIC = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """An attempt to load. `template` is None where it is broken (`mistakes` says why) or no
    root has it (not `found`); `notices` are worth telling, but cards can be drawn."""

    template: Template | None
    mistakes: tuple[Mistake, ...]
    notices: tuple[Mistake, ...]
    watch: Watch
    found: bool = True


def load_template(name: str, roots: tuple[Path, ...], brand: Brand, store: AssetStore) -> Loaded:
    """Loads template `name` from the first root that has it; raises nothing."""
    watch = Watch()
    place = find_place(name, roots, watch)
    if place is None:
        return Loaded(None, _explain_absence(name, roots, watch), (), watch, found=False)
    manifest_text, manifest, mistakes = _load_manifest(place, watch)
    sources = load_sources(place, roots, watch)
    reader = AssetReader(place, roots, watch, store)
    gathered = reader.read(sources.texts)
    card_brand, logo = _merge_brand(manifest, brand, reader, place, mistakes)
    mistakes += [*sources.mistakes, *_find_half_written(place, sources), *gathered.mistakes]
    notices = (*sources.notices, *gathered.notices)
    if mistakes:
        return Loaded(None, tuple(mistakes), notices, watch)
    if logo is not None:
        gathered.assets[LOGO_PATH] = logo
    template = Template(
        name=name,
        title=manifest.title or name.replace("-", " ").replace("_", " ").capitalize(),
        description=manifest.description,
        tags=manifest.tags,
        scripts=manifest.scripts,
        fields=MappingProxyType(_merge_fields(manifest, sources, place)),
        sizes=MappingProxyType(dict(manifest.sizes)),
        brand=card_brand,
        fingerprint=_fingerprint(place, manifest_text, sources, gathered, card_brand),
        entry=place.entry,
        sources=MappingProxyType(sources.texts),
        assets=MappingProxyType(gathered.assets),
        logo_path=LOGO_PATH if logo is not None else "",
    )
    return Loaded(template, (), notices, watch)


def find_place(name: str, roots: tuple[Path, ...], watch: Watch) -> Place | None:
    """Where the template is; None where no root has it."""
    for root in roots:
        if watch.note(root / name / "card.html") is not None:
            return Place(name, root, root / name, "card.html")
        if watch.note(root / f"{name}.html") is not None:
            return Place(name, root, root, f"{name}.html")
    return None


def _explain_absence(name: str, roots: tuple[Path, ...], watch: Watch) -> tuple[Mistake, ...]:
    """A folder without its HTML is a broken template, if it was a template before."""
    folders = [root / name for root in roots if watch.note(root / name) is not None]
    if any(folder.is_dir() for folder in folders):
        return (Mistake(f"{name}/card.html", 0, "does not exist"),)
    return ()


def _load_manifest(place: Place, watch: Watch) -> tuple[str, Manifest, list[Mistake]]:
    if place.single:
        return "", Manifest(), []
    label = place.label(_MANIFEST)
    try:
        data = read_file(place.root, place.folder / _MANIFEST, watch, MAX_TEXT_BYTES)
        text = decode(data or b"")
    except Unreadable as error:
        return "", Manifest(), [Mistake(label, 0, str(error))]
    return text, *parse_manifest(text, label)


def _find_half_written(place: Place, sources: Sources) -> list[Mistake]:
    """A file an editor or a copy has not finished often is good Jinja already."""
    texts = [re.sub(r"(?s)<!--.*?-->", "", text).lower() for text in sources.texts.values()]
    opened = any(re.search(r"<html[\s>]", text) for text in texts)
    if opened and not any("</html" in text for text in texts):
        return [Mistake(place.label(place.entry), 0, "looks half-written: </html> is missing")]
    return []


def _merge_fields(manifest: Manifest, sources: Sources, place: Place) -> dict[str, Field]:
    fields = dict(manifest.fields)
    for name in sources.find_variables(place.entry):
        fields.setdefault(name, Field(name))
    return fields


def _merge_brand(
    manifest: Manifest, brand: Brand, reader: AssetReader, place: Place, mistakes: list[Mistake]
) -> tuple[Brand, Asset | None]:
    """The template's brand over the service's, and the logo as an asset."""
    own = manifest.brand
    logo, logo_bytes = None, brand.logo
    if own.logo:
        try:
            logo = reader.find_path(own.logo)
            problem = "no such picture in the template's folder or /shared/"
            if logo is not None and (damage := find_damage(own.logo, logo.data)):
                logo, problem = None, f"{own.logo} {damage}"
        except Unreadable as error:
            problem = str(error)
        if logo is None:
            line = find_line(manifest.lines, ("brand", "logo"))
            mistakes.append(Mistake(place.label(_MANIFEST), line, f"brand.logo: {problem}"))
        else:
            logo_bytes = logo.data if _find_raster_type(logo.data) else None
    elif brand.logo is not None:
        content_type = _find_raster_type(brand.logo) or "application/octet-stream"
        logo = Asset(brand.logo, content_type, hashlib.sha256(brand.logo).hexdigest())
    color = brand.color
    if own.color is not None and not mistakes:
        color = parse_color(own.color)
    return Brand(own.name if own.name is not None else brand.name, color, logo_bytes), logo


def _find_raster_type(data: bytes) -> str | None:
    return next((kind for magic, kind in _RASTER_MAGIC if magic.match(data)), None)


def _fingerprint(
    place: Place, manifest: str, sources: Sources, gathered: Gathered, brand: Brand
) -> str:
    """SHA-256 over length-prefixed parts, so that no two sets of files run into one."""
    digest = hashlib.sha256()
    parts = [place.name, place.entry, manifest, brand.name, brand.color]
    for name in sorted(sources.texts):
        parts += ["source", name, sources.texts[name]]
    for path in sorted(gathered.assets):
        asset = gathered.assets[path]
        parts += ["asset", path, asset.content_type, asset.sha256]
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    logo = brand.logo if brand.logo is not None else b""
    digest.update(logo)
    return digest.hexdigest()
