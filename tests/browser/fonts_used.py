"""What the browser says about the text of its last card: which fonts, and where words stand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from htmlcard.browser.lane import Lane

_FRAME = "painted"
#: Where each word begins, in CSS px; a word is what stands between spaces.
_WORDS_JS = """
((frame) => {
  const document = window.document.getElementById(frame).contentDocument;
  const walker = document.createTreeWalker(document.querySelector("h1"), NodeFilter.SHOW_TEXT);
  const found = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (const match of node.data.matchAll(/[^\\s]+/gu)) {
      const range = document.createRange();
      range.setStart(node, match.index);
      range.setEnd(node, match.index + match[0].length);
      const rects = [...range.getClientRects()].filter((rect) => rect.width > 0);
      found.push([match[0], Math.min(...rects.map((rect) => rect.left)),
        Math.max(...rects.map((rect) => rect.right)), rects[0].top]);
    }
  }
  return found;
})
"""


async def find_fonts(lane: Lane) -> dict[str, dict[str, int]]:
    """For each element with an id: how many glyphs came from which font family."""
    tab = lane._page._tab
    await tab.send("DOM.enable")
    await tab.send("CSS.enable")
    try:
        tree = await tab.send("DOM.getDocument", {"depth": -1, "pierce": True})
        found: dict[str, dict[str, int]] = {}
        for name, node_id in _ids(_frame(tree["root"])):
            fonts = await tab.send("CSS.getPlatformFontsForNode", {"nodeId": node_id})
            counts = found.setdefault(name, {})
            for font in fonts["fonts"]:
                family = font["familyName"]
                counts[family] = counts.get(family, 0) + int(font["glyphCount"])
        return found
    finally:
        await tab.send("CSS.disable")
        await tab.send("DOM.disable")


async def find_words(lane: Lane) -> list[tuple[str, float, float, float]]:
    """The words of the `<h1>` in reading order, each with its left, right and top."""
    found = await lane._page._tab.evaluate(f"({_WORDS_JS})({json.dumps(_FRAME)})")
    return [tuple(word) for word in found]


def _frame(node: dict[str, Any]) -> dict[str, Any]:
    for inner in _walk(node):
        if _attributes(inner).get("id") == _FRAME and "contentDocument" in inner:
            document: dict[str, Any] = inner["contentDocument"]
            return document
    raise AssertionError(f"no frame {_FRAME}")


def _ids(node: dict[str, Any]) -> Iterator[tuple[str, int]]:
    for inner in _walk(node):
        if name := _attributes(inner).get("id"):
            yield name, inner["nodeId"]


def _walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("children", []):
        yield from _walk(child)


def _attributes(node: dict[str, Any]) -> dict[str, str]:
    listed = node.get("attributes", [])
    return dict(zip(listed[::2], listed[1::2], strict=True))
