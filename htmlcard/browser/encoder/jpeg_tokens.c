// What is to be written of one row of units (T.81 F.1.2), before it has codes. No other row
// has an influence on it.
#include "jpeg.h"

#define END_OF_BLOCK 0x00
#define SIXTEEN_ZEROS 0xf0

// From bits in a block's order to bits in zigzag order, eight at a time.
static u64 reordered[8][256];

void prepare_tokens(void) {
  u64 bit_at[64];
  if (reordered[0][1]) return;
  for (u32 i = 0; i < 64; i++) bit_at[zigzag[i]] = 1ull << i;
  for (u32 part = 0; part < 8; part++)
    for (u32 byte = 1; byte < 256; byte++)
      reordered[part][byte] = reordered[part][byte & (byte - 1)] |
                              bit_at[8 * part + (u32)__builtin_ctz(byte)];
}

static inline u64 reorder(u64 bits) {
  u64 all = 0;
  for (u32 part = 0; part < 8; part++) all |= reordered[part][bits >> (8 * part) & 255];
  return all;
}

static inline u32 *add_token(u32 *to, u32 *counts, u32 symbol, u32 bits) {
  *to = symbol << 16 | bits;
  counts[symbol]++;
  return to + 1;
}

// A value's symbol tells how many bits its magnitude has, and these follow; if the value is
// negative, their complement.
static inline u32 *add_value(u32 *to, u32 *counts, u32 symbol, int32_t value) {
  int32_t sign = value >> 31;
  u32 size = 32 - (u32)__builtin_clz((u32)((value ^ sign) - sign));
  return add_token(to, counts, symbol + size, (u32)(value + sign) & ((1u << size) - 1));
}

static inline u32 *add_block(u32 *to, u32 *counts, const Block *block, u32 kind, int32_t before) {
  int32_t change = block->values[0] - before;
  to = change ? add_value(to, counts, DC_SYMBOLS(kind), change)
              : add_token(to, counts, DC_SYMBOLS(kind), 0);
  u32 next = 1;
  for (u64 left = reorder(block->nonzero & ~1ull); left; left &= left - 1) {
    u32 i = (u32)__builtin_ctzll(left), run = i - next;
    for (; run >= 16; run -= 16) to = add_token(to, counts, AC_SYMBOLS(kind) + SIXTEEN_ZEROS, 0);
    to = add_value(to, counts, AC_SYMBOLS(kind) + 16 * run, block->values[zigzag[i]]);
    next = i + 1;
  }
  return next < 64 ? add_token(to, counts, AC_SYMBOLS(kind) + END_OF_BLOCK, 0) : to;
}

// Whether the unit `x` bytes along the rows equals the one to its left, as in plain areas.
static inline bool equals_left(const u8 *const *rows, size_t x) {
  for (u32 y = 0; y < UNIT; y++) {
    const u8 *here = rows[y] + x, *left = here - 4 * UNIT;
    v128_t change = wasm_i32x4_splat(0);
    for (u32 i = 0; i < 4 * UNIT; i += 16)
      change = wasm_v128_or(change,
                            wasm_v128_xor(wasm_v128_load(here + i), wasm_v128_load(left + i)));
    if (wasm_v128_any_true(change)) return false;
  }
  return true;
}

// The `count` pixels there are from `x` bytes along the rows, and the last of them repeated.
static void fill_edge(const u8 *const *rows, size_t x, u32 count, u8 edge[UNIT][4 * UNIT]) {
  for (u32 y = 0; y < UNIT; y++)
    for (u32 i = 0; i < UNIT; i++)
      __builtin_memcpy(edge[y] + 4 * i, rows[y] + x + 4 * MIN(i, count - 1), 4);
}

// What a block of brightness is that lies beside the picture: whatever takes the fewest bits.
static void repeat_color(Block *block) {
  block->values[0] = block[-1].values[0];
  block->nonzero = 0;
}

void make_tokens(Strip *strip, const u8 *pixels, u32 width, u32 height, u32 order) {
  static int16_t samples[BLOCKS][64];
  static Block blocks[BLOCKS];
  static u8 edge[UNIT][4 * UNIT];
  const u8 *rows[UNIT], *edge_rows[UNIT];
  for (u32 y = 0; y < UNIT; y++) {
    rows[y] = pixels + (size_t)4 * width * MIN(y, height - 1);
    edge_rows[y] = edge[y];
  }
  u32 *to = strip->tokens;
  __builtin_memset(strip->counts, 0, sizeof strip->counts);
  int32_t before[3] = {0};
  for (u32 first = 0; first < width; first += UNIT) {
    size_t x = (size_t)4 * first;
    bool whole = width - first >= UNIT;
    if (!(whole && first && equals_left(rows, x))) {
      if (!whole) fill_edge(rows, x, width - first, edge);
      read_unit(whole ? rows : edge_rows, whole ? x : 0, order, samples);
      for (u32 i = 0; i < BLOCKS; i++)
        if (i < 4 && (i % 2 * 8 >= width - first || i / 2 * 8 >= height))
          repeat_color(&blocks[i]);
        else
          transform(samples[i], KIND_OF(i), &blocks[i]);
    }
#pragma clang loop unroll(disable)
    for (u32 i = 0; i < BLOCKS; i++) {
      u32 component = i < 4 ? 0 : i - 3;
      to = add_block(to, strip->counts, &blocks[i], KIND_OF(i), before[component]);
      before[component] = blocks[i].values[0];
    }
  }
  strip->token_count = (u32)(to - strip->tokens);
}
