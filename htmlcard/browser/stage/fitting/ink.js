// Letters may reach out of their lines, and out of their box; but a box around that clips, or the
// edge of the card, would cut them. `keepInkInside(texts)` moves them inside by padding; true when
// it did.
globalThis.keepInkInside = (() => {
  "use strict";
  const { SIDES, setStyle, paddingBox, gap } = fitBoxes;
  // Ink is measured in whole pixels, as are the metrics it is measured from.
  const ROUNDED_PX = 1.5;

  return (texts) => {
    let any = false;
    for (const text of texts) {
      const { element, glyphs, style, size } = text;
      if (text.leaves.length === 0 || text.display === "inline") continue;
      const clip = clipOf(element, glyphs, size / 2);
      if (clip === null) continue;
      const ink = measureInk(text);
      for (const side of SIDES) {
        const over = Math.ceil(ink[side] - gap(side, glyphs, clip) + ROUNDED_PX);
        if (!(over > 0)) continue;
        const name = `padding-${side}`;
        setStyle(element, name, `${Number.parseFloat(style[name]) + over}px`);
        any = true;
      }
    }
    return any;
  };

  // What a text may be seen in; null when no edge is near.
  function clipOf(element, glyphs, near) {
    const { documentElement: root, body, defaultView: view } = element.ownerDocument;
    const clip = { left: 0, top: 0, right: root.clientWidth, bottom: root.clientHeight };
    for (let box = element.parentElement; box?.parentElement; box = box.parentElement) {
      // What the body clips is clipped at the edge of the card.
      if (box === body || box.clientWidth === 0) continue;
      const inside = paddingBox(box);
      if (SIDES.every((side) => gap(side, glyphs, inside) >= near)) continue;
      if (view.getComputedStyle(box).overflowX === "visible") continue;
      for (const side of SIDES) if (gap(side, inside, clip) > 0) clip[side] = inside[side];
    }
    return SIDES.some((side) => gap(side, glyphs, clip) < near) ? clip : null;
  }

  // How far ink may reach out of the glyphs' boxes at each side. Any word may start or end a line.
  function measureInk({ element, leaves, upright }) {
    const document = element.ownerDocument;
    const context = document.createElement("canvas").getContext("2d");
    let [over, under, before, after] = Array(4).fill(-Infinity);
    for (const leaf of leaves) {
      const style = document.defaultView.getComputedStyle(leaf.parentElement);
      context.font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
      const whole = context.measureText(leaf.data);
      over = Math.max(over, whole.actualBoundingBoxAscent - whole.fontBoundingBoxAscent);
      under = Math.max(under, whole.actualBoundingBoxDescent - whole.fontBoundingBoxDescent);
      for (const word of new Set(leaf.data.trim().split(/\s+/))) {
        const found = context.measureText(word);
        before = Math.max(before, found.actualBoundingBoxLeft);
        after = Math.max(after, found.actualBoundingBoxRight - found.width);
      }
    }
    return upright
      ? { top: over, bottom: under, left: before, right: after }
      : { right: over, left: under, top: before, bottom: after };
  }
})();
