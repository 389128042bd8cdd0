// Finds the texts of a card, line by line: where each stands, how it is painted, what may cut it off.
// A run is the part of one text node that stands on one line. Lengths are CSS px of the card.
globalThis.findRuns = (() => {
  "use strict";
  // Boxes this small are the usual way to hide words from the eye and keep them for a screen reader.
  const HIDDEN_BOX_PX = 2;
  const SLACK_PX = 0.5;
  const SAME_LINE_PX = 1;
  const MAX_CHARACTERS = 20000;
  const EMOJI = /\p{RGI_Emoji}|\p{Emoji_Presentation}/gv;

  return (document, paintOf) => {
    const view = document.defaultView;
    const boxes = new Map();
    const runs = [];
    let budget = MAX_CHARACTERS;
    const walker = document.createTreeWalker(document.documentElement, view.NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node && budget > 0; node = walker.nextNode()) {
      if (!/\S/.test(node.data)) continue;
      const element = node.parentElement;
      if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
      budget -= node.data.length;
      const place = surroundings(element, view);
      if (place.unseen) continue;
      const paint = paintOf(element);
      if (paint === null) continue;
      for (const line of lines(node, place.vertical || place.turned || element.ownerSVGElement)) {
        runs.push({ node, element, place, paint, ...line });
      }
    }
    return dropElided(runs).map((run) => ({ ...run, ...measure(run, boxes, view) })).filter(({ box }) => box);
  };

  // What an element inherits from those around it that CSS does not compute for us.
  function surroundings(element, view) {
    const place = {
      clippers: [], clamps: [], ellipsis: false, decorative: false, unseen: false, scale: 1, turned: false,
    };
    place.vertical = view.getComputedStyle(element).writingMode.startsWith("vertical");
    let escapes = "";
    for (let box = element; box; box = box.parentElement) {
      const style = view.getComputedStyle(box);
      if (box.getAttribute("aria-hidden") === "true") place.decorative = true;
      const holds = style.transform !== "none" || style.contain !== "none" || style.filter !== "none";
      if (holds || (escapes === "absolute" && style.position !== "static")) escapes = "";
      if (!escapes && clips(box, style)) {
        place.clippers.push(box);
        if (hides(box, style)) place.unseen = true;
        if (style.textOverflow !== "clip") place.ellipsis = true;
      }
      if (style.webkitLineClamp !== "none") place.clamps.push([box, Number(style.webkitLineClamp)]);
      if (!escapes && ["absolute", "fixed"].includes(style.position)) escapes = style.position;
      if (style.transform !== "none") {
        const matrix = new view.DOMMatrix(style.transform);
        place.scale *= Math.sqrt(Math.abs(matrix.a * matrix.d - matrix.b * matrix.c));
        if (Math.abs(matrix.b) > 0.001 || Math.abs(matrix.c) > 0.001) place.turned = true;
      }
      if (style.rotate !== "none") place.turned = true;
      if (style.scale !== "none") place.scale *= Number.parseFloat(style.scale);
      if (style.zoom !== "1") place.scale *= Number.parseFloat(style.zoom) || 1;
    }
    if (element.ownerSVGElement) {
      const matrix = element.ownerSVGElement.getScreenCTM();
      if (matrix) place.scale = Math.sqrt(Math.abs(matrix.a * matrix.d - matrix.b * matrix.c));
    }
    return place;
  }

  function clips(box, style) {
    const root = box.ownerDocument.documentElement;
    if (box === root) return false;
    // The card's own edge does what a body that hands its overflow on would do.
    const rootStyle = box.ownerDocument.defaultView.getComputedStyle(root);
    const handsOn = box === box.ownerDocument.body && rootStyle.overflow === "visible";
    if (style.clipPath !== "none" || style.clip !== "auto") return true;
    const cuts = style.overflowX !== "visible" || style.overflowY !== "visible";
    return !handsOn && (cuts || /paint|strict|content/.test(style.contain));
  }

  function hides(box, style) {
    if (/^rect\(0px(,? 0px){3}\)$/.test(style.clip) || /^inset\((50|100)%/.test(style.clipPath)) return true;
    return style.display !== "inline" && Math.min(box.clientWidth, box.clientHeight) <= HIDDEN_BOX_PX;
  }

  // Cut a text node where its lines end. Columns, slanted lines and drawings stay in one piece.
  function lines(node, whole) {
    const range = node.ownerDocument.createRange();
    const found = [];
    let line = null;
    for (let at = 0; at < node.data.length;) {
      const next = at + (node.data.codePointAt(at) > 0xffff ? 2 : 1);
      range.setStart(node, at);
      range.setEnd(node, next);
      const box = [...range.getClientRects()].find(({ width, height }) => width > 0 && height > 0);
      if (box) {
        // Letters of one text on one line have boxes of one height, whatever fonts they come from.
        if (!line || (!whole && Math.abs(box.top - line.top) > SAME_LINE_PX)) {
          line = { start: at, end: next, top: box.top, bottom: box.bottom };
          found.push(line);
        }
      }
      if (line) line.end = next;
      at = next;
    }
    return found.filter(({ start, end }) => /\S/.test(node.data.slice(start, end)));
  }

  // Lines that -webkit-line-clamp leaves out on purpose: an ellipsis says that there is more.
  function dropElided(runs) {
    const left = new Set(runs);
    const clamps = new Map(runs.flatMap(({ place }) => place.clamps));
    for (const [box, most] of clamps) {
      const middles = [];
      const inside = runs.filter(({ place }) => place.clamps.some(([other]) => other === box));
      for (const run of inside.sort((a, b) => a.top - b.top)) {
        const middle = (run.top + run.bottom) / 2;
        if (middles.length === 0 || run.top > middles.at(-1)) middles.push(middle);
        if (middles.length > most) left.delete(run);
      }
    }
    return [...left];
  }

  function measure({ node, element, place, start, end }, boxes, view) {
    const range = node.ownerDocument.createRange();
    range.setStart(node, start);
    range.setEnd(node, end);
    const rect = range.getBoundingClientRect();
    const full = [rect.left, rect.top, rect.right, rect.bottom];
    let box = full;
    let cut = false;
    for (const clipper of place.clippers) {
      if (!boxes.has(clipper)) boxes.set(clipper, clipOf(clipper, view));
      const { edge, radius, path } = boxes.get(clipper);
      if (path || beyond(full, edge) > SLACK_PX || inCorner(full, edge, radius)) cut = true;
      box = intersect(box, edge);
    }
    // What is far outside was put there so as not to be seen.
    const { clientWidth, clientHeight } = node.ownerDocument.documentElement;
    if (full[2] < -clientWidth || full[3] < -clientHeight || full[0] > 2 * clientWidth) return { box: null };
    const style = view.getComputedStyle(element);
    const text = node.data.slice(start, end);
    return {
      text: text.replace(/\s+/g, " ").trim(), full, box, cut,
      size: Number.parseFloat(style.fontSize) * place.scale,
      weight: Number(style.fontWeight),
      ranges: withoutEmoji(node, start, text),
    };
  }

  function clipOf(clipper, view) {
    const style = view.getComputedStyle(clipper);
    const rect = clipper.getBoundingClientRect();
    const side = (name) => Number.parseFloat(style[`border${name}Width`]) || 0;
    const edge = [
      rect.left + side("Left"), rect.top + side("Top"),
      rect.right - side("Right"), rect.bottom - side("Bottom"),
    ];
    const corners = ["TopLeft", "TopRight", "BottomLeft", "BottomRight"];
    const radii = corners.map((corner) => Number.parseFloat(style[`border${corner}Radius`]) || 0);
    const radius = Math.max(...radii);
    return { edge, radius, path: style.clipPath !== "none" || style.clip !== "auto" };
  }

  function beyond(box, edge) {
    return Math.max(edge[0] - box[0], edge[1] - box[1], box[2] - edge[2], box[3] - edge[3]);
  }

  function inCorner(box, edge, radius) {
    const across = Math.min(box[0] - edge[0], edge[2] - box[2]);
    return across < radius && Math.min(box[1] - edge[1], edge[3] - box[3]) < radius;
  }

  function intersect(a, b) {
    return [Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])];
  }

  // Color pictographs bring colors of their own: no judging their contrast.
  function withoutEmoji(node, start, text) {
    const ranges = [];
    let from = 0;
    const add = (to) => {
      if (!/\S/.test(text.slice(from, to))) return;
      const range = node.ownerDocument.createRange();
      range.setStart(node, start + from);
      range.setEnd(node, start + to);
      ranges.push(range);
    };
    for (const match of text.matchAll(EMOJI)) {
      add(match.index);
      from = match.index + match[0].length;
    }
    add(text.length);
    return ranges;
  }
})();

// Gives texts whose boxes touch different layers, so that pictures of the layers tell whose ink
// is whose. The others get none: nothing is to be found out about them.
globalThis.layRuns = (runs, mostLayers) => {
  "use strict";
  const TOUCH_PX = 2;
  const pairs = [];
  const common = (a, b, side) => Math.min(a[side + 2], b[side + 2]) - Math.max(a[side], b[side]);
  const touches = (a, b) => common(a, b, 0) >= TOUCH_PX && common(a, b, 1) >= TOUCH_PX;
  for (const [number, run] of runs.entries()) {
    run.layer = null;
    for (let other = 0; other < number; other += 1) {
      // An element that is chosen as a whole has all of its lines in one layer.
      const together = run.whole && run.element === runs[other].element;
      if (!together && touches(run.box, runs[other].box)) pairs.push([other, number]);
    }
  }
  for (const [number, run] of runs.entries()) {
    const neighbors = pairs.flatMap(([a, b]) => (a === number ? [b] : b === number ? [a] : []));
    if (neighbors.length === 0) continue;
    const taken = new Set(neighbors.map((other) => runs[other].layer));
    run.layer = 0;
    while (taken.has(run.layer) && run.layer < mostLayers - 1) run.layer += 1;
  }
  return pairs.filter(([a, b]) => runs[a].layer !== runs[b].layer);
};
