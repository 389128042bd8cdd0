// takumi draws on threads of its own; one renderer keeps fonts and decoded pictures.

import { Renderer } from "@takumi-rs/core";
import { extractEmojis } from "@takumi-rs/helpers/emoji";
import { fromJsx } from "@takumi-rs/helpers/jsx";

import { emojiCodes, emojiUrls, fonts, pictures } from "./assets.mjs";
import { cards } from "./cards.mjs";
import { serve } from "./wire.mjs";

const renderer = new Renderer();
for (const font of fonts) await renderer.registerFont(font);
const quality = { jpeg: 90, webp: 90 };

// Its helper names emoji by the URL of a CDN; the same files are handed over as bytes instead.
const bytes = (url) => Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
const find = (url) => Object.entries(emojiCodes).find(([, code]) => url.includes(code))?.[0];
const emojiImages = (node) => {
  const own = node.src && find(node.src) ? [{ src: node.src, data: bytes(emojiUrls[find(node.src)]) }] : [];
  return [...own, ...(node.children ?? []).flatMap(emojiImages)];
};

serve(async (card, fields, format) => {
  const { node, css } = await fromJsx(cards[card](fields, (name) => name));
  const tree = card === "cjk" ? extractEmojis(node, "noto") : node;
  const images = card === "cjk" ? emojiImages(tree) : pictures.filter(({ src }) => src.startsWith(card));
  return renderer.render(tree, { width: 1200, height: 630, format, quality: quality[format], images, css });
});
