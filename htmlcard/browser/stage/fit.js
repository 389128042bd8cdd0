// Fits texts into their boxes: <h1 data-fit="44 84"> takes the largest font size between
// 44 and 84 px at which its lines leave neither its own box, nor a box around it, nor the card;
// below 44 px it is cut with an ellipsis. May be called again: it starts from scratch each time.
// Every round turns all texts at once, so that it costs one layout and not one for each.
// `fitTexts.outcome(element)` tells what became of one, for those who inspect a card.
globalThis.fitTexts = (() => {
  "use strict";
  const { setStyle } = fitBoxes;
  const { search, settle } = fitSearch;
  const STEP_PX = 0.5;
  // A guess at the size is off by less than this part of it, mostly.
  const MISS = 0.03;
  // How far letters may reach out of a clipped box: tails, stacked marks, italics, swashes.
  const INK_ROOM = "1em";
  const SIZES = /^\s*(\d*\.?\d+)(?:px)?(?:[\s,]+(\d*\.?\d+)(?:px)?)?\s*$/i;
  const seen = new WeakMap();

  const fitTexts = (document) => {
    const texts = find(document);
    if (texts.length === 0) return 0;
    // All was read before anything is written: each turn would cost a pass over the styles.
    for (const { element, css } of texts) element.style.cssText += `;${css}`;
    fit(texts);
    // What moves away from one edge may come near another.
    for (let edges = 4; edges > 0 && keepInkInside(texts); edges -= 1) fit(texts);
    return texts.length;
  };

  // What became of an element with data-fit; null of one that was not seen.
  fitTexts.outcome = (element) => {
    const text = seen.get(element);
    if (text === undefined) return null;
    if (text.low === undefined) return { valid: false };
    const { low, high, size, broken, cut, bad } = text;
    return { valid: true, low, high, size, broken, cut, fits: bad === "" };
  };

  function find(document) {
    const elements = [...document.querySelectorAll("[data-fit]")];
    // First put back what an earlier call did, which may have seen the document half loaded.
    for (const element of elements) seen.get(element)?.restore();
    const texts = [];
    for (const element of elements) {
      const before = element.getAttribute("style");
      const text = { element, undo: [], restore: () => restore(text, before) };
      seen.set(element, text);
      const [, low, high = low] = SIZES.exec(element.dataset.fit) ?? [];
      if (!(low > 0)) continue;
      const style = document.defaultView.getComputedStyle(element);
      const { writingMode, textWrapStyle: wrap, display } = style;
      const sizes = { low: Number(low), high: Math.max(low, high) };
      Object.assign(text, sizes, { style, display, wrap, css: rulesFor(style) });
      text.upright = writingMode === "horizontal-tb";
      texts.push(text);
    }
    return texts;
  }

  function restore({ element, undo }, before) {
    for (const step of undo.splice(0)) step();
    if (before === null) element.removeAttribute("style");
    else element.setAttribute("style", before);
  }

  // What fits needs no clipping, which would take tails and marks that reach out of the lines;
  // but for that, the box stays the one it was.
  function rulesFor({ display, overflowX, overflowY, minWidth, minHeight }) {
    const rules = ["transition:none!important"];
    const free = overflowX === "visible" && overflowY === "visible";
    if (free || display.startsWith("inline")) return rules[0];
    rules.push("overflow:clip!important", `overflow-clip-margin:${INK_ROOM}!important`);
    if (display === "block") rules.push("display:flow-root!important");
    if (minWidth === "auto") rules.push("min-width:0!important");
    if (minHeight === "auto") rules.push("min-height:0!important");
    return rules.join(";");
  }

  function fit(texts) {
    for (const text of texts) {
      for (const step of text.undo.splice(0)) step();
      Object.assign(text, { broken: false, cut: false, turn: setSize, stepsAt, miss: MISS });
      text.steps = Math.ceil((text.high - text.low) / STEP_PX);
      text.turn(text.steps);
    }
    const judge = fitJudge(texts);

    // Most texts fit at their largest size: try that first, and stop there.
    let large = judge();
    if (judge.boxesBurst()) {
      noteCalm();
      large = judge();
    }
    if (large.length === 0) return;

    // Balancing lays a text out several times, and never changes how many lines it takes.
    balance(large, false);
    for (const text of large) text.guess = Math.floor((text.size * text.room - text.low) / STEP_PX);
    search(large, judge);
    balance(large, true);
    let over = settle(large, judge);
    if (over.length === 0) return;

    // A word too wide even at the smallest size is broken; not before, for small reads better.
    balance(over, false);
    for (const text of over) {
      text.broken = true;
      setStyle(text.element, "overflow-wrap", "anywhere");
    }
    over = judge();
    if (over.length === 0) return;
    // The shortest first: a byline keeps its words, and the headline is cut.
    for (const text of over) cutText(text);
    over.sort((one, other) => one.steps - other.steps);
    search(over, judge);
    settle(over, judge);

    // With next to no text, boxes overflow by decoration alone.
    function noteCalm() {
      for (const text of large) {
        text.size = 1;
        setStyle(text.element, "font-size", "1px");
      }
      judge.noteCalm();
      for (const text of large) text.turn(text.steps);
    }
  }

  function balance(texts, on) {
    for (const { element, wrap } of texts) {
      if (wrap !== "auto") setStyle(element, "text-wrap-style", on ? wrap : "auto");
    }
  }

  // So many steps are the whole of a size.
  function stepsAt(step) { return this.low / STEP_PX + step; }

  function setSize(step) {
    this.step = step;
    this.size = Math.min(this.high, this.low + step * STEP_PX);
    setStyle(this.element, "font-size", `${this.size}px`);
  }

  return fitTexts;
})();
