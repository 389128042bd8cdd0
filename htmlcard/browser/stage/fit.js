// Fits texts into their boxes: <h1 data-fit="44 84"> takes the largest font size between
// 44 and 84 px at which its text does not leave its box; below 44 px it is cut with an ellipsis.
// Every round sizes all elements at once, so that it costs one layout and not one for each.
globalThis.fitTexts = (document) => {
  "use strict";
  const STEP_PX = 0.5;
  const view = document.defaultView;
  const root = document.documentElement;

  const texts = [];
  for (const element of document.querySelectorAll("[data-fit]")) {
    const [min, max] = element.dataset.fit.trim().split(/[\s,]+/).map(Number.parseFloat);
    if (!(min > 0)) continue;
    texts.push({ element, low: min, high: max >= min ? max : min, size: max >= min ? max : min });
  }
  if (texts.length === 0) return 0;

  // One pixel of slack: scroll sizes are rounded to whole pixels.
  const fits = ({ element }) => {
    if (element.scrollHeight > element.clientHeight + 1) return false;
    if (element.scrollWidth > element.clientWidth + 1) return false;
    const box = element.getBoundingClientRect();
    return box.bottom <= root.clientHeight + 1 && box.right <= root.clientWidth + 1 && box.left >= -1;
  };
  const apply = (list) => { for (const text of list) text.element.style.fontSize = `${text.size}px`; };

  // Most texts fit at their largest size: try that first, and stop there.
  apply(texts);
  let open = texts.filter((text) => !fits(text));
  for (const text of open) text.size = text.low;
  const searched = open;
  while (open.length > 0) {
    apply(open);
    for (const text of open) {
      if (fits(text)) text.low = text.size; else text.high = text.size;
      text.size = Math.round((text.low + text.high) / 2 / STEP_PX) * STEP_PX;
    }
    open = open.filter((text) => text.high - text.low > STEP_PX && text.size !== text.low && text.size !== text.high);
  }
  for (const text of searched) text.size = text.low;
  apply(searched);
  // A word too wide even at the smallest size is broken; only then, for a smaller word reads better.
  const tooLarge = searched.filter((text) => !fits(text));
  for (const { element } of tooLarge) element.style.overflowWrap = "anywhere";
  for (const text of tooLarge) if (!fits(text)) clamp(text.element, view);
  return texts.length;

  function clamp(element, view) {
    const style = view.getComputedStyle(element);
    const padding = Number.parseFloat(style.paddingTop) + Number.parseFloat(style.paddingBottom);
    const line = Number.parseFloat(style.lineHeight) || Number.parseFloat(style.fontSize) * 1.2;
    const visible = Math.min(element.clientHeight, root.clientHeight - element.getBoundingClientRect().top);
    element.style.display = "-webkit-box";
    element.style.webkitBoxOrient = "vertical";
    element.style.webkitLineClamp = String(Math.max(1, Math.floor((visible - padding + 1) / line)));
    element.style.overflow = "hidden";
  }
};
