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
  // How JPEGs are made: what does for nearly all, what noise needs, and what may come of that
  // when it is too long.
  const USUAL = "q90";
  const FINE_STEPS = [4, 5, 6, 7, 8, 10].map((step) => `even-${step}`);
  const COARSE_STEPS = [12, 14, 17, 20, 23, 26, 30, 35, 42].map((step) => `even-${step}`);
  const LAST = "q30";
  // The estimate is up to 0.015 above SSIM as it is measured, which should be 0.97.
  const LIKE_ENOUGH = 0.985;
  // As in `jpeg.h`: numbers beyond this are even steps.
  const EVEN = 1000;
  // Which slot keeps which series, the one used last at the end.
  const slots = new Map();
  let ready = false;

  function takeSlot(key) {
    if (key === null) return [MOST_SERIES, true];
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

  function tablesOf(way) {
    const [, kind, digits] = /^(q|even-)([1-9]\d{0,2})$/.exec(way) ?? [];
    const number = Number(digits);
    if (!(number <= (kind === "q" ? 100 : 255)))
      throw new RangeError(`a JPEG is q1 to q100 or even-1 to even-255, not ${way}`);
    return kind === "q" ? number : EVEN + number;
  }

  function checkLimit(bytes) {
    if (!(bytes >= 0)) throw new RangeError(`limitBytes is ${bytes}, must be 0 or more`);
  }

  const output = () =>
    new Uint8Array(memory.buffer, wasm.output() >>> 0, wasm.output_size() >>> 0).toBase64();

  globalThis.pictureEncoder = {
    // Where a picture goes: width * height * 4 bytes, valid until the next call of `room`.
    // Pictures with the same `key` are quicker to encode the more of them is alike; with the
    // key null nothing is kept.
    room(key, width, height) {
      if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0))
        throw new RangeError(`cannot encode a picture of ${width}x${height} px`);
      // Of a side beyond 32 bits the module would see the lower ones.
      const fits = width <= MOST_BYTES && height <= MOST_BYTES;
      const start = fits ? wasm.room(...takeSlot(key), width, height) >>> 0 : 0;
      ready = start > 0;
      if (!ready) throw new RangeError(`no room to encode a picture of ${width}x${height} px`);
      return new Uint8Array(memory.buffer, start, width * height * 4);
    },

    // Encode what is in the last room, whose pixels are in `order` ("BGRX" or "RGBX", the
    // fourth byte is ignored): the first way that is within `limitBytes`. Answers
    // { encoding, base64 }, or null if there is none.
    encodePng(order, limitBytes) {
      const number = orderNumber(order);
      checkLimit(limitBytes);
      const limit = Math.min(limitBytes, MOST_BYTES);
      let encoding;
      if (wasm.encode_truecolor(number, 0, limit)) encoding = "lossless";
      else if (wasm.encode_truecolor(number, 1, limit)) encoding = "near-lossless";
      else if (wasm.is_smooth() && wasm.encode_truecolor(number, 2, limit))
        encoding = "near-lossless-2";
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

    // The last room's picture as a JPEG within `limitBytes`: of quality 90, unless that is too
    // long or loses noise. Answers { encoding, base64 }, or null if there is none.
    encodeJpeg(order, limitBytes) {
      checkLimit(limitBytes);
      const attempt = (encoding) => {
        const base64 = this.encodeJpegAs(order, encoding);
        return wasm.output_size() <= limitBytes ? { encoding, base64 } : null;
      };
      const enough = (way) => this.isLikeEnough(order, way);
      const usual = enough(USUAL) ? attempt(USUAL) : null;
      if (usual) return usual;
      const start = Math.max(0, FINE_STEPS.findLastIndex(enough));
      const ways = [...FINE_STEPS.slice(start), ...COARSE_STEPS];
      return attempt(ways[0]) ?? this.findFinest(ways.slice(1), attempt) ?? attempt(LAST);
    },

    // The last room's picture as a JPEG, whatever its length; as base64. `way` is a quality, "q1"
    // to "q100", or a step for all frequencies but the lowest, "even-1" to "even-255".
    encodeJpegAs(order, way) {
      if (!wasm.encode_jpeg(orderNumber(order), tablesOf(way)))
        throw new RangeError("a picture with a side of more than 65535 px cannot be a JPEG");
      return output();
    },

    // Whether the last room's picture keeps its looks as that JPEG: noise is what may go.
    isLikeEnough(order, way) {
      return wasm.estimate_likeness(orderNumber(order), tablesOf(way)) >= LIKE_ENOUGH;
    },

    // What `attempt` answers for the first of `ways` (finest first) that it does not answer null
    // for, or null; by halving, as if all behind a success were successes.
    findFinest(ways, attempt) {
      let low = 0, high = ways.length, best = null;
      while (low < high) {
        const middle = (low + high) >> 1, found = attempt(ways[middle]);
        if (found) [best, high] = [found, middle];
        else low = middle + 1;
      }
      return best;
    },
  };
})();
