// The discrete cosine transform of 8 by 8 samples (T.81 A.3.3), in fixed point with 13 bits as
// libjpeg's "islow" has it, and quantizing.
#include "jpeg.h"

// sqrt(2) * cos(k * pi / 16) in 13 bits.
#define C1 11363
#define C2 10703
#define C3 9633
#define C5 6437
#define C6 4433
#define C7 2260

// Of even quantizers: how many frequencies get half the step, and how many steps make one of
// chroma.
#define FINER 3
#define CHROMA_STEPS 3

// SSIM's second constant, (0.03 * 255)^2.
#define SSIM_C2 58.5225f

// Annex K.1 in zigzag order, for quality 50.
static const u8 annex_k[2][64] = {
    {16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40,
     26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51,
     56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87,
     95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99},
    {17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66, 99, 99,
     99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
     99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
     99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99}};

// T.81 figure 5, transposed as the blocks are.
const u8 zigzag[64] = {0,  8,  1,  2,  9,  16, 24, 17, 10, 3,  4,  11, 18, 25, 32, 40,
                       33, 26, 19, 12, 5,  6,  13, 20, 27, 34, 41, 48, 56, 49, 42, 35,
                       28, 21, 14, 7,  15, 22, 29, 36, 43, 50, 57, 58, 51, 44, 37, 30,
                       23, 31, 38, 45, 52, 59, 60, 53, 46, 39, 47, 54, 61, 62, 55, 63};

u8 quantizers[2][64];
// By place: eight times the quantizer, and the reciprocal of that.
static int16_t eightfold[2][64], reciprocals[2][64];

static void set_quantizer(u32 kind, u32 i, u32 value) {
  value = MIN(MAX(value, 1), 255);
  quantizers[kind][i] = (u8)value;
  eightfold[kind][zigzag[i]] = (int16_t)(8 * value);
  reciprocals[kind][zigzag[i]] = (int16_t)((4096 + value / 2) / value);
}

void set_quality(u32 quality) {
  // libjpeg's jpeg_quality_scaling().
  u32 percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  for (u32 kind = 0; kind < 2; kind++)
    for (u32 i = 0; i < 64; i++) set_quantizer(kind, i, (annex_k[kind][i] * percent + 50) / 100);
}

void set_even(u32 step) {
  // The lowest frequencies are finer, or gradients would have bands; chroma is coarser.
  for (u32 i = 0; i < 64; i++) {
    u32 value = i < FINER ? (step + 1) / 2 : step;
    set_quantizer(LUMA, i, value);
    set_quantizer(CHROMA, i, CHROMA_STEPS * value);
  }
}

#define LOW_HALVES(a, b) wasm_i16x8_shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define HIGH_HALVES(a, b) wasm_i16x8_shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15)

// Two vectors of 16-bit numbers, side by side.
typedef struct {
  v128_t low, high;
} Beside;

static inline Beside beside(v128_t a, v128_t b) {
  return (Beside){LOW_HALVES(a, b), HIGH_HALVES(a, b)};
}

static inline v128_t rounded(v128_t low, v128_t high, u32 shift) {
  const v128_t half = wasm_i32x4_splat(1 << (shift - 1));
  return wasm_i16x8_narrow_i32x4(wasm_i32x4_shr(wasm_i32x4_add(low, half), shift),
                                 wasm_i32x4_shr(wasm_i32x4_add(high, half), shift));
}

static inline v128_t weigh_two(Beside x, int16_t a, int16_t b, u32 shift) {
  v128_t by = pair(a, b);
  return rounded(wasm_i32x4_dot_i16x8(x.low, by), wasm_i32x4_dot_i16x8(x.high, by), shift);
}

static inline v128_t weigh_four(Beside x, Beside y, int16_t a, int16_t b, int16_t c, int16_t d,
                                u32 shift) {
  v128_t by_x = pair(a, b), by_y = pair(c, d);
  return rounded(
      wasm_i32x4_add(wasm_i32x4_dot_i16x8(x.low, by_x), wasm_i32x4_dot_i16x8(y.low, by_y)),
      wasm_i32x4_add(wasm_i32x4_dot_i16x8(x.high, by_x), wasm_i32x4_dot_i16x8(y.high, by_y)),
      shift);
}

// Down the columns, leaving `v` at 4 times (first) or, the second time, at 8 times the
// transform proper.
static inline void transform_columns(v128_t v[8], bool first) {
  u32 shift = first ? 11 : 15;
  v128_t sum[4], difference[4];
  for (u32 i = 0; i < 4; i++) {
    sum[i] = wasm_i16x8_add(v[i], v[7 - i]);
    difference[i] = wasm_i16x8_sub(v[i], v[7 - i]);
  }
  v128_t outer = wasm_i16x8_add(sum[0], sum[3]), inner = wasm_i16x8_add(sum[1], sum[2]);
  v[0] = wasm_i16x8_add(outer, inner);
  v[4] = wasm_i16x8_sub(outer, inner);
  for (u32 i = 0; i < 8; i += 4)
    v[i] = first ? wasm_i16x8_shl(v[i], 2)
                 : wasm_i16x8_shr(wasm_i16x8_add(v[i], wasm_i16x8_splat(2)), 2);
  Beside even = beside(wasm_i16x8_sub(sum[0], sum[3]), wasm_i16x8_sub(sum[1], sum[2]));
  v[2] = weigh_two(even, C2, C6, shift);
  v[6] = weigh_two(even, C6, -C2, shift);
  Beside odd = beside(difference[0], difference[1]), rest = beside(difference[2], difference[3]);
  v[1] = weigh_four(odd, rest, C1, C3, C5, C7, shift);
  v[3] = weigh_four(odd, rest, C3, -C7, -C1, -C5, shift);
  v[5] = weigh_four(odd, rest, C5, -C1, C7, C3, shift);
  v[7] = weigh_four(odd, rest, C7, -C5, C3, -C1, shift);
}

static inline void transpose(v128_t v[8]) {
  // Three times: what stands 4 apart goes side by side.
  for (u32 step = 0; step < 3; step++) {
    v128_t w[8];
    for (u32 i = 0; i < 4; i++) {
      w[2 * i] = LOW_HALVES(v[i], v[i + 4]);
      w[2 * i + 1] = HIGH_HALVES(v[i], v[i + 4]);
    }
    for (u32 i = 0; i < 8; i++) v[i] = w[i];
  }
}

// At eight times the transform proper, transposed.
static inline void find_frequencies(const int16_t samples[64], v128_t v[8]) {
  for (u32 i = 0; i < 8; i++) v[i] = wasm_v128_load(samples + 8 * i);
  transform_columns(v, true);
  transpose(v);
  transform_columns(v, false);
}

static inline v128_t quantize(v128_t row, u32 kind, u32 i) {
  return wasm_i16x8_q15mulr_sat(row, wasm_v128_load(reciprocals[kind] + 8 * i));
}

void transform(const int16_t samples[64], u32 kind, Block *block) {
  v128_t v[8];
  find_frequencies(samples, v);
  for (u32 i = 0; i < 8; i++) {
    v[i] = quantize(v[i], kind, i);
    wasm_v128_store(block->values + 8 * i, v[i]);
  }
  block->nonzero = 0;
  for (u32 i = 0; i < 8; i += 2) {
    // Narrowing saturates: what is not zero stays so.
    v128_t bytes = wasm_i8x16_narrow_i16x8(v[i], v[i + 1]);
    u32 mask = wasm_i8x16_bitmask(wasm_i8x16_ne(bytes, wasm_i32x4_splat(0)));
    block->nonzero |= (u64)mask << (8 * i);
  }
}

static inline float add_lanes(v128_t v) {
  return (float)wasm_i32x4_extract_lane(v, 0) + (float)wasm_i32x4_extract_lane(v, 1) +
         (float)wasm_i32x4_extract_lane(v, 2) + (float)wasm_i32x4_extract_lane(v, 3);
}

float block_likeness(const int16_t samples[64]) {
  v128_t v[8], own = wasm_i32x4_splat(0), other = own, shared = own;
  find_frequencies(samples, v);
  // Without the mean, which hardly changes, sums of products are variances (Parseval).
  v[0] = wasm_i16x8_replace_lane(v[0], 0, 0);
  for (u32 i = 0; i < 8; i++) {
    v128_t seen =
        wasm_i16x8_mul(quantize(v[i], LUMA, i), wasm_v128_load(eightfold[LUMA] + 8 * i));
    own = wasm_i32x4_add(own, wasm_i32x4_dot_i16x8(v[i], v[i]));
    other = wasm_i32x4_add(other, wasm_i32x4_dot_i16x8(seen, seen));
    shared = wasm_i32x4_add(shared, wasm_i32x4_dot_i16x8(v[i], seen));
  }
  const float unit = 64 * 64;  // 8 by 8 samples, at 8 times their size
  return (2 * add_lanes(shared) / unit + SSIM_C2) /
         ((add_lanes(own) + add_lanes(other)) / unit + SSIM_C2);
}
