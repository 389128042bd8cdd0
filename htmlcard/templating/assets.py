"""The files a template's documents may load: pictures, fonts, styles, wholly in memory.

Of its own folder a template has everything, of `_shared/` exactly what it
refers to, so that editing a shared file changes the cards that use it only.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from htmlcard.card import Asset
from htmlcard.templating.disk import (
    MAX_FILE_BYTES,
    Unreadable,
    Watch,
    decode,
    list_files,
    read_file,
)
from htmlcard.templating.mistakes import Mistake, line_of, suggest
from htmlcard.templating.references import Reference, find_references
from htmlcard.templating.sources import SHARED, Place, is_plain
from htmlcard.templating.wholeness import find_damage

MAX_TOTAL_BYTES = 64_000_000
#: Pictures of how a template's cards are meant to look; no part of the template.
GOLDENS_FOLDER = "goldens"

#: The types that are served; other files of a folder (notes, sources, manifests) are not.
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".avif": "image/avif",
    ".woff2": "font/woff2",
    ".woff": "font/woff",
    ".ttf": "font/ttf",
    ".otf": "font/otf",
}
_REFERRING = frozenset({".css", ".svg", ".js", ".mjs"})


class AssetStore:
    """Assets by path, so that a dozen templates with one font hold it once."""

    def __init__(self) -> None:
        self._assets: dict[Path, Asset] = {}

    def find(self, root: Path, path: Path, watch: Watch) -> Asset | None:
        """The asset at `path`, or None where there is none. Raises Unreadable."""
        content_type = CONTENT_TYPES.get(path.suffix.lower())
        if content_type is None:
            return None
        data = read_file(root, path, watch, MAX_FILE_BYTES)
        if data is None:
            return None
        digest = hashlib.sha256(data).hexdigest()
        kept = self._assets.get(path)
        if kept is not None and kept.sha256 == digest:
            return kept
        asset = self._assets[path] = Asset(data, content_type, digest)
        return asset

    def keep(self, used: Iterable[Asset]) -> None:
        """Forgets all assets but those `used`."""
        ids = {id(asset) for asset in used}
        self._assets = {path: item for path, item in self._assets.items() if id(item) in ids}


@dataclass(slots=True)
class Gathered:
    """Assets by URL path, and what is wrong with them."""

    assets: dict[str, Asset] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    notices: list[Mistake] = field(default_factory=list)
    total_bytes: int = 0


class AssetReader:
    """Gathers the assets of one template."""

    def __init__(
        self, place: Place, roots: tuple[Path, ...], watch: Watch, store: AssetStore
    ) -> None:
        self._place = place
        self._roots = roots
        self._watch = watch
        self._store = store
        self._base = f"/template/{place.name}/"
        self._gathered = Gathered()
        self._pending: list[tuple[str, str, str]] = []
        """Texts still to search: how messages call it, its text, the URL it is relative to."""
        self._referred: dict[str, tuple[str, int, str]] = {}
        """By URL where it is first named: file, line, and the path as it stands there."""
        self._labels: dict[str, str] = {}

    def read(self, texts: dict[str, str]) -> Gathered:
        """Everything the Jinja sources `texts` lead to, transitively."""
        if not self._place.single:
            self._add_all(self._place.root, self._place.folder, self._base)
        self._pending += [
            (self._place.label(name), text, self._base) for name, text in texts.items()
        ]
        while self._pending:
            label, text, base = self._pending.pop()
            for reference in find_references(text):
                self._follow(reference, label, text, base)
        self._check_whole()
        return self._gathered

    def find_path(self, path: str) -> Asset | None:
        """The asset a manifest names: a file of the template or `/shared/…`. Raises Unreadable."""
        for root, file in self._candidates(posixpath.join(self._base, path)):
            if asset := self._store.find(root, file, self._watch):
                return asset
        return None

    def _follow(self, reference: Reference, label: str, text: str, base: str) -> None:
        url = posixpath.normpath(posixpath.join(base, reference.path))
        if reference.dynamic:
            self._follow_prefix(url)
            return
        line = line_of(text, reference.index)
        self._referred.setdefault(url, (label, line, reference.path))
        if url in self._gathered.assets:
            return
        candidates = self._candidates(url)
        for root, file in candidates:
            if self._watch.note(file) is not None:
                self._add(url, root, file)
                return
        extension = posixpath.splitext(url)[1].lower()
        if extension in CONTENT_TYPES:
            names = [url_.removeprefix(base) for url_ in self._gathered.assets]
            near = suggest(reference.path, names) or "; put it there, or mend the path"
            message = f"refers to {reference.path}, which does not exist{near}"
            self._gathered.notices.append(Mistake(label, line, message))

    def _check_whole(self) -> None:
        """A damaged file keeps the template out of service where it is surely used."""
        for url, asset in self._gathered.assets.items():
            if not (damage := find_damage(url, asset.data)):
                continue
            if url in self._referred:
                label, line, path = self._referred[url]
                message = f"refers to {path}, which {damage}"
                self._gathered.mistakes.append(Mistake(label, line, message))
            else:
                self._gathered.notices.append(Mistake(self._labels[url], 0, damage))

    def _follow_prefix(self, url: str) -> None:
        """A computed reference: everything below its fixed part may be meant."""
        if url == "/shared" or url.startswith("/shared/"):
            below = url.removeprefix("/shared").strip("/")
            for root in self._roots:
                self._add_all(root, root / SHARED / below, url.rstrip("/") + "/")
        elif self._place.single and url.startswith(self._base):
            folder = self._place.root / url.removeprefix(self._base)
            self._add_all(self._place.root, folder, url + "/")

    def _candidates(self, url: str) -> list[tuple[Path, Path]]:
        """Root and file for a normalized URL path, in order of precedence."""
        if url.startswith("/shared/"):
            relative = url.removeprefix("/shared/")
            places = [(root, root / SHARED / relative) for root in self._roots]
        elif url.startswith(self._base):
            relative = url.removeprefix(self._base)
            places = [(self._place.root, self._place.folder / relative)]
        else:
            return []
        return places if is_plain(relative) else []

    def _add_all(self, root: Path, folder: Path, prefix: str) -> None:
        try:
            for path in list_files(root, folder, self._watch, folder / GOLDENS_FOLDER):
                self._add(prefix + path.relative_to(folder).as_posix(), root, path)
        except Unreadable as error:
            label = folder.relative_to(root).as_posix()
            self._gathered.mistakes.append(Mistake(label, 0, str(error)))

    def _add(self, url: str, root: Path, file: Path) -> None:
        gathered = self._gathered
        if url in gathered.assets:
            return
        label = file.relative_to(root).as_posix()
        try:
            asset = self._store.find(root, file, self._watch)
            if asset is None:
                return
            gathered.assets[url] = asset
            self._labels[url] = label
            gathered.total_bytes += len(asset.data)
            if gathered.total_bytes - len(asset.data) <= MAX_TOTAL_BYTES < gathered.total_bytes:
                raise Unreadable(f"brings the template over {MAX_TOTAL_BYTES:,} bytes of assets")
            if file.suffix.lower() in _REFERRING:
                base = posixpath.dirname(url) + "/"
                self._pending.append((label, decode(asset.data), base))
        except Unreadable as error:
            gathered.mistakes.append(Mistake(label, 0, str(error)))
