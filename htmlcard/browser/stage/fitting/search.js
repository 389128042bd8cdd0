// The highest step of each text at which it fits: `text.turn(step)` takes 0 to `text.steps`, of
// which the last is known to be too much. `search` looks for all texts at once, each from its own
// `guess`; `settle` then sees to those that share a box, and gives those that fit at no step.
globalThis.fitSearch = (() => {
  "use strict";
  // Sizes this near are one to the eye.
  const NEAR = 0.01;
  const PARTS = 16;

  function search(texts, judge) {
    for (const text of texts) {
      Object.assign(text, { good: 0, fail: text.steps, tries: 0, shares: false });
    }
    let open = texts;
    for (;;) {
      open = open.filter(isOpen);
      if (open.length === 0) return;
      for (const text of open) text.turn(nextStep(text));
      judge();
      for (const text of open) {
        if (text.bad === "") text.good = text.step; else text.fail = text.step;
        text.shares ||= text.bad === "around";
        if (!isOpen(text)) text.turn(text.good);
      }
    }
  }

  function isOpen(text) {
    return text.fail - text.good > Math.max(1, text.stepsAt(text.good) * NEAR);
  }

  // First the guess, then away from it with growing steps until it is between two, then by halves.
  function nextStep(text) {
    const { good, fail, guess, miss, steps } = text;
    let step = guess;
    if (text.tries > 0) {
      const away = Math.ceil(text.stepsAt(text.step) * miss * 2 ** (text.tries - 1));
      step = (good + fail) >> 1;
      if (fail === steps) step = good + away;
      else if (good === 0) step = fail - away;
    }
    text.tries += 1;
    return Math.min(fail - 1, Math.max(good + 1, step));
  }

  function settle(texts, judge) {
    for (const text of texts) if (text.step !== text.good) text.turn(text.good);
    // Those that share a box were judged beside each other's sizes of that moment.
    let over = judge();
    const apart = over.filter(({ step }) => step > 0);
    if (apart.length > 0) over = turnTogether(apart, judge);
    const sharing = texts.filter(({ shares, step, steps }) => shares && step < steps);
    if (sharing.length < 2 || over.length > 0) return over;
    for (const text of sharing) grow(text, judge);
    return judge();
  }

  function turnTogether(texts, judge) {
    const most = texts.map(({ step }) => step);
    const turn = (part) => {
      for (const [at, text] of texts.entries()) text.turn(Math.floor((most[at] * part) / PARTS));
    };
    let [good, fail] = [0, PARTS];
    while (fail - good > 1) {
      const part = (good + fail) >> 1;
      turn(part);
      judge();
      if (texts.every(({ bad }) => bad === "")) good = part; else fail = part;
    }
    turn(good);
    return judge();
  }

  // Take what room the others have left over.
  function grow(text, judge) {
    let [good, fail] = [text.step, text.steps + 1];
    for (let step = good + 1; fail - good > 1; step = (good + fail) >> 1) {
      text.turn(step);
      if (judge().length === 0) good = step; else fail = step;
    }
    text.turn(good);
  }

  return { search, settle };
})();
