"""Looks into a card on a tab: facts first, then one picture after the other.

Leaves the tab as it was. Where that fails the lane is retired, so that no card
is ever drawn in another's dress.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from htmlcard.browser.inspection.facts import (
    Facts,
    Inspection,
    UsedFont,
    read_facts,
    with_moved,
)
from htmlcard.browser.tab import Tab
from htmlcard.card import Shot

#: Takes a picture of the page as it is now, a lossless PNG.
Take = Callable[[], Awaitable[bytes]]

_NUMBER_ATTRIBUTE = "data-lint-element"


@cache
def _inspection_js() -> str:
    here = files(__package__)
    names = ("runs.js", "loads.js", "inspect.js")
    return "\n".join(here.joinpath(name).read_text(encoding="utf-8") for name in names)


async def inspect_card(
    tab: Tab, document_js: str, origin: str, as_drawn: Shot, take: Take
) -> Inspection:
    """Inspect the document that an expression of the page leads to, which was just drawn.

    Raises:
        BrowserFailed: the page, browser or driver is gone.
    """
    await tab.evaluate(f"{_inspection_js()};0")
    said = await tab.evaluate(f"inspection.begin({document_js})", wait=True)
    facts = read_facts(said, await _find_fonts(tab))

    async def look(name: str) -> bytes:
        moved = await tab.call("inspection.look", name)
        if moved:
            nonlocal facts
            facts = with_moved(facts, moved)
        return await take()

    behind = await look("behind")
    ink = await look("ink")
    layers = [await look(f"layer-{number}") for number in range(_count_layers(facts))]
    # The last, for it changes boxes of the document.
    may_be_cut = any(run.cut and not run.decorative for run in facts.runs)
    unclipped = await look("unclipped") if may_be_cut else None
    await tab.call("inspection.end")
    return Inspection(facts, origin, as_drawn.data, behind, ink, unclipped, tuple(layers))


def _count_layers(facts: Facts) -> int:
    return 1 + max((run.layer for run in facts.runs if run.layer is not None), default=-1)


async def _find_fonts(tab: Tab) -> dict[int, tuple[UsedFont, ...]]:
    """The fonts each numbered element was drawn with, as the browser's inspector tells them.

    https://chromedevtools.github.io/devtools-protocol/tot/CSS/#method-getPlatformFontsForNode
    """
    await tab.send("DOM.enable")
    await tab.send("CSS.enable")
    tree = await tab.send("DOM.getDocument", {"depth": -1, "pierce": True})
    found = {}
    for node in _nodes(tree["root"]):
        attributes = node.get("attributes", [])
        if _NUMBER_ATTRIBUTE in attributes[::2]:
            number = int(attributes[attributes.index(_NUMBER_ATTRIBUTE) + 1])
            said = await tab.send("CSS.getPlatformFontsForNode", {"nodeId": node["nodeId"]})
            found[number] = tuple(
                UsedFont(font["familyName"], font["isCustomFont"], int(font["glyphCount"]))
                for font in said["fonts"]
            )
    # They would cost every later card a little.
    await tab.send("CSS.disable")
    await tab.send("DOM.disable")
    return found


def _nodes(root: dict[str, Any]) -> Iterator[dict[str, Any]]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(node.get("children", ()))
        if inner := node.get("contentDocument"):
            waiting.append(inner)
