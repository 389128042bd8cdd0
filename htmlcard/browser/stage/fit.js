// Fits texts into their boxes: <h1 data-fit="44 84"> takes the largest font size between
// 44 and 84 px at which its text leaves neither its own box, nor a box around it, nor the card;
// below 44 px it is cut with an ellipsis. May be called again: it starts from scratch each time.
// Every round sizes all elements at once, so that it costs one layout and not one for each.
globalThis.fitTexts = (() => {
  "use strict";
  const STEP_PX = 0.5;
  // Scroll sizes are rounded to whole pixels.
  const SLACK_PX = 1;
  const touched = new WeakMap();

  return (document) => {
    const root = document.documentElement;
    const texts = find(document);
    if (texts.length === 0) return 0;

    // Most texts fit at their largest size: try that first, and stop there.
    apply(texts);
    const large = texts.filter((text) => !fits(text, root));
    if (large.length === 0) return texts.length;
    notePeace(large, root);

    for (const text of large) text.size = text.low;
    let open = large;
    while (open.length > 0) {
      apply(open);
      for (const text of open) {
        if (fits(text, root)) text.low = text.size; else text.high = text.size;
        text.size = Math.round((text.low + text.high) / 2 / STEP_PX) * STEP_PX;
      }
      open = open.filter(({ low, high, size }) => high - low > STEP_PX && size !== low && size !== high);
    }
    for (const text of large) text.size = text.low;
    apply(large);

    // A word too wide even at the smallest size is broken; only then, for a smaller word reads better.
    const tooLarge = large.filter((text) => !fits(text, root));
    for (const { element } of tooLarge) set(element, "overflow-wrap", "anywhere");
    for (const text of tooLarge) if (!fits(text, root)) clamp(text, root);
    return texts.length;
  };

  function find(document) {
    const texts = [];
    for (const element of document.querySelectorAll("[data-fit]")) {
      restore(element);
      const [low, high = low] = element.dataset.fit.trim().split(/[\s,]+/).map(Number.parseFloat);
      if (!(low > 0)) continue;
      const largest = Math.max(low, high);
      set(element, "transition", "none");
      texts.push({ element, low, high: largest, size: largest, peace: new Map() });
    }
    return texts;
  }

  // Put back what an earlier call did, which may have seen the document half loaded.
  function restore(element) {
    const before = touched.get(element);
    if (before === undefined) {
      touched.set(element, element.getAttribute("style"));
      return;
    }
    if (before === null) element.removeAttribute("style"); else element.setAttribute("style", before);
    const cut = element.querySelector(":scope > [data-fit-cut]");
    cut?.replaceWith(...cut.childNodes);
  }

  function set(element, name, value) { element.style.setProperty(name, value, "important"); }

  function apply(list) { for (const { element, size } of list) set(element, "font-size", `${size}px`); }

  function overflow(box) {
    return [box.scrollWidth - box.clientWidth, box.scrollHeight - box.clientHeight];
  }

  // How far boxes around a text overflow with next to no text in it: decoration, not our business.
  function notePeace(texts, root) {
    for (const { element } of texts) set(element, "font-size", "1px");
    for (const { element, peace } of texts) {
      for (let box = element.parentElement; box && box !== root; box = box.parentElement) {
        peace.set(box, overflow(box));
      }
    }
  }

  function fits({ element, peace }, root) {
    // An inline element has no box of its own; those around it tell.
    if (element.clientWidth > 0) {
      const [x, y] = overflow(element);
      if (x > SLACK_PX || y > SLACK_PX) return false;
    }
    const edge = element.getBoundingClientRect();
    if (edge.top < -SLACK_PX || edge.bottom > root.clientHeight + SLACK_PX) return false;
    if (edge.left < -SLACK_PX || edge.right > root.clientWidth + SLACK_PX) return false;
    for (let box = element.parentElement; box && box !== root; box = box.parentElement) {
      if (box.clientWidth === 0) continue;
      const [x, y] = overflow(box);
      const [peaceX, peaceY] = peace.get(box) ?? [0, 0];
      if (x > Math.max(peaceX, 0) + SLACK_PX || y > Math.max(peaceY, 0) + SLACK_PX) return false;
    }
    return true;
  }

  // Cut the text after as many lines as there is room for.
  function clamp(text, root) {
    const { element } = text;
    const document = element.ownerDocument;
    const cut = document.createElement("div");
    cut.dataset.fitCut = "";
    // A box of its own: padding of the element would show half of the next line.
    cut.append(...element.childNodes);
    element.append(cut);
    const style = document.defaultView.getComputedStyle(element);
    for (const [name, value] of [["overflow", "hidden"], ["text-overflow", "ellipsis"], ["max-width", "100%"]]) {
      set(cut, name, value);
    }
    if (style.whiteSpaceCollapse === "nowrap" || style.textWrapMode === "nowrap") return;
    set(cut, "display", "-webkit-box");
    set(cut, "-webkit-box-orient", "vertical");
    const line = Number.parseFloat(style.lineHeight) || Number.parseFloat(style.fontSize);
    const room = Math.min(element.clientHeight || Infinity, root.clientHeight);
    for (let lines = Math.max(1, Math.ceil(room / line)); lines >= 1; lines -= 1) {
      set(cut, "-webkit-line-clamp", String(lines));
      if (fits(text, root)) return;
    }
  }
})();
