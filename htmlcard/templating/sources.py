"""The Jinja sources of one template: its HTML and every partial it may include.

Names resolve in the template's folder first, `_shared/…` then in every root.
Reading is `disk`, understanding is `analysis`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from htmlcard.templating.analysis import Analysis, analyze
from htmlcard.templating.disk import (
    MAX_TEXT_BYTES,
    Unreadable,
    Watch,
    decode,
    list_files,
    read_file,
)
from htmlcard.templating.manifest import JINJA_NAMES, QUERY_NAMES
from htmlcard.templating.mistakes import Mistake

#: What an include whose name is computed may mean; icons are often drawn inline.
PARTIAL_EXTENSIONS = frozenset({".html", ".htm", ".jinja", ".j2", ".svg"})
SHARED = "_shared"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a template is. `folder` is the root itself for a single-file template."""

    name: str
    root: Path
    folder: Path
    entry: str

    @property
    def single(self) -> bool:
        return self.folder == self.root

    def label(self, relative: str) -> str:
        """How messages call a file of the template: its path below the root."""
        if relative.startswith(SHARED + "/") or self.single:
            return relative
        return f"{self.name}/{relative}"


@dataclass(slots=True)
class Sources:
    """What was gathered; `mistakes` keep the template out of service, `notices` do not."""

    texts: dict[str, str] = field(default_factory=dict)
    analyses: dict[str, Analysis] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    notices: list[Mistake] = field(default_factory=list)

    def find_variables(self, entry: str) -> list[str]:
        """Variables nobody but the caller can give, in order of appearance."""
        found: dict[str, None] = {}
        seeing = self._names_with_context(entry)
        assigned = {name for key in self.analyses for name in self.analyses[key].assigned}
        for key in seeing:
            undeclared = self.analyses[key].undeclared
            for name in sorted(undeclared, key=lambda item: (undeclared[item], item)):
                if key == entry or name not in assigned:
                    found[name] = None
        return [name for name in found if name not in JINJA_NAMES | QUERY_NAMES]

    def _names_with_context(self, entry: str) -> list[str]:
        names = [entry]
        for key in names:  # grows on the way
            for inclusion in self.analyses[key].inclusions:
                if not inclusion.with_context:
                    continue
                reached = [inclusion.name] if inclusion.name else self.analyses
                names += [name for name in reached if name in self.analyses and name not in names]
        return names


def load_sources(place: Place, roots: tuple[Path, ...], watch: Watch) -> Sources:
    """The HTML of a template and its partials, transitively."""
    sources = Sources()
    pending = [place.entry]
    everything = False
    for name in pending:  # grows on the way
        if name not in sources.texts:
            _load(sources, name, place, roots, watch, strict=True)
        analysis = sources.analyses.get(name)
        if analysis is None:
            continue
        label = place.label(name)
        for inclusion in analysis.inclusions:
            if inclusion.name is None:
                everything = True
            elif inclusion.name in pending:
                continue
            elif _find_file(inclusion.name, place, roots, watch) is not None:
                pending.append(inclusion.name)
            elif not inclusion.optional:
                message = f"partial {inclusion.name!r} does not exist; write it, or mend the name"
                # Without it no card can be drawn, or only those that do not come by here.
                told = sources.mistakes if inclusion.certain else sources.notices
                told.append(Mistake(label, inclusion.line, message))
        for variable in analysis.undeclared.keys() & QUERY_NAMES:
            message = f"{variable!r} is a reserved name, which is always empty here"
            sources.notices.append(Mistake(label, analysis.undeclared[variable], message))
    if everything:
        _load_everything(sources, place, roots, watch)
    sources.mistakes += _find_loops(sources, place)
    return sources


def _find_loops(sources: Sources, place: Place) -> Iterator[Mistake]:
    """Partials that include themselves on every card; a condition may end what others do."""
    trail = [place.entry]
    pending = [_list_certain(sources, place.entry)]
    seen = {place.entry}
    while pending:
        inclusion = next(pending[-1], None)
        if inclusion is None:
            trail.pop()
            pending.pop()
            continue
        target, line = inclusion
        if target in trail:
            way = " > ".join([*trail[trail.index(target) :], target])
            message = f"includes itself without end ({way}); take one of them out"
            yield Mistake(place.label(trail[-1]), line, message)
        elif target not in seen:
            seen.add(target)
            trail.append(target)
            pending.append(_list_certain(sources, target))


def _list_certain(sources: Sources, name: str) -> Iterator[tuple[str, int]]:
    """Partials that `name` includes on every card, with their lines."""
    analysis = sources.analyses.get(name)
    for inclusion in analysis.inclusions if analysis is not None else ():
        if inclusion.certain and inclusion.name is not None:
            yield inclusion.name, inclusion.line


def _load_everything(sources: Sources, place: Place, roots: tuple[Path, ...], watch: Watch) -> None:
    """All partials, for a source that computes the name of one."""
    for name in _list_partials(sources, place, roots, watch):
        if name not in sources.texts:
            _load(sources, name, place, roots, watch, strict=False)


def _list_partials(
    sources: Sources, place: Place, roots: tuple[Path, ...], watch: Watch
) -> Iterator[str]:
    folders = [] if place.single else [(place.root, place.folder, "")]
    folders += [(root, root / SHARED, SHARED + "/") for root in roots]
    for root, folder, prefix in folders:
        try:
            for path in list_files(root, folder, watch):
                if path.suffix.lower() in PARTIAL_EXTENSIONS:
                    yield prefix + path.relative_to(folder).as_posix()
        except Unreadable as error:
            sources.notices.append(Mistake(prefix or place.name, 0, str(error)))


def _load(
    sources: Sources,
    name: str,
    place: Place,
    roots: tuple[Path, ...],
    watch: Watch,
    *,
    strict: bool,
) -> None:
    """Reads one source; where not `strict` its mistakes are notices, as it may not be meant."""
    mistakes = sources.mistakes if strict else sources.notices
    found = _find_file(name, place, roots, watch)
    label = place.label(name)
    if found is None:
        mistakes.append(Mistake(label, 0, "does not exist"))
        return
    try:
        text = decode(read_file(*found, watch, MAX_TEXT_BYTES) or b"")
    except Unreadable as error:
        mistakes.append(Mistake(label, 0, str(error)))
        return
    if name == place.entry and not text.strip():
        mistakes.append(Mistake(label, 0, "is empty"))
        return
    analysis = analyze(text, label)
    if isinstance(analysis, Mistake):
        mistakes.append(analysis)
        return
    sources.texts[name] = text
    sources.analyses[name] = analysis


def _find_file(
    name: str, place: Place, roots: tuple[Path, ...], watch: Watch
) -> tuple[Path, Path] | None:
    """Root and path of a source, first match wins; None for missing and forbidden names."""
    parts = PurePosixPath(name).parts
    if not is_plain(name):
        return None
    candidates = [(place.root, place.folder / name)]
    if parts[0] == SHARED:
        candidates += [(root, root / name) for root in roots]
    return next((item for item in candidates if watch.note(item[1]) is not None), None)


def is_plain(name: str) -> bool:
    """Whether a relative path stays below where it starts, and names no hidden file."""
    parts = name.split("/")
    return (
        len(name) < 1000
        and not re.search(r"[\\\0]", name)
        and not any(part == "" or part.startswith(".") for part in parts)
    )
