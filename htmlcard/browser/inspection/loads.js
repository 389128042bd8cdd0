// Lists what a card wanted to load, and whether it shows: pictures, stylesheets, fonts.
globalThis.findLoads = (() => {
  "use strict";
  const STYLES = ["backgroundImage", "maskImage", "borderImageSource", "listStyleImage", "content"];
  const PROBE_WAIT_MS = 500;

  return async (document, isSeen) => {
    const view = document.defaultView;
    const loads = [];
    const add = (element, kind, url, works = null) => loads.push({ element, kind, url, works });
    for (const image of document.images) {
      if (isSeen(image)) add(image, "picture", image.currentSrc || image.src, image.naturalWidth > 0);
    }
    for (const link of document.querySelectorAll("link[rel~=stylesheet i]")) {
      add(link, "stylesheet", link.href, link.disabled || link.sheet !== null);
    }
    for (const [sheet, rule] of imports(document)) {
      add(ownerOf(sheet), "stylesheet", new URL(rule.href, sheet.href ?? document.baseURI).href);
    }
    for (const use of document.querySelectorAll("image, use, feImage")) {
      const url = (use.href?.baseVal ?? "").split("#")[0];
      if (url) add(use, "picture", new URL(url, document.baseURI).href);
    }
    const painted = new Map();
    for (const element of document.querySelectorAll("*")) {
      if (!isSeen(element)) continue;
      for (const pseudo of [null, "::before", "::after"]) {
        const style = view.getComputedStyle(element, pseudo);
        if (pseudo && style.content === "none") continue;
        for (const name of STYLES) {
          for (const [, url] of style[name].matchAll(/url\("((?:[^"\\]|\\.)*)"\)/g)) {
            if (!url.startsWith("#") && !painted.has(url)) painted.set(url, element);
          }
        }
      }
    }
    const works = await Promise.all([...painted.keys()].map((url) => shows(document, url)));
    for (const [number, [url, element]] of [...painted].entries()) add(element, "picture", url, works[number]);
    return loads;
  };

  // An imported stylesheet belongs to the one that imports it.
  function ownerOf(sheet) { return sheet.ownerNode ?? ownerOf(sheet.parentStyleSheet); }

  function* imports(document) {
    const sheets = [...document.styleSheets];
    for (let sheet = sheets.pop(); sheet; sheet = sheets.pop()) {
      let rules = [];
      // One that failed to load may not be looked into.
      try { rules = sheet.cssRules; } catch { continue; }
      for (const rule of rules) {
        if (rule.constructor.name !== "CSSImportRule") continue;
        yield [sheet, rule];
        if (rule.styleSheet) sheets.push(rule.styleSheet);
      }
    }
  }

  // A fragment of an SVG (a mask, say) is no picture, and only its file can be judged.
  async function shows(document, url) {
    if (url.includes("#")) return null;
    const image = document.createElement("img");
    return new Promise((resolve) => {
      image.onload = () => resolve(true);
      image.onerror = () => resolve(false);
      setTimeout(() => resolve(null), PROBE_WAIT_MS);
      image.src = url;
    });
  }
})();

// The @font-face rules of a card: their files, and what became of them.
globalThis.findFaces = (document) => {
  "use strict";
  const name = (family) => family.replace(/^["']|["']$/g, "");
  const faces = [];
  const sheets = [...document.styleSheets];
  for (let sheet = sheets.pop(); sheet; sheet = sheets.pop()) {
    let rules = [];
    try { rules = [...sheet.cssRules]; } catch { continue; }
    for (let rule = rules.pop(); rule; rule = rules.pop()) {
      if (rule.styleSheet) sheets.push(rule.styleSheet);
      if (rule.cssRules && rule.constructor.name !== "CSSStyleRule") rules.push(...rule.cssRules);
      if (rule.constructor.name !== "CSSFontFaceRule") continue;
      const base = sheet.href ?? document.baseURI;
      const sources = [...rule.style.getPropertyValue("src").matchAll(/url\((?:"((?:[^"\\]|\\.)*)"|([^)"']*))\)/g)];
      faces.push({
        family: name(rule.style.getPropertyValue("font-family")),
        unicode_range: rule.style.getPropertyValue("unicode-range"),
        urls: sources.map(([, quoted, plain]) => new URL(quoted ?? plain, base).href),
      });
    }
  }
  const failed = [...document.fonts].filter(({ status }) => status === "error");
  return { faces, failed: [...new Set(failed.map(({ family }) => name(family)))] };
};
