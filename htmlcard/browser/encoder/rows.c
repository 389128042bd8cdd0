// Which filter a row gets, and the filtered bytes. Flat color, text and (with a tolerance)
// gradients stay unfiltered, because there repeats are worth more than small numbers;
// photos and noise are filtered. How repeats are found is next door in `match.c`.
#include "filters.h"

void read_row(const Picture *p, u32 y, u8 *rgb) {
  u32 i = 0, count = p->width, red = p->order == BGRX ? 2 : 0;
  const u8 *input = p->input + (size_t)y * count * 4;
  const v128_t keep =
      red ? wasm_i8x16_make(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1)
          : wasm_i8x16_make(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
  // Each store writes four bytes too many, which the next one mends; the row has slack.
  for (; i + 4 <= count; i += 4)
    wasm_v128_store(rgb + 3 * i, wasm_i8x16_swizzle(wasm_v128_load(input + 4 * i), keep));
  for (; i < count; i++) {
    rgb[3 * i] = input[4 * i + red];
    rgb[3 * i + 1] = input[4 * i + 1];
    rgb[3 * i + 2] = input[4 * i + 2 - red];
  }
  // What lies behind the row takes part in estimates, so it must be the same every time.
  __builtin_memset(rgb + 3 * count, 0, 16);
}

// Bit 3 k of the result: pixel k of 16 is within the tolerance of its guess in all channels.
static inline u64 agreeing_pixels(const u8 *pixels, const u8 *guess, v128_t allowed) {
  u64 mask = 0;
  for (u32 part = 0; part < 3; part++) {
    v128_t apart =
        difference(wasm_v128_load(pixels + 16 * part), wasm_v128_load(guess + 16 * part));
    mask |= (u64)wasm_i8x16_bitmask(wasm_u8x16_le(apart, allowed)) << 16 * part;
  }
  return mask & mask >> 1 & mask >> 2 & EVERY_PIXEL;
}

// What the row may cost unfiltered: a pixel unlike each of four neighbors is a literal,
// and every one unlike the most helpful neighbor at least ends a match.
static float estimate_plain_bits(Picture *p) {
  const v128_t allowed = wasm_i8x16_splat((int8_t)p->tolerance);
  u32 known = 0, like[4] = {0}, most = 0;
  for (u32 x = 0; x < p->width; x += 16) {
    const u8 *pixels = p->pixels + 3 * x, *above = p->guide + 3 * x;
    const u8 *guess[4] = {[SAME_LEFT] = pixels - 3, [SAME_ABOVE] = above,
                          [SAME_ABOVE_LEFT] = above - 3, [SAME_ABOVE_RIGHT] = above + 3};
    u64 real = p->width - x < 16 ? (1ull << 3 * (p->width - x)) - 1 : ~0ull, any = 0;
    for (u32 g = 0; g < 4; g++) {
      u64 same = agreeing_pixels(pixels, guess[g], allowed) & real;
      p->same[g][x / 16] = same;
      like[g] += (u32)__builtin_popcountll(same);
      any |= same;
    }
    known += (u32)__builtin_popcountll(any);
  }
  for (u32 g = 0; g < 4; g++) most = MAX(most, like[g]);
  p->same_known = !p->tolerance;
  // In the stream, what is beside a row's ends belongs to other rows.
  p->same[SAME_ABOVE_LEFT][0] &= ~1ull;
  p->same[SAME_ABOVE_RIGHT][(p->width - 1) / 16] &= ~(1ull << 3 * ((p->width - 1) % 16));
  return 20.0f * (float)(p->width - known) + 4.0f * (float)(p->width - most);
}

// Skia dithers gradients in tiles of 8 by 8 pixels, so without a tolerance a row of a
// gradient tends to repeat itself 8 pixels on, or the row 8 above it, perhaps shifted.
// Returns how many pixels the best of these guesses gets wrong.
static u32 count_undithered(const Picture *picture, u32 y) {
  u32 width = picture->width, fewest = width;
  if (width < 16) return width;
  const u8 *row = picture->input + (size_t)y * width * 4;
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

static u32 best_filter(Picture *p, u32 count, bool only_sub, float *bits) {
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
  u32 padded = (count + 15) & ~15u, best = SUB;
  for (u32 f = SUB; f <= (only_sub ? SUB : PAETH); f++) {
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

static bool equals_row_above(const Picture *p, u32 y) {
  const u8 *row = p->input + (size_t)y * p->width * 4, *above = row - (size_t)p->width * 4;
  const v128_t color = wasm_i32x4_splat(0x00ffffff);
  v128_t change = wasm_i32x4_splat(0);
  u32 x = 0;
  for (; x + 8 <= p->width; x += 8) {
    for (u32 part = 0; part < 32; part += 16)
      change = wasm_v128_or(change, wasm_v128_xor(wasm_v128_load(row + 4 * x + part),
                                                  wasm_v128_load(above + 4 * x + part)));
    if (wasm_v128_any_true(wasm_v128_and(change, color))) return false;
  }
  for (; x < p->width; x++)
    for (u32 c = 0; c < 3; c++)
      if (row[4 * x + c] != above[4 * x + c]) return false;
  return true;
}

u32 filter_row(Picture *p, u32 y, u32 in_band) {
  u32 count = 3 * p->width, filter = NONE;
  u8 *row = p->stream + (size_t)in_band * p->stride;
  p->literal_bits = 6;
  p->dithered = p->same_known = false;
  p->settled = y && p->last_filter == NONE && equals_row_above(p, y);
  if (p->settled) {
    __builtin_memcpy(p->pixels, p->above, count);
    row[0] = NONE;
    return NONE;
  }
  read_row(p, y, p->pixels);
  float plain_bits = estimate_plain_bits(p);
  // Few surprises: not worth trying filters, which cost more time than all the rest.
  if (plain_bits > 3.0f * (float)p->width) {
    p->dithered = !p->tolerance;
    if (p->dithered) plain_bits = MIN(plain_bits, 20.0f * (float)count_undithered(p, y));
    float bits = 0;
    u32 best = best_filter(p, count, p->tolerance && !in_band, &bits);
    if (p->last_filter != NONE) plain_bits *= 1.1f;
    if (bits < plain_bits) {
      filter = best;
      p->literal_bits = MAX(bits / (float)count, 1);
    }
  }
  row[0] = (u8)filter;
  if (filter != NONE) {
    p->same_known = false;
    if (p->tolerance)
      filter_coarsely(p, row + 1, filter);
    else
      __builtin_memcpy(row + 1, p->filtered[filter], count);
  }
  if ((filter == NONE) != (p->last_filter == NONE)) deflate_split();
  p->last_filter = filter;
  return filter;
}
