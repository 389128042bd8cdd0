// What a lane calls in the stage, in this order: place where something changed, (the document is set
// by CDP), settle, then take with a frame (painted) or a screenshot (shown). See `page.py`.
globalThis.stage = (() => {
  "use strict";
  const ANSWER_WAIT_MS = 150;
  const STYLES_WAIT_MS = 150;
  // Of WebP. Below the last, what chroma loses is better lost by softening.
  const USUAL_QUALITIES = [90, 87, 84, 81, 78, 75, 72, 69, 66, 63, 60, 55, 50, 45, 40, 35, 30];
  const NOISE_QUALITIES = [96, 94, 92];
  const SOFTEN_BELOW = 60;
  const LARGE_PX = 2e6;
  const canvas = document.querySelector("canvas");
  const frames = { painted: document.getElementById("painted"), shown: document.getElementById("shown") };
  const context = canvas.getContext("2d", { willReadFrequently: true, alpha: false });
  const kept = [];
  let held = [];
  const roots = new WeakSet();
  const watched = new WeakSet();
  const failed = new WeakSet();
  let frame = frames.painted;
  let series = "";
  let paints = 0;
  let paintsBefore = 0;
  let paintedWhole = false;

  // Tells that a frame has painted the document anew: without it a draw could show the card before.
  // A frame itself may find out that a font is needed, and then paints its texts invisibly.
  let onceDrawn = null;
  canvas.onpaint = () => {
    paints += 1;
    paintedWhole = !pending(frame.contentDocument);
    onceDrawn?.();
  };

  // What is on its way although it was asked for before: fonts and pictures come out of memory
  // a moment later, and a stylesheet may hold up the parser. New requests are counted by the lane.
  const pending = (document) => {
    if (document.readyState === "loading") return true;
    // One by one: their set says "loading" for a turn longer than any of them, time enough for the
    // frame to come too early.
    for (const font of document.fonts) if (font.status === "loading") return true;
    for (const image of document.images) if (!image.complete) return true;
    return false;
  };

  // Whether every stylesheet is there, those that were imported, too. No request tells in time: one
  // may be on its way to the lane, or none be made for what comes out of memory a moment later.
  const styled = (document) => {
    for (const link of document.querySelectorAll("link[rel~=stylesheet i]")) {
      // One that waits for its imports has a sheet, which the document does not list yet.
      if (link.sheet ? importsAreThere(link.sheet) : failed.has(link) || link.disabled || !link.href) continue;
      if (!watched.has(link)) {
        watched.add(link);
        link.addEventListener("error", () => failed.add(link), { once: true });
      }
      return false;
    }
    return [...document.styleSheets].every(importsAreThere);
  };

  const importsAreThere = (sheet) => {
    let rules;
    // One that failed to load may not be looked into.
    try { rules = sheet.cssRules; } catch { return true; }
    for (const rule of rules) {
      // Imports come first, and only layers may be named before them. (Another realm: no instanceof.)
      if (rule.constructor.name === "CSSLayerStatementRule") continue;
      if (rule.constructor.name !== "CSSImportRule") return true;
      if (!rule.styleSheet || !importsAreThere(rule.styleSheet)) return false;
    }
    return true;
  };

  // Have the document painted anew: what was painted until now does not count.
  const paintAnew = () => {
    paintsBefore = paints;
    // Not every browser can paint into a canvas: those only show.
    if (frame === frames.painted) canvas.requestPaint();
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
      series = `${path} ${width}x${height}@${scale}`;
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
      // The document object outlives its content, and some meta elements (color-scheme) with it.
      for (const meta of [...frame.contentDocument.querySelectorAll("meta")]) meta.remove();
    },

    settle,

    // Hold on to the template's pictures, so that backgrounds are there when a document asks.
    async keep(urls, limitMs) {
      kept.push(...(await load(urls, limitMs)));
    },

    // The same for the pictures of one card, in place of those of the card before.
    async hold(urls, limitMs) {
      held = await load(urls, limitMs);
    },

    take,

    // Both in one call, for a document of which all is in memory; null where that is not so, ""
    // when the frame came too early.
    async draw(limitMs, format, limitBytes, paintLimitMs) {
      const paintsAtFirst = paints;
      if (!styled(frame.contentDocument) || !(await settle(limitMs, null))) return null;
      return paints === paintsAtFirst ? take(format, limitBytes, paintLimitMs) : "";
    },

    isPending: () => pending(frame.contentDocument),
  };

  async function load(urls, limitMs) {
    const images = urls.map(() => new Image());
    const loads = images.map((image, index) => new Promise((resolve) => {
      image.onload = image.onerror = resolve;
      image.src = urls[index];
    }));
    await Promise.race([Promise.all(loads), new Promise((resolve) => setTimeout(resolve, limitMs))]);
    return images;
  }

  // Lay the document out, wait at most `limitMs` for what it loads, fit its texts. `urls` were
  // asked for and answered: their content is waited for, too; null for a document just set.
  // False when something is missing.
  async function settle(limitMs, urls) {
    const document = frame.contentDocument;
    if (urls === null) {
      // A call that overtook the document would draw the card before.
      const root = document.documentElement;
      if (roots.has(root)) throw new Error("the document was not set");
      roots.add(root);
    }
    layout(document);
    if (urls?.length > 0) await processed(urls);
    if (!styled(document)) await styles(document);
    if (!(await arrival(document, limitMs))) return false;
    fitTexts(document);
    still(document);
    layout(document);
    // Another size may ask for another font file: another weight, another script.
    if (!(await arrival(document, limitMs))) return false;
    // Where frames are not drawn on demand, the canvas cannot be asked, and nothing is painted.
    if (frame === frames.painted) paintAnew();
    return true;
  }

  // Raster the document into the canvas as soon as a frame has painted it, and encode;
  // "" when none has within `limitMs`.
  async function take(format, limitBytes, limitMs) {
    if (paints === paintsBefore) {
      await new Promise((resolve) => {
        onceDrawn = resolve;
        setTimeout(resolve, limitMs);
      });
      onceDrawn = null;
      if (paints === paintsBefore) return "";
    }
    if (!paintedWhole) {
      await arrival(frame.contentDocument, limitMs);
      paintAnew();
      return "";
    }
    context.reset();
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawElementImage(frame, 0, 0);
    // It holds 250 entries, and then takes no more.
    frame.contentWindow.performance.clearResourceTimings();
    if (format === "png") return encodeExactly(limitBytes);
    return format === "jpeg" ? encodeJpeg(limitBytes) : encodeWebp(limitBytes);
  }

  // Wait a little for stylesheets; some never come and give no notice.
  async function styles(document) {
    const end = performance.now() + STYLES_WAIT_MS;
    while (!styled(document) && performance.now() < end) await turn();
    layout(document);
  }

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

  // getImageData would make 3 MB of garbage for each card, and take eight times as long.
  async function readPixels(key) {
    const pixels = new VideoFrame(canvas, { timestamp: 0 });
    try {
      await pixels.copyTo(pictureEncoder.room(key, canvas.width, canvas.height));
      return pixels.format;
    } finally {
      pixels.close();
    }
  }

  async function encodeExactly(limitBytes) {
    const order = await readPixels(`${series} png`);
    const found = pictureEncoder.encodePng(order, limitBytes);
    // Over the budget all the same: the service goes on from the true pixels.
    return found ? `${found.encoding} ${found.base64}` : `lossless ${pictureEncoder.encodeLossless(order)}`;
  }

  async function encodeJpeg(limitBytes) {
    const order = await readPixels(`${series} jpeg`);
    const found = pictureEncoder.encodeJpeg(order, limitBytes);
    return found ? `${found.encoding} ${found.base64}` : `q30 ${pictureEncoder.encodeJpegAs(order, "q30")}`;
  }

  async function encodeWebp(limitBytes) {
    const order = await readPixels(null);
    const attempt = (quality) => {
      const data = webpAsBase64(quality);
      return data.length * 0.75 <= limitBytes ? { quality, data } : null;
    };
    // Each attempt at a picture of scale 2 takes a third of a second, so there are fewer.
    const large = canvas.width * canvas.height > LARGE_PX;
    const usual = USUAL_QUALITIES.filter((_, i) => !large || i % 3 === 0);
    const usualDoes = large || pictureEncoder.isLikeEnough(order, "q90");
    const [first, ...others] = usualDoes ? usual : [...NOISE_QUALITIES, ...usual];
    let found = attempt(first) ?? pictureEncoder.findFinest(others, attempt);
    if (found && found.quality >= SOFTEN_BELOW) return `q${found.quality} ${found.data}`;
    softenChroma();
    found = pictureEncoder.findFinest(usual, attempt);
    return found ? `soft-q${found.quality} ${found.data}` : `soft-q30 ${webpAsBase64(30)}`;
  }

  // Noise in chroma takes more bytes than all else, and nobody sees it.
  function softenChroma() {
    const sharp = new OffscreenCanvas(canvas.width, canvas.height);
    sharp.getContext("2d").drawImage(canvas, 0, 0);
    context.filter = "blur(3px)";
    context.drawImage(sharp, 0, 0);
    context.filter = "none";
    context.globalCompositeOperation = "luminosity";
    context.drawImage(sharp, 0, 0);
  }

  function webpAsBase64(quality) {
    const url = canvas.toDataURL("image/webp", quality / 100);
    return url.slice(url.indexOf(",") + 1);
  }
})();
