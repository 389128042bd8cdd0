// PNG's filters, sixteen bytes at a time, and what their results may cost. Shared by
// `rows.c` (truecolor) and `indexed.c` (few colors).
#pragma once
#include "encoder.h"

static inline v128_t difference(v128_t a, v128_t b) {
  return wasm_v128_or(wasm_u8x16_sub_sat(a, b), wasm_u8x16_sub_sat(b, a));
}

static inline v128_t paeth(v128_t left, v128_t above, v128_t corner) {
  v128_t to_left = difference(above, corner), to_above = difference(left, corner);
  // |left + above - 2 corner|, without leaving 8 bits: the two distances either add up
  // (then it is the largest of the three and saturating does no harm) or cancel out.
  v128_t same_side = wasm_i8x16_eq(wasm_u8x16_ge(above, corner), wasm_u8x16_ge(left, corner));
  v128_t to_corner = wasm_v128_bitselect(wasm_u8x16_add_sat(to_left, to_above),
                                         difference(to_left, to_above), same_side);
  v128_t pick_left =
      wasm_v128_and(wasm_u8x16_le(to_left, to_above), wasm_u8x16_le(to_left, to_corner));
  v128_t pick_above = wasm_u8x16_le(to_above, to_corner);
  return wasm_v128_bitselect(left, wasm_v128_bitselect(above, corner, pick_above), pick_left);
}

// PNG's average rounds down, WebAssembly's rounds up.
static inline v128_t average(v128_t a, v128_t b) {
  v128_t odd = wasm_v128_and(wasm_v128_xor(a, b), wasm_i8x16_splat(1));
  return wasm_i8x16_sub(wasm_u8x16_avgr(a, b), odd);
}

// PNG's guess from the neighbors, by filter type; zero for NONE.
static inline v128_t guess_of(u32 filter, v128_t left, v128_t above, v128_t corner) {
  return filter == SUB       ? left
         : filter == UP      ? above
         : filter == AVERAGE ? average(left, above)
         : filter == PAETH   ? paeth(left, above, corner)
                             : wasm_i32x4_splat(0);
}

static inline u32 sum_bytes(v128_t bytes) {
  v128_t s = wasm_u32x4_extadd_pairwise_u16x8(wasm_u16x8_extadd_pairwise_u8x16(bytes));
  s = wasm_i32x4_add(s, wasm_i32x4_shuffle(s, s, 2, 3, 0, 1));
  return (u32)(wasm_i32x4_extract_lane(s, 0) + wasm_i32x4_extract_lane(s, 1));
}

// Lanes below `count` set.
static inline v128_t first_lanes(u32 count) {
  const v128_t lane = wasm_i8x16_make(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return wasm_i8x16_lt(lane, wasm_i8x16_splat((int8_t)MIN(count, 16)));
}

static inline float log2_roughly(float x) {  // x >= 1; off by 0.09 at most
  u32 word;
  __builtin_memcpy(&word, &x, 4);
  return (float)word / 8388608.0f - 127.0f;
}

// Bits that `count` residuals take, `nonzero` of them with the given sum of magnitudes:
// where the nonzero ones are, plus the entropy of a two-sided exponential distribution.
static inline float estimate_bits(u32 count, u32 nonzero, u32 sum) {
  if (!nonzero) return 0;
  float n = (float)nonzero;
  return n * (log2_roughly((float)count / n) + 1.4f + log2_roughly((float)sum / n) + 1.9f);
}
