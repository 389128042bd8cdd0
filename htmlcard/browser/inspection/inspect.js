// What a lane calls to look into a card that stands on the stage, in this order: begin (answers what
// is there), look (dresses the card for the next picture) as often as wanted, end (undresses it).
// Layout is never touched: texts are dressed by fill colors and highlights.
globalThis.inspection = (() => {
  "use strict";
  const MAX_LAYERS = 4;
  // Not ::first-letter: a rule for it would set the first letter of every text apart, and break its
  // lines anew.
  const ANY = "*, *::before, *::after, *::marker";
  const NO_TEXT = `
    ${ANY} {
      -webkit-text-fill-color: transparent !important; -webkit-text-stroke-color: transparent !important;
      text-decoration-line: none !important; text-emphasis-color: transparent !important;
      transition: none !important;
    }
    text, tspan, textPath { fill: transparent !important; stroke: transparent !important; }
    [data-lint-gradient] { background: none !important; }`;
  // Nothing but the chosen texts, in white on black, and nothing in front of them.
  const INK = `${NO_TEXT}
    ${ANY} {
      background: transparent !important; border-color: transparent !important;
      border-image-source: none !important;
      outline-color: transparent !important; box-shadow: none !important; text-shadow: none !important;
      column-rule-color: transparent !important; mix-blend-mode: normal !important;
      backdrop-filter: none !important; opacity: 1 !important;
    }
    html { background: #000 !important; }
    img, video, canvas, object, embed, iframe, input, progress, meter { opacity: 0 !important; }
    :is(rect, circle, ellipse, line, path, polygon, polyline, image, use) { visibility: hidden !important; }
    [data-lint-ink] { fill: #fff !important; }
    [data-lint-ink=outline] {
      fill: transparent !important; stroke: #fff !important; -webkit-text-stroke-color: #fff !important;
    }
    ::highlight(lint-ink) { -webkit-text-fill-color: #fff; color: #fff; }`;
  let document = null;
  let runs = [];
  let sheet = null;

  return {
    async begin(card) {
      document = card;
      const view = document.defaultView;
      const paints = new Map();
      const paintOf = (element) => {
        if (!paints.has(element)) paints.set(element, paint(element, view));
        return paints.get(element);
      };
      runs = findRuns(document, paintOf);
      for (const run of runs) run.whole = isWhole(run.element, run.paint);
      const judged = runs.filter(({ place }) => !place.decorative);
      const numberOf = (number) => runs.indexOf(judged[number]);
      const pairs = layRuns(judged, MAX_LAYERS).map((pair) => pair.map(numberOf));
      const elements = [...new Set(runs.map(({ element }) => element))];
      for (const [number, element] of elements.entries()) element.dataset.lintElement = number;
      for (const element of document.querySelectorAll("*")) {
        if (clipsToText(element, view)) element.dataset.lintGradient = "";
      }
      const seen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
      const loads = await findLoads(document, seen);
      return {
        runs: runs.map((run) => ({
          element: elements.indexOf(run.element), text: run.text, size_px: run.size, weight: run.weight,
          full_px: run.full, box_px: run.box, cut: run.cut, ellipsis: run.place.ellipsis,
          decorative: run.place.decorative, layer: run.layer ?? null, vertical: run.place.vertical, ...run.paint,
        })),
        elements: elements.map((element) => ({
          selector: selectorOf(element), heading: element.closest("h1") !== null,
          families: familiesOf(view.getComputedStyle(element).fontFamily),
        })),
        loads: loads.map(({ element, ...load }) => ({ selector: selectorOf(element), ...load })),
        pairs,
        ...findFaces(document),
      };
    },

    // "behind": the card without its texts; "ink": texts alone; "unclipped": those that something
    // may cut, whole; "layer-N": those of a layer. Answers which runs moved, by number.
    look(name) {
      const view = document.defaultView;
      sheet ??= new view.CSSStyleSheet();
      sheet.replaceSync(name === "behind" ? NO_TEXT : INK);
      const worn = document.adoptedStyleSheets;
      if (!worn.includes(sheet)) document.adoptedStyleSheets = [...worn, sheet];
      let chosen = runs.filter(({ place }) => !place.decorative);
      if (name === "unclipped") chosen = chosen.filter(({ cut }) => cut);
      if (name.startsWith("layer-")) chosen = chosen.filter(({ layer }) => layer === Number(name.slice(6)));
      if (name === "behind") chosen = [];
      ink(chosen);
      return name === "unclipped" ? unclip(chosen) : [];
    },

    end() {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
      document.defaultView.CSS.highlights.clear();
      [document, runs, sheet] = [null, [], null];
    },
  };

  function ink(chosen) {
    const view = document.defaultView;
    for (const element of document.querySelectorAll("[data-lint-ink]")) delete element.dataset.lintInk;
    const ranges = chosen.filter(({ paint }) => paint.kind !== "outline").flatMap((run) => run.ranges);
    view.CSS.highlights.set("lint-ink", new view.Highlight(...ranges));
    for (const { element, paint, whole } of chosen) if (whole) element.dataset.lintInk = paint.kind;
  }

  // Highlights know neither strokes nor the fill of SVG: such texts are shown by the element.
  function isWhole(element, { kind }) { return Boolean(element.ownerSVGElement) || kind === "outline"; }

  // Let boxes show what they cut off, and keep all that their clipping does to the layout.
  function unclip(chosen) {
    const view = document.defaultView;
    for (const box of new Set(chosen.flatMap(({ place }) => place.clippers))) {
      const style = view.getComputedStyle(box);
      const set = (name, value) => box.style.setProperty(name, value, "important");
      const { display, minWidth, minHeight } = style;
      if (style.overflowX !== "visible" || style.overflowY !== "visible") {
        set("overflow", "clip");
        set("overflow-clip-margin", "9999px");
        if (minWidth === "auto") set("min-width", "0");
        if (minHeight === "auto") set("min-height", "0");
        if (display === "block") set("display", "flow-root");
      }
      set("clip-path", "none");
      set("clip", "auto");
      if (/paint|strict|content/.test(style.contain)) set("contain", "none");
    }
    const moved = ({ node, start, end, full }) => {
      const range = document.createRange();
      range.setStart(node, start);
      range.setEnd(node, end);
      const { left, top, right, bottom } = range.getBoundingClientRect();
      return [left, top, right, bottom].some((side, at) => Math.abs(side - full[at]) > 0.6);
    };
    return chosen.filter(moved).map((run) => runs.indexOf(run));
  }

  // How an element's letters get their color; null where they show nothing at all.
  function paint(element, view) {
    const style = view.getComputedStyle(element);
    const svg = Boolean(element.ownerSVGElement);
    const fill = svg ? style.fill : style.webkitTextFillColor;
    const stroke = svg ? style.stroke : style.webkitTextStrokeColor;
    const width = svg ? style.strokeWidth : style.webkitTextStrokeWidth;
    const outlined = Number.parseFloat(width) > 0 && stroke !== "none" && rgba(stroke)[3] > 0;
    if (fill.startsWith("url")) return { kind: "gradient", color: null };
    const color = fill === "none" ? [0, 0, 0, 0] : rgba(fill);
    if (color[3] > 0) return { kind: "plain", color };
    for (let box = element; box; box = box.parentElement) {
      if (clipsToText(box, view)) return { kind: "gradient", color: null };
    }
    return outlined ? { kind: "outline", color: null } : null;
  }

  function clipsToText(element, view) { return view.getComputedStyle(element).backgroundClip.includes("text"); }

  // Any CSS color as 8-bit red, green, blue and alpha.
  function rgba(color) {
    const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    pen.fillStyle = color;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data];
  }

  function familiesOf(value) {
    const names = [...value.matchAll(/"((?:[^"\\]|\\.)*)"|([^,"]+)/g)];
    return names.map(([, quoted, plain]) => (quoted ?? plain).trim()).filter(Boolean);
  }

  // Short and telling: up to three steps, each with its id or first class.
  function selectorOf(element) {
    const steps = [];
    for (let box = element; box && steps.length < 3; box = box.parentElement) {
      const tag = box.localName;
      if (steps.length > 0 && (tag === "body" || tag === "html")) break;
      const [name] = box.classList;
      steps.unshift(box.id ? `${tag}#${box.id}` : name ? `${tag}.${name}` : tag);
      if (box.id) break;
    }
    return steps.join(" > ");
  }
})();
