// satori makes an SVG, resvg-js makes it a PNG on a thread of its own.

import { renderAsync } from "@resvg/resvg-js";
import satori from "satori";

import { emojiUrls, fonts, pictureUrls } from "./assets.mjs";
import { cards } from "./cards.mjs";
import { serve } from "./wire.mjs";

serve(async (card, fields) => {
  const element = cards[card](fields, (name) => pictureUrls[name]);
  const svg = await satori(element, { width: 1200, height: 630, fonts, graphemeImages: emojiUrls });
  // Its text is outlines already: looking for the system's fonts would only cost time.
  const image = await renderAsync(svg, { font: { loadSystemFonts: false } });
  return image.asPng();
});
