// Whether texts fit at the sizes they have at this moment: `fitJudge(texts)` makes a judge, which
// sets `bad` of each text to "", "own" (its box or the card is too small for it) or "around" (a box
// around it is), and `room` to about the factor by which its size should change.
globalThis.fitJudge = (() => {
  "use strict";
  const { setStyle, sides, paddingBox, inset, union, out } = fitBoxes;
  // Scroll sizes are rounded to whole pixels.
  const SLACK_PX = 1;
  // How much of a line's height `text-box-trim` may take away at each end.
  const TRIMMED = 0.35;

  return (texts) => {
    const boxes = boxesAround(texts);
    const judge = () => {
      for (const text of texts) {
        measure(text);
        judgeAlone(text);
      }
      for (const found of boxes) {
        const [x, y] = bursts(found);
        found.burst = x > 0 || y > 0;
        if (found.burst) for (const text of found.texts) blame(text, x, y);
      }
      return texts.filter(({ bad }) => bad !== "");
    };
    judge.boxesBurst = () => boxes.some(({ burst }) => burst);
    // How boxes overflow now, with next to no text in them: decoration, not our business.
    judge.noteCalm = () => {
      for (const text of texts) measure(text);
      for (const found of boxes) found.calm = spill(found);
    };
    return judge;
  };

  // The boxes that a growing text may burst, each with the first and last of its children, and
  // those which it may squeeze.
  function boxesAround(texts) {
    const boxes = new Map();
    for (const text of texts) {
      for (let box = text.element.parentElement; box?.parentElement; box = box.parentElement) {
        if (boxes.has(box)) boxes.get(box).texts.push(text);
        else if (box.clientWidth > 0) boxes.set(box, { box, texts: [text] });
      }
    }
    for (const found of boxes.values()) {
      const { firstElementChild: first, lastElementChild: last } = found.box;
      found.ends = [...new Set([first, last])].filter(({ clientWidth }) => clientWidth > 0);
      found.flexible = findFlexible(found);
      found.calm = { x: 0, y: 0, top: 0, left: 0, squeezed: found.flexible.map(() => 0) };
    }
    return [...boxes.values()];
  }

  // Children with a free overflow do not get smaller than what they hold.
  function findFlexible({ box, texts }) {
    const view = box.ownerDocument.defaultView;
    if (box.childElementCount < 2) return [];
    if (!/flex|grid/.test(view.getComputedStyle(box).display)) return [];
    return [...box.children].filter((child) => child.clientWidth > 0
      && view.getComputedStyle(child).overflowY !== "visible"
      && !texts.some(({ element }) => child.contains(element)));
  }

  // Where a text is: its `box`, the whole of its `glyphs` as the font's metrics have it, and its
  // `lines`, which are less high where the template's line height is less than the font's.
  function measure(text) {
    const { element, style, upright } = text;
    text.leaves ??= findLeaves(element);
    text.box = element.getBoundingClientRect();
    const range = element.ownerDocument.createRange();
    const rects = [];
    for (const leaf of text.leaves) {
      range.selectNodeContents(leaf);
      const rect = range.getBoundingClientRect();
      if (rect.width > 0) rects.push(rect);
    }
    text.glyphs = rects.length === 1 ? rects[0] : rects.length > 0 ? union(rects) : text.box;
    const lineHeight = Number.parseFloat(style.lineHeight);
    text.trimmed = (style.textBoxTrim ?? "none") !== "none";
    let tight = 0;
    if (rects.length > 0 && (text.trimmed || lineHeight > 0)) {
      range.selectNodeContents(text.leaves[0]);
      const [first] = range.getClientRects();
      const high = upright ? first.height : first.width;
      tight = Math.max(0, (high - lineHeight) / 2 || 0, text.trimmed ? high * TRIMMED : 0);
    }
    text.lines = inset(text.glyphs, upright ? [tight, 0, tight, 0] : [0, tight, 0, tight]);
  }

  // The text nodes that flow in an element and belong to no fitted element inside it.
  function findLeaves(element) {
    const document = element.ownerDocument;
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const flows = (inner) => !inner.hasAttribute("data-fit")
      && !["absolute", "fixed"].includes(document.defaultView.getComputedStyle(inner).position);
    const leaves = [];
    while (walker.nextNode()) {
      const leaf = walker.currentNode;
      if (!/\S/.test(leaf.data)) continue;
      let parent = leaf.parentElement;
      while (parent !== element && flows(parent)) parent = parent.parentElement;
      if (parent === element) leaves.push(leaf);
    }
    return leaves;
  }

  function judgeAlone(text) {
    text.bad = "";
    text.room = 1;
    const { element, glyphs, lines, box, style } = text;
    const { clientWidth: right, clientHeight: bottom } = element.ownerDocument.documentElement;
    const card = { left: 0, top: 0, right, bottom };
    let [x, y] = out(box, card);
    if (x > SLACK_PX || y > SLACK_PX) {
      [x, y] = out(withoutMargins(text)[0] ?? box, card);
    }
    // An inline element has no box of its own; those around it tell.
    if (element.clientWidth > 0 && text.display !== "inline") {
      const inside = paddingBox(element, box);
      const content = inset(inside, sides(style, "padding"));
      const [over, free] = [overflow(element), { x: 0, y: 0 }];
      if (over.x > SLACK_PX || over.y > SLACK_PX) {
        const excused = hugs(text, content) ? excuse(over, free, inside, glyphs, lines) : null;
        const [overX, overY] = excused ?? [over.x, over.y];
        [x, y] = [Math.max(x, overX), Math.max(y, overY)];
      }
      const [linesX, linesY] = out(hangingOut(text, false), content);
      [x, y] = [Math.max(x, linesX), Math.max(y, linesY)];
    }
    if (x > SLACK_PX || y > SLACK_PX) blame(text, x, y, "own");
  }

  // The lines without what is meant to hang out of them: quotes, or all of them for the eye's sake.
  function hangingOut({ lines, style, upright }, withMargins = true) {
    const indent = Math.max(0, -Number.parseFloat(style.textIndent) || 0);
    const [top, right, bottom, left] = withMargins ? pulls(style) : [0, 0, 0, 0];
    const [before, after] = style.direction === "rtl" ? [0, indent] : [indent, 0];
    if (upright) return inset(lines, [0, right + after, 0, left + before]);
    return inset(lines, [top + before, 0, bottom + after, 0]);
  }

  // The box as its neighbors see it, where it has one.
  function withoutMargins({ box, style, display }) {
    return display === "inline" ? [] : [inset(box, pulls(style))];
  }

  // By how much negative margins pull each side.
  function pulls(style) { return sides(style, "margin").map((px) => Math.max(0, -px)); }

  // Whether a box has no size of its own, but that of its lines.
  function hugs({ leaves, lines, style, upright, trimmed }, content) {
    if (trimmed || leaves.length === 0) return trimmed;
    const [from, to] = upright ? ["top", "bottom"] : ["left", "right"];
    const left = content[to] - content[from] - lines[to] + lines[from];
    // Two fonts in one line make it higher than either does.
    const view = leaves[0].ownerDocument.defaultView;
    const fontOf = ({ parentElement }) => view.getComputedStyle(parentElement).fontFamily;
    const mixed = leaves.some((leaf) => fontOf(leaf) !== style.fontFamily);
    return left > -SLACK_PX && left < (mixed ? Number.parseFloat(style.lineHeight) : SLACK_PX);
  }

  // It does not fit by so many pixels: guess from lines and area what would.
  function blame(text, x, y, why = "around") {
    text.bad ||= why;
    const { lines, upright } = text;
    const [width, height] = [lines.right - lines.left, lines.bottom - lines.top];
    const left = [1 - Math.max(0, x) / width, 1 - Math.max(0, y) / height];
    const [across, along] = upright ? left : left.reverse();
    text.room = Math.max(0, Math.min(text.room, across, Math.sqrt(Math.max(0, along))));
  }

  // How far the content of a box leaves it more than when calm, across and down; 0 where it
  // does not.
  function bursts(found) {
    const { box, texts, calm } = found;
    const now = spill(found);
    for (let at = 0; at < now.squeezed.length; at += 1) {
      const over = now.squeezed[at] - calm.squeezed[at];
      if (over > SLACK_PX) return [0, over];
    }
    const left = now.left > calm.left + SLACK_PX ? now.left - calm.left : 0;
    const top = now.top > calm.top + SLACK_PX ? now.top - calm.top : 0;
    if (now.x <= calm.x + SLACK_PX && now.y <= calm.y + SLACK_PX) return [left, top];
    const outer = union(texts.flatMap(({ box: own, glyphs }) => [own, glyphs]));
    const inner = union(texts.flatMap((text) => [hangingOut(text), ...withoutMargins(text)]));
    const [x, y] = excuse(now, calm, paddingBox(box), outer, inner);
    return [Math.max(x, left), Math.max(y, top)];
  }

  // How far a box overflows, but for what glyphs and margins of the texts reach out of it while
  // their lines are inside: by low lines and by negative margins a box overflows at any size.
  function excuse(now, calm, inside, outer, lines) {
    const [outerX, outerY] = out(outer, inside);
    const [linesX, linesY] = out(lines, inside);
    const over = (px, before, natural, inner) => {
      const excused = px <= natural + SLACK_PX && inner <= SLACK_PX;
      return px <= before + SLACK_PX || excused ? 0 : px - before;
    };
    return [over(now.x, calm.x, outerX, linesX), over(now.y, calm.y, outerY, linesY)];
  }

  function overflow(box) {
    return { x: box.scrollWidth - box.clientWidth, y: box.scrollHeight - box.clientHeight };
  }

  function spill(found) {
    const { box, ends, texts } = found;
    const edge = box.getBoundingClientRect();
    let [top, left] = [0, 0];
    // What reaches out here no scroll size tells: columns that are aligned to their end.
    for (const end of ends) {
      const text = texts.find(({ element }) => element === end);
      const rect = text ? hangingOut(text) : end.getBoundingClientRect();
      top = Math.max(top, edge.top - rect.top);
      left = Math.max(left, edge.left - rect.left);
    }
    const squeezed = found.flexible.map((child) => overflow(child).y);
    return { ...overflow(box), top, left, squeezed };
  }
})();
