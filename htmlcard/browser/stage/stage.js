// What a lane calls in the stage, in this order: place, (the document is set by CDP), settle,
// a frame, then draw (canvas) or a screenshot (shown). See `page.py`.
globalThis.stage = (() => {
  "use strict";
  const canvas = document.querySelector("canvas");
  const frames = { painted: document.getElementById("painted"), shown: document.getElementById("shown") };
  const context = canvas.getContext("2d", { willReadFrequently: true, alpha: false });
  const kept = new Map();
  let frame = frames.painted;
  let paints = 0;
  let paintsBefore = 0;

  // Tells that a frame has painted the document anew: without it a draw could show the card before.
  canvas.onpaint = () => { paints += 1; };

  // What failed or never came, by URL: the next card does not wait for it again.
  const broken = new Set();
  const watch = (document) => {
    // `error` does not bubble, so it is caught on its way down.
    document.addEventListener("error", (event) => broken.add(event.target.href), true);
  };

  const CSS_IMPORT_RULE = 3;
  const missing = function* (document) {
    for (const link of document.querySelectorAll("link[rel~=stylesheet]")) if (!link.sheet) yield link.href;
    for (const sheet of document.styleSheets) {
      for (const rule of sheet.cssRules) {
        if (rule.type !== CSS_IMPORT_RULE) break;
        if (!rule.styleSheet) yield rule.href;
      }
    }
  };
  const pending = (document) => {
    if (document.readyState === "loading" || document.fonts.status === "loading") return true;
    for (const url of missing(document)) if (!broken.has(url)) return true;
    for (const image of document.images) if (!image.complete) return true;
    return false;
  };

  // Cards are still pictures: what ends shows its end, what never ends its start.
  const still = (document) => {
    for (const animation of document.getAnimations()) {
      if (animation.effect?.getComputedTiming().endTime === Infinity) animation.cancel();
      else animation.finish();
    }
  };

  const layout = (document) => {
    const body = document.body ?? document.documentElement;
    return body.offsetHeight;
  };

  return {
    // Choose the frame, give it its size, and the URL its relative references start from.
    place(name, path, width, height, scale) {
      frame = frames[name];
      frames.shown.style.display = name === "shown" ? "block" : "none";
      canvas.style.display = name === "painted" ? "block" : "none";
      frame.width = width;
      frame.height = height;
      if (name === "painted") {
        if (canvas.width !== width * scale) canvas.width = width * scale;
        if (canvas.height !== height * scale) canvas.height = height * scale;
        canvas.style.width = `${width}px`;
        canvas.style.height = `${height}px`;
      } else {
        frame.style.transform = scale === 1 ? "" : `scale(${scale})`;
      }
      const view = frame.contentWindow;
      if (view.location.pathname !== path) view.history.replaceState(null, "", path);
      paintsBefore = paints;
    },

    // Lay the document out, fit its texts; true when something it needs is still on its way.
    settle() {
      const document = frame.contentDocument;
      layout(document);
      if (pending(document)) { watch(document); return true; }
      fitTexts(document);
      still(document);
      layout(document);
      // A changed size may ask for another font file: another weight, another script.
      return document.fonts.status === "loading";
    },

    // The same, waiting for what is on its way at most `limitMs`; true when all arrived.
    async wait(limitMs) {
      const document = frame.contentDocument;
      const end = performance.now() + limitMs;
      while (pending(document) && performance.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, 4));
        layout(document);
      }
      for (const url of missing(document)) broken.add(url);
      fitTexts(document);
      still(document);
      layout(document);
      while (document.fonts.status === "loading" && performance.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, 4));
      }
      return performance.now() < end;
    },

    // Hold on to the template's pictures, so that backgrounds are there when a document asks.
    async keep(urls, limitMs) {
      const fresh = urls.filter((url) => !kept.has(url));
      const loads = fresh.map((url) => {
        const image = new Image();
        kept.set(url, image);
        return new Promise((resolve) => { image.onload = image.onerror = resolve; image.src = url; });
      });
      const limit = new Promise((resolve) => setTimeout(resolve, limitMs));
      await Promise.race([Promise.all(loads), limit]);
    },

    // Raster the painted document into the canvas; "" when no frame has painted it yet.
    draw(format, limitBytes) {
      if (paints === paintsBefore) return "";
      context.reset();
      context.fillStyle = "#fff";
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.drawElementImage(frame, 0, 0);
      return encode(format, limitBytes);
    },
  };

  function encode(format, limitBytes) {
    if (format === "png") {
      const { width, height } = canvas;
      const { data } = context.getImageData(0, 0, width, height);
      const lossless = encodePng(data, width, height, 0, limitBytes);
      if (lossless) return `lossless ${lossless}`;
      const held = encodePng(data, width, height, 1, limitBytes);
      if (held) return `near-lossless ${held}`;
      // Over the budget all the same: the service goes on from the true pixels.
      return `lossless ${encodePng(data, width, height, 0, 2 ** 31 - 1)}`;
    }
    const qualities = [90, 84, 76, 68, 60, 50, 40, 30];
    let last = "";
    for (const quality of qualities) {
      const url = canvas.toDataURL(`image/${format}`, quality / 100);
      last = `q${quality} ${url.slice(url.indexOf(",") + 1)}`;
      if (last.length * 0.75 <= limitBytes) break;
    }
    return last;
  }
})();
