// Rectangles and styles, for what fits texts. All lengths are CSS pixels.
globalThis.fitBoxes = (() => {
  "use strict";
  const SIDES = ["top", "right", "bottom", "left"];

  function setStyle(element, name, value) {
    element.style.setProperty(name, value, "important");
  }

  function sides(style, property) {
    return SIDES.map((side) => Number.parseFloat(style[`${property}-${side}`]) || 0);
  }

  // Inside the border; `edge` is outside of it.
  function paddingBox(box, edge = box.getBoundingClientRect()) {
    const [left, top] = [edge.left + box.clientLeft, edge.top + box.clientTop];
    // Client sizes are rounded, those of the edge are not.
    const { offsetWidth = box.clientWidth, offsetHeight = box.clientHeight } = box;
    const [borderX, borderY] = [offsetWidth - box.clientWidth, offsetHeight - box.clientHeight];
    return { left, top, right: left + edge.width - borderX, bottom: top + edge.height - borderY };
  }

  function inset(rect, [top, right, bottom, left]) {
    return {
      left: rect.left + left,
      top: rect.top + top,
      right: rect.right - right,
      bottom: rect.bottom - bottom,
    };
  }

  function union(rects) {
    return {
      left: Math.min(...rects.map(({ left }) => left)),
      top: Math.min(...rects.map(({ top }) => top)),
      right: Math.max(...rects.map(({ right }) => right)),
      bottom: Math.max(...rects.map(({ bottom }) => bottom)),
    };
  }

  // How far inside an outer rectangle a side of an inner one is.
  function gap(side, inner, outer) {
    const px = inner[side] - outer[side];
    return side === "top" || side === "left" ? px : -px;
  }

  // How far a rectangle reaches out of another, across and along.
  function out(rect, inside) {
    return [
      Math.max(inside.left - rect.left, rect.right - inside.right),
      Math.max(inside.top - rect.top, rect.bottom - inside.bottom),
    ];
  }

  return { SIDES, setStyle, sides, paddingBox, inset, union, gap, out };
})();
