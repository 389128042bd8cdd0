// The five cards as users of JSX renderers write them: nested boxes, inline styles, flex everywhere.
// What they must look like is ../corpus/<name>/card.html; `picture(name)` gives an <img> its src.

const h = (type, props, ...children) => ({ type, key: null, props: { ...props, children: children.length === 1 ? children[0] : children } });

const at = (left, top, style, ...children) => h("div", { style: { position: "absolute", display: "flex", left, top, ...style } }, ...children);
const line = (left, top, style, text) => h("div", { style: { position: "absolute", display: "block", left, top, ...style } }, text);
const image = (src, left, top, width, height, style) => h("img", { src, width, height, style: { position: "absolute", left, top, width, height, ...style } });
const nonce = (color) => h("div", { style: { position: "absolute", display: "flex", right: 0, bottom: 0, width: 60, height: 60, background: color } });

const brand = { fontSize: 32, lineHeight: "40px", fontWeight: 700 };
const title = { width: 1010, fontSize: 68, lineHeight: "80px", fontWeight: 700, letterSpacing: -1.5 };
const text = { width: 900, fontSize: 30, lineHeight: "44px" };
const foot = { fontSize: 26, lineHeight: "36px" };

const page = (style, ...children) =>
  h("div", { style: { position: "relative", display: "flex", width: 1200, height: 630, overflow: "hidden", fontFamily: "Inter", ...style } }, ...children);

const flat = (f) =>
  page({ background: "#0f172a", color: "#f8fafc" },
    line(72, 64, { ...brand, color: "#38bdf8" }, "Fieldnotes"),
    line(72, 168, title, f.title),
    line(72, 360, { ...text, color: "#94a3b8" }, "Notes from a decade of keeping a small service quick, calm and boring, and from the three times we did not manage to."),
    line(72, 530, { ...foot, color: "#94a3b8" }, `fieldnotes.example · 6 min read · No. ${f.number}`),
    nonce(f.nonce));

const gradient = (f, picture) =>
  page({ backgroundImage: "linear-gradient(135deg, #4338ca 0%, #be185d 60%, #f59e0b 100%)", color: "#fff" },
    image(picture("gradient/logo.svg"), 72, 56, 72, 72),
    line(164, 72, brand, "Fieldnotes"),
    h("div", { style: { position: "absolute", display: "flex", right: 72, top: 66, padding: "0 26px", borderRadius: 26, background: "rgba(255, 255, 255, 0.2)", fontSize: 26, lineHeight: "52px" } }, "Engineering"),
    line(72, 168, title, f.title),
    line(72, 360, text, "At least once, at most once, and the long road to exactly once, told by the people who were on call."),
    image(picture("gradient/avatar.jpg"), 72, 486, 88, 88, { borderRadius: 44, boxShadow: "0 12px 32px rgba(0, 0, 0, 0.4)" }),
    line(184, 494, { fontSize: 28, lineHeight: "36px", fontWeight: 700 }, "Maya Lindqvist"),
    line(184, 532, foot, `18 March · No. ${f.number}`),
    nonce(f.nonce));

const photo = (f, picture) =>
  page({ background: "#17222a", color: "#fff" },
    image(picture("photo/landscape.jpg"), 0, 0, 1200, 630),
    at(0, 0, { width: 1200, height: 630, backgroundImage: "linear-gradient(to bottom, rgba(8, 15, 22, 0.1) 0%, rgba(8, 15, 22, 0.85) 100%)" }),
    line(72, 64, brand, "Ridgeline"),
    line(72, 246, title, f.title),
    line(72, 424, text, "A photo essay from the hut at 2,300 meters."),
    line(72, 530, foot, `ridgeline.example · 24 photos · No. ${f.number}`),
    nonce(f.nonce));

const cjk = (f) =>
  page({ background: "#fff7ed", color: "#1c1917", fontFamily: "Inter, 'Noto Sans CJK JP'" },
    line(72, 64, { ...brand, color: "#c2410c" }, "組版ノート"),
    line(72, 168, { ...title, letterSpacing: 0, lineHeight: "92px" }, f.title),
    line(72, 460, { ...text, width: 1000, color: "#57534e" }, "禁則処理、縦中横、絵文字、混植。現場で使える実例を集めました。"),
    line(72, 530, { ...foot, color: "#78716c" }, `kumihan.example · 12分 · No. ${f.number}`),
    nonce(f.nonce));

const product = (f, picture) =>
  page({ background: "#f1f5f9", color: "#0f172a" },
    image(picture("product/lamp.jpg"), 72, 75, 480, 480, { borderRadius: 32 }),
    at(442, 405, { width: 200, height: 200, borderRadius: 24, background: "#f1f5f9" },
      image(picture("product/bowl.jpg"), 8, 8, 184, 184, { borderRadius: 16 })),
    line(690, 84, { ...brand, color: "#64748b" }, "Kiln & Oak"),
    line(690, 146, { ...title, width: 460, fontSize: 48, lineHeight: "58px", letterSpacing: -1 }, f.title),
    line(690, 400, { fontSize: 72, lineHeight: "84px", fontWeight: 700, color: "#c2410c" }, "€129"),
    at(930, 414, { padding: "0 22px", borderRadius: 28, background: "#c2410c", color: "#fff", fontSize: 30, lineHeight: "56px", fontWeight: 700 }, "−20 %"),
    line(690, 500, { ...foot, color: "#64748b" }, `In stock · No. ${f.number}`),
    nonce(f.nonce));

export const cards = { flat, gradient, photo, cjk, product };
