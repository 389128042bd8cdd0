// What a lane calls in the stage, in this order: place, (the document is set by CDP), settle, then
// take with a frame (painted) or a screenshot (shown). See `page.py`.
globalThis.stage = (() => {
  "use strict";
  const ANSWER_WAIT_MS = 150;
  const canvas = document.querySelector("canvas");
  const frames = { painted: document.getElementById("painted"), shown: document.getElementById("shown") };
  const context = canvas.getContext("2d", { willReadFrequently: true, alpha: false });
  const kept = [];
  let frame = frames.painted;
  let paints = 0;
  let paintsBefore = 0;

  // Tells that a frame has painted the document anew: without it a draw could show the card before.
  let onceDrawn = null;
  canvas.onpaint = () => {
    paints += 1;
    onceDrawn?.();
  };

  // What is on its way although it was asked for before: fonts and pictures come out of memory
  // a moment later, and a stylesheet may hold up the parser. New requests are counted by the lane.
  const pending = (document) => {
    if (document.readyState === "loading" || document.fonts.status === "loading") return true;
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
      view.performance.clearResourceTimings();
      // The document object outlives its content, and some meta elements (color-scheme) with it.
      for (const meta of [...frame.contentDocument.querySelectorAll("meta")]) meta.remove();
      paintsBefore = paints;
    },

    // Lay the document out, wait at most `limitMs` for what it loads, fit its texts. `urls` were
    // asked for and answered: their content is waited for, too. False when something is missing.
    async settle(limitMs, urls) {
      const document = frame.contentDocument;
      layout(document);
      if (urls.length > 0) await processed(urls);
      if (!(await arrival(document, limitMs))) return false;
      fitTexts(document);
      still(document);
      layout(document);
      // Another size may ask for another font file: another weight, another script.
      return arrival(document, limitMs);
    },

    // Hold on to the template's pictures, so that backgrounds are there when a document asks.
    async keep(urls, limitMs) {
      const loads = urls.map((url) => {
        const image = new Image();
        kept.push(image);
        return new Promise((resolve) => { image.onload = image.onerror = resolve; image.src = url; });
      });
      await Promise.race([Promise.all(loads), new Promise((resolve) => setTimeout(resolve, limitMs))]);
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

  async function arrival(document, limitMs) {
    const end = performance.now() + limitMs;
    while (pending(document)) {
      if (performance.now() > end) return false;
      await turn();
      layout(document);
    }
    return true;
  }

  // An answer is worked in some time after it was sent; its entry in the timeline tells. Not every
  // kind of request makes one, so this waits only a little.
  async function processed(urls) {
    const timeline = frame.contentWindow.performance;
    const end = performance.now() + ANSWER_WAIT_MS;
    for (;;) {
      const done = new Set(timeline.getEntriesByType("resource").map(({ name }) => name.split("#")[0]));
      if (urls.every((url) => done.has(url)) || performance.now() > end) break;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    // The entry is there; what follows from it (styles, a picture's size) comes one task later.
    await turn();
    layout(frame.contentDocument);
    await turn();
  }

  function encode(format, limitBytes) {
    if (format === "png") {
      const { width, height } = canvas;
      const { data } = context.getImageData(0, 0, width, height);
      const lossless = encodePng(data, width, height, 0, limitBytes);
      if (lossless) return `lossless ${lossless}`;
      const held = encodePng(data, width, height, 1, limitBytes);
      if (held) return `near-lossless ${held}`;
      // Over the budget all the same. The service goes on from the true pixels: in held ones
      // plain areas are plain no more, and a palette would mix their color with others.
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
