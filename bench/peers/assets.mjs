// The files of the corpus, read once, in the shapes the peers take them.

import { readFileSync } from "node:fs";

const file = (path) => readFileSync(new URL(`../${path}`, import.meta.url));
const inter = (weight) => ({ name: "Inter", weight, style: "normal", data: file(`corpus/_shared/fonts/inter-${weight}.ttf`) });
const cjk = (weight, cut) => ({ name: "Noto Sans CJK JP", weight, style: "normal", data: file(`build/noto-sans-cjk-jp-${cut}.otf`) });

export const fonts = [inter(400), inter(700), cjk(400, "regular"), cjk(700, "bold")];

const types = { jpg: "image/jpeg", png: "image/png", svg: "image/svg+xml" };
const dataUrl = (path) => `data:${types[path.split(".").pop()]};base64,${file(path).toString("base64")}`;

const names = ["gradient/logo.svg", "gradient/avatar.jpg", "photo/landscape.jpg", "product/lamp.jpg", "product/bowl.jpg"];

/** Bytes by name, for tools that take pictures as bytes. */
export const pictures = names.map((name) => ({ src: name, data: file(`corpus/${name}`) }));
/** The same as data URLs, for tools that take pictures as URLs. */
export const pictureUrls = Object.fromEntries(names.map((name) => [name, dataUrl(`corpus/${name}`)]));

const codes = { "🚀": "1f680", "🎉": "1f389" };
export const emojiUrls = Object.fromEntries(Object.entries(codes).map(([letter, code]) => [letter, dataUrl(`build/emoji/${code}.png`)]));
export const emojiCodes = codes;
