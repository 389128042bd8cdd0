// Which filter a row gets, and the filtered bytes. Flat color, text and (with a tolerance)
// gradients stay unfiltered, because there repeats are worth more than small numbers;
// photos and noise are filtered. How repeats are found is next door in `match.c`.
#include "encoder.h"

// The RGB bytes of `count` RGBA pixels; alpha is dropped.
static void drop_alpha(const u8 *rgba, u8 *rgb, u32 count) {
  const v128_t keep = wasm_i8x16_make(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
  u32 i = 0;
  // Each store writes four bytes too many, which the next one mends; the row has slack.
  for (; i + 4 <= count; i += 4)
    wasm_v128_store(rgb + 3 * i, wasm_i8x16_swizzle(wasm_v128_load(rgba + 4 * i), keep));
  for (; i < count; i++)
    for (u32 c = 0; c < 3; c++) rgb[3 * i + c] = rgba[4 * i + c];
  // What lies behind the row takes part in estimates, so it must be the same every time.
  __builtin_memset(rgb + 3 * count, 0, 16);
}

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

// Bit 3 k of the result: pixel k of 16 is within the tolerance of its guess in all channels.
static inline u64 agreeing_pixels(const u8 *pixels, const u8 *guess, v128_t allowed) {
  u64 mask = 0;
  for (u32 part = 0; part < 3; part++) {
    v128_t apart =
        difference(wasm_v128_load(pixels + 16 * part), wasm_v128_load(guess + 16 * part));
    mask |= (u64)wasm_i8x16_bitmask(wasm_u8x16_le(apart, allowed)) << 16 * part;
  }
  return mask & mask >> 1 & mask >> 2 & 0x249249249249;
}

// What the row may cost unfiltered: a pixel unlike each of four neighbors is a literal,
// and every one unlike the most helpful neighbor at least ends a match.
static float estimate_plain_bits(const Picture *p) {
  const v128_t allowed = wasm_i8x16_splat((int8_t)p->tolerance);
  u32 known = 0, like[4] = {0}, most = 0;
  for (u32 x = 0; x < p->width; x += 16) {
    const u8 *pixels = p->pixels + 3 * x, *above = p->above + 3 * x;
    const u8 *guess[4] = {pixels - 3, above, above - 3, above + 3};
    u64 real = p->width - x < 16 ? (1ull << 3 * (p->width - x)) - 1 : ~0ull, any = 0;
    for (u32 g = 0; g < 4; g++) {
      u64 same = agreeing_pixels(pixels, guess[g], allowed) & real;
      like[g] += (u32)__builtin_popcountll(same);
      any |= same;
    }
    known += (u32)__builtin_popcountll(any);
  }
  for (u32 g = 0; g < 4; g++) most = MAX(most, like[g]);
  return 20.0f * (float)(p->width - known) + 4.0f * (float)(p->width - most);
}

// Skia dithers gradients in tiles of 8 by 8 pixels, so without a tolerance a row of a
// gradient tends to repeat itself 8 pixels on, or the row 8 above it, perhaps shifted.
// Returns how many pixels the best of these guesses gets wrong.
static u32 count_undithered(const Picture *picture, u32 y) {
  u32 width = picture->width, fewest = width;
  if (width < 16) return width;
  const u8 *row = picture->rgba + (size_t)y * width * 4;
  const u8 *eight_up = y < 8 ? NULL : row - (size_t)8 * width * 4;
  const u8 *guess[4] = {row - 32, eight_up, eight_up ? eight_up - 32 : NULL,
                        eight_up ? eight_up + 32 : NULL};
  const v128_t color = wasm_i32x4_splat(0x00ffffff);
  for (u32 g = 0; g < 4 && guess[g]; g++) {
    u32 wrong = 16;
    for (u32 x = 8; x + 12 <= width; x += 4) {
      v128_t change = wasm_v128_and(
          wasm_v128_xor(wasm_v128_load(row + 4 * x), wasm_v128_load(guess[g] + 4 * x)), color);
      wrong += 4 - (u32)__builtin_popcount(
                       wasm_i32x4_bitmask(wasm_i32x4_eq(change, wasm_i32x4_splat(0))));
    }
    fewest = MIN(fewest, wrong);
  }
  return fewest;
}

static float log2_roughly(float x) {  // x >= 1; off by 0.09 at most
  u32 word;
  __builtin_memcpy(&word, &x, 4);
  return (float)word / 8388608.0f - 127.0f;
}

// Bits that `count` residuals take, `nonzero` of them with the given sum of magnitudes:
// where the nonzero ones are, plus the entropy of a two-sided exponential distribution.
static float estimate_bits(u32 count, u32 nonzero, u32 sum) {
  if (!nonzero) return 0;
  float n = (float)nonzero;
  return n * (log2_roughly((float)count / n) + 1.4f + log2_roughly((float)sum / n) + 1.9f);
}

static u32 best_filter(Picture *p, u32 count, float *bits) {
  const v128_t allowed = wasm_i8x16_splat((int8_t)p->tolerance);
  v128_t sums[5] = {0}, zeros[5] = {0};
  u32 sum[5] = {0}, zero[5] = {0};
  for (u32 i = 0; i < count; i += 16) {
    v128_t x = wasm_v128_load(p->pixels + i), left = wasm_v128_load(p->pixels + i - 3);
    v128_t above = wasm_v128_load(p->above + i), corner = wasm_v128_load(p->above + i - 3);
    v128_t guess[5] = {x, left, above, average(left, above), paeth(left, above, corner)};
    v128_t real = first_lanes(count - i);
    for (u32 f = SUB; f <= PAETH; f++) {
      v128_t residual = wasm_v128_and(wasm_i8x16_sub(x, guess[f]), real);
      wasm_v128_store(p->filtered[f] + i, residual);
      v128_t size = wasm_i8x16_abs(residual), small = wasm_u8x16_le(size, allowed);
      size = wasm_v128_andnot(size, small);
      sums[f] = wasm_i16x8_add(sums[f], wasm_u16x8_extadd_pairwise_u8x16(size));
      zeros[f] = wasm_i8x16_sub(zeros[f], small);
    }
    // 16-bit sums hold 255 steps of 2 * 128, the 8-bit counts 255 of 1.
    if (i % (16 * 240) == 16 * 239 || i + 16 >= count)
      for (u32 f = SUB; f <= PAETH; f++) {
        v128_t wide = wasm_u32x4_extadd_pairwise_u16x8(sums[f]);
        for (u32 half = 0; half < 2; half++)
          wide = wasm_i32x4_add(wide, half ? wasm_i32x4_shuffle(wide, wide, 1, 0, 3, 2)
                                           : wasm_i32x4_shuffle(wide, wide, 2, 3, 0, 1));
        sum[f] += (u32)wasm_i32x4_extract_lane(wide, 0);
        zero[f] += sum_bytes(zeros[f]);
        sums[f] = zeros[f] = wasm_i32x4_splat(0);
      }
  }
  u32 padded = (count + 15) & ~15u, best = PAETH;
  for (u32 f = SUB; f <= PAETH; f++) {
    u32 nonzero = padded - zero[f], steps = sum[f] / (2 * p->tolerance + 1);
    float estimate = estimate_bits(count, nonzero, MAX(steps, nonzero));
    // One block's codes serve many rows: changing the filter has its price.
    if (f != p->last_filter) estimate *= 1.03f;
    if (f == SUB || estimate < *bits) {
      *bits = estimate;
      best = f;
    }
  }
  return best;
}

// Residuals in steps of 2 t + 1: the written value is never more than t from the true one,
// since each is predicted from what was written and rounded against what is true.
static void filter_coarsely(Picture *p, u8 *row, u32 filter) {
  const int16_t step = (int16_t)(2 * p->tolerance + 1);
  const v128_t steps = wasm_i16x8_splat(step);
  const v128_t inverse = wasm_i16x8_splat((int16_t)(32768.0f / step + 0.5f));
  v128_t left = wasm_i32x4_splat(0), corner = left;
  u8 *written = p->filtered[filter];
  for (u32 i = 0; i < 3 * p->width; i += 3) {
    v128_t above = wasm_v128_load32_zero(p->above + i), x = wasm_v128_load32_zero(p->pixels + i);
    v128_t guess = filter == SUB       ? left
                   : filter == UP      ? above
                   : filter == AVERAGE ? average(left, above)
                                       : paeth(left, above, corner);
    v128_t wide = wasm_u16x8_extend_low_u8x16(guess);
    v128_t error = wasm_i16x8_sub(wasm_u16x8_extend_low_u8x16(x), wide);
    v128_t change = wasm_i16x8_mul(wasm_i16x8_q15mulr_sat(error, inverse), steps);
    v128_t result = wasm_i16x8_add(wide, change);
    corner = above;
    left = wasm_u8x16_narrow_i16x8(result, result);
    // The fourth byte of each store is the next pixel's, or behind the row.
    wasm_v128_store32_lane(row + i, wasm_i8x16_sub(left, guess), 0);
    wasm_v128_store32_lane(written + i, left, 0);
  }
  __builtin_memcpy(p->pixels, written, 3 * p->width);
}

static bool equals_row_above(const u8 *rgba, u32 width) {
  const u8 *above = rgba - (size_t)4 * width;
  u32 i = 0;
  for (; i + 16 <= 4 * width; i += 16)
    if (wasm_v128_any_true(wasm_v128_xor(wasm_v128_load(rgba + i), wasm_v128_load(above + i))))
      return false;
  for (; i < 4 * width; i++)
    if (rgba[i] != above[i]) return false;
  return true;
}

u32 filter_row(Picture *p, u32 y) {
  u32 count = 3 * p->width, filter = NONE;
  const u8 *rgba = p->rgba + (size_t)y * p->width * 4;
  u8 *row = p->stream + (size_t)y * p->stride;
  p->literal_bits = 6;
  p->settled = y && p->last_filter == NONE && equals_row_above(rgba, p->width);
  if (p->settled) {
    __builtin_memcpy(p->pixels, p->above, count);
    row[0] = NONE;
    return NONE;
  }
  drop_alpha(rgba, p->pixels, p->width);
  float plain_bits = estimate_plain_bits(p);
  // Few surprises: not worth trying filters, which cost more time than all the rest.
  if (plain_bits > 3.0f * (float)p->width) {
    if (!p->tolerance) plain_bits = MIN(plain_bits, 20.0f * (float)count_undithered(p, y));
    float bits = 0;
    u32 best = best_filter(p, count, &bits);
    if (p->last_filter != NONE) plain_bits *= 1.1f;
    if (bits < plain_bits) {
      filter = best;
      p->literal_bits = MAX(bits / (float)count, 1);
    }
  }
  row[0] = (u8)filter;
  if (filter != NONE) {
    if (p->tolerance)
      filter_coarsely(p, row + 1, filter);
    else
      __builtin_memcpy(row + 1, p->filtered[filter], count);
  }
  if ((filter == NONE) != (p->last_filter == NONE)) deflate_split();
  p->last_filter = filter;
  return filter;
}
