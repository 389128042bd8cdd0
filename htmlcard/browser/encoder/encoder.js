// Puts `pictureEncoder`, which makes JPEGs as well, on the page that draws cards. The module comes
// inlined as base64, because that page has no network; `__init__.py` puts it in place of the
// placeholder.
(() => {
  "use strict";
  const bytes = Uint8Array.from(atob("ENCODER_WASM"), (letter) => letter.charCodeAt(0));
  const { memory, ...wasm } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
  const ORDERS = ["RGBX", "BGRX"];
  const MOST_SERIES = 3;
  const MOST_BYTES = 0xffffffff;
  // Which slot keeps which series, the one used last at the end.
  const slots = new Map();
  let ready = false;

  function takeSlot(key) {
    let slot = slots.get(key);
    const isNew = slot === undefined;
    if (isNew) {
      slot = slots.size;
      if (slot === MOST_SERIES) {
        const [oldest] = slots.keys();
        slot = slots.get(oldest);
        slots.delete(oldest);
      }
    }
    slots.delete(key);
    slots.set(key, slot);
    return [slot, isNew];
  }

  function orderNumber(order) {
    const number = ORDERS.indexOf(order);
    if (number < 0) throw new RangeError(`order is ${order}, must be ${ORDERS.join(" or ")}`);
    if (!ready) throw new RangeError("there is no picture to encode: ask for room first");
    return number;
  }

  const output = () =>
    new Uint8Array(memory.buffer, wasm.output() >>> 0, wasm.output_size() >>> 0).toBase64();

  globalThis.pictureEncoder = {
    // Where a picture goes: width * height * 4 bytes, valid until the next call of `room`.
    // Pictures with the same `key` are quicker to encode the more of them is alike.
    room(key, width, height) {
      if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0))
        throw new RangeError(`cannot encode a picture of ${width}x${height} px`);
      // Of a side beyond 32 bits the module would see the lower ones.
      const fits = width <= MOST_BYTES && height <= MOST_BYTES;
      const start = fits ? wasm.room(...takeSlot(String(key)), width, height) >>> 0 : 0;
      ready = start > 0;
      if (!ready) throw new RangeError(`no room to encode a picture of ${width}x${height} px`);
      return new Uint8Array(memory.buffer, start, width * height * 4);
    },

    // Encode what is in the last room, whose pixels are in `order` ("BGRX" or "RGBX", the
    // fourth byte is ignored): the first way that is within `limitBytes`. Answers
    // { encoding, base64 }, or null if there is none.
    encodePng(order, limitBytes) {
      const number = orderNumber(order);
      if (!(limitBytes >= 0)) throw new RangeError(`limitBytes is ${limitBytes}, must be 0 or more`);
      const limit = Math.min(limitBytes, MOST_BYTES);
      let encoding;
      if (wasm.encode_truecolor(number, 0, limit)) encoding = "lossless";
      else if (wasm.encode_truecolor(number, 1, limit)) encoding = "near-lossless";
      else {
        const colors = wasm.encode_palette(number, limit);
        if (!colors) return null;
        encoding = `palette-${colors}`;
      }
      return { encoding, base64: output() };
    },

    // The last room's picture as it is, whatever its length; as base64.
    encodeLossless(order) {
      wasm.encode_truecolor(orderNumber(order), 0, MOST_BYTES);
      return output();
    },

    // The last room's picture as a JPEG with `quality` 1 to 100, as base64.
    encodeJpeg(order, quality) {
      const number = orderNumber(order);
      if (!(Number.isInteger(quality) && quality >= 1 && quality <= 100))
        throw new RangeError(`quality is ${quality}, must be an integer from 1 to 100`);
      if (!wasm.encode_jpeg(number, quality))
        throw new RangeError("a picture with a side of more than 65535 px cannot be a JPEG");
      return output();
    },
  };
})();
