// Cuts a text that is too long even at its smallest size: `cutText(text)` makes `text.turn(step)`
// keep its first graphemes and say with an ellipsis that there is more. A line clamp of CSS would
// leave the lines after it in the box, cut tails of letters, and not know long or vertical words.
globalThis.cutText = (() => {
  "use strict";
  const ELLIPSIS = "\u2026";
  const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

  return (text) => {
    const split = ({ data }) => Array.from(segmenter.segment(data), ({ segment }) => segment);
    text.pieces = text.leaves.map(split);
    text.steps = text.pieces.reduce((sum, { length }) => sum + length, 0);
    // The part of its area that there is room for, or of its width.
    text.guess = Math.floor(text.steps * text.room ** 2);
    text.miss = 0.07;
    text.stepsAt = (step) => step;
    text.turn = turn;
    text.cut = text.steps > 0;
  };

  function turn(step) {
    this.step = step;
    for (const undo of this.undo.splice(0)) undo();
    if (step >= this.steps) return;
    let room = Math.max(1, step);
    const at = this.pieces.findIndex(({ length }) => {
      if (room <= length) return true;
      room -= length;
      return false;
    });
    const [leaf, pieces] = [this.leaves[at], this.pieces[at]];
    write(this, leaf, shorten(pieces.slice(0, room).join(""), pieces[room]) + ELLIPSIS);
    for (let node = leaf; node !== this.element; node = node.parentNode) {
      for (let next = node.nextSibling; next; next = next.nextSibling) {
        if (next.nodeType === Node.TEXT_NODE) write(this, next, "");
        else if (next.style) hide(this, next);
      }
    }
  }

  // Rather without half a word, and without the comma after the last.
  function shorten(kept, next = " ") {
    const start = /\S/.test(next) ? kept.search(/\s\S{0,15}$/) : -1;
    return (start > 0 ? kept.slice(0, start) : kept).replace(/[\s.,:;、。，،؛-]+$/, "");
  }

  function write({ undo }, leaf, data) {
    const before = leaf.data;
    undo.push(() => { leaf.data = before; });
    leaf.data = data;
  }

  function hide({ undo }, element) {
    const before = element.getAttribute("style");
    undo.push(() => {
      if (before === null) element.removeAttribute("style");
      else element.setAttribute("style", before);
    });
    fitBoxes.setStyle(element, "display", "none");
  }
})();
