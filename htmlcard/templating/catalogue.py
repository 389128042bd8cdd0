"""The templates there are, as they are on disk at this moment.

Each one is loaded once and checked on every request: by `stat`, or where `changes`
can vouch for its files by asking that. A broken edit leaves the last good version
in service. Loading itself is `loading`.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from htmlcard.card import Brand
from htmlcard.errors import TemplateFailed, UnknownTemplate
from htmlcard.templating.assets import AssetStore
from htmlcard.templating.changes import Changes
from htmlcard.templating.loading import Loaded, load_template
from htmlcard.templating.template import Template

_log = structlog.get_logger()
TEMPLATE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
#: Files are looked at so often whatever `changes` says: a folder shared with another machine,
#: or one mounted over, raises no event.
_LOOK_EVERY_S = 1.0


@dataclass(slots=True)
class _Entry:
    """The last attempt, and the version in service, which may be an older one."""

    loaded: Loaded
    template: Template | None
    vouched: tuple[int, float] | None = None
    """The count of changes at which its files were looked at, and until when that is good."""
    can_be_vouched: bool = True


class Catalogue:
    """Templates of `roots`, first root that has a name wins; may be used from any thread.

    `brand` is the service's; a template's own brand goes over it.
    """

    def __init__(self, roots: Sequence[Path], brand: Brand | None = None) -> None:
        self._roots = tuple(Path(root).absolute() for root in roots)
        self._brand = brand if brand is not None else Brand()
        self._store = AssetStore()
        self._entries: dict[str, _Entry] = {}
        self._changes = Changes()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<Catalogue of {len(self._roots)} roots, {len(self._entries)} loaded>"

    def get_template(self, name: str) -> Template:
        """The template as it is now, or its last good version where it is broken now.

        Raises UnknownTemplate, and TemplateFailed where it never was good.
        """
        if not TEMPLATE_NAME.fullmatch(name):
            raise UnknownTemplate("No template can have that name (a-z, 0-9, - and _, up to 64).")
        entry = self._refresh(name)
        if entry.template is not None:
            return entry.template
        if entry.loaded.found:
            count = len(entry.loaded.mistakes)
            listed = "".join(f"\n  {mistake}" for mistake in entry.loaded.mistakes)
            mistakes = "a mistake" if count == 1 else f"{count} mistakes"
            raise TemplateFailed(f"template {name!r} has {mistakes}:{listed}")
        raise UnknownTemplate(f"There is no template {name!r}.")

    def names(self) -> tuple[str, ...]:
        """Names of all templates, broken ones too, sorted."""
        found: set[str] = set()
        for root in self._roots:
            try:
                children = list(root.iterdir())
            except OSError:
                continue  # a root that does not exist yet may come
            for child in children:
                name = child.name.removesuffix(".html")
                if TEMPLATE_NAME.fullmatch(name) and (
                    (child.name == name and (child / "card.html").is_file())
                    or (child.name != name and child.is_file())
                ):
                    found.add(name)
        return tuple(sorted(found))

    def list_templates(self) -> tuple[Template, ...]:
        """All templates that can be drawn, sorted by name."""
        entries = [self._refresh(name) for name in self.names()]
        return tuple(entry.template for entry in entries if entry.template is not None)

    def problems(self, name: str) -> tuple[str, ...]:
        """What is wrong with the files of a template now, one `file:line: message` each."""
        if not TEMPLATE_NAME.fullmatch(name):
            return ()
        loaded = self._refresh(name).loaded
        return tuple(str(mistake) for mistake in (*loaded.mistakes, *loaded.notices))

    def close(self) -> None:
        """Stop following changes; templates can still be had."""
        self._changes.close()

    def _refresh(self, name: str) -> _Entry:
        entry = self._entries.get(name)
        if entry is not None and self._is_vouched(entry):
            return entry
        with self._lock:
            entry = self._entries.get(name)
            if entry is not None and self._is_current(entry):
                return entry
            return self._reload(name, entry)

    def _is_vouched(self, entry: _Entry) -> bool:
        vouched = entry.vouched
        return (
            vouched is not None
            and vouched[0] == self._changes.count()
            and time.monotonic() < vouched[1]
        )

    def _is_current(self, entry: _Entry) -> bool:
        # In this order: what changes after the count is counted, what changed before is seen.
        count, until_s = self._changes.count(), time.monotonic() + _LOOK_EVERY_S
        watch = entry.loaded.watch
        # Once refused it is not tried again, since trying costs more than looking.
        entry.can_be_vouched = entry.can_be_vouched and self._changes.follow(watch.paths)
        if not watch.is_current():
            return False
        entry.vouched = (count, until_s) if entry.can_be_vouched else None
        return True

    def _reload(self, name: str, before: _Entry | None) -> _Entry:
        loaded = load_template(name, self._roots, self._brand, self._store)
        template = loaded.template
        kept = before.template if before is not None else None
        absent = not loaded.found and (kept is None or not loaded.mistakes)
        # An untouched template stays the same object, whatever moved around it.
        if not absent and (template is None or template == kept):
            template = kept
        entry = _Entry(loaded, template)
        if absent:
            # Names that strangers make up must not fill the memory.
            self._entries.pop(name, None)
        else:
            self._report(name, before, entry)
            self._entries[name] = entry
        self._store.keep(
            asset
            for entry in self._entries.values()
            if entry.template is not None
            for asset in entry.template.assets.values()
        )
        return entry

    def _report(self, name: str, before: _Entry | None, entry: _Entry) -> None:
        told = (before.loaded.mistakes, before.loaded.notices) if before else ((), ())
        now = (entry.loaded.mistakes, entry.loaded.notices)
        if now == told:
            return
        if entry.loaded.mistakes:
            in_service = "last good version" if entry.template is not None else "none"
            listed = [str(mistake) for mistake in entry.loaded.mistakes]
            _log.error("template_broken", template=name, in_service=in_service, mistakes=listed)
        elif entry.loaded.notices:
            listed = [str(notice) for notice in entry.loaded.notices]
            _log.warning("template_notices", template=name, notices=listed)
        elif told[0]:
            _log.info("template_mended", template=name)
