// Puts `encodePng` on the page that draws cards. The module comes inlined as base64,
// because that page has no network; `__init__.py` puts it in place of the placeholder.
(() => {
  "use strict";
  const bytes = Uint8Array.from(atob("ENCODER_WASM"), (letter) => letter.charCodeAt(0));
  const { memory, reserve, encode, output } =
    new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
  let start = 0, reservedWidth = 0, reservedHeight = 0;

  // rgba: Uint8ClampedArray of width * height * 4, as getImageData gives it; alpha is ignored.
  // tolerance: 0 is lossless, else the largest channel difference allowed, up to 32.
  // Returns a whole PNG as base64, or null where it would be longer than limitBytes.
  globalThis.encodePng = (rgba, width, height, tolerance, limitBytes) => {
    if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0))
      throw new RangeError(`cannot encode a picture of ${width}x${height} px`);
    if (rgba.length !== width * height * 4)
      throw new RangeError(`${rgba.length} bytes are no RGBA picture of ${width}x${height} px`);
    if (!(Number.isInteger(tolerance) && tolerance >= 0 && tolerance <= 32))
      throw new RangeError(`tolerance is ${tolerance}, must be a whole number from 0 to 32`);
    if (!(limitBytes >= 0)) throw new RangeError(`limitBytes is ${limitBytes}, must be 0 or more`);
    if (width !== reservedWidth || height !== reservedHeight) {
      start = reserve(width, height) >>> 0;
      [reservedWidth, reservedHeight] = start ? [width, height] : [0, 0];
      if (!start) throw new RangeError(`no room to encode a picture of ${width}x${height} px`);
    }
    new Uint8Array(memory.buffer).set(rgba, start);
    const length = encode(width, height, tolerance, Math.min(limitBytes, 0xffffffff)) >>> 0;
    return length ? new Uint8Array(memory.buffer, output() >>> 0, length).toBase64() : null;
  };
})();
