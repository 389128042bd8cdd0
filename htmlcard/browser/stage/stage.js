// What a lane calls in the stage, in this order: place, (the document is set by CDP), settle, then
// take with a frame (painted) or a screenshot (shown). See `page.py`.
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
  let onceDrawn = null;
  canvas.onpaint = () => {
    paints += 1;
    onceDrawn?.();
  };

  // What failed or never came, by URL: the next card does not wait for it again.
  const broken = new Set();
  const watch = (document) => {
    // `error` does not bubble, so it is caught on its way down.
    document.addEventListener("error", (event) => broken.add(event.target.href), true);
  };

  // Stylesheets on their way. (`document.styleSheets` leaves out those whose imports are.)
  const CSS_IMPORT_RULE = 3;
  const missingImports = function* (sheet) {
    for (const rule of sheet.cssRules) {
      if (rule.type !== CSS_IMPORT_RULE) continue;
      if (rule.styleSheet) yield* missingImports(rule.styleSheet); else yield rule.href;
    }
  };
  const missing = function* (document) {
    for (const element of document.querySelectorAll("link[rel~=stylesheet], style")) {
      if (element.sheet) yield* missingImports(element.sheet);
      else if (element.href) yield element.href;
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

  // Let the page's other work have its turn: what arrives, arrives in a task of its own.
  const channel = new MessageChannel();
  const turn = () => new Promise((resolve) => {
    channel.port1.onmessage = resolve;
    channel.port2.postMessage(0);
  });

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

    // Lay the document out, wait for what it loads at most `limitMs`, fit its texts.
    async settle(limitMs) {
      const document = frame.contentDocument;
      const end = performance.now() + limitMs;
      layout(document);
      if (pending(document)) {
        watch(document);
        await arrival(document, end);
      }
      fitTexts(document);
      still(document);
      layout(document);
      // Another size may ask for another font file: another weight, another script.
      if (document.fonts.status === "loading") await arrival(document, end);
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

    // Raster the document into the canvas as soon as a frame has painted it, and encode;
    // "" when none has within `limitMs`.
    async take(format, limitBytes, limitMs) {
      if (paints === paintsBefore) {
        await new Promise((resolve) => {
          onceDrawn = resolve;
          setTimeout(resolve, limitMs);
        });
        onceDrawn = null;
        if (paints === paintsBefore) return "";
      }
      context.reset();
      context.fillStyle = "#fff";
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.drawElementImage(frame, 0, 0);
      return encode(format, limitBytes);
    },
  };

  async function arrival(document, end) {
    while (pending(document) && performance.now() < end) {
      await turn();
      layout(document);
    }
    for (const url of missing(document)) broken.add(url);
  }

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
