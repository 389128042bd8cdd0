// The space in which colors are compared, shared by `palette.c` and `nearest.c`: brightness
// and two chroma channels, Rec. 601 as in JPEG. A cell is a small cube of it, 2 steps of
// brightness by 8 of each chroma; colors of one cell get the same entry.
#pragma once
#include "encoder.h"

#define CELLS (1 << 17)

// The cells of four pixels.
static inline v128_t cells_of(v128_t pixels, u32 order) {
  // Red and blue as two 16-bit numbers, then green beside 128, for the chroma's middle.
  v128_t outer = wasm_v128_and(pixels, pair(255, 255));
  v128_t green = wasm_v128_or(
      wasm_v128_and(wasm_u32x4_shr(pixels, 8), pair(255, 0)), pair(0, 128));
  if (order == BGRX) outer = wasm_v128_or(wasm_i32x4_shl(outer, 16), wasm_u32x4_shr(outer, 16));
  v128_t y = wasm_i32x4_add(wasm_i32x4_dot_i16x8(outer, pair(4899, 1868)),
                            wasm_i32x4_dot_i16x8(green, pair(9617, 0)));
  v128_t blue = wasm_i32x4_add(wasm_i32x4_dot_i16x8(outer, pair(-2765, 8192)),
                               wasm_i32x4_dot_i16x8(green, pair(-5427, 16384)));
  v128_t red = wasm_i32x4_add(wasm_i32x4_dot_i16x8(outer, pair(8192, -1332)),
                              wasm_i32x4_dot_i16x8(green, pair(-6860, 16384)));
  return wasm_v128_or(wasm_i32x4_shl(wasm_u32x4_shr(y, 15), 10),
                      wasm_v128_or(wasm_i32x4_shl(wasm_u32x4_shr(blue, 17), 5),
                                   wasm_u32x4_shr(red, 17)));
}

// nearest.c
// From now on compare with these: places as `weigh_color` gives them. At most 256.
void set_entries(const int16_t (*entries)[4], u32 count);
u32 find_nearest(const int16_t *place);
// Leave each pixel's entry at index_start.
void map_pixels(const Palette *palette, float weight);
