"""What a card wanted to load and did not get."""

from __future__ import annotations

from urllib.parse import unquote

from htmlcard.linting.case import Case
from htmlcard.linting.rules import FAILED_ASSET


def check_loads(case: Case) -> None:
    """Find pictures, stylesheets and fonts that are not in the picture."""
    facts = case.inspection.facts
    for load in facts.loads:
        problem = _problem(case, load.url, works=load.works)
        if problem:
            case.add_at(FAILED_ASSET, f"a {load.kind}: {problem}", load.selector)
    for face in facts.faces:
        if face.family not in facts.failed_families:
            continue
        problems = [_problem(case, url, works=False) for url in face.urls]
        if problems and all(problems):
            case.add_at(FAILED_ASSET, f"the font “{face.family}”: {problems[0]}", "@font-face")


def _problem(case: Case, url: str, *, works: bool | None) -> str:
    """What is wrong with something the page loads; empty for nothing."""
    if not url:
        return "it has no address; leave the element out where its field is empty"
    short = url if len(url) <= 80 else f"{url[:79]}…"
    if url.startswith("data:"):
        return "" if works is not False else f"{short} cannot be read"
    origin = case.inspection.origin + "/"
    if not url.startswith(origin):
        return f"{short} is elsewhere, and cards reach nothing on the web; copy it into the folder"
    path = unquote(url.removeprefix(case.inspection.origin).split("#")[0].split("?")[0])
    if path not in case.document.assets and path not in case.document.pictures:
        return f"there is no {path}; put the file there or correct the path"
    if works is False:
        return f"{path} cannot be read; save it anew in the format its name says"
    return ""
