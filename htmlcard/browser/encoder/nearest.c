// Which palette entry stands for a pixel. A table tells it for each cell of the color space,
// filled when a pixel first asks.
#include "palette.h"

#define KNOWN 0x100
#define HOLDS_PLAIN 0x200

static u32 entry_count;
// Four entries in a row: brightness and first chroma as 16-bit pairs, then the second.
static int16_t pairs[256][2], thirds[256][2];
static u16 table[CELLS];

void set_entries(const int16_t (*entries)[4], u32 count) {
  entry_count = count;
  for (u32 i = 0; i < ((count + 3) & ~3u); i++) {
    // Repeats fill up the last four: the first of equals is found.
    const int16_t *entry = entries[MIN(i, count - 1)];
    pairs[i][0] = entry[0];
    pairs[i][1] = entry[1];
    thirds[i][0] = entry[2];
    thirds[i][1] = 0;
  }
}

u32 find_nearest(const int16_t *place) {
  const v128_t first = wasm_i32x4_splat((int32_t)((u16)place[0] | (u32)(u16)place[1] << 16));
  const v128_t second = wasm_i32x4_splat((u16)place[2]);
  v128_t best = wasm_i32x4_splat(-1), number = wasm_i32x4_make(0, 1, 2, 3);
  for (u32 i = 0; i < entry_count; i += 4) {
    v128_t apart = wasm_i16x8_sub(wasm_v128_load(pairs[i]), first);
    v128_t third = wasm_i16x8_sub(wasm_v128_load(thirds[i]), second);
    v128_t square =
        wasm_i32x4_add(wasm_i32x4_dot_i16x8(apart, apart), wasm_i32x4_dot_i16x8(third, third));
    // The distance above, the entry's number below: the least of these is the first nearest.
    best = wasm_u32x4_min(best, wasm_v128_or(wasm_i32x4_shl(square, 8), number));
    number = wasm_i32x4_add(number, wasm_i32x4_splat(4));
  }
  best = wasm_u32x4_min(best, wasm_i32x4_shuffle(best, best, 2, 3, 0, 1));
  best = wasm_u32x4_min(best, wasm_i32x4_shuffle(best, best, 1, 0, 3, 2));
  return (u32)wasm_i32x4_extract_lane(best, 0) & 255;
}

static u32 find_for_cell(u32 cell, float weight) {
  int blue = (int)(cell >> 5 & 31) * 8 - 124, red = (int)(cell & 31) * 8 - 124;
  const int16_t middle[3] = {(int16_t)((cell >> 10) * 8 + 2), (int16_t)(4 * weight * (float)blue),
                             (int16_t)(4 * weight * (float)red)};
  table[cell] |= (u16)(KNOWN | find_nearest(middle));
  return table[cell];
}

static inline u32 entry_for(const Palette *palette, u32 cell, u32 color, float weight) {
  u32 entry = table[cell];
  if (!(entry & KNOWN)) entry = find_for_cell(cell, weight);
  if (entry & HOLDS_PLAIN)
    for (u32 i = 0; i < palette->plain_count; i++)
      if (palette->plain[i] == (color & 0xffffff)) return palette->plain_at[i];
  return entry & 255;
}

void map_pixels(const Palette *palette, float weight) {
  size_t count = (size_t)slot->width * slot->height;
  v128_t before = wasm_i32x4_splat(-1);
  u32 entries = 0;
  __builtin_memset(table, 0, sizeof table);
  for (u32 i = 0; i < palette->plain_count; i++) {
    v128_t cell = cells_of(wasm_u32x4_splat(palette->plain[i]), slot->order);
    table[wasm_i32x4_extract_lane(cell, 0)] = HOLDS_PLAIN;
  }
  // The last four may run over the end; both buffers have slack.
  for (size_t i = 0; i < count; i += 4) {
    v128_t pixels = wasm_v128_and(wasm_v128_load(slot->pixels + 4 * i),
                                  wasm_i32x4_splat(0x00ffffff));
    if (!i || wasm_v128_any_true(wasm_v128_xor(pixels, before))) {
      v128_t cells = cells_of(pixels, slot->order);
      entries = 0;
      entries |= entry_for(palette, (u32)wasm_i32x4_extract_lane(cells, 0),
                           (u32)wasm_i32x4_extract_lane(pixels, 0), weight);
      entries |= entry_for(palette, (u32)wasm_i32x4_extract_lane(cells, 1),
                           (u32)wasm_i32x4_extract_lane(pixels, 1), weight) << 8;
      entries |= entry_for(palette, (u32)wasm_i32x4_extract_lane(cells, 2),
                           (u32)wasm_i32x4_extract_lane(pixels, 2), weight) << 16;
      entries |= entry_for(palette, (u32)wasm_i32x4_extract_lane(cells, 3),
                           (u32)wasm_i32x4_extract_lane(pixels, 3), weight) << 24;
      before = pixels;
    }
    __builtin_memcpy(index_start + i, &entries, 4);
  }
}
