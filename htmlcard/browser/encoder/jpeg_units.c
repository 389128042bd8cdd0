// From pixels to samples: Rec. 601 in full range as JFIF wants it, chroma halved both ways.
#include "jpeg.h"

#define ROUNDED(weight) ((int16_t)((weight) * 32768 + ((weight) < 0 ? -0.5 : 0.5)))

// Red and blue of four pixels, or the other way round, as the order has it.
static inline v128_t outer_of(v128_t pixels) { return wasm_v128_and(pixels, pair(255, 255)); }

// Green beside a constant, by which rounding and the shift towards zero come for free.
static inline v128_t green_of(v128_t pixels) {
  return wasm_v128_or(wasm_v128_and(wasm_u32x4_shr(pixels, 8), pair(255, 0)), pair(0, 128));
}

static inline v128_t weigh(v128_t outer, v128_t green, v128_t by_outer, v128_t by_green) {
  return wasm_i32x4_add(wasm_i32x4_dot_i16x8(outer, by_outer),
                        wasm_i32x4_dot_i16x8(green, by_green));
}

// Adds neighbors: of two times four pixels, four sums.
static inline v128_t add_pairs(v128_t a, v128_t b) {
  return wasm_i16x8_add(wasm_i32x4_shuffle(a, b, 0, 2, 4, 6), wasm_i32x4_shuffle(a, b, 1, 3, 5, 7));
}

void read_unit(const u8 *const *rows, size_t x, u32 order, int16_t samples[BLOCKS][64]) {
  // 0.299, 0.587 and 0.114, which add up to 32768; 128 * -32640 takes 128 off and rounds.
  const int16_t red[3] = {9798, ROUNDED(-0.168736), 16384};
  const int16_t blue[3] = {3735, 16384, ROUNDED(-0.081312)};
  const int16_t green[3] = {19235, ROUNDED(-0.331264), ROUNDED(-0.418688)};
  // For chroma a little less than a half: 127.5 must not become 128.
  const int16_t rounding[3] = {-32640, 127, 127};
  v128_t by_outer[3], by_green[3];
  for (u32 i = 0; i < 3; i++) {
    by_outer[i] = order == BGRX ? pair(blue[i], red[i]) : pair(red[i], blue[i]);
    by_green[i] = pair(green[i], rounding[i]);
  }
  for (u32 y = 0; y < UNIT; y += 2) {
    v128_t chroma[2][2];
    for (u32 half = 0; half < 2; half++) {
      v128_t outers[2], greens[2];
      for (u32 below = 0; below < 2; below++) {
        const u8 *pixels = rows[y + below] + x + 32 * half;
        v128_t left = wasm_v128_load(pixels), right = wasm_v128_load(pixels + 16);
        v128_t outer[2] = {outer_of(left), outer_of(right)};
        v128_t green[2] = {green_of(left), green_of(right)};
        v128_t luma = wasm_i16x8_narrow_i32x4(
            wasm_i32x4_shr(weigh(outer[0], green[0], by_outer[0], by_green[0]), 15),
            wasm_i32x4_shr(weigh(outer[1], green[1], by_outer[0], by_green[0]), 15));
        wasm_v128_store(samples[y / 8 * 2 + half] + (y + below) % 8 * 8, luma);
        outers[below] = add_pairs(outer[0], outer[1]);
        greens[below] = add_pairs(green[0], green[1]);
      }
      v128_t outer = wasm_i16x8_add(outers[0], outers[1]);
      v128_t green = wasm_i16x8_add(greens[0], greens[1]);
      for (u32 c = 0; c < 2; c++)
        chroma[c][half] =
            wasm_i32x4_shr(weigh(outer, green, by_outer[1 + c], by_green[1 + c]), 17);
    }
    for (u32 c = 0; c < 2; c++)
      wasm_v128_store(samples[4 + c] + y * 4, wasm_i16x8_narrow_i32x4(chroma[c][0], chroma[c][1]));
  }
}
